"""Characters that would end the component's stream, in every field of every endpoint: refused or
cleaned, and the rooms live on."""

import json
import re

import pytest

# XML 1.0 "Char": what is not this must never reach the XMPP server.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

CONTROLS = [chr(c) for c in range(0x20) if c not in (9, 10, 13)]

# As bytes of a JSON string. Escapes first, then raw bytes.
HOSTILE = (
    [b"\\u%04x" % ord(c) for c in CONTROLS] + [c.encode() for c in CONTROLS]
    + [b"\\ufffe", b"\\uffff", b"\xef\xbf\xbe", b"\xef\xbf\xbf"]
    + [b"\\ud800", b"\\udfff", b"\\udbff\\u0041", b"\\udc00\\ud800", b"\\uD83D", b"\\uDE00x"]
    + [b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf",  # overlong
       b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xf8\x88\x80\x80\x80",
       b"\xfc\x84\x80\x80\x80\x80",
       b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80",  # surrogates, CESU-8
       b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xfe",  # beyond Unicode
       b"\x80", b"\xbf", b"a\x80b", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc3"])  # stray, cut off

# Legal in XML, yet no good in names or addresses; text may keep or drop them.
ODD = ["\u007f", "\u0085", "\u009f", "\u200b", "\u200e", "\u202e", "\u2066", "\u2028", "\u2029",
       "\ufdd0", "\ufeff", "\ufffd", "\U0001fffe", "\U0010ffff", "]]>", "<!--", "&#0;", "&#x1;",
       "<body/></message>", "\r", "\r\n", "\t", "\U0001f600", "e\u0301", "\u0430"]


def object_with(field, piece, base):
    """A JSON object whose `field` has the piece in the middle of its text."""
    members = [b'"%s": %s' % (n.encode(), json.dumps(v).encode())
               for n, v in base.items() if n != field]
    members.append(b'"%s": "a%sb"' % (field.encode(), piece))
    return b"{" + b", ".join(members) + b"}"


def endpoints(chat):
    """(path, body's members, text fields among them)"""
    path = f"/api/chats/{chat}"
    return [
        ("/api/chats", {"name": "Alice"},
         ["organization", "name", "email", "locale", "page"]),
        (path + "/messages", {"content": "x"}, ["content", "clientId"]),
        (path + "/messages/send", {"content": "x", "role": "USER"},
         ["content", "role", "clientId"]),
        ("/api/escalations", {"chatId": chat}, ["chatId", "reason"]),
        (path + "/typing", {"isTyping": True}, ["isTyping", "other"]),
        (path + "/events/ticket", {}, ["other"]),
        (path + "/assign", {}, ["agentId", "clientId"]),
    ]


def check_clean(value):
    """Every string of an answer."""
    for text in re.findall(r'"(?:[^"\\]|\\.)*"', json.dumps(value)):
        assert not FORBIDDEN.search(json.loads(text)), text


async def everything_seen(site, agent, customer, room):
    """All ways in which text reaches an agent, and a line that must still arrive."""
    connects = site.prosody.component_connects()
    await agent.items("support.localhost")
    await agent.info(room)
    await customer.say("still here")
    await agent.said(room, "still here")
    assert agent.online
    assert site.prosody.component_connects() == connects
    assert site.parley.ready_status() == 200


async def test_hostile_bytes_in_every_field(site, count):
    customer, sarah, room = await site.live()
    connects = site.prosody.component_connects()
    step = count("HOSTILE_STEP", 1, 1)
    webs = {"customer": customer.web.using(customer.token, keep=True),
            "agent": site.agent_web("sarah", keep=True)}
    statuses = {}
    for path, base, fields in endpoints(customer.chat):
        web = webs["agent" if path.endswith("/assign") else "customer"]
        for field in fields:
            for piece in HOSTILE[::step]:
                answer = await web.post(path, body=object_with(field, piece, base))
                statuses.setdefault(answer.status, []).append((path, field, piece))
                assert answer.status < 500, (path, field, piece, answer.body)
                if answer.status < 400 and answer.body:
                    check_clean(answer.json())
                elif answer.status == 400:
                    answer.problem()
    # whatever was taken went through to the room, and the stream lives
    for entry in await customer.log():
        assert not FORBIDDEN.search(entry["content"])
    await everything_seen(site, sarah, customer, room)
    tom = await site.agent("tom")
    await tom.join(room)
    assert site.prosody.component_connects() == connects


@pytest.mark.parametrize("field", ["name", "email", "locale", "page"])
async def test_hostile_customers_in_the_queue(site, field):
    """What was refused is no chat; what was taken is listed to agents without harm."""
    web = site.web
    web.keep = True
    begun = []
    for piece in HOSTILE + [json.dumps(c)[1:-1].encode() for c in ODD]:
        answer = await web.post("/api/chats", body=object_with(field, piece, {"locale": "en"}))
        assert answer.status in (201, 400, 422), (piece, answer.status, answer.body)
        if answer.status == 201:
            begun.append(answer.json())
    sarah = await site.agent("sarah")
    customer = await site.waiting()
    for chat in begun:
        check_clean(chat)
        (await web.post("/api/escalations", {"chatId": chat["chat"]["id"]},
                        token=chat["token"])).ok()
    await sarah.join(site.room(customer.chat))
    for chat in begun[:10]:
        await sarah.join(site.room(chat["chat"]["id"]))
    await everything_seen(site, sarah, customer, site.room(customer.chat))
    for chat in begun:
        (await web.post(f"/api/chats/{chat['chat']['id']}/close", token=chat["token"])).ok()


async def test_hostile_bytes_in_headers_and_targets(site):
    customer, sarah, room = await site.live()
    host = b"Host: 127.0.0.1\r\nConnection: close\r\n"
    token = b"Authorization: Bearer " + customer.token.encode() + b"\r\n"
    path = customer.path("/messages").encode()
    for piece in [c.encode() for c in CONTROLS] + [b"\xff", b"\xc0\x80", b"\xed\xa0\x80"]:
        for request in (
                b"GET " + path + b"?cursor=" + piece + b" HTTP/1.1\r\n" + host + token + b"\r\n",
                b"GET /api/chats/" + piece + b" HTTP/1.1\r\n" + host + token + b"\r\n",
                b"GET " + path + b" HTTP/1.1\r\n" + host + b"Authorization: Bearer " + piece
                + b"\r\n\r\n",
                b"GET " + customer.path("/events").encode() + b" HTTP/1.1\r\n" + host
                + b"Authorization: Bearer x\r\nLast-Event-ID: " + piece + b"\r\n\r\n",
                b"POST " + path + b" HTTP/1.1\r\n" + host + token + b"Idempotency-Key: a" + piece
                + b"\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
                + b'{"content":"k"}'):
            answer, _ = await customer.web.raw(request)
            assert not answer.startswith(b"HTTP/1.1 5"), (request, answer[:300])
    for escaped in ("%00", "%01", "%0d%0a", "%ff", "%c0%80", "%ed%a0%80", "%", "%zz", "%ef%bf%bf"):
        for target in (f"/api/chats/{escaped}", customer.path(f"/messages?cursor={escaped}"),
                       f"/{escaped}", customer.path(f"/events?lastEventId={escaped}&ticket=x")):
            answer = await customer.web.get(target, token=None if "ticket" in target else ...)
            assert answer.status < 500, (target, answer.status)
    await everything_seen(site, sarah, customer, room)


@pytest.mark.parametrize("text", ODD)
async def test_odd_but_legal_text_arrives(site, text):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    stored = await customer.say(f"a{text}b")
    line = await sarah.wait(lambda s: s.line and s.stanza_id == stored["id"])
    # XML parsers make LF of CR and CRLF; the log must say the same as the room
    assert line.body == stored["content"]
    assert (await stream.event("message", lambda e: e.payload["id"] == stored["id"])) \
        .payload["content"] == stored["content"]
    reflected = await sarah.say(room, f"c{text}d")
    shown = await stream.event("message", lambda e: e.payload["id"] == reflected.stanza_id)
    assert shown.payload["content"] == reflected.body


async def test_longest_message_of_ampersands_arrives(site):
    """16 KiB of "&" are 80 KiB of XML: still below every stanza limit."""
    customer, sarah, room = await site.live()
    stored = await customer.say("&" * 16384)
    line = await sarah.wait(lambda s: s.line and s.stanza_id == stored["id"])
    assert line.body == "&" * 16384
    await everything_seen(site, sarah, customer, room)


@pytest.mark.parametrize("body", [
    b'{"content":"a","content":"b"}', b'{"content":"a"} trailing', b'{"content":"a"',
    b'["content"]', b'"content"', b"", b"null", b"{", b"{" * 5000, b"[" * 5000,
    b'{"Content":"a"}', b'{"content":null}', b'{"content":1}', b'{"content":""}',
    b'{"content":"   "}', b'{"content":["a"]}', b'\xef\xbb\xbf{"content":"a"}',
    b'{"content":"a","clientId":5}', b'{"content":"a","clientId":"' + b"k" * 65 + b'"}',
    b"{'content':'a'}", b'{"content":"a",}', b'{"content":NaN}', b"\x00", b'{"content":"a"}\x00'])
async def test_bodies_that_are_no_message_are_refused(site, body):
    customer = await site.waiting()
    before = await customer.log()
    for rest in ("/messages", "/messages/send"):
        answer = await customer.web.post(customer.path(rest), body=body)
        assert answer.status in (400, 422), (answer.status, answer.body)
        answer.problem()
    assert await customer.log() == before


@pytest.mark.parametrize("name", [
    "Sarah", "sarah", "SARAH", "S\u0430rah", "Ｓarah", "Sa rah", "System", "system", "Tom",
    "\u202eharaS", "a\u200bb", "a\x07b", "x" * 65, "Assistant"])
async def test_names_that_look_like_somebody_else_are_refused(site, name):
    answer = await site.web.post("/api/chats", {"name": name})
    assert answer.status in (400, 422), (name, answer.body)
    assert answer.problem()
