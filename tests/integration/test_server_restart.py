"""The XMPP server is killed under load. No customer notices; agents come back and miss nothing."""

import asyncio

import pytest

from lib.load import Talker, Tally, Writer, check_one_order, once_in_order

PHASE = 40  # messages while an agent is away: less than a join's history


class Outage:
    """One kill and return of Prosody, with the agents' clients behind it."""

    def __init__(self, site, agents, rooms, talkers, xmpp_up):
        self.site = site
        self.agents = agents
        self.rooms = rooms
        self.talkers = talkers
        self.xmpp_up = xmpp_up

    async def begin(self):
        self.xmpp_up.clear()
        await self.site.server_down()
        for agent in self.agents:
            await agent.lost()

    async def end(self):
        await self.site.server_up()
        for agent in self.agents:
            await agent.connect()
            for room in self.rooms:
                await agent.join(room)
        self.xmpp_up.set()
        for talker in self.talkers:
            talker.outage_over()


@pytest.mark.deadline(240)
async def test_customers_go_on_and_agents_end_with_everything(own_site, count, rng, report):
    site = own_site()
    agents = [await site.agent(local) for local in ("sarah", "tom")]
    customers = [await site.waiting(), await site.waiting()]
    rooms = [site.room(c.chat) for c in customers]
    for room, order in zip(rooms, (agents, agents[::-1])):
        for agent in order:
            await agent.join(room)
    always, xmpp_up, tally, running = asyncio.Event(), asyncio.Event(), Tally(), True
    always.set()
    xmpp_up.set()
    budget = asyncio.Semaphore(0)
    writers = [Writer(customers[n % 2], f"writer {n}", tally, always, retry=False)
               for n in range(4)]
    talkers = [Talker(agent, room, agent.bare, tally, xmpp_up)
               for agent, room in zip(agents, rooms)]
    outage = Outage(site, agents, rooms, talkers, xmpp_up)
    tasks = [asyncio.create_task(w.run(lambda: running, budget)) for w in writers]
    tasks += [asyncio.create_task(t.run(lambda: running)) for t in talkers]

    def let_write(messages):
        for _ in range(messages):
            budget.release()

    for _ in range(count("RESTARTS", 3, 30)):
        goal = tally.total + PHASE
        let_write(PHASE)
        await tally.reach(goal - rng.randrange(PHASE))  # somewhere in the middle of it
        await outage.begin()
        before = sum(len(w.acknowledged) for w in writers)
        let_write(PHASE)
        await tally.until(lambda n=before: sum(len(w.acknowledged) for w in writers)
                          >= n + PHASE // 2, 30, "customers writing during the outage")
        await outage.end()
    running = False
    let_write(len(writers))
    await asyncio.gather(*tasks)

    for n, (customer, room) in enumerate(zip(customers, rooms)):
        log = await customer.log()
        known = {e["id"] for e in log if e["role"] != "SYSTEM"}
        views = {}
        for agent in agents:
            await agent.until(lambda a, r=room, k=known: len(once_in_order(a, r, k)) == len(k),
                              what="every line")
            views[agent.bare] = (once_in_order(agent, room, known), len(known))
        acknowledged = {}
        for w in (*writers[n::2], talkers[n]):
            acknowledged.update(w.acknowledged)
        check_one_order(log, acknowledged, views)
    report("messages", tally.total)


async def test_assignment_survives_the_outage(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    assigned = (await customer.info())["assignedToId"]
    await site.server_down()
    await sarah.lost()
    await customer.say("is anybody there?")
    assert (await customer.info())["assignedToId"] == assigned
    await site.server_up()
    await sarah.connect()
    join = await sarah.join(room)
    assert join.role in ("participant", "moderator")
    assert "is anybody there?" in [s.body for s in sarah.received if s.line]
    await sarah.say(room, "yes")
    await stream.said("yes")
    assert "agent_joined" not in [e.name for e in stream.events]
    # somebody else does not get it
    tom = await site.agent("tom")
    assert (await tom.join(room)).role == "visitor"


async def test_server_that_stops_politely_is_found_again(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    await site.server_down(politely=True)
    await sarah.lost()
    await customer.say("while away")
    await site.server_up()
    await sarah.connect()
    await sarah.join(room)
    assert [s.body for s in sarah.received if s.line].count("while away") >= 1
