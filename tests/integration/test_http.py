"""HTTP as the web contract promises it: framing, sizes, errors, origins."""

import json

import pytest

from lib.web import status_of

HOST = "Host: a\r\n"
JSON = "Content-Type: application/json\r\n"


# ---- framing -------------------------------------------------------------------------------------

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
                                    ("PUT", customer.path(), {"GET"})):
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


async def test_body_of_errors_is_json_all_over(site):
    customer = await site.customer()
    for answer in (await customer.web.get("/api/nothing"),
                   await customer.web.post(customer.path("/messages"), body=b"{"),
                   await site.web.get(customer.path())):
        value = json.loads(answer.body)
        assert value["status"] == answer.status and value["title"] and value["success"] is False


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
