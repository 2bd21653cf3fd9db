"""The XMPP server is killed, or stands still, under load. No customer notices; agents come back and
miss nothing."""

import asyncio
import signal

import pytest

from lib.crew import Crew

PHASE = 40  # messages while an agent is away: less than a join's history


class Outage:
    """One end and return of the XMPP server, with the agents' clients behind it."""

    def __init__(self, crew):
        self.crew = crew
        self.site = crew.site

    async def begin(self):
        self.crew.load.xmpp.close()
        await self.site.server_down()
        for agent in self.crew.agents.values():
            await agent.lost()

    async def end(self):
        await self.site.server_up()
        await self.crew.come_back()
        self.crew.load.xmpp.open()


@pytest.mark.deadline(600)
async def test_customers_go_on_and_agents_end_with_everything(own_site, oracle, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), paced=True)
    outage = Outage(crew)
    crew.start()
    for _ in range(count("RESTARTS", 3, 30)):
        crew.let_write(PHASE)
        await crew.load.more(1 + rng.randrange(PHASE))  # somewhere in the middle of it
        await outage.begin()
        crew.let_write(PHASE)
        await crew.load.more(PHASE // 2)
        await outage.end()
    await crew.finish()
    report("messages", crew.load.total)


@pytest.mark.deadline(600)
async def test_server_that_stands_still_is_not_the_customers(own_site, oracle, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), paced=True)
    crew.start()
    for _ in range(2):
        crew.let_write(100)
        await crew.load.more(rng.randrange(20, 60))
        site.prosody.process.send_signal(signal.SIGSTOP)
        before = crew.load.total
        crew.let_write(500)
        await crew.load.go_on(count("STILL_SECONDS", 5, 60))
        assert crew.load.total > before + 20, "customers stand still too"
        site.prosody.process.send_signal(signal.SIGCONT)
        crew.let_write(100)
        await crew.load.more(60)
    await crew.finish()
    report("messages", crew.load.total)


@pytest.mark.deadline(900)
async def test_both_killed_at_once_and_back_in_any_order(own_site, oracle, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), paced=True)
    crew.start()
    for _ in range(count("KILLS_OF_BOTH", 3, 30)):
        crew.let_write(PHASE)
        await crew.load.more(1 + rng.randrange(PHASE))
        crew.load.close()
        site.prosody.process.kill()
        site.parley.process.kill()
        for program in (site.prosody, site.parley):
            await asyncio.to_thread(program.kill)
        for agent in crew.agents.values():
            await agent.lost()
        programs = [site.prosody, site.parley]
        rng.shuffle(programs)
        for program in programs:
            await asyncio.to_thread(program.start, False)
        await asyncio.to_thread(site.prosody.wait_ready)
        await asyncio.to_thread(site.parley.wait_status, 200)
        await crew.come_back()
        crew.load.open()
    await crew.load.more(20)
    await crew.finish()
    report("sent again", crew.load.again)


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
