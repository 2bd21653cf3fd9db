"""SIGTERM while everybody writes: what was acknowledged is there, the daemon ends by itself."""

import asyncio

import pytest

from lib.crew import Crew


STOP_SECONDS = 10


@pytest.mark.deadline(300)
async def test_stop_under_load_keeps_all_and_ends_the_streams(own_site, oracle, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site))
    await crew.assistants_chat()
    crew.start()
    slowest = 0.0
    for _ in range(count("STOPS", 5, 50)):
        await crew.load.more(rng.randrange(1, 60))
        streams = [r.stream for r in crew.stream_readers() if r.stream and r.stream.status == 200]
        crew.load.close()
        begin = asyncio.get_running_loop().time()
        code = await asyncio.to_thread(site.parley.stop, STOP_SECONDS)
        slowest = max(slowest, asyncio.get_running_loop().time() - begin)
        assert code == 0, site.parley.log_end()
        for stream in streams:
            await stream.end()
            assert not stream.broken, "a stream was reset instead of ended"
        await asyncio.to_thread(site.parley.start)
        crew.load.open()
    await crew.load.more(50)
    await crew.finish()
    report("slowest stop", f"{slowest * 1000:.0f} ms")
    report("sent again", crew.load.again)


@pytest.mark.deadline(300)
async def test_restart_is_bridged_by_clients_that_only_try_again(own_site, oracle, count, rng,
                                                                 report):
    """Nobody tells the clients: they see an answer missing or a stream ending, pause, and repeat."""
    site = own_site()
    crew = await Crew.assemble(site, oracle(site))
    crew.load.leave_alone()
    crew.start()
    for _ in range(count("RESTARTS", 3, 30)):
        await crew.load.more(rng.randrange(20, 100))
        await asyncio.to_thread(site.parley.stop if rng.random() < 0.5 else site.parley.kill)
        await asyncio.to_thread(site.parley.start)
    await crew.load.more(100)
    await crew.finish()
    report("sent again", crew.load.again)


async def test_second_stop_and_stop_at_start_are_clean(own_site):
    """A signal at any moment of the start ends the daemon, and its database is whole."""
    site = own_site()
    customer = await site.waiting("kept")
    assert await asyncio.to_thread(site.parley.stop) == 0
    for wait in (False, False, False, True):
        await asyncio.to_thread(site.parley.start, wait)
        code = await asyncio.to_thread(site.parley.stop)
        # before its handler is there, the signal itself ends it
        assert code == 0 or code == -15 and not wait, site.parley.log_end()
    await asyncio.to_thread(site.parley.start)
    assert [e["content"] for e in await customer.log()][-1] == "kept"
    site.parley.check_store()
