"""The one judge of all fault tests. Writers note what they are about to send and what was
acknowledged, readers note what they were shown; the log of each chat is then compared with all of
it. The comparison is on plain data, so that a test can show it finding each fault."""

import asyncio
import os
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Optional

from lib.archive import whole
from lib.web import read_log

NOTE = "[note] "  # stands before the text of notes everywhere
HISTORY_LEAST = 90  # lines of a long log that a join must show
CLEAN_SECONDS = 30
# SQLite keeps so much of a database that is larger: db/sql.c, for who writes and for who reads.
STORE_CACHES = 2 * 32000 << 10
SHOWN = 20  # faults that are told


# ---- what was written, and what was shown --------------------------------------------------------


@dataclass
class Sent:
    """Something a writer sends. text: as it must be stored, unique in the chat."""

    writer: str
    text: str
    staff: bool = False
    id: Optional[str] = None  # set by the acknowledgement
    number: Optional[int] = None  # as the writer's own side counts, where the answer says it
    by_customer: bool = False

    def acknowledged(self, entry_id, number=None, by_customer=False):
        self.id, self.number, self.by_customer = entry_id, number, by_customer


@dataclass(frozen=True)
class Shown:
    """One entry as somebody sees it. number: seq for staff, pos for customers, None where the
    channel has none."""

    id: str
    text: str
    number: Optional[int] = None
    role: str = ""
    event: str = ""

    @classmethod
    def of_item(cls, item):
        """From a page of the history, or the payload of a message's event."""
        return cls(item["id"], item["content"], item["seq"], item["role"], item.get("event", ""))


@dataclass
class View:
    """What one reader was shown, in order. It must be a run of the log without gaps.

    staff     sees everything; a customer must see no entry of the staff's
    start     the run begins with the log
    end       it ends with the log
    repeats   a client with a memory: an entry that comes again is dropped
    least     so many at least, or the whole log"""

    name: str
    staff: bool
    start: bool = True
    end: bool = True
    repeats: bool = False
    least: int = 0
    shown: list = field(default_factory=list)


@dataclass
class Ledger:
    """All about one chat. gapless: what the store says of its numbers, (entries, last seq, public
    entries, last pos), or None."""

    chat: str
    sent: list = field(default_factory=list)
    views: list = field(default_factory=list)
    staff_log: list = field(default_factory=list)
    customer_log: list = field(default_factory=list)
    numbers: Optional[tuple] = None

    def sending(self, writer, text, staff=False):
        sent = Sent(writer, text, staff)
        self.sent.append(sent)
        return sent

    def view(self, name, staff, **more):
        view = View(f"{name} of {self.chat[:6]}", staff, **more)
        self.views.append(view)
        return view

    @property
    def acknowledged(self):
        return sum(s.id is not None for s in self.sent)


# ---- the comparison ------------------------------------------------------------------------------


def faults(ledger):
    """Sentences; none when all is well."""
    found = []
    for name, log in (("staff", ledger.staff_log), ("customer", ledger.customer_log)):
        found += _log_faults(name, log)
    found += _number_faults(ledger)
    found += _privacy_faults(ledger)
    found += _writer_faults(ledger)
    for view in ledger.views:
        found += _view_faults(view, ledger)
    return found


def _log_faults(name, log):
    ids = [e.id for e in log]
    numbers = [e.number for e in log]
    if len(set(ids)) != len(ids):
        yield f"the {name}'s log holds an entry twice: {_twice(ids)}"
    if numbers != sorted(set(numbers)):
        yield f"the {name}'s log is not in the order of its numbers"


def _number_faults(ledger):
    if ledger.numbers is None:
        return
    entries, last_seq, public, last_pos = ledger.numbers
    if entries != last_seq:
        yield f"seq has gaps: {entries} entries up to {last_seq}"
    if public != last_pos:
        yield f"pos has gaps: {public} public entries up to {last_pos}"


def _privacy_faults(ledger):
    private = {s.text.removeprefix(NOTE) for s in ledger.sent if s.staff}
    private_ids = {e.id for e in ledger.staff_log
                   if e.event == "note" or e.text.removeprefix(NOTE) in private}
    public = [e.id for e in ledger.staff_log if e.id not in private_ids]
    customer = [e.id for e in ledger.customer_log]
    if customer != public:
        yield "the customer's log is not the public part of the staff's: " + _apart(customer, public)
    shown = [("the customer's log", ledger.customer_log)]
    shown += [(view.name, view.shown) for view in ledger.views if not view.staff]
    for name, entries in shown:
        leaked = [e for e in entries if e.id in private_ids or e.event == "note"
                  or any(text in e.text for text in private)]
        if leaked:
            yield f"{name} shows what is the staff's: {leaked[:3]}"


def _writer_faults(ledger):
    """Acknowledged: once, under the same id and number. Otherwise at most once. In each writer's
    order, and nothing that nobody wrote."""
    by_text, numbers = {}, {False: {}, True: {}}
    for by_customer, log in ((False, ledger.staff_log), (True, ledger.customer_log)):
        numbers[by_customer] = {e.id: e.number for e in log}
    for entry in ledger.staff_log:
        by_text.setdefault(entry.text, []).append(entry)
    texts = [s.text for s in ledger.sent]
    if len(set(texts)) != len(texts):
        yield f"the test itself sent a text twice: {_twice(texts)}"
    last = {}
    for sent in ledger.sent:
        stored = by_text.get(sent.text, [])
        ids = [e.id for e in stored]
        if len(ids) > 1:
            yield f"stored twice: {sent.text!r}"
        if sent.id is not None and ids != [sent.id]:
            yield f"acknowledged as {sent.id} and stored as {ids}: {sent.text!r}"
        if sent.number is not None and numbers[sent.by_customer].get(sent.id) != sent.number:
            yield f"acknowledged with another number: {sent.text!r}"
        if stored:
            if stored[0].number < last.get(sent.writer, 0):
                yield f"not in its writer's order: {sent.text!r}"
            last[sent.writer] = stored[0].number
    yield from _foreign_faults(ledger, set(texts))


def _foreign_faults(ledger, texts):
    """The assistant's words are not known beforehand: it may answer each message of the customer
    once, after it."""
    questions = 0
    for entry in ledger.staff_log:
        if entry.text in texts:
            questions += entry.role == "USER"
        elif entry.role == "ASSISTANT":
            questions -= 1
            if questions < 0:
                yield f"the assistant answers what nobody asked: {entry.text!r}"
        elif entry.role != "SYSTEM":
            yield f"nobody wrote {entry.text!r} ({entry.id})"


def _view_faults(view, ledger):
    log = ledger.staff_log if view.staff else ledger.customer_log
    known = {e.id: e for e in log}
    shown, seen = [], {}
    for entry in view.shown:
        if entry.id not in known:
            yield f"{view.name} shows what is not in the log: {entry}"
            continue
        if view.repeats and entry.id in seen:
            if entry.text != seen[entry.id]:
                yield f"{view.name} shows {entry.id} with another text: {entry.text!r}"
            continue
        seen[entry.id] = entry.text
        shown.append(entry)
        stored = known[entry.id]
        if entry.text != stored.text:
            yield f"{view.name} shows {entry.text!r}, stored is {stored.text!r}"
        if entry.number is not None and entry.number != stored.number:
            yield f"{view.name} shows {entry.id} as {entry.number}, stored is {stored.number}"
    ids, all_ids = [e.id for e in shown], [e.id for e in log]
    if len(ids) < min(view.least, len(all_ids)):
        yield f"{view.name} shows only {len(ids)} of {len(all_ids)}"
    first = 0
    if ids and not view.start:
        first = all_ids.index(ids[0])
    last = len(all_ids) if view.end and (ids or view.start) else first + len(ids)
    if ids != all_ids[first:last]:
        place = _first_difference(ids, all_ids[first:last])
        around = [known[i].number for i in ids[max(place - 3, 0):place + 5]]
        yield f"{view.name}: {_apart(ids, all_ids[first:last])}; there it shows {around}"


def _twice(values):
    return sorted(v for v in set(values) if values.count(v) > 1)[:3]


def _first_difference(seen, expected):
    return next((n for n, (a, b) in enumerate(zip(seen, expected)) if a != b),
                min(len(seen), len(expected)))


def _apart(seen, expected):
    extra = [i for i in seen if i not in set(expected)]
    missing = [i for i in expected if i not in set(seen)]
    return (f"{len(seen)} instead of {len(expected)}, apart from place "
            f"{_first_difference(seen, expected)} on, "
            f"extra {extra[:3]}, twice {_twice(seen)}, missing {missing[:3]}")


# ---- an installation -----------------------------------------------------------------------------


class Baseline:
    """What the daemon uses when nobody is there, to be reached again."""

    def __init__(self, program):
        self.program = program
        self.descriptors = program.descriptors()
        self.memory = program.memory()

    def come_back(self, more_memory):
        """Waits for it. more_memory: bytes that the test may leave in use, for rooms that stay
        loaded and for what the allocator keeps."""
        self.program.until(lambda: self.program.descriptors() <= self.descriptors, CLEAN_SECONDS,
                           f"{self.descriptors} descriptors as at the start")
        grown = self.program.memory() - self.memory
        assert grown <= more_memory, f"the daemon holds {grown >> 10} KiB more than at the start"


class Oracle:
    """Watches chats of one installation. verify() after the writers have ended."""

    def __init__(self, site, report=None, more_memory=32 << 20):
        self.site = site
        self.report = report or (lambda name, value: None)
        self.more_memory = more_memory
        self.began = time.monotonic()
        self.ledgers = []
        self.customers = {}
        self.readers = []
        self.baseline = Baseline(site.parley)

    def ledger(self, customer):
        ledger = Ledger(customer.chat)
        self.ledgers.append(ledger)
        self.customers[ledger.chat] = customer
        return ledger

    def watch(self, *readers):
        """Readers that go on to the end: see lib/readers.py."""
        self.readers += readers

    async def verify(self):
        found = []
        for ledger in self.ledgers:
            await self._collect(ledger)
            found += [f"{ledger.chat[:6]}: {fault}" for fault in faults(ledger)]
        self._report()
        assert not found, "\n".join(found[:SHOWN]) + f"\n{len(found)} faults in all"
        for reader in self.readers:
            await reader.aclose()
        await self.site.aclose()
        store = min(os.path.getsize(self.site.parley.store), STORE_CACHES)
        await asyncio.to_thread(self.baseline.come_back, self.more_memory + store)
        self.site.parley.check_store()

    async def _collect(self, ledger):
        """Everything that is shown of this chat to who comes now."""
        site, customer = self.site, self.customers[ledger.chat]
        web = site.agent_web("sarah")
        ledger.staff_log = [Shown.of_item(i) for i in await read_log(web, ledger.chat)]
        ledger.customer_log = [Shown.of_item(i) for i in await read_log(customer.web, ledger.chat)]
        ledger.numbers = store_numbers(site.parley.store, ledger.chat)
        for reader in self.readers:
            if reader.ledger is ledger:
                log = ledger.staff_log if reader.view.staff else ledger.customer_log
                await reader.finish(log[-1].id)
        await self._read_streams(ledger, customer, web)
        status = (await customer.info())["status"]
        if status in ("waiting", "live"):
            await self._enter(ledger, status == "live")

    async def _read_streams(self, ledger, customer, web):
        for name, asker, staff, log in (("a new page", customer.web, False, ledger.customer_log),
                                        ("a new console", web, True, ledger.staff_log)):
            stream = await asker.stream(customer.path("/events"))
            view = ledger.view(name, staff)
            await stream.until(lambda s, last=log[-1].id: any(
                e.payload.get("id") == last for e in s.durable()), 60, f"the end at {name}")
            view.shown = shown_events(stream.durable())
            await stream.aclose()

    async def _enter(self, ledger, join):
        """join: not while the chat waits, as that would take it."""
        room = self.site.room(ledger.chat)
        nina = await self.site.agent("nina")
        view = ledger.view("the archive", True)
        view.shown = [Shown(line.id, line.body) for line in await whole(nina, room)]
        if join:
            await nina.join(room)
            view = ledger.view("a new occupant", True, start=False, least=HISTORY_LEAST)
            view.shown = shown_lines(nina, room)
        await nina.aclose()

    def _report(self):
        total = sum(len(ledger.staff_log) for ledger in self.ledgers)
        sent = sum(len(ledger.sent) for ledger in self.ledgers)
        acknowledged = sum(ledger.acknowledged for ledger in self.ledgers)
        views = sum(len(ledger.views) for ledger in self.ledgers)
        shown = sum(len(v.shown) for ledger in self.ledgers for v in ledger.views)
        self.report("judged", f"{len(self.ledgers)} chats, {total} entries, {sent} sent, "
                    f"{acknowledged} acknowledged, {views} views of {shown} entries, "
                    f"{time.monotonic() - self.began:.1f} s")


def store_numbers(path, chat):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        return store.execute(
            "SELECT count(*), ifnull(max(seq), 0), count(pos), ifnull(max(pos), 0) FROM message"
            " WHERE room = (SELECT num FROM room WHERE id = ?)", (chat,)).fetchone()


def shown_events(events, by_seq=True):
    """Of an event stream. Corrections and the like speak of an entry and are none of the list.
    by_seq: the ids are numbers of this log."""
    shown = []
    for e in events:
        if e.name in ("message_updated", "message_deleted"):
            continue
        p = e.payload
        number = p["seq"]
        assert not by_seq or int(e.id.rsplit("-", 1)[1]) == number, e
        said = e.name in ("message", "note")
        shown.append(Shown(p["id"], p["content"] if said else p["text"], number,
                           p["role"] if said else "SYSTEM", "" if e.name == "message" else e.name))
    return shown


def shown_lines(agent, room):
    """Of an XMPP client: the lines that the room has an entry for."""
    return [Shown(s.stanza_id, s.body) for s in agent.received
            if s.line and s.room == room and s.stanza_id is not None]
