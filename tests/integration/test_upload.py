"""Files that agents upload from their XMPP clients (XEP-0363)."""

import asyncio
import os
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest
from conftest import make_site
from lib.agent import DISCO_INFO
from lib.prosody import HOST, UPLOAD
from lib.wait import DEADLINE

NS = "urn:xmpp:http:upload:0"
OOB = "<x xmlns='jabber:x:oob'><url>{}</url></x>"
FILE_MAX = 1 << 20
DAY_MAX = 4 << 20
PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDAT"
       b"x\x9cc\xf8\xcf\xc0\xf0\x1f\0\5\0\1\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82")


@pytest.fixture(scope="module")
def _upload_site(tmp_path_factory):
    site = make_site(tmp_path_factory, "upload", {
        "upload": {"domain": UPLOAD, "file_bytes": FILE_MAX, "bytes_per_day": DAY_MAX}})
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture
def uploads(_upload_site):
    """An installation with an upload service that the tests of this file share."""
    yield _upload_site
    assert _upload_site.parley.running(), _upload_site.parley.log_end()


def path_of(site, url):
    return url.removeprefix("http://%s:%d" % site.parley.address)


class Slot:
    def __init__(self, site, answer, kind):
        self.kind = kind or "application/octet-stream"
        [slot] = answer.xml.iter("{%s}slot" % NS)
        self.put_url = slot.find("{%s}put" % NS).get("url")
        self.get_url = slot.find("{%s}get" % NS).get("url")
        self.web = site.web
        self.path = path_of(site, self.get_url)
        assert self.path.startswith("/files/")

    async def put(self, data, kind=None, headers=()):
        fields = [("Content-Type", kind or self.kind), *headers]
        return await self.web.request("PUT", self.path, body=data, headers=fields)

    async def get(self, **more):
        return await self.web.get(self.path, **more)


async def ask(agent, name, size, kind=None):
    kind = f" content-type='{kind}'" if kind else ""
    return await agent.iq("get", UPLOAD,
                          f"<request xmlns='{NS}' filename='{name}' size='{size}'{kind}/>")


async def slot_of(site, agent, name, size, kind=None):
    answer = await ask(agent, name, size, kind)
    assert answer.type == "result", answer
    return Slot(site, answer, kind)


async def test_file_goes_up_and_comes_down(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "tr&#232;s cool.png", len(PNG), "image/png")
    done = await slot.put(PNG)
    assert done.status == 201, done.body
    got = (await slot.get()).ok()
    assert got.body == PNG
    assert got.headers["content-type"] == "image/png"
    assert slot.path.endswith("/tr%C3%A8s%20cool.png")

# ---- what clients find -----------------------------------------------------------------------


async def test_service_is_found_by_its_form(uploads):
    agent = await uploads.agent("sarah")
    info = await agent.info(UPLOAD)
    identity = next(info.xml.iter("{%s}identity" % DISCO_INFO))
    assert (identity.get("category"), identity.get("type")) == ("store", "file")
    assert NS in {e.get("var") for e in info.xml.iter("{%s}feature" % DISCO_INFO)}
    fields = {e.get("var"): e.findtext("{jabber:x:data}value")
              for e in info.xml.iter("{jabber:x:data}field")}
    assert fields == {"FORM_TYPE": NS, "max-file-size": str(FILE_MAX)}
    assert (await agent.ping(UPLOAD)).type == "result"
    version = await agent.iq("get", UPLOAD, "<query xmlns='jabber:iq:version'/>")
    assert version.xml.findtext("{jabber:iq:version}query/{jabber:iq:version}name") == "Parley"


async def test_clients_library_finds_the_service_and_uploads(uploads, tmp_path):
    agent = await uploads.agent("tom")
    assert UPLOAD in await agent.items(HOST)
    agent.client.register_plugin("xep_0363")
    # its own search does not work with Python 3.11 (slixmpp 1.8.3)
    agent.client["xep_0363"].upload_service = UPLOAD
    picture = tmp_path / "shot of today.png"
    picture.write_bytes(PNG)
    url = await agent.client["xep_0363"].upload_file(str(picture))
    assert url.endswith("/shot%20of%20today.png")
    got = await uploads.web.get(path_of(uploads, url))
    assert got.ok().body == PNG


async def test_address_in_a_room_reaches_the_customer_with_what_it_is(uploads):
    customer, agent, room = await uploads.live("nina")
    slot = await slot_of(uploads, agent, "bill.png", len(PNG))
    (await slot.put(PNG)).ok()
    stream = await customer.stream()
    await agent.say(room, slot.get_url, extra=OOB.format(slot.get_url))
    message = (await stream.event("message", lambda e: e.payload["content"] == slot.get_url)).payload
    wanted = [{"url": slot.get_url, "name": "bill.png", "type": "image/png", "size": len(PNG)}]
    assert message["content"] == slot.get_url
    assert message["attachments"] == wanted
    [listed] = [m for m in await customer.log() if m["content"] == slot.get_url]
    assert listed["attachments"] == wanted


async def test_address_of_others_is_only_a_link(uploads):
    customer, agent, room = await uploads.live("nina")
    for url in ("https://elsewhere.example/files/x.png",
                f"http://127.0.0.1:{uploads.parley.port}/files/{'a' * 26}/x.png"):
        await agent.say(room, url, extra=OOB.format(url))
        [listed] = [m for m in await customer.log() if m["content"] == url]
        assert listed["attachments"] == []


# ---- slots -----------------------------------------------------------------------------------


def refused(answer):
    kinds = {e.tag.partition("}")[2] for e in answer.xml.iter() if e.tag.startswith("{%s}" % NS)}
    return answer.error, kinds - {"request"}


async def test_who_is_no_agent_gets_no_slot(uploads):
    mallory = await uploads.agent("mallory")
    for size in (10, FILE_MAX + 1, "x"):
        assert refused(await ask(mallory, "a.png", size)) == (("auth", "forbidden"), set())


async def test_too_large_a_file_is_refused_with_the_limit(uploads):
    agent = await uploads.agent("sarah")
    answer = await ask(agent, "a.png", FILE_MAX + 1)
    assert refused(answer) == (("modify", "not-acceptable"), {"file-too-large", "max-file-size"})
    assert next(answer.xml.iter("{%s}max-file-size" % NS)).text == str(FILE_MAX)
    await slot_of(uploads, agent, "a.png", FILE_MAX)


@pytest.mark.parametrize("size", ["0", "-1", "", "1.5", "9" * 30, " 7"])
async def test_size_that_is_none_is_a_bad_request(uploads, size):
    agent = await uploads.agent("sarah")
    assert refused(await ask(agent, "a.png", size)) == (("modify", "bad-request"), set())


async def test_bytes_of_a_day_are_limited_for_each_agent(own_site):
    site = own_site({"upload": {"domain": UPLOAD, "file_bytes": FILE_MAX,
                                "bytes_per_day": FILE_MAX}})
    sarah, tom = await site.agent("sarah"), await site.agent("tom")
    await slot_of(site, sarah, "a", FILE_MAX - 10)
    answer = await ask(sarah, "b", 11)
    assert refused(answer) == (("wait", "resource-constraint"), {"retry"})
    stamp = next(answer.xml.iter("{%s}retry" % NS)).get("stamp")
    left = datetime.fromisoformat(stamp.replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    await slot_of(site, sarah, "c", 10)
    await slot_of(site, tom, "d", FILE_MAX)


async def test_disk_without_room_takes_no_file(own_site):
    site = own_site({"upload": {"domain": UPLOAD, "file_bytes": 1 << 40,
                                "bytes_per_day": 1 << 50}})
    agent = await site.agent("sarah")
    assert refused(await ask(agent, "a", 1 << 40)) == (("wait", "resource-constraint"), set())


@pytest.mark.parametrize("name, end", [
    ("../../etc/passwd", "/.._.._etc_passwd"), ("..", "/file"), (".", "/file"), ("a&#10;b", "/ab"),
    ("a\\\\b", "/a__b"), ("a&#x202e;gnp.exe", "/agnp.exe"), ("%2e%2e%2f", "/%252e%252e%252f"),
    ("x" * 300 + ".png", "/" + "x" * 196 + ".png"), ("a?b#c", "/a%3Fb%23c")])
async def test_name_becomes_one_harmless_part_of_the_address(uploads, name, end):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, name, len(PNG))
    assert slot.path[len("/files/") + 26:].replace("%20", "") == end
    assert (await slot.put(PNG)).status == 201
    assert (await slot.get()).ok().body == PNG


# ---- sending ---------------------------------------------------------------------------------


async def test_second_put_changes_nothing(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG))
    assert (await slot.put(PNG)).status == 201
    assert (await slot.put(b"x" * len(PNG))).problem() == "conflict"
    assert (await slot.get()).ok().body == PNG


async def test_body_of_another_size_is_refused_and_the_slot_stays(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG), "image/png")
    longer = await slot.put(PNG + b"x")
    assert (longer.status, longer.problem()) == (413, "too-large")
    assert (await slot.put(PNG[:-1])).problem() == "invalid-request"
    other = await slot.put(PNG, "text/html")
    assert other.problem() == "invalid-request"
    head = f"PUT {slot.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer, _ = await uploads.web.raw(head + b"5\r\nhello\r\n0\r\n\r\n", 5)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert (await slot.get()).status == 404
    assert (await slot.put(PNG)).status == 201


async def test_large_file_comes_whole(uploads, rng):
    agent = await uploads.agent("tom")
    data = rng.randbytes(FILE_MAX)
    slot = await slot_of(uploads, agent, "data.bin", len(data))
    assert (await slot.put(data)).status == 201
    assert (await slot.get()).ok().body == data


async def test_slot_is_wanted_by_its_name_too(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG))
    folder = slot.path.rsplit("/", 1)[0]
    for method in ("PUT", "GET"):
        for path in (folder + "/b.png", f"/files/{'b' * 26}/a.png", "/files/x/a.png"):
            answer = await uploads.web.request(method, path, body=PNG if method == "PUT" else None)
            assert (answer.status, answer.problem()) == (404, "not-found"), path


async def test_expect_continue_is_answered_before_the_body(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG))
    reader, writer = await uploads.web.connect()
    writer.write(f"PUT {slot.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(PNG)}\r\n"
                 "Expect: 100-continue\r\n\r\n".encode())
    assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(PNG)
    assert b" 201 " in await reader.readuntil(b"\r\n\r\n")
    writer.close()


def parts(site):
    return sorted(n for n in os.listdir(site.parley.store + ".files") if n.endswith(".part"))


async def begin_put(site, slot, size, data):
    """Sends the head and some bytes; returns the connection when the daemon has begun."""
    reader, writer = await site.web.connect()
    writer.write(f"PUT {slot.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
                 + data)
    while not parts(site):
        await asyncio.to_thread(site.parley.is_ready)  # a turn of the daemon
    return reader, writer


async def test_cut_connection_leaves_nothing_and_the_slot_open(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.bin", FILE_MAX // 2)
    _, writer = await begin_put(uploads, slot, FILE_MAX // 2, b"x" * 1000)
    writer.close()
    while parts(uploads):
        await asyncio.to_thread(uploads.parley.is_ready)
    assert (await slot.put(b"y" * (FILE_MAX // 2))).status == 201


async def test_slow_body_is_cut(own_site):
    site = own_site({"upload": {"domain": UPLOAD}, "limits": {"body_seconds": 1}})
    agent = await site.agent("sarah")
    slot = await slot_of(site, agent, "a.bin", 20000)  # 1 second, and 1 for its size
    reader, writer = await begin_put(site, slot, 20000, b"x")
    async with asyncio.timeout(DEADLINE):
        assert await reader.read() == b""
        while parts(site):
            await asyncio.to_thread(site.parley.is_ready)  # a turn of the daemon
    writer.close()


async def test_killed_daemon_leaves_nothing_half(own_site):
    site = own_site({"upload": {"domain": UPLOAD}})
    agent = await site.agent("sarah")
    kept = await slot_of(site, agent, "kept.png", len(PNG))
    (await kept.put(PNG)).ok()
    slot = await slot_of(site, agent, "half.bin", 1 << 20)
    await begin_put(site, slot, 1 << 20, b"x" * (600 << 10))
    site.parley.kill()
    folder = site.parley.store + ".files"
    orphan = os.path.join(folder, "c" * 26)
    with open(orphan, "wb") as out:
        out.write(b"a file whose row was not committed")
    strange = os.path.join(folder, "README")
    with open(strange, "wb") as out:
        out.write(b"not ours")
    site.parley.start()
    assert sorted(os.listdir(folder)) == sorted(["README", kept.path.split("/")[2]])
    assert (await kept.get()).ok().body == PNG
    assert (await slot.get()).status == 404
    assert (await slot.put(b"y" * (1 << 20))).status == 201  # the slot is still good


async def test_files_that_were_lost_are_forgotten_but_not_all_of_them(own_site):
    site = own_site({"upload": {"domain": UPLOAD}})
    agent = await site.agent("sarah")
    slots = [await slot_of(site, agent, f"{n}.png", len(PNG)) for n in range(2)]
    for slot in slots:
        (await slot.put(PNG)).ok()
    folder = site.parley.store + ".files"
    rows = "SELECT count(*) FROM file WHERE stored = 1"
    site.parley.stop()
    os.rename(folder, folder + ".away")
    site.parley.start()
    assert query(site, rows) == 2
    assert (await slots[0].get()).status == 404
    site.parley.stop()
    os.rmdir(folder)
    os.rename(folder + ".away", folder)
    os.remove(os.path.join(folder, slots[0].path.split("/")[2]))
    site.parley.start()
    assert query(site, rows) == 1
    assert (await slots[1].get()).ok().body == PNG


def query(site, text):
    with sqlite3.connect(f"file:{site.parley.store}?mode=ro", uri=True) as store:
        return store.execute(text).fetchone()[0]


async def test_files_are_for_the_owner_of_the_daemon_only(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG))
    (await slot.put(PNG)).ok()
    folder = uploads.parley.store + ".files"
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert os.stat(os.path.join(folder, slot.path.split("/")[2])).st_mode & 0o777 == 0o600


# ---- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name, claim, data", [
    ("a.html", "image/png", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
    ("a.png", "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
    ("a.svg", "image/svg+xml", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("a.xhtml", "application/xhtml+xml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/"
     b"xhtml'><script>1</script></html>"),
    ("a.js", "text/javascript", b"#!/usr/bin/env node\nalert(1)\n")])
async def test_what_browsers_might_run_is_bytes_to_be_saved(uploads, name, claim, data):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, name, len(data), claim)
    (await slot.put(data)).ok()
    got = (await slot.get()).ok()
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("default-src 'none'; sandbox;")
    assert got.all("content-security-policy") == [got.headers["content-security-policy"]]


async def test_picture_is_shown_in_place_and_kept(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG), "text/html")
    (await slot.put(PNG)).ok()
    got = (await slot.get()).ok()
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"].startswith("inline;")
    assert "immutable" in got.headers["cache-control"]
    again = await slot.get(headers=[("If-None-Match", got.headers["etag"])])
    assert (again.status, again.body) == (304, b"")
    head = await uploads.web.request("HEAD", slot.path)
    assert (head.status, head.headers["content-length"]) == (200, str(len(PNG)))


async def test_parts_of_a_file(uploads):
    agent = await uploads.agent("sarah")
    data = bytes(range(256))
    slot = await slot_of(uploads, agent, "a.bin", len(data))
    (await slot.put(data)).ok()
    part = await slot.get(headers=[("Range", "bytes=16-31")])
    assert (part.status, part.body) == (206, data[16:32])
    assert part.headers["content-range"] == "bytes 16-31/256"
    assert (await slot.get(headers=[("Range", "bytes=-5")])).body == data[-5:]
    none = await slot.get(headers=[("Range", "bytes=256-")])
    assert (none.status, none.headers["content-range"]) == (416, "bytes */256")
    other = await slot.get(headers=[("Range", "bytes=0-1"), ("If-Range", '"other"')])
    assert (other.status, other.body) == (200, data)


async def test_pages_of_anywhere_may_send_and_read(uploads):
    agent = await uploads.agent("sarah")
    slot = await slot_of(uploads, agent, "a.png", len(PNG))
    origin = [("Origin", "https://web-client.example")]
    ask_first = await uploads.web.request("OPTIONS", slot.path, headers=origin)
    assert ask_first.headers["access-control-allow-origin"] == "*"
    assert {"GET", "HEAD", "OPTIONS", "PUT"} == set(
        ask_first.headers["access-control-allow-methods"].split(", "))
    assert "Content-Type" in ask_first.headers["access-control-allow-headers"]
    put = await slot.put(PNG, headers=origin)
    assert put.headers["access-control-allow-origin"] == "*"
    got = await slot.get(headers=origin)
    assert got.headers["access-control-allow-origin"] == "*"
    lost = await uploads.web.get("/files/x/y", headers=origin)
    assert (lost.status, lost.headers["access-control-allow-origin"]) == (404, "*")


# ---- the second connection -------------------------------------------------------------------


async def test_restart_of_the_server_brings_both_services_back(own_site):
    site = own_site({"upload": {"domain": UPLOAD}})
    await site.server_down()
    await site.server_up()
    agent = await site.agent("sarah")
    slot = await slot_of(site, agent, "a.png", len(PNG))
    assert (await slot.put(PNG)).status == 201


async def test_wrong_secret_of_uploads_leaves_the_rooms_alone(own_site):
    site = own_site({"upload": {"domain": UPLOAD, "secret": "wrong"}}, start=False)
    site.add_people()
    site.prosody.start()
    site.parley.start(wants=503)
    customer = await site.customer()
    await customer.escalate("help")
    agent = await site.agent("sarah")
    joined = await agent.join(site.room(customer.chat))
    assert joined.nick == "Sarah"
    answer = await ask(agent, "a", 10)
    assert answer.type == "error", answer


async def test_without_the_setting_there_are_no_files(site):
    agent = await site.agent("sarah")
    assert (await ask(agent, "a", 10)).type == "error"
    for method in ("GET", "PUT"):
        answer = await site.web.request(method, f"/files/{'a' * 26}/a.png", body=b"x")
        assert answer.status == 404
    assert not os.path.exists(site.parley.store + ".files")
