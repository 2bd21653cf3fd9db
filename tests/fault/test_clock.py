"""The wall clock is set while chats run: by libfaketime, for the daemon alone. Its monotonic clock goes on,
as the system's does."""

import asyncio
import os
from datetime import datetime, timedelta, timezone

import pytest

from lib.crew import Crew

HOUR = 3600
YEAR = 365 * 24 * HOUR
SETTINGS = (HOUR, -HOUR, 3 * 24 * HOUR, -3 * 24 * HOUR, 10 * YEAR, -10 * YEAR)
TRIPLET = os.uname().machine + "-linux-gnu"


class WallClock:
    """offset: how far the daemon's clock is ahead of this machine's, in seconds."""

    def __init__(self, parley):
        self.parley = parley
        self.path = os.path.join(parley.folder, "clock")
        self.offset = 0
        self._write()
        parley.env.update({
            "LD_PRELOAD": f"/usr/lib/{TRIPLET}/faketime/libfaketimeMT.so.1",
            "FAKETIME_TIMESTAMP_FILE": self.path,
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        })

    def _write(self):
        beside = self.path + ".new"
        with open(beside, "w", encoding="ascii") as out:
            out.write(f"{self.offset:+d}s\n")
        os.replace(beside, self.path)

    def now(self):
        return datetime.now(timezone.utc) + timedelta(seconds=self.offset)

    def set_while_down(self, by):
        self.offset += by
        self._write()

    async def set(self, by):
        """The daemon has noticed when this returns."""
        seen = self.parley.log_text().count(" clock-set by_ms=")
        self.offset += by
        self._write()
        await asyncio.to_thread(
            self.parley.until, lambda: self.parley.log_text().count(" clock-set by_ms=") > seen, 20,
            "noticing that its clock was set")


@pytest.fixture
def clock_site(own_site):
    def make(settings=None):
        site = own_site(settings, start=False)
        clock = WallClock(site.parley)
        return site.start(), clock
    return make


@pytest.mark.deadline(300)
async def test_chats_go_on_while_the_clock_is_set(clock_site, oracle, rng, report):
    """Nobody is sent away or told anything twice; what is dated later in a room comes later."""
    site, clock = clock_site()
    crew = await Crew.assemble(site, oracle(site))
    crew.start()
    for by in SETTINGS:
        await crew.load.more(rng.randrange(20, 60))
        await clock.set(by)
    await crew.load.more(50)
    streams = [r.stream for r in crew.stream_readers()]
    assert streams and not any(s is None or s.ended for s in streams), "a stream ended"
    assert site.parley.log_text().count(" link-up ") == 1, site.parley.log_end()
    for customer in crew.customers:
        dates = [e["createdAt"] for e in await customer.log()]
        assert dates == sorted(set(dates))
    await crew.finish()
    report("sent again", crew.load.again)


async def test_silence_waiting_and_the_queue_outlast_settings_of_the_clock(clock_site):
    site, clock = clock_site({"limits": {"heartbeat_seconds": 1}})
    waiting = []
    for by in SETTINGS:
        customer = await site.waiting("hello")
        waiting.append((customer, await customer.stream()))
        await clock.set(by)
    for place, (customer, stream) in enumerate(waiting, 1):
        comments = stream.parser.comments
        await stream.until(lambda s, n=comments: s.parser.comments >= n + 2, what="heartbeats")
        info = await customer.info()
        assert info["queuePosition"] == place
        ago = clock.now() - datetime.fromisoformat(info["waitingSince"].replace("Z", "+00:00"))
        assert timedelta() <= ago < timedelta(minutes=30), (clock.offset, ago)


async def test_restart_by_a_clock_set_back_keeps_chats_and_their_order(clock_site):
    site, clock = clock_site()
    await clock.set(10 * YEAR)
    first, second = await site.waiting("first"), await site.waiting("second")
    assert await asyncio.to_thread(site.parley.stop) == 0
    clock.set_while_down(-20 * YEAR)
    await asyncio.to_thread(site.parley.start)
    third = await site.waiting("third")
    await first.say("still here")
    for place, customer in enumerate((first, second, third), 1):
        assert (await customer.info())["queuePosition"] == place
    dates = [e["createdAt"] for e in await first.log()]
    assert dates == sorted(set(dates))
