"""What an operator does with the data: it is erased, copied and put back, and the disk gets full."""

import asyncio
import contextlib
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import uuid

import pytest

from lib.parley import BINARY
from lib.prosody import UPLOAD
from lib.wait import Board
from lib.web import Customer


def word(canary):
    """As what chats are searched by."""
    return canary.translate(str.maketrans("01i", "oll"))[:32]


def left(parley, canary):
    """The files of the database and its folder that hold these bytes."""
    found = []
    for path in glob.glob(parley.store + "*") + glob.glob(parley.store + ".files/*"):
        if os.path.isfile(path):
            data = open(path, "rb").read()
            found += [path] * (canary.encode() in data or word(canary).encode() in data)
    return found


async def command(parley, *words):
    """Runs it beside the loop; returns its exit code and what it said on standard error."""
    done = await asyncio.to_thread(
        subprocess.run, [BINARY, *words, "--config", parley.config], capture_output=True, text=True,
        timeout=120, check=False, cwd=parley.folder)
    return done.returncode, done.stderr


class Load(Board):
    """Customers who write one message after the other, until the end of the block."""

    def __init__(self, site, writers=4):
        super().__init__()
        self.site = site
        self.count = writers
        self.acknowledged = [{} for _ in range(writers)]  # text -> entry's id
        self.running = True

    def all(self):
        return {text: number for each in self.acknowledged for text, number in each.items()}

    async def more(self, number):
        goal = len(self.all()) + number
        await self.until(lambda: len(self.all()) >= goal, 60, f"{number} more messages")

    async def _write(self, customer, acknowledged, name):
        while self.running:
            text = f"{name} says {len(acknowledged)}"
            acknowledged[text] = (await customer.say(text))["id"]
            self.changed()

    async def __aenter__(self):
        self.customers = [await self.site.waiting() for _ in range(self.count)]
        self.tasks = [asyncio.create_task(self._write(c, self.acknowledged[n], f"writer {n}"))
                      for n, c in enumerate(self.customers)]
        await self.more(20)
        return self

    async def __aexit__(self, *_):
        self.running = False
        await asyncio.gather(*self.tasks)


# ---- erasing -------------------------------------------------------------------------------------


async def private_chat(site, canary):
    """A live chat with the canary in everything that people can write."""
    customer = await site.waiting(f"{canary} text", name=f"{canary}n"[:60],
                                  email=f"{canary}@example.org", page=f"https://x.example/{canary}")
    agent = await site.agent("sarah")
    room = site.room(customer.chat)
    await agent.join(room)
    await agent.say(room, f"{canary} answer")
    await customer.say(f"{canary} again", key=f"{canary}-key"[:64])
    note = agent.mark
    agent.start_say(room, f"!note {canary} note")
    await agent.wait(lambda s: s.line and f"{canary} note" in (s.body or ""), note, what="the note")
    rated = {"score": 2, "comment": f"{canary} opinion", "clientId": f"{canary}-rated"[:64]}
    (await customer.web.post(customer.path("/rating"), rated)).ok()
    return customer, agent, room


@pytest.mark.deadline(240)
async def test_erased_under_load_nothing_is_left_in_any_file(own_site, count):
    site = own_site()
    async with Load(site):
        for _ in range(count("CHATS", 3, 30)):
            canary = "canary" + uuid.uuid4().hex
            customer, agent, room = await private_chat(site, canary)
            assert left(site.parley, canary), "the canary is not where it is looked for"
            stream = await customer.stream()
            code, said = await command(site.parley, "chat", "erase", customer.chat)
            assert code == 0, said
            assert left(site.parley, canary) == []
            await stream.event("reset")
            await stream.end()
            assert (await customer.web.get(customer.path())).status == 401
            site._people.remove(customer)
        assert left(site.parley, canary) == []
    entries = await site.agent_web("sarah").get(f"/api/chats/{customer.chat}/messages?limit=200")
    assert all(e["content"] == "" and e["deletedAt"] for e in entries.ok().json()["items"])
    assert entries.json()["items"], "no stubs"
    await asyncio.to_thread(site.parley.stop)
    await asyncio.to_thread(site.parley.start)
    assert left(site.parley, canary) == []
    with sqlite3.connect(f"file:{site.parley.store}?mode=ro", uri=True) as store:
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        seqs = [row[0] for row in store.execute(
            "SELECT seq FROM message JOIN room ON room.num = message.room WHERE room.id = ?"
            " ORDER BY seq", (customer.chat,))]
    assert seqs == list(range(1, len(seqs) + 1))


async def send_file(site, agent, name, data):
    """Returns its address."""
    answer = await agent.iq("get", UPLOAD, f"<request xmlns='urn:xmpp:http:upload:0'"
                                           f" filename='{name}' size='{len(data)}'/>")
    url = next(answer.xml.iter("{urn:xmpp:http:upload:0}get")).get("url")
    path = "/files/" + url.partition("/files/")[2]
    assert (await site.web.request("PUT", path, body=data)).status == 201
    return url, path


async def test_files_of_an_erased_chat_are_gone_and_those_of_others_are_not(own_site):
    site = own_site({"upload": {"domain": UPLOAD}})
    canary = "canary" + uuid.uuid4().hex
    customer, agent, room = await private_chat(site, canary)
    other, others_agent, other_room = await private_chat(site, "other")
    url, path = await send_file(site, agent, f"{canary}.txt", f"{canary} bytes".encode() * 1000)
    kept, kept_path = await send_file(site, agent, "kept.txt", b"bytes")
    for who, where, what in ((others_agent, other_room, kept), (agent, room, url),
                             (agent, room, kept)):
        await who.say(where, what, extra=f"<x xmlns='jabber:x:oob'><url>{what}</url></x>")
    assert any(".files/" in name for name in left(site.parley, canary))
    code, said = await command(site.parley, "chat", "erase", customer.chat)
    assert code == 0, said
    assert left(site.parley, canary) == []
    assert (await site.web.get(path)).status == 404
    assert (await site.web.get(kept_path)).ok().body == b"bytes"
    [message] = [m for m in await other.log() if m["content"] == kept]
    assert message["attachments"][0]["name"] == "kept.txt"
    await asyncio.to_thread(site.parley.stop)
    code, said = await command(site.parley, "chat", "erase", other.chat)
    assert code == 0, said
    assert os.listdir(site.parley.store + ".files") == []


async def test_archive_of_an_erased_chat_has_tombstones(own_site):
    site = own_site()
    canary = "canary" + uuid.uuid4().hex
    customer, agent, room = await private_chat(site, canary)
    code, said = await command(site.parley, "chat", "erase", customer.chat)
    assert code == 0, said
    after = agent.mark
    answer = await agent.iq("set", room, "<query xmlns='urn:xmpp:mam:2' queryid='q'/>")
    assert answer.type == "result", answer
    lines = [s for s in agent.received[after:] if s.xml.find("{urn:xmpp:mam:2}result") is not None]
    assert lines
    for line in lines:
        assert line.xml.find(".//{urn:xmpp:message-retract:1}retracted") is not None, line
    assert not any(canary in str(line.xml) for line in lines)


async def test_chat_is_exported_whole_with_notes(own_site):
    site = own_site()
    canary = "canary" + uuid.uuid4().hex
    customer, _, _ = await private_chat(site, canary)
    code, said = await command(site.parley, "chat", "export", customer.chat, "--output", "chat.json")
    assert code == 0, said
    path = os.path.join(site.parley.folder, "chat.json")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, encoding="utf-8") as file:
        chat = json.load(file)
    assert chat["id"] == customer.chat
    assert [e["seq"] for e in chat["entries"]] == list(range(1, len(chat["entries"]) + 1))
    kinds = {e["kind"] for e in chat["entries"] if not e["public"]}
    assert "note" in kinds
    assert (await command(site.parley, "chat", "export", customer.chat, "--output",
                          "chat.json"))[0] == 1
    assert (await command(site.parley, "chat", "close", customer.chat))[0] == 0
    assert (await customer.info())["status"] == "closed"


# ---- copies --------------------------------------------------------------------------------------


def check_prefix(copy, whole, acknowledged):
    """The copy has the log's beginning, with all that was acknowledged before it was begun."""
    with sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True) as store:
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.execute("SELECT count(*) FROM meta WHERE key = 'epoch'").fetchone()[0] == 0
        rows = store.execute("SELECT gid, id, content FROM message ORDER BY gid").fetchall()
    with sqlite3.connect(f"file:{whole}?mode=ro", uri=True) as store:
        assert rows == store.execute("SELECT gid, id, content FROM message WHERE gid <= ?"
                                     " ORDER BY gid", (rows[-1][0],)).fetchall()
    ids = {row[1] for row in rows}
    missing = [text for text, number in acknowledged.items() if number not in ids]
    assert not missing, f"{len(missing)} missing, {missing[:3]}"


@pytest.mark.deadline(240)
async def test_backups_under_load_are_whole_and_can_be_put_back(own_site, count):
    site = own_site()
    copies = []
    async with Load(site) as load:
        for n in range(count("BACKUPS", 5, 50)):
            before = load.all()
            copy = os.path.join(site.parley.folder, f"copy{n}.db")
            code, said = await command(site.parley, "backup", f"copy{n}.db")
            assert code == 0, said
            assert os.stat(copy).st_mode & 0o777 == 0o600
            copies.append((copy, before))
            await load.more(20)
    for copy, before in copies:
        check_prefix(copy, site.parley.store, before)
    stream = await load.customers[0].stream(whole=True)
    await stream.event("ready")
    old = (await stream.until(lambda s: s.durable() and s.durable()[-1].id, what="an id"))
    await stream.aclose()

    code, said = await command(site.parley, "restore", copies[0][0])
    assert code == 1 and "stop it first" in said
    await asyncio.to_thread(site.parley.stop)
    code, said = await command(site.parley, "restore", copies[0][0])
    assert code == 0, said
    assert glob.glob(site.parley.store + ".before-restore-*")
    await asyncio.to_thread(site.parley.start)
    stream = await load.customers[0].stream(last_id=old)
    await stream.event("reset")
    texts = {m["content"] for m in await load.customers[0].log()}
    assert {t for t in copies[0][1] if t.startswith("writer 0 ")} <= texts


async def test_damaged_copy_is_refused_and_nothing_is_changed(own_site):
    site = own_site()
    customer = await site.waiting("hello")
    assert (await command(site.parley, "backup", "copy.db"))[0] == 0
    await asyncio.to_thread(site.parley.stop)
    path = os.path.join(site.parley.folder, "copy.db")
    with open(path, "r+b") as copy:
        for at in range(65536, os.path.getsize(path), 4096):
            copy.seek(at)
            copy.write(b"\x0d" + b"\x7f" * 6)
    code, said = await command(site.parley, "restore", "copy.db")
    assert code == 1 and ("damaged" in said or "no database" in said), said
    await asyncio.to_thread(site.parley.start)
    assert "hello" in [m["content"] for m in await customer.log()]


# ---- an older program ----------------------------------------------------------------------------


async def test_database_of_a_newer_program_ends_the_start_with_a_reason(own_site):
    site = own_site()
    await asyncio.to_thread(site.parley.stop)
    with contextlib.closing(sqlite3.connect(site.parley.store)) as store:
        store.execute("PRAGMA user_version = 9999")
    with open(site.parley.store, "rb") as file:
        before = file.read()
    await asyncio.to_thread(site.parley.start, False)
    assert await asyncio.to_thread(site.parley.process.wait, 20) == 1
    assert "made by a newer parley" in site.parley.log_end()
    with open(site.parley.store, "rb") as file:
        assert file.read() == before


# ---- the disk ------------------------------------------------------------------------------------


def free_mb(folder):
    return shutil.disk_usage(folder).free >> 20


async def test_low_disk_refuses_chats_first_then_messages_and_recovers(own_site):
    site = own_site()
    customer = await site.waiting("before")
    web = site.web

    async def restart(least):
        await asyncio.to_thread(site.parley.stop)
        site.parley.settings["store"]["min_free_mb"] = least
        site.parley.write_config()
        await asyncio.to_thread(site.parley.start, True, 503 if least else 200)

    await restart(free_mb(site.parley.folder) * 2)
    answer = await web.post("/api/chats", {}, token=None)
    assert answer.status == 503 and answer.problem() == "low-disk"
    assert int(answer.headers["retry-after"]) > 0
    (await customer.post("still goes")).ok()
    ready = await web.get("/readyz")
    assert ready.status == 503 and not ready.json()["checks"]["disk"]["ok"]
    assert site.parley.log_text().count("disk-low") == 1

    await restart(min(free_mb(site.parley.folder) * 6, 1048576))
    answer = await customer.post("too much")
    assert answer.status == 503 and answer.problem() == "low-disk"
    assert "before" in [m["content"] for m in await customer.log()]

    await restart(0)
    await customer.say("after")
    other = await Customer.begin(web)
    assert (await other.info())["status"] == "assistant"
