"""Peers that are gone without a word: their host vanishes from the network. Needs the right to make
network namespaces, as root has."""

import asyncio
import itertools
import os
import socket
import subprocess

import pytest

from lib.parley import LIMITS
from lib.peers import raise_descriptors
from lib.web import make_request

_numbers = itertools.count(1)


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)


class Island:
    """A host of its own behind a cable that can be pulled. Its sockets are used from here: a
    socket stays in the network it was made in."""

    def __init__(self):
        number = next(_numbers)
        self.name = f"parley-{os.getpid()}-{number}"
        self.here = f"pl{os.getpid() % 100000}a{number}"
        self.there = f"pl{os.getpid() % 100000}b{number}"
        net = f"10.{200 + os.getpid() % 50}.{number % 250}"
        self.address, self.peer = net + ".1", net + ".2"

    def __enter__(self):
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there,
                "netns", self.name)
            run("ip", "address", "add", self.address + "/24", "dev", self.here)
            run("ip", "link", "set", self.here, "up")
            inside = ("ip", "netns", "exec", self.name, "ip")
            run(*inside, "address", "add", self.peer + "/24", "dev", self.there)
            run(*inside, "link", "set", self.there, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self.here], check=False, capture_output=True)

    def connect(self, address, number):
        """In a thread of its own, since the network belongs to the thread that makes sockets."""
        import ctypes
        import threading

        made = []

        def work():
            with open(f"/var/run/netns/{self.name}", encoding="ascii") as net:
                libc = ctypes.CDLL(None, use_errno=True)
                assert libc.setns(net.fileno(), 0x40000000) == 0, os.strerror(ctypes.get_errno())
            for _ in range(number):
                s = socket.socket()
                s.settimeout(15)
                s.connect(address)
                made.append(s)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(made) == number
        return made

    def pull_cable(self):
        run("ip", "link", "set", self.here, "down")


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
