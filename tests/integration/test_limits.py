"""Limits of time and rate: who is slow is cut, who asks too often is told when to come back."""

import asyncio
import time

import pytest

from lib.parley import LIMITS
from lib.wait import gather
from lib.web import status_of

HOST = "Host: a\r\n"
JSON = "Content-Type: application/json\r\n"


# ---- slow requests -------------------------------------------------------------------------------


async def test_slow_headers_and_bodies_are_cut(own_site):
    site = own_site({"limits": {"header_seconds": 1, "body_seconds": 2}})
    customer = await site.customer()

    async def slowly(head, drip):
        """A byte now and then keeps an idle timeout away; only a deadline ends it."""
        reader, writer = await site.web.connect()
        writer.write(head)
        begin = time.monotonic()
        got = b""
        while time.monotonic() - begin < 20:
            try:
                part = await asyncio.wait_for(reader.read(4096), 0.3)
            except asyncio.TimeoutError:
                writer.write(drip)
                continue
            except ConnectionError:
                part = b""
            if not part:
                writer.close()
                return time.monotonic() - begin, got
            got += part
        raise AssertionError("a request that never ends is not cut")

    head = f"POST {customer.path('/messages')} HTTP/1.1\r\n{HOST}{JSON}Authorization: Bearer " \
           f"{customer.token}\r\n"
    results = await gather(
        slowly(head.encode() + b"X-Slow: ", b"a"),
        slowly(b"", b"G"),
        slowly(head.encode() + b"Content-Length: 1000\r\n\r\n", b" "),
        slowly(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"))
    for seconds, got in results:
        assert status_of(got) in (0, 408), got[:200]
    assert (await site.web.get("/healthz")).status == 200


# ---- rates ---------------------------------------------------------------------------------------


@pytest.fixture
def strict_site(own_site):
    def make(**limits):
        return own_site({"limits": {**LIMITS, **limits}})

    make.aclose = own_site.aclose
    return make


def check_limited(answer):
    assert answer.status == 429 and answer.problem() == "rate-limited", answer.body
    assert int(answer.headers["retry-after"]) >= 1


async def test_rate_of_messages_is_per_chat(strict_site):
    site = strict_site(messages_per_minute=30, messages_burst=4)
    one, two = await site.waiting(), await site.waiting()
    answers = [await one.post(f"m{n}") for n in range(8)]
    statuses = [a.status for a in answers]
    assert all(200 <= s < 300 for s in statuses[:4]) and 429 in statuses, statuses
    check_limited(next(a for a in answers if a.status == 429))
    (await two.post("still free")).ok()
    kept = [e["content"] for e in await one.log() if e["role"] == "USER"]
    assert kept == [f"m{n}" for n, s in enumerate(statuses) if s != 429]


async def test_rate_of_new_chats_is_per_address(strict_site):
    site = strict_site(chats_per_minute=3)
    answers = [await site.web.post("/api/chats", {}) for _ in range(6)]
    statuses = [a.status for a in answers]
    assert statuses[:3] == [201] * 3 and 429 in statuses, statuses
    check_limited(answers[statuses.index(429)])
    elsewhere = site.web
    elsewhere.source = "127.0.2.1"
    assert (await elsewhere.post("/api/chats", {})).status == 201


async def test_bad_tokens_are_counted_per_address(strict_site):
    site = strict_site(bad_tokens_per_minute=5)
    customer = await site.customer()
    elsewhere = site.web.using(customer.token)
    elsewhere.source = "127.0.2.2"
    statuses = [(await site.web.get(customer.path(), token=f"guess{n}")).status
                for n in range(10)]
    assert statuses[:5] == [401] * 5 and 429 in statuses, statuses
    assert (await elsewhere.get(customer.path())).status == 200


async def test_agent_is_asked_so_often_however_its_address_is_written(strict_site):
    site = strict_site(logins_per_minute=6)
    jid = site.jids["sarah"]
    answers = []
    for n in range(20):
        elsewhere = site.web
        elsewhere.source = f"127.0.3.{n + 1}"
        written = " " * n + (jid.upper() if n % 2 else jid)
        answers.append(await elsewhere.post("/api/auth/login", {"jid": written}))
    statuses = [a.status for a in answers]
    assert statuses[:2] == [202] * 2 and 429 in statuses, statuses
    check_limited(answers[statuses.index(429)])
    elsewhere = site.web
    elsewhere.source = "127.0.3.30"
    assert (await elsewhere.post("/api/auth/login", {"jid": site.jids["tom"]})).status == 202


async def test_streams_are_limited_per_chat_and_address(strict_site):
    site = strict_site(streams_per_chat=2, streams_per_address=5)
    customers = [await site.customer() for _ in range(4)]
    one = [await customers[0].web.stream(customers[0].path("/events")) for _ in range(3)]
    assert [s.status for s in one] == [200, 200, 429]
    assert one[2].headers["retry-after"]
    more = [await c.web.stream(c.path("/events")) for c in customers[1:3] for _ in range(2)]
    assert [s.status for s in more] == [200, 200, 200, 429]
    await one[0].aclose()
    # the place is free again as soon as the daemon sees the end

    async def once_more():
        while True:
            s = await customers[0].web.stream(customers[0].path("/events"))
            if s.status == 200:
                return s
            assert s.status == 429

    async with asyncio.timeout(15):
        again = await once_more()
    for s in (*one, *more, again):
        await s.aclose()
