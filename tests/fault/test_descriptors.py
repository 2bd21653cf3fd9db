"""Too few descriptors: browsers get a clear answer, nobody else notices, and nothing spins."""

import asyncio
import itertools
import os
import resource

import pytest

from lib.parley import LIMITS
from lib.peers import plain_socket, source
from lib.wait import gather
from lib.web import Closed

FEW = 200  # of which 64 are not for browsers


def limit_descriptors(parley, number):
    """Of the running daemon. Only the soft limit: the other could not be raised again."""
    hard = resource.prlimit(parley.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(parley.process.pid, resource.RLIMIT_NOFILE, (number, hard))


def first_free(parley):
    """The number the next descriptor would get."""
    taken = {int(n) for n in os.listdir(f"/proc/{parley.process.pid}/fd")}
    return next(n for n in itertools.count() if n not in taken)


def few_site(own_site, number=FEW):
    """A daemon that may have so many descriptors."""
    site = own_site({"limits": dict(LIMITS)}, start=False)
    parley = site.parley
    argv = parley.argv
    parley.argv = lambda: ["prlimit", f"--nofile={number}:{number}", *argv()]
    return site.start()


async def try_stream(customer, number):
    web = customer.web.using(customer.token)
    web.source = source(number, 5)
    return await web.stream(customer.path("/events?since=now"))




@pytest.mark.deadline(120)
async def test_streams_beyond_the_descriptors_get_503_and_all_else_goes_on(own_site, report):
    site = few_site(own_site)
    customer = await site.waiting()
    streams = [await try_stream(customer, n) for n in range(FEW)]
    good = [s for s in streams if s.status == 200]
    refused = [s for s in streams if s.status != 200]
    assert good and refused
    assert {s.status for s in refused} == {503}, {s.status for s in refused}
    assert all(s.headers["retry-after"] for s in refused)
    assert site.parley.descriptors() <= FEW - 32, "nothing is left for the others"
    report("descriptors", f"{FEW}: {len(good)} streams, {site.parley.descriptors()} in use")
    # The store, the XMPP link and management go on with what is kept for them.
    await customer.say("still heard")
    for s in good:
        await s.said("still heard")
    site.parley.command("agent", "list")
    await site.server_down()
    await customer.say("without a server")
    await site.server_up()
    agent = await site.agent()
    await agent.join(site.room(customer.chat))
    assert (await site.web.get("/healthz")).status == 200
    # And when places are free again, they are taken.
    for s in good[:10]:
        await s.aclose()

    async def one_more():
        while True:
            s = await try_stream(customer, 1000)
            if s.status == 200:
                return s
            assert s.status == 503

    async with asyncio.timeout(15):
        again = await one_more()
    await customer.say("heard by all")
    for s in (*good[10:], again):
        await s.said("heard by all")
    await gather(*(s.aclose() for s in (*streams, again)))


@pytest.mark.deadline(120)
@pytest.mark.parametrize("left", [0, 2])
async def test_accept_that_fails_is_no_busy_loop_and_heals(own_site, left, report):
    """The system refuses a descriptor, although we counted on it: all of it has too few."""
    site = own_site()
    customer = await site.waiting()
    stream = await customer.stream()
    limit_descriptors(site.parley, first_free(site.parley) + left)
    held = [plain_socket(site.parley.address, "127.0.3.1") for _ in range(3)]
    used = site.parley.cpu_seconds()
    with pytest.raises(Closed):
        await site.web.get("/healthz", deadline=2)
    used = site.parley.cpu_seconds() - used
    report("accept fails", f"{used:.2f} s of processor in 2 s")
    assert used < 1, "it spins"
    assert not stream.ended
    limit_descriptors(site.parley, 1024)
    for s in held:
        s.close()  # only now: the library looks again when a connection ends
    assert (await site.web.get("/healthz")).status == 200
    await customer.say("after it")
    await stream.said("after it")
    lines = site.parley.log_text().count("no-descriptor")
    assert 1 <= lines < 50, f"{lines} lines of log"
