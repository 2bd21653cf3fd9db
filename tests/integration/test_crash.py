"""The daemon is killed again and again under load. Whatever it acknowledged is there, once, and
everybody sees one order."""

import asyncio
import statistics

import pytest

from lib.load import Talker, Tally, Writer, check_one_order, once_in_order

ALL = 1 << 30


class Restarts:
    """Kills and starts the daemon, and tells the talkers."""

    def __init__(self, site, up, talkers):
        self.site = site
        self.up = up
        self.talkers = talkers
        self.seconds = []

    async def kill(self):
        self.up.clear()
        await asyncio.to_thread(self.site.parley.kill)

    async def start(self):
        self.seconds.append(await asyncio.to_thread(self.site.parley.start))
        self.up.set()
        for talker in self.talkers:
            talker.outage_over()


async def make_chats(site, agents):
    """Two live chats; the first is Sarah's, the second Tom's, and both agents are in both."""
    customers = [await site.waiting(), await site.waiting()]
    for n, customer in enumerate(customers):
        for local in (list(agents), list(reversed(agents)))[n]:
            await agents[local].join(site.room(customer.chat))
    return customers


@pytest.mark.deadline(300)
async def test_acknowledged_messages_survive_kills_under_load(own_site, count, rng, report):
    site = own_site()
    agents = {local: await site.agent(local) for local in ("sarah", "tom")}
    customers = await make_chats(site, agents)
    up, tally, running = asyncio.Event(), Tally(), True
    up.set()
    writers = [Writer(customers[n % 2], f"writer {n}", tally, up) for n in range(4)]
    talkers = [Talker(agent, site.room(customers[n].chat), local, tally, up)
               for n, (local, agent) in enumerate(agents.items())]
    restarts = Restarts(site, up, talkers)
    tasks = [asyncio.create_task(w.run(lambda: running)) for w in (*writers, *talkers)]

    for _ in range(count("KILLS", 30, 300)):
        await tally.reach(tally.total + rng.randrange(1, 60))
        await restarts.kill()
        if rng.random() < 0.2:  # and again in the middle of its start
            site.parley.start(wait=False)
            site.parley.kill()
        await restarts.start()
    await tally.reach(tally.total + 50)
    running = False
    await asyncio.gather(*tasks)

    for n, customer in enumerate(customers):
        room = site.room(customer.chat)
        log = await customer.log()
        last = log[-1]["id"]
        known = {e["id"] for e in log if e["role"] != "SYSTEM"}
        stream = await customer.stream(whole=True)
        await stream.event("message", lambda e, last=last: e.payload["id"] == last)
        views = {"the stream from the start": (
            [e.payload["id"] for e in stream.events if e.name == "message"], ALL)}
        for local, agent in agents.items():
            await agent.wait(lambda s, last=last: s.line and s.stanza_id == last,
                             what="the last line")
            views[f"{local}'s client"] = (once_in_order(agent, room, known), ALL)
        nina = await site.agent("nina", resource=f"fresh{n}")
        join = await nina.join(room)
        views["a fresh join"] = ([s.stanza_id for s in join.history if s.stanza_id in known], 90)
        acknowledged = {}
        for w in (*writers[n::2], talkers[n]):
            acknowledged.update(w.acknowledged)
        check_one_order(log, acknowledged, views)
    report("messages acknowledged", tally.total)
    report("sent again", sum(w.retries for w in (*writers, *talkers)))
    times = sorted(restarts.seconds)
    report("start to ready", f"median {statistics.median(times) * 1000:.0f} ms, "
           f"longest {times[-1] * 1000:.0f} ms")
    shown = [s.stanza_id for a in agents.values() for s in a.received if s.line and s.stanza_id]
    report("lines shown to agents per line said", f"{len(shown) / len(set(shown)) / 2:.2f}")


async def test_waiting_chats_keep_their_time_and_place(own_site):
    site = own_site()
    customers = [await site.waiting() for _ in range(3)]
    before = [await c.info() for c in customers]
    site.parley.kill()
    site.parley.start()
    assert [await c.info() for c in customers] == before
    sarah = await site.agent("sarah")
    rooms = [site.room(c.chat) for c in customers]
    assert [r for r in await sarah.items("support.localhost") if r in rooms] == rooms


async def test_occupants_survive_a_restart_silently(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    marks = {sarah: sarah.mark, tom: tom.mark}
    site.parley.kill()
    site.parley.start()
    await customer.say("after the restart")
    for agent, mark in marks.items():
        await agent.said(room, "after the restart", mark)
        assert not [s for s in agent.received[mark:] if s.type == "unavailable"]
    await sarah.say(room, "still here")
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"
    assert (await tom.join(room)).role == "visitor"


async def test_what_the_server_has_read_is_not_sent_again(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    for n in range(5):
        await customer.say(f"before {n}")
    await sarah.said(room, "before 4")
    await asyncio.to_thread(site.parley.wait_confirmed)
    mark = sarah.mark
    site.parley.kill()
    site.parley.start()
    await customer.say("after")
    await sarah.said(room, "after", mark)
    assert [s.body for s in sarah.lines(room, mark)] == ["after"]


async def test_stop_is_clean_and_quick_while_streams_are_open(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    code = await asyncio.to_thread(site.parley.stop)
    assert code == 0, site.parley.log_end()
    await stream.end()
