"""Peers that are gone without a word: their host vanishes from the network."""

import asyncio

import pytest

from lib.island import Island
from lib.parley import LIMITS
from lib.peers import raise_descriptors
from lib.web import make_request

@pytest.mark.deadline(200)
async def test_vanished_peers_are_found_and_leave_nothing(own_site, count, long_form, report):
    raise_descriptors()
    number = count("VANISHED", 200, 1000)
    with Island() as island:
        site = own_site({"limits": {**LIMITS, "unsent_seconds": 3, "heartbeat_seconds": 1,
                                    "header_seconds": 2, "body_seconds": 2}}, start=False)
        site.parley.settings["http"]["listen"] = f"0.0.0.0:{site.parley.port}"
        site.parley.write_config()
        site.start()
        customer = await site.waiting()
        near = await customer.stream()
        before = site.parley.descriptors()
        address = (island.address, site.parley.port)
        token = [("Authorization", "Bearer " + customer.token)]
        stream = make_request(address, "GET", customer.path("/events"), token, None)
        half = b"GET / HTTP/1.1\r\nHost: a\r\n"
        idle = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"  # may stay for half a minute
        kinds = (stream, stream, stream, half, idle if long_form else stream)
        peers = island.connect(address, number)
        for n, s in enumerate(peers):
            s.sendall(kinds[n % len(kinds)])
        for n, s in enumerate(peers):
            if kinds[n % len(kinds)] is not half:
                assert s.recv(16).startswith(b"HTTP/1.1 200")
        island.pull_cable()
        # Nobody says goodbye: the network is gone before the sockets are.
        loop = asyncio.get_running_loop()
        begin = loop.time()
        async with asyncio.timeout(120):
            while site.parley.descriptors() > before + 1:
                await customer.say(f"into the void {loop.time()}")
        report("vanished peers", f"{number} found in {loop.time() - begin:.1f} s")
        await customer.say("still here")
        await near.said("still here")
        for s in peers:
            s.close()
