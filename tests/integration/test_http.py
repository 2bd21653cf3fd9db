"""HTTP as the web contract promises it: framing, limits, errors, idempotency, rates."""

import asyncio
import json
import time

import pytest

from lib.parley import LIMITS
from lib.wait import gather

JSON = "Content-Type: application/json\r\n"


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


# ---- framing -------------------------------------------------------------------------------------

HOST = "Host: a\r\n"
BODY = "{}"
FRAMING = {
    "two lengths": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: 2\r\n"
                   f"Content-Length: 2\r\n\r\n{BODY}",
    "two different lengths": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: 2\r\n"
                             f"Content-Length: 3\r\n\r\n{BODY}",
    "length and chunked": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: 2\r\n"
                          f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Transfer-Encoding: chunked\r\n"
                   "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "unknown coding": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Transfer-Encoding: gzip\r\n\r\n",
    "two hosts": f"GET /healthz HTTP/1.1\r\n{HOST}Host: b\r\n\r\n",
    "no host": "GET /healthz HTTP/1.1\r\n\r\n",
    "negative length": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: -1\r\n\r\n",
    "length of letters": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: 2x\r\n\r\n{{}}",
    "length with plus": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length: +2\r\n\r\n{{}}",
    "huge length": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}"
                   "Content-Length: 99999999999999999999\r\n\r\n",
    "nul in target": f"GET /healthz%00 HTTP/1.1\r\n{HOST}\r\n",
    "dots in target": f"GET /api/../healthz HTTP/1.1\r\n{HOST}\r\n",
    "escaped dots": f"GET /api/%2e%2e/healthz HTTP/1.1\r\n{HOST}\r\n",
    "half an escape": f"GET /healthz%4 HTTP/1.1\r\n{HOST}\r\n",
    "absolute target": f"GET http://b/healthz HTTP/1.1\r\n{HOST}\r\n",
    "no target": f"GET HTTP/1.1\r\n{HOST}\r\n",
    "space in a header's name": f"GET /healthz HTTP/1.1\r\n{HOST}X y: 1\r\n\r\n",
    "space before the colon": f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Content-Length : 2\r\n"
                              f"\r\n{BODY}",
}


@pytest.mark.parametrize("name", FRAMING)
async def test_ambiguous_framing_is_refused_and_the_connection_closed(site, name):
    follow = b"GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    answer, closed = await site.web.raw(FRAMING[name].encode() + follow)
    assert closed, "the connection stays open"
    assert b"HTTP/1.1 200" not in answer, "what followed was answered as a request"
    assert status_of(answer) in (0, 400, 413, 501), answer[:300]


async def test_well_framed_requests_on_one_connection_are_answered_in_order(site):
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer, closed = await site.web.raw(one * 4 + last)
    assert closed and answer.count(b"HTTP/1.1 200") == 5


async def test_chunked_body_is_taken(site):
    answer, _ = await site.web.raw(
        f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}Connection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n".encode())
    assert status_of(answer) == 201


async def test_large_body_is_refused_before_it_is_read(site):
    customer = await site.waiting()
    for length in (65537, 1 << 30):
        answer, closed = await site.web.raw(
            f"POST {customer.path('/messages')} HTTP/1.1\r\n{HOST}{JSON}"
            f"Authorization: Bearer {customer.token}\r\nContent-Length: {length}\r\n\r\n".encode())
        assert status_of(answer) == 413 and closed


async def test_large_chunked_body_is_refused(site):
    customer = await site.waiting()
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    answer, _ = await site.web.raw(
        f"POST {customer.path('/messages')} HTTP/1.1\r\n{HOST}{JSON}Connection: close\r\n"
        f"Authorization: Bearer {customer.token}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        + chunk * 17 + b"0\r\n\r\n")
    assert status_of(answer) in (0, 413)
    assert (await customer.log())[-1]["role"] == "SYSTEM"


async def test_too_long_text_is_413_and_the_longest_is_taken(site):
    customer = await site.waiting()
    answer = await customer.web.post(customer.path("/messages/send"),
                                     {"content": "x" * 16385, "role": "USER"})
    assert answer.status == 413 and answer.problem()
    assert (await customer.say("x" * 16384))["content"] == "x" * 16384


async def test_many_and_long_headers_are_refused(site):
    for headers in ("X-Long: " + "x" * 70000 + "\r\n",
                    "".join(f"X-{n}: {'y' * 100}\r\n" for n in range(1000))):
        answer, closed = await site.web.raw(
            f"GET /healthz HTTP/1.1\r\n{HOST}{headers}\r\n".encode())
        assert closed and status_of(answer) in (0, 400, 413, 431), answer[:200]
    answer, closed = await site.web.raw(
        f"GET /{'x' * 70000} HTTP/1.1\r\n{HOST}\r\n".encode())
    assert closed and status_of(answer) in (0, 400, 404, 413, 414, 431)
    assert (await site.web.get("/healthz")).status == 200


# ---- errors --------------------------------------------------------------------------------------


async def test_wrong_method_is_405_with_allow(site):
    customer = await site.customer()
    for method, target, allowed in (("PUT", "/api/chats", {"GET", "POST"}),
                                    ("DELETE", customer.path("/messages"), {"GET", "POST"}),
                                    ("GET", "/api/escalations", {"POST"}),
                                    ("POST", "/healthz", {"GET"}),
                                    ("PATCH", customer.path(), {"GET"})):
        answer = await customer.web.request(method, target,
                                            {} if method not in ("GET",) else None)
        assert answer.status == 405, (method, target, answer.status)
        assert allowed <= {m.strip() for m in answer.headers["allow"].split(",")}
        answer.problem()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", "application/jsonx", ""])
async def test_other_bodies_than_json_are_415(site, kind):
    customer = await site.waiting()
    answer = await customer.web.post(customer.path("/messages/send"),
                                     body=b'{"content":"x","role":"USER"}',
                                     headers={"Content-Type": kind})
    assert answer.status == 415 and answer.problem()


async def test_json_with_a_charset_is_taken(site):
    customer = await site.waiting()
    (await customer.web.post(customer.path("/messages/send"),
                             body='{"content":"ü","role":"USER"}'.encode(),
                             headers={"Content-Type": "application/json; charset=utf-8"})).ok()


async def test_unknown_paths_are_404_problems(site):
    for target in ("/api/nothing", "/api/chats/x/y/z", "/nothing", "/api", "/api/chats/"):
        answer = await site.web.get(target)
        assert answer.status == 404, (target, answer.status)
    assert (await site.web.get("/api/nothing")).problem() == "not-found"


async def test_requests_without_a_token_are_401_with_a_challenge(site):
    customer = await site.customer()
    for method, target, value in (("GET", customer.path(), None), ("GET", "/api/chats", None),
                                  ("POST", customer.path("/messages"), {"content": "x"}),
                                  ("POST", "/api/escalations", {"chatId": customer.chat}),
                                  ("GET", customer.path("/events"), None)):
        answer = await site.web.request(method, target, value)
        assert answer.status == 401, (method, target, answer.status)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        answer.problem()


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Basic eDp5", "bearer  x", "Bearer x y",
                                   "Bearer " + "x" * 5000, "Token x"])
async def test_malformed_credentials_are_401(site, value):
    customer = await site.customer()
    answer = await site.web.get(customer.path(), headers={"Authorization": value})
    assert answer.status in (400, 401, 431)


async def test_wrong_chat_is_404_like_a_missing_one(site):
    customer, other = await site.customer(), await site.customer()
    for target in (other.path(), other.path("/messages"),
                   "/api/chats/zzzzzzzzzzzzzzzzzzzzzzzzzz"):
        answer = await customer.web.get(target)
        assert answer.status == 404 and answer.problem() == "not-found"


async def test_other_roles_than_ones_own_are_403(site):
    customer = await site.waiting()
    for role in ("ASSISTANT", "AGENT", "SYSTEM", "user", "ADMIN"):
        answer = await customer.web.post(customer.path("/messages/send"),
                                         {"content": "x", "role": role})
        assert answer.status == 403, (role, answer.status)
    web = site.agent_web("sarah")
    (await web.post(customer.path("/assign"))).ok()
    for role in ("USER", "SYSTEM"):
        answer = await web.post(customer.path("/messages/send"), {"content": "x", "role": role})
        assert answer.status == 403, (role, answer.status)


async def test_every_answer_has_the_security_headers(site):
    customer = await site.customer()
    for answer in (await customer.web.get(customer.path()), await site.web.get("/"),
                   await site.web.get("/api/nothing"), await site.web.get(customer.path())):
        assert answer.headers.get("x-content-type-options") == "nosniff", answer.headers
    answer = await customer.web.get(customer.path())
    assert "no-store" in answer.headers.get("cache-control", "")
    assert answer.headers["content-type"].startswith("application/json")


# ---- CORS ----------------------------------------------------------------------------------------


async def test_foreign_origins_get_no_cors_headers(site):
    customer = await site.customer()
    for origin in ("https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1.evil"):
        answer = await customer.web.get(customer.path(), headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers, origin
        answer = await customer.web.request("OPTIONS", customer.path("/messages"), headers={
            "Origin": origin, "Access-Control-Request-Method": "POST"}, token=None)
        assert "access-control-allow-origin" not in answer.headers


async def test_listed_origin_is_echoed_with_vary(own_site):
    site = own_site({"http": {}}, start=False)
    origin = "https://shop.example"
    text = 'organizations = ( { name = "default"; title = "Shop"; origins = ["%s"]; } );\n' % origin
    with open(site.parley.config, "a", encoding="utf-8") as out:
        out.write(text)
    site.start()
    customer = await site.customer()
    answer = await customer.web.get(customer.path(), headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "Origin" in answer.headers["vary"]
    preflight = await site.web.request("OPTIONS", customer.path("/messages"), headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"})
    assert preflight.status in (200, 204)
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed and "content-type" in allowed
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in preflight.headers
    for other in ("https://shop.example.evil", "http://shop.example", "https://shop.example:8443"):
        answer = await customer.web.get(customer.path(), headers={"Origin": other})
        assert "access-control-allow-origin" not in answer.headers, other


# ---- tickets -------------------------------------------------------------------------------------


async def test_ticket_opens_one_stream_of_its_chat(site):
    customer, other = await site.waiting(), await site.waiting()

    async def ticket():
        answer = await customer.web.post(customer.path("/events/ticket"))
        assert answer.status == 201
        assert answer.json()["expiresIn"] == 30
        return answer.json()["ticket"]

    value = await ticket()
    stream = await site.web.stream(customer.path(f"/events?ticket={value}"))
    assert stream.status == 200
    await customer.say("seen through a ticket")
    await stream.said("seen through a ticket")
    await stream.aclose()
    again = await site.web.stream(customer.path(f"/events?ticket={value}"))
    assert again.status == 401
    wrong = await site.web.stream(other.path(f"/events?ticket={await ticket()}"))
    assert wrong.status in (401, 404)
    for bad in ("", "x", "a" * 3000):
        assert (await site.web.stream(customer.path(f"/events?ticket={bad}"))).status in (400, 401)
    # nothing else takes one
    assert (await site.web.get(customer.path(f"?ticket={await ticket()}"))).status == 401


async def test_ticket_resumes_where_the_query_says(site):
    customer = await site.waiting()
    stream = await customer.stream()
    await customer.say("one")
    position = (await stream.said("one")).id
    await customer.say("two")
    value = (await customer.web.post(customer.path("/events/ticket"))).json()["ticket"]
    again = await site.web.stream(customer.path(f"/events?ticket={value}&lastEventId={position}"))
    await again.said("two")
    assert [e.payload["content"] for e in again.durable()] == ["two"]
    await again.aclose()


# ---- streams -------------------------------------------------------------------------------------


async def test_stream_has_the_headers_that_proxies_need(site):
    customer = await site.customer()
    stream = await customer.stream()
    await stream.event("ready")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["cache-control"] == "no-store"
    await stream.until(lambda s: s.parser.retry is not None, what="retry:")
    assert 500 <= stream.parser.retry <= 60000


async def test_silent_stream_has_a_heartbeat(own_site):
    site = own_site({"limits": {"heartbeat_seconds": 1}})
    customer = await site.customer()
    stream = await customer.stream()
    await stream.until(lambda s: s.parser.comments >= 3, what="three comments")


async def test_closed_chats_stream_ends_with_204(site):
    customer = await site.waiting("hello")
    stream = await customer.stream()
    (await customer.web.post(customer.path("/close"))).ok()
    last = (await stream.event("closed")).id
    again = await customer.web.stream(customer.path("/events"), last_id=last)
    assert again.status == 204
    before = last.rsplit("-", 1)[0] + "-0"
    older = await customer.stream(last_id=before)
    await older.event("closed")


async def test_reader_that_does_not_read_is_cut_and_delays_nobody(own_site):
    site = own_site()
    customer = await site.waiting()
    slow_reader, slow_writer = await site.web.connect()
    slow_writer.transport.pause_reading()
    slow_writer.write(f"GET {customer.path('/events')} HTTP/1.1\r\n{HOST}Authorization: Bearer "
                      f"{customer.token}\r\n\r\n".encode())
    quick = await customer.stream()
    web = customer.web.using(customer.token, keep=True)
    text = "x" * 16000
    await web.get(customer.path())  # its connection is counted, too
    before = site.parley.descriptors()
    for n in range(1500):  # 24 MB: more than the sockets and the stream's queue hold
        (await web.post(customer.path("/messages/send"), {"content": text, "role": "USER"})).ok()
        if n % 50 == 49 and site.parley.descriptors() < before:
            break
    assert site.parley.descriptors() < before, "the stream that is not read is still there"
    await customer.say("the end")
    await quick.said("the end")
    slow_writer.close()
    web.close()


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


# ---- idempotency ---------------------------------------------------------------------------------


async def settle(web, target, value, headers=()):
    """The answer when no other with the same key is under way any more."""
    while True:
        answer = await web.post(target, value, headers=headers)
        if answer.status != 409 or "retry-after" not in answer.headers:
            return answer


async def test_fifty_duplicates_at_once_make_one_entry(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    value = {"content": "only once", "role": "USER", "clientId": "same"}
    answers = await gather(*(settle(customer.web, customer.path("/messages/send"), value)
                             for _ in range(50)))
    assert {a.status for a in answers} == {200}
    assert len({a.json()["message"]["id"] for a in answers}) == 1
    fresh = [a for a in answers if a.headers.get("idempotent-replayed") != "true"]
    assert len(fresh) == 1
    await customer.say("fence")
    await stream.said("fence")
    await sarah.said(room, "fence")
    assert [e.payload["content"] for e in stream.events if e.name == "message"] == \
        ["only once", "fence"]
    assert [s.body for s in sarah.lines(room)].count("only once") == 1
    assert [e["content"] for e in await customer.log()].count("only once") == 1


async def test_key_with_another_body_is_422(site):
    customer = await site.waiting()
    (await customer.post("first", key="k1")).ok()
    answer = await customer.post("second", key="k1")
    assert answer.status == 422 and answer.problem() == "key-reused"
    assert "second" not in [e["content"] for e in await customer.log()]


async def test_header_and_client_id_are_the_same_key(site):
    customer = await site.waiting()
    first = (await customer.web.post(customer.path("/messages"), {"content": "x"},
                                     headers={"Idempotency-Key": "k2"})).ok()
    second = (await customer.web.post(customer.path("/messages"),
                                      {"content": "x", "clientId": "k2"})).ok()
    assert second.headers.get("idempotent-replayed") == "true"
    assert first.json()["message"]["id"] == second.json()["message"]["id"]


async def test_keys_of_different_authors_do_not_meet(site):
    customer = await site.waiting()
    web = site.agent_web("sarah")
    (await web.post(customer.path("/assign"), {}, headers={"Idempotency-Key": "k3"})).ok()
    mine = (await customer.post("mine", key="k3")).ok().json()["message"]["id"]
    theirs = (await web.post(customer.path("/messages/send"), {
        "content": "theirs", "role": "ASSISTANT", "clientId": "k3b"})).ok()
    assert theirs.json()["message"]["id"] != mine
    other = await site.waiting()
    (await other.post("mine", key="k3")).ok()


async def test_escalation_repeated_is_one_escalation(site):
    customer = await site.customer()
    stream = await customer.stream()
    answers = [(await customer.web.post("/api/escalations",
                                        {"chatId": customer.chat, "reason": "r"})).ok()
               for _ in range(3)]
    assert answers[0].json()["success"] is True
    await customer.say("fence")
    await stream.said("fence")
    assert [e.name for e in stream.events].count("escalated") == 1


async def test_key_is_remembered_through_a_restart(own_site):
    site = own_site()
    customer = await site.waiting()
    first = (await customer.post("x", key="k")).ok().json()["message"]["id"]
    site.parley.kill()
    site.parley.start()
    again = (await customer.post("x", key="k")).ok()
    assert again.json()["message"]["id"] == first
    assert again.headers["idempotent-replayed"] == "true"


# ---- lists ---------------------------------------------------------------------------------------


async def test_pages_of_a_log_add_up_in_both_directions(site):
    customer = await site.waiting(*(f"m{n}" for n in range(23)))
    whole = [e["id"] for e in await customer.log()]
    assert len(whole) == 24
    for limit in (1, 5, 23, 24, 200):
        ids, cursor, pages = [], "", 0
        while True:
            page = (await customer.web.get(customer.path(
                f"/messages?limit={limit}" + (f"&cursor={cursor}" if cursor else "")))).ok().json()
            assert page["success"] is True and len(page["items"]) <= limit
            ids += [e["id"] for e in page["items"]]
            cursor = page["nextCursor"]
            pages += 1
            if not cursor:
                break
        assert sorted(ids) == sorted(whole) and len(ids) == len(whole), (limit, pages)


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "99999999999999999999", ""])
async def test_limits_out_of_range_are_refused_or_clamped(site, limit):
    customer = await site.waiting(*(f"m{n}" for n in range(3)))
    answer = await customer.web.get(customer.path(f"/messages?limit={limit}"))
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert 1 <= len(answer.json()["items"]) <= 200


# ---- rates ---------------------------------------------------------------------------------------

STRICT = {**LIMITS, "chats_per_minute": 3, "messages_per_minute": 30, "messages_burst": 4,
          "escalations_per_hour": 2, "streams_per_chat": 2, "streams_per_address": 5,
          "bad_tokens_per_minute": 5}


@pytest.fixture
def strict_site(own_site):
    return lambda **limits: own_site({"limits": {**LIMITS, **limits}})


def check_limited(answer):
    assert answer.status == 429 and answer.problem() == "rate-limited", answer.body
    assert int(answer.headers["retry-after"]) >= 1


async def test_rate_of_messages_is_per_chat(strict_site):
    site = strict_site(messages_per_minute=STRICT["messages_per_minute"],
                       messages_burst=STRICT["messages_burst"])
    one, two = await site.waiting(), await site.waiting()
    answers = [await one.post(f"m{n}") for n in range(8)]
    statuses = [a.status for a in answers]
    assert all(200 <= s < 300 for s in statuses[:4]) and 429 in statuses, statuses
    check_limited(next(a for a in answers if a.status == 429))
    (await two.post("still free")).ok()
    kept = [e["content"] for e in await one.log() if e["role"] == "USER"]
    assert kept == [f"m{n}" for n, s in enumerate(statuses) if s != 429]


async def test_rate_of_new_chats_is_per_address(strict_site):
    site = strict_site(chats_per_minute=STRICT["chats_per_minute"])
    answers = [await site.web.post("/api/chats", {}) for _ in range(6)]
    statuses = [a.status for a in answers]
    assert statuses[:3] == [201] * 3 and 429 in statuses, statuses
    check_limited(answers[statuses.index(429)])
    elsewhere = site.web
    elsewhere.source = "127.0.2.1"
    assert (await elsewhere.post("/api/chats", {})).status == 201


async def test_bad_tokens_are_counted_per_address(strict_site):
    site = strict_site(bad_tokens_per_minute=STRICT["bad_tokens_per_minute"])
    customer = await site.customer()
    elsewhere = site.web.using(customer.token)
    elsewhere.source = "127.0.2.2"
    statuses = [(await site.web.get(customer.path(), token=f"guess{n}")).status
                for n in range(10)]
    assert statuses[:5] == [401] * 5 and 429 in statuses, statuses
    assert (await elsewhere.get(customer.path())).status == 200


async def test_streams_are_limited_per_chat_and_address(strict_site):
    site = strict_site(streams_per_chat=STRICT["streams_per_chat"],
                       streams_per_address=STRICT["streams_per_address"])
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


async def test_body_of_errors_is_json_all_over(site):
    customer = await site.customer()
    for answer in (await customer.web.get("/api/nothing"),
                   await customer.web.post(customer.path("/messages"), body=b"{"),
                   await site.web.get(customer.path())):
        value = json.loads(answer.body)
        assert value["status"] == answer.status and value["title"] and value["success"] is False
