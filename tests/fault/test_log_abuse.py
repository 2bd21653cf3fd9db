"""The log under attack: lines stay lines, secrets stay out, and nobody fills the disk with it."""

import uuid

import pytest

from lib.parley import LIMITS
from lib.wait import gather
from lib.web import status_of

EVIL = "\x1b[2Jx\x07\x08\x7f"


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_log_holds_no_secret_no_text_no_query_and_no_control_character(own_site, level):
    site = own_site({"log": {"level": level}})
    canary = uuid.uuid4().hex
    customer = await site.waiting(name=f"name{canary}")
    await customer.say(f"text {canary} {EVIL[:3].strip(chr(27))}")
    web = customer.web
    ticket = (await web.post(customer.path("/events/ticket"))).ok().json()["ticket"]
    stream = await web.stream(customer.path(f"/events?ticket={ticket}&x={canary}"), token=None)
    assert stream.status == 200
    await stream.aclose()
    guess = "guess" + canary
    await web.get(customer.path(f"?q={canary}"), token=guess,
                  headers={"User-Agent": canary, "Cookie": f"a={canary}", "Referer": canary})
    await web.post(customer.path("/messages"), {"content": "", "clientId": canary})
    await web.post(customer.path("/messages"), body=b'{"content": "' + canary.encode())
    await web.post("/api/escalations", {"chatId": customer.chat, "reason": canary})
    for head in (f"GET /{EVIL} HTTP/1.1\r\nHost: a\r\n\r\n",
                 f"GET /%1b%0aX HTTP/1.1\r\nHost: a\r\n\r\n",
                 f"GET /healthz HTTP/1.1\r\nHost: {EVIL}{canary}\r\n\r\n",
                 f"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: {EVIL}{canary}\r\n\r\n",
                 f"{EVIL} / HTTP/1.1\r\nHost: a\r\n\r\n",
                 f"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: {canary}\r\n\r\n"):
        answer, _ = await site.web.raw(head.encode("latin-1"), 2)
        assert status_of(answer) in (0, 200, 400, 404), answer
    agent = await site.agent()
    await agent.join(site.room(customer.chat))
    await agent.say(site.room(customer.chat), f"agent {canary}")
    log = site.parley.log_text()
    for secret in (canary, customer.token, ticket, guess, site.keys["sarah"]):
        assert secret not in log, next(line for line in log.splitlines() if secret in line)
    bad = [c for c in set(log) if (ord(c) < 32 and c != "\n") or ord(c) == 127]
    assert not bad, bad
    assert all(line.split(" ")[1] in ("debug", "info", "warn", "error")
               for line in log.splitlines()), "a line that is none"


@pytest.mark.deadline(120)
async def test_floods_do_not_fill_the_log(own_site, count, report):
    """What anybody can repeat is told a few times, and then counted."""
    site = own_site({"limits": dict(LIMITS)})
    mallory = await site.agent("mallory")
    total = count("LINES", 300, 5000)
    deep = "<a>" * 200 + "</a>" * 200
    before = len(site.parley.log_text())
    for _ in range(total):
        mallory.send(f"<message to='{uuid.uuid4().hex}@support.localhost' type='chat'>"
                     f"<body>x</body>{deep}</message>")

    async def wrong(n):
        return await site.web.raw(f"GET /%zz{n} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    for start in range(0, total, 50):
        await gather(*map(wrong, range(start, start + 50)))
    assert (await mallory.ping("support.localhost")).type == "result"
    size = len(site.parley.log_text()) - before
    report("log", f"{2 * total} hostile requests, {size} bytes of log")
    assert size < 20000
