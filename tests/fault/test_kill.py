"""The daemon is killed again and again under load. Whatever it acknowledged is there, once, and
everybody sees one order."""

import asyncio
import statistics

import pytest

from lib.crew import Crew
from lib.readers import QueueReader


class Restarts:
    """Kills and starts the daemon, and tells those who use it."""

    def __init__(self, crew):
        self.crew = crew
        self.parley = crew.site.parley
        self.seconds = []

    async def kill(self):
        self.crew.load.close()
        await asyncio.to_thread(self.parley.kill)

    async def kill_while_starting(self):
        self.parley.start(wait=False)
        await asyncio.to_thread(self.parley.kill)

    async def start(self):
        self.seconds.append(await asyncio.to_thread(self.parley.start))
        self.crew.load.open()

    def report(self, report):
        times = sorted(self.seconds)
        report("start to ready", f"{len(times)} times, median "
               f"{statistics.median(times) * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms")


@pytest.mark.deadline(900)
async def test_acknowledged_messages_survive_kills_under_load(own_site, oracle, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site))
    await crew.assistants_chat()
    for ledger in crew.ledgers:
        crew.oracle.watch(QueueReader(ledger, "a console with the queue", crew.load,
                                      site.agent_web("nina", keep=True)).start())
    restarts = Restarts(crew)
    crew.start()
    for _ in range(count("KILLS", 30, 200)):
        await crew.load.more(rng.randrange(1, 60))
        await restarts.kill()
        if rng.random() < 0.2:
            await restarts.kill_while_starting()
        await restarts.start()
    await crew.load.more(50)
    await crew.finish()
    restarts.report(report)
    report("sent again", crew.load.again)
    shown = [s.stanza_id for a in crew.agents.values() for s in a.received
             if s.line and s.stanza_id]
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
