"""Files that pages send with a message: customers', and agents' of the console."""

import asyncio
import os
import uuid
from urllib.parse import quote

import pytest
from conftest import make_site
from lib import archive
from lib.prosody import UPLOAD
from test_upload import FILE_MAX, PNG, parts, path_of, query

OOB = "{jabber:x:oob}x/{jabber:x:oob}url"
OCTETS = [("Content-Type", "application/octet-stream")]
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


@pytest.fixture(scope="module")
def _file_site(tmp_path_factory):
    site = make_site(tmp_path_factory, "attachments", {
        "upload": {"domain": UPLOAD, "file_bytes": FILE_MAX, "bytes_per_day": 1 << 30}})
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture
def files(_file_site):
    """An installation that takes files, which the tests of this file share."""
    yield _file_site
    assert _file_site.parley.running(), _file_site.parley.log_end()


def target(chat, name):
    return f"/api/attachments?chatId={chat}&name={quote(name)}"


async def send(web, chat, name, data, key=None, headers=OCTETS):
    key = [("Idempotency-Key", key or uuid.uuid4().hex)]
    return await web.request("POST", target(chat, name), body=data, headers=[*headers, *key])


def on_disk(site):
    return sorted(os.listdir(site.parley.store + ".files"))


async def test_customers_file_reaches_room_stream_history_and_archive(files):
    customer, agent, room = await files.live()
    stream = await customer.stream()
    done = await send(customer.web, customer.chat, "très cool.png", PNG)
    assert done.status == 201, done.body
    sent = done.json()
    assert (sent["name"], sent["type"], sent["size"]) == ("très cool.png", "image/png", len(PNG))
    assert sent["url"].endswith(f"/files/{sent['id']}/tr%C3%A8s%20cool.png")
    wanted = [{n: sent[n] for n in ("url", "name", "type", "size")}]
    message = sent["message"]
    assert (message["content"], message["role"]) == (sent["url"], "USER")
    assert message["attachments"] == wanted
    line = await agent.said(room, sent["url"])
    assert line.stanza_id == message["id"]
    assert line.xml.findtext(OOB) == sent["url"]
    told = await stream.event("message", lambda e: e.payload["id"] == message["id"])
    assert told.payload["attachments"] == wanted
    assert [m for m in await customer.log() if m["id"] == message["id"]][0]["attachments"] == wanted
    [kept] = [item for item in await archive.whole(agent, room) if item.id == message["id"]]
    assert (kept.body, kept.message.findtext(OOB)) == (sent["url"], sent["url"])
    got = (await files.web.get(path_of(files, sent["url"]))).ok()
    assert (got.body, got.headers["content-type"]) == (PNG, "image/png")


async def test_agents_file_by_key_reaches_customer_and_room(files):
    customer, agent, room = await files.live()
    done = await send(files.agent_web(), customer.chat, "bill.txt", b"one\ntwo\n")
    assert done.status == 201, done.body
    sent = done.json()
    assert (sent["type"], sent["message"]["role"]) == ("text/plain", "AGENT")
    assert (await agent.said(room, sent["url"])).xml.findtext(OOB) == sent["url"]
    [got] = [m for m in await customer.log() if m["content"] == sent["url"]]
    assert got["attachments"][0]["name"] == "bill.txt"
    other = await send(files.agent_web("tom"), customer.chat, "bill.txt", b"x")
    assert (other.status, other.problem()) == (403, "forbidden")


async def test_newcomer_finds_the_file_in_the_history(files):
    customer = await files.waiting()
    sent = (await send(customer.web, customer.chat, "a.png", PNG)).ok().json()
    agent = await files.agent("tom")
    room = files.room(customer.chat)
    await agent.join(room)
    assert (await agent.said(room, sent["url"])).xml.findtext(OOB) == sent["url"]


async def test_chat_says_whether_files_are_taken(files, site):
    customer = await files.customer()
    assert (await customer.info())["maxFileBytes"] == FILE_MAX
    other = await site.customer()
    assert (await other.info())["maxFileBytes"] is None
    await other.escalate()
    refused = await send(other.web, other.chat, "a.png", PNG)
    assert (refused.status, refused.problem()) == (404, "not-found")


async def test_assistant_is_sent_no_files(files):
    customer = await files.customer()
    before = on_disk(files)
    refused = await send(customer.web, customer.chat, "a.png", PNG)
    assert (refused.status, refused.problem()) == (409, "not-escalated")
    assert on_disk(files) == before
    assert await customer.log() == []


async def test_chat_of_others_takes_no_file(files):
    customer, mallory = await files.waiting(), await files.waiting()
    before = on_disk(files)
    for web, chat in ((mallory.web, customer.chat), (files.agent_web("eve"), customer.chat),
                      (mallory.web, "z" * 26)):
        refused = await send(web, chat, "a.png", PNG)
        assert (refused.status, refused.problem()) == (404, "not-found")
    wrong = await send(files.web.using("x" * 43), customer.chat, "a.png", PNG * 9000)
    assert (wrong.status, wrong.problem()) == (401, "unauthorized")
    nobody = await send(files.web, customer.chat, "a.png", PNG)
    assert (nobody.status, nobody.problem()) == (401, "unauthorized")
    assert on_disk(files) == before


@pytest.mark.parametrize("name, data, status", [
    ("a.svg", SVG, 415), ("a.png", SVG, 415), ("a.html", HTML, 415), ("a.pdf", HTML, 415),
    ("a.png", b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + b"\0" * 200, 415),
    ("a.sh", b"#!/bin/sh\nrm -rf /\n", 415), ("a.bin", b"\x7fELF\2\1\1" + b"\0" * 60, 415),
    ("a.html", b"GIF89a\1\0\1\0\0\0\0;<html><script>alert(1)</script></html>", 201),
    ("a.svg", b"%PDF-1.4\n<svg><script>alert(1)</script></svg>", 201),
    ("a.txt", "Grüße\n".encode(), 201)],
    ids=["svg", "svg as png", "html", "html as pdf", "program", "script", "elf", "gif and html",
         "pdf and svg", "text"])
async def test_kind_of_a_customers_file_is_seen_by_its_bytes(files, name, data, status):
    customer = await files.waiting()
    before = on_disk(files)
    answer = await send(customer.web, customer.chat, name, data)
    assert answer.status == status, answer.body
    if status == 415:
        assert answer.problem() == "unsupported-media-type"
        assert on_disk(files) == before
        return
    got = (await files.web.get(path_of(files, answer.json()["url"]))).ok()
    assert got.headers["content-type"].split(";")[0] in ("image/gif", "application/pdf", "text/plain")
    assert got.headers["content-security-policy"].startswith("default-src 'none'; sandbox;")
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name, end", [
    ("../../etc/passwd", ".._.._etc_passwd"), ("..", "file"),
    ("a\u202egnp.exe", "agnp.exe"), ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ("x" * 300 + ".png", "x" * 196 + ".png"), ('a";b', 'a";b')])
async def test_name_of_a_file_is_made_harmless(files, name, end):
    customer = await files.waiting()
    sent = (await send(customer.web, customer.chat, name, PNG)).ok().json()
    assert sent["name"] == end
    assert (await files.web.get(path_of(files, sent["url"]))).ok().body == PNG


async def test_wrong_requests_are_refused_and_leave_nothing(files):
    customer = await files.waiting()
    before = on_disk(files)
    web, chat = customer.web, customer.chat
    assert (await send(web, chat, "a.png", b"")).problem() == "invalid-request"
    large = await send(web, chat, "a.png", b"x" * (FILE_MAX + 1))
    assert (large.status, large.problem()) == (413, "too-large")
    for kind in ("image/png", "application/json", "multipart/form-data; boundary=x"):
        other = await send(web, chat, "a.png", PNG, headers=[("Content-Type", kind)])
        assert (other.status, other.problem()) == (415, "unsupported-media-type")
    for path in ("/api/attachments", f"/api/attachments?chatId={chat}", "/api/attachments?name=a",
                 f"/api/attachments?chatId={chat}&name=%ff"):
        bad = await web.request("POST", path, body=PNG, headers=OCTETS)
        assert (bad.status, bad.problem()) == (400, "invalid-request"), path
    long = await send(web, chat, "a.png", PNG, key="k" * 65)
    assert long.problem() == "invalid-request"
    head = (f"POST {target(chat, 'a')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {customer.token}\r\n"
            "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    answer, _ = await files.web.raw(head + b"5\r\nhello\r\n0\r\n\r\n", 5)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert on_disk(files) == before
    assert [m["role"] for m in await customer.log()] == ["SYSTEM"]


async def test_same_key_is_one_message_and_one_file(files, rng):
    customer, agent, room = await files.live()
    data = b"text " * 150000
    first = (await send(customer.web, customer.chat, "a.txt", data, "k")).ok()
    before = on_disk(files)
    again = await send(customer.web, customer.chat, "a.txt", data, "k")
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    assert again.json() == first.json()
    for name, other in (("b.txt", data), ("a.txt", b"text!" + data[5:]), ("a.txt", data + b"x")):
        reused = await send(customer.web, customer.chat, name, other, "k")
        assert (reused.status, reused.problem()) == (422, "key-reused")
    text = await customer.post("words", key="k")
    assert (text.status, text.problem()) == (422, "key-reused")
    at_once = await asyncio.gather(*(send(customer.web, customer.chat, "c.txt", b"some words\n", "c")
                                     for _ in range(3)))
    assert len({a.ok().json()["id"] for a in at_once}) == 1
    assert len(on_disk(files)) == len(before) + 1
    await customer.say("the end")
    await agent.said(room, "the end")
    bodies = [s.body for s in agent.lines(room)]
    assert bodies.count(first.json()["url"]) == 1
    assert len([m for m in await customer.log() if m["attachments"]]) == 2


async def test_same_key_finds_its_message_after_the_chat_was_closed(own_site):
    site = own_site({"upload": {"domain": UPLOAD}, "limits": {"linger_hours": 0}})
    customer = await site.waiting()
    first = (await send(customer.web, customer.chat, "a.png", PNG, "k")).ok().json()
    (await customer.web.post(customer.path("/close"))).ok()
    again = (await send(customer.web, customer.chat, "a.png", PNG, "k")).ok().json()
    assert again["message"] == first["message"]
    late = await send(customer.web, customer.chat, "a.png", PNG, "l")
    assert (late.status, late.problem()) == (409, "chat-closed")
    assert on_disk(site) == [first["id"]]


async def test_bytes_of_a_day_are_limited_for_chat_and_address(own_site):
    site = own_site({"upload": {"domain": UPLOAD, "file_bytes": 4096, "bytes_per_day": 8192}})
    customer = await site.waiting()
    for key in "ab":
        (await send(customer.web, customer.chat, "a.txt", b"a" * 4000, key)).ok()
    full = await send(customer.web, customer.chat, "a.txt", b"a" * 4000, "c")
    assert (full.status, full.problem()) == (429, "rate-limited")
    assert int(full.headers["retry-after"]) > 3600
    assert len(on_disk(site)) == 2
    other = await site.waiting()
    assert (await send(other.web, other.chat, "a.txt", b"a" * 4000)).status == 429
    # a restart forgets addresses, but not what the chat has sent
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    (await send(other.web, other.chat, "a.txt", b"a" * 4000)).ok()
    assert (await send(customer.web, customer.chat, "a.txt", b"a" * 4000)).status == 429
    (await send(site.agent_web(), customer.chat, "a.txt", b"a" * 4000)).ok()


async def test_cut_connection_leaves_nothing(files):
    customer = await files.waiting()
    before = on_disk(files)
    head = (f"POST {target(customer.chat, 'a.txt')} HTTP/1.1\r\nHost: x\r\nContent-Length: {FILE_MAX}"
            f"\r\nAuthorization: Bearer {customer.token}\r\nContent-Type: application/octet-stream"
            "\r\n\r\n").encode()
    _, writer = await files.web.connect()
    writer.write(head + b"x" * (FILE_MAX - 1000))
    while not parts(files):
        await asyncio.to_thread(files.parley.is_ready)  # a turn of the daemon
    writer.close()
    while parts(files):
        await asyncio.to_thread(files.parley.is_ready)
    assert on_disk(files) == before
    (await send(customer.web, customer.chat, "a.txt", b"x" * FILE_MAX)).ok()


async def test_erased_chat_has_no_files(files):
    customer = await files.waiting()
    sent = (await send(customer.web, customer.chat, "secret.png", PNG)).ok().json()
    files.parley.command("chat", "erase", customer.chat)
    assert sent["id"] not in on_disk(files)
    assert (await files.web.get(path_of(files, sent["url"]))).status == 404
    assert query(files, f"SELECT count(*) FROM file WHERE id = '{sent['id']}'") == 0


async def test_pages_of_listed_origins_may_send(own_site):
    site = own_site({"upload": {"domain": UPLOAD}, "organizations": [
        {"name": "default", "origins": ["https://shop.example"]}]})
    customer = await site.waiting()
    shop = [("Origin", "https://shop.example")]
    asked = await site.web.request("OPTIONS", "/api/attachments", headers=shop)
    assert asked.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Idempotency-Key" in asked.headers["access-control-allow-headers"]
    sent = await send(customer.web, customer.chat, "a.png", PNG, headers=[*OCTETS, *shop])
    assert sent.ok().headers["access-control-allow-origin"] == "https://shop.example"
    other = await send(customer.web, customer.chat, "a.png", PNG,
                       headers=[*OCTETS, ("Origin", "https://evil.example")])
    assert "access-control-allow-origin" not in other.headers


async def test_console_sends_with_its_cookie_and_no_other_site_does(files):
    customer = await files.waiting()
    cookie = [("Cookie", await files.cookie("sarah"))]
    own = [("Origin", files.origin)]
    foreign = [("Origin", "https://evil.example")]
    for headers in ([], foreign):
        refused = await send(files.web, customer.chat, "a.png", PNG, headers=[*OCTETS, *cookie, *headers])
        assert (refused.status, refused.problem()) == (403, "forbidden")
    (await send(files.web, customer.chat, "a.png", PNG, headers=[*OCTETS, *cookie, *own])).ok()


async def test_every_file_keeps_its_place_among_the_words(files):
    customer, agent, room = await files.live()
    wanted = []
    for n in range(6):
        if n % 2:
            wanted.append((await send(customer.web, customer.chat, f"{n}.txt", b"words\n" * n)).ok().json()["url"])
        else:
            await customer.say(f"words {n}")
            wanted.append(f"words {n}")
    await agent.said(room, wanted[-1])
    assert [s.body for s in agent.lines(room) if s.body in wanted] == wanted
    assert [m["content"] for m in await customer.log() if m["content"] in wanted] == wanted
