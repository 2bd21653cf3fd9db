"""Slow headers, slow bodies, slow reads, more of them than there may be connections: a customer is
served all the time, and the slow ones are cut."""

import asyncio
import collections
import os
import signal
import subprocess

import pytest

from lib.parley import LIMITS
from lib.wait import DEADLINE, gather
from lib.peers import Dripper, Regular, plain_socket, source, raise_descriptors

HOST = "Host: a\r\n"
JSON = "Content-Type: application/json\r\n"


def slow_site(own_site, connections):
    return own_site({"limits": {**LIMITS, "connections": connections, "header_seconds": 6,
                                "body_seconds": 6, "unsent_seconds": 3}})


@pytest.mark.deadline(300)
async def test_customer_is_served_while_slow_requests_hold_every_connection(
        own_site, count, long_form, report):
    raise_descriptors()
    site = slow_site(own_site, 1024 if long_form else 64)
    customer = await site.waiting()
    number = count("SLOW", 200, 2000)
    head = f"POST {customer.path('/messages')} HTTP/1.1\r\n{HOST}{JSON}Authorization: Bearer " \
           f"{customer.token}\r\n"
    kinds = ((head.encode() + b"X-Slow: ", b"a"),
             (b"", b"G"),
             (head.encode() + b"Content-Length: 1000\r\n\r\n", b" "),
             (head.encode() + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"))
    drippers = [Dripper(site.parley.address, source(n), *kinds[n % 4], 0.5) for n in range(number)]
    regular = Regular(customer)
    over = asyncio.Event()

    async def until_cut():
        try:
            async with asyncio.timeout(60):
                await all_cut()
        finally:
            over.set()

    async def all_cut():
        seconds = 20 if long_form else 0
        end = asyncio.get_running_loop().time() + seconds
        while (not all(d.cuts for d in drippers) or len(regular.late) < 20
               or asyncio.get_running_loop().time() < end):
            await asyncio.wait([asyncio.ensure_future(over.wait())], timeout=0.1)

    await gather(regular.run(over), until_cut(), *(d.run(over) for d in drippers))
    assert not regular.failed, regular.failed[:5]
    report("slow requests", f"{number} peers, {sum(len(d.cuts) for d in drippers)} times cut; "
           f"meanwhile {regular.summary()}")
    assert (await site.web.get("/healthz")).status == 200


async def first_bytes(peer):
    try:
        async with asyncio.timeout(DEADLINE):
            return await asyncio.get_running_loop().sock_recv(peer, 12)
    except OSError as e:
        return repr(e)


async def test_who_comes_in_a_crowd_to_a_full_house_is_served(own_site):
    site = own_site({"limits": {**LIMITS, "connections": 64}})
    address = site.parley.address
    peers = [plain_socket(address, source(n)) for n in range(64)]
    try:
        assert (await site.web.get("/healthz")).status == 200
        site.parley.process.send_signal(signal.SIGSTOP)
        try:
            crowd = [plain_socket(address, source(n, 1, net=4)) for n in range(50)]
            peers += crowd
            for one in crowd:
                one.send(f"GET /healthz HTTP/1.1\r\n{HOST}\r\n".encode())
        finally:
            site.parley.process.send_signal(signal.SIGCONT)
        answers = collections.Counter([await first_bytes(one) for one in crowd])
        assert answers == {b"HTTP/1.1 200": len(crowd)}
    finally:
        for peer in peers:
            peer.close()


SLOW_TOOL = {"headers": ["-H", "-i", "1"], "bodies": ["-B", "-i", "1", "-s", "8192"],
             "reads": ["-X", "-n", "1", "-w", "10", "-y", "20", "-z", "10", "-k", "5"]}


@pytest.mark.deadline(120)
@pytest.mark.parametrize("kind", SLOW_TOOL)
async def test_customer_is_served_under_slowhttptest(own_site, kind, count, long_form, report):
    site = slow_site(own_site, 1024 if long_form else 64)
    customer = await site.waiting()
    customer.web.source = "127.0.3.9"
    number = count("SLOW_TOOL", 150, 2000)
    seconds = 20 if long_form else 3
    host, port = site.parley.address
    target = f"http://{host}:{port}/page.js" if kind == "reads" else f"http://{host}:{port}/"
    argv = ["slowhttptest", *SLOW_TOOL[kind], "-c", str(number), "-r", str(number),
            "-l", str(seconds), "-p", "3", "-u", target]
    regular = Regular(customer)
    over = asyncio.Event()

    async def tool():
        log = os.path.join(site.parley.folder, "slowhttptest.log")
        with open(log, "wb") as out:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=site.parley.folder)
            try:
                await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
                over.set()

    await gather(regular.run(over), tool())
    assert not regular.failed, regular.failed[:5]
    assert regular.late, "the customer wrote nothing"
    report(f"slowhttptest {kind}", f"{number} peers, {seconds} s; {regular.summary()}")
