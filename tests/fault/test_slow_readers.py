"""Readers that do not read: they are cut within the limits, resume exactly, and nobody else waits
for them."""

import asyncio
import time

import pytest

from lib.parley import LIMITS
from lib.peers import plain_socket, raise_descriptors, source
from lib.wait import gather
from lib.web import Dechunker, EventParser, make_request

QUEUE = 256 * 1024
KERNEL = 512 * 1024  # both ends' buffers of the system, of a client with a small one
TEXT = "x" * 4000


def resident(parley):
    """Bytes of memory the daemon has."""
    with open(f"/proc/{parley.process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


class Lazy:
    """Opens a stream and reads nothing until it is asked to."""

    def __init__(self, web, target, token, number):
        headers = [("Authorization", "Bearer " + token)]
        self.socket = plain_socket(web.address, source(number, 20, 4), 32768)
        self.socket.send(make_request(web.address, "GET", target, headers, None))

    async def drain(self):
        """What was sent before the cut: (bytes, whole events)."""
        loop = asyncio.get_running_loop()
        data = b""
        async with asyncio.timeout(30):
            while True:
                try:
                    part = await loop.sock_recv(self.socket, 65536)
                except ConnectionError:
                    break
                if not part:
                    break
                data += part
        self.socket.close()
        head, _, body = data.partition(b"\r\n\r\n")
        if b"chunked" in head.lower():
            body = Dechunker().feed(body)
        return len(data), EventParser().feed(body)


@pytest.mark.deadline(400)
async def test_slow_readers_are_cut_and_the_good_ones_do_not_notice(own_site, count, report):
    raise_descriptors()
    number = count("READERS", 40, 500)
    site = own_site({"limits": {**LIMITS, "unsent_seconds": 3, "heartbeat_seconds": 1}})
    writer = await site.waiting()
    good = [await writer.web.stream(writer.path("/events?since=now")) for _ in range(number)]
    before = resident(site.parley), site.parley.descriptors()

    async def say(texts):
        late = []
        for text in texts:
            begin = time.perf_counter()
            await writer.say(text)
            await gather(*(s.said(text) for s in good))
            late.append(time.perf_counter() - begin)
        return sorted(late)[len(late) // 2]

    alone = await say([f"alone {n}" for n in range(20)])
    lazy = [Lazy(site.web, writer.path("/events?since=now"), writer.token, n)
            for n in range(number)]
    async with asyncio.timeout(60):
        while site.parley.descriptors() < before[1] + number:
            await site.web.get("/healthz")
    beside = await say([f"beside {n} {TEXT}" for n in range(20)])
    rounds = 0
    peak = resident(site.parley)
    async with asyncio.timeout(200):
        while site.parley.descriptors() > before[1] + number // 20:
            rounds += 1
            await writer.say(f"flood {rounds} " + TEXT * 3)
            peak = max(peak, resident(site.parley))
    texts = [e["content"] for e in await writer.log()]
    report("slow readers", f"{number} slow, {number} good; message to all good ones "
           f"{alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms beside them; memory "
           f"{before[0] >> 20} MiB, at most {peak >> 20} MiB; all cut after {rounds} messages")
    assert peak - before[0] < number * (QUEUE + 65536) + (64 << 20)
    # The good ones have seen all, in order.
    for s in good:
        await s.said(texts[-1], deadline=60)
        seen = [e.payload["content"] for e in s.durable() if e.name == "message"]
        assert seen == texts[len(texts) - len(seen):] and not s.ended
    # The slow ones got no more than fits, a whole beginning; and go on from there.
    for n, one in enumerate(lazy):
        size, events = await one.drain()
        assert size <= QUEUE + KERNEL, f"{size} bytes were sent to a reader that does not read"
        durable = [e for e in events if e.id is not None]
        if n % (number // 10):
            continue
        again = await writer.stream(durable[-1].id)
        await again.said(texts[-1], deadline=60)
        seen = [e.payload["content"] for e in durable + again.durable() if e.name == "message"]
        assert seen == texts[len(texts) - len(seen):], "not resumed exactly"
        await again.aclose()
    for s in good:
        await s.aclose()


@pytest.mark.deadline(60)
async def test_reader_of_a_long_answer_that_stops_is_cut(own_site):
    """A page of history is larger than the system's buffers; whoever asks for many of them and
    reads none holds them only for unsent_seconds."""
    site = own_site({"limits": {**LIMITS, "unsent_seconds": 2}})
    customer = await site.waiting()
    for n in range(120):
        await customer.say(f"{n} " + "y" * 16000)
    before = site.parley.descriptors()
    request = make_request(site.parley.address, "GET", customer.path("/messages?limit=200"),
                           [("Authorization", "Bearer " + customer.token)], None)
    held = [plain_socket(site.parley.address, "127.0.4.1", 4096) for _ in range(30)]
    for s in held:
        s.send(request)
    peak = 0
    async with asyncio.timeout(30):
        while peak < before + 30 or site.parley.descriptors() > before + 2:
            peak = max(peak, site.parley.descriptors())
            await site.web.get("/healthz")
    for s in held:
        s.close()
