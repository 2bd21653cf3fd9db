"""Who reads along while the faults happen, and notes what is shown."""

import asyncio

from lib.oracle import Shown, shown_events, shown_lines
from lib.wait import DEADLINE
from lib.web import Closed, Stream
from lib.writers import Way

PAGE_EVERY = 20  # acknowledged messages between two looks at the history
REPLAYED = 1000  # entries behind which a stream of all chats still goes on (docs/API.md)


class Reader:
    def __init__(self, ledger, name, load, staff):
        self.ledger = ledger
        self.load = load
        self.view = ledger.view(name, staff)

    async def finish(self, last):
        """Waits until `last` was shown, and completes the view."""
        raise NotImplementedError

    async def aclose(self):
        pass


class StreamReader(Reader):
    """A page or a console with an event stream, from the chat's start. When it ends the reader comes
    back with the last id, once the way is open. by_query: the id stands in the target, not in the
    header. flaky: the network may end everything at any byte. forget: gives how many of the last
    events the page has forgotten when it comes back."""

    keeps = 0  # so many of the first ids are never forgotten

    def __init__(self, ledger, name, load, web, staff, by_query=False, flaky=False, forget=None):
        super().__init__(ledger, name, load, staff)
        self.view.repeats = forget is not None
        self.web = web
        self.path = f"/api/chats/{ledger.chat}/events"
        self.by_query = by_query
        self.flaky = flaky
        self.forget = forget
        self.ids = []
        self.place = None  # where this session went on
        self.sessions = 0
        self.stream = None
        self.task = None
        self.done = False

    def start(self):
        self.task = asyncio.ensure_future(self._run())
        return self

    async def _run(self):
        while not self.done:
            await self.load.web.wait()
            closings = self.load.web.closings
            try:
                await self._session()
            except (OSError, Closed, TimeoutError):
                assert self.flaky or self.load.web.broken_since(closings), \
                    "no stream though the daemon is there"
                await self.load.web.pause()

    async def _session(self):
        if self.forget is not None:
            del self.ids[max(len(self.ids) - self.forget(), self.keeps):]
        self.stream = Stream(self.web)
        self.sessions += 1
        target, header = self.path, self.ids[-1] if self.ids else None
        self.place = header
        if self.by_query and header is not None:
            target, header = f"{target}?lastEventId={header}", None
        await self.stream.open(target, header, [], self.web.token)
        assert self.stream.status == 200, (self.stream.status, self.stream.body)
        try:
            await self.stream.board.until(lambda: self.stream.ended or self.done, 3600)
        finally:
            self._collect()
            await self.stream.aclose()

    def _shown(self):
        return shown_events(self.stream.durable())

    def _collect(self):
        if any(e.name == "reset" for e in self.stream.events):
            self._load_anew()
        self.view.shown += self._shown()
        self.ids += [e.id for e in self.stream.durable()]

    def _load_anew(self):
        raise AssertionError(f"{self.view.name} was told to load anew: {self.stream.events[:3]}")

    async def finish(self, last):
        def shown():
            if self.task.done():
                self.task.result()
            current = self._shown() if self.stream is not None else []
            return any(e.id == last for e in self.view.shown[-1:] + current)

        while not shown():
            stream = self.stream
            await stream.until(lambda s: s.ended or shown(), 60, f"the last entry, {last}")
            if stream.ended and not shown():
                async with asyncio.timeout(DEADLINE):
                    await self._next(stream)
        self.done = True
        self.stream.board.changed()
        await self.task

    async def _next(self, stream):
        while self.stream is stream or not self.stream.status:
            await asyncio.wait({self.task}, timeout=0.01)
            if self.task.done():
                self.task.result()

    async def aclose(self):
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        if self.stream is not None:
            await self.stream.aclose()
        self.web.close()


class QueueReader(StreamReader):
    """A console's stream of all chats, and what it shows of this one: from where it was opened on,
    each entry, and at the end the chat's row as it is."""

    keeps = 1  # without any place it would begin anew, with a snapshot
    ROW = ("status", "lastSeq", "lastMessageAt", "assignedToId", "escalationReason", "customer")

    def __init__(self, ledger, name, load, web, **more):
        super().__init__(ledger, name, load, web, True, **more)
        self.view.start = False
        self.path = "/api/events"
        self.row = None

    def _shown(self):
        mine = f"chat:{self.ledger.chat}:"
        return shown_events([e for e in self.stream.durable() if e.json["channel"].startswith(mine)],
                            by_seq=False)

    def _collect(self):
        for e in self.stream.events:
            if e.name == "snapshot":
                self.ids.append(e.json["asOf"])
                rows = e.json["items"]
            else:
                rows = [e.payload.get("chat", {})] if e.name == "queue" else []
            self.row = next((r for r in rows if r.get("id") == self.ledger.chat), self.row)
        super()._collect()

    def _load_anew(self):
        """Right for who is too far behind; the page is empty then."""
        points = [e.json["asOf"] for e in self.stream.events if e.name == "snapshot"]
        if not points:
            return  # cut in between
        behind = int(points[0].rsplit("-", 1)[1]) - int(self.place.rsplit("-", 1)[1])
        assert behind > REPLAYED, f"{self.view.name} was told to load anew, {behind} behind"
        self.view.shown, self.ids = [], [points[0]]

    async def finish(self, last):
        await super().finish(last)
        now = (await self.web.get(f"/api/chats/{self.ledger.chat}")).ok().json()
        assert [self.row[name] for name in self.ROW] == [now[name] for name in self.ROW], \
            f"{self.view.name} ends with the row {self.row}, which is {now}"


class PageReader(Reader):
    """Looks at the history again and again, each time at what came since."""

    def __init__(self, ledger, name, load, web, staff):
        super().__init__(ledger, name, load, staff)
        self.way = Way(load.web, web)
        self.after = 0
        self.next = 0
        load.start(self)

    async def run(self):
        while not self.load.stopped:
            await self.load.until(lambda: self.load.total >= self.next or self.load.stopped, 3600)
            self.next = self.load.total + PAGE_EVERY
            await self._read()

    async def _read(self):
        while True:
            target = f"/api/chats/{self.ledger.chat}/messages?after={self.after}&limit=200"
            answer = await self.way.ask("GET", target)
            if answer is None:
                await self.load.web.pause()
                continue
            page = answer.ok().json()
            self.view.shown += [Shown.of_item(i) for i in page["items"]]
            if page["items"]:
                self.after = page["items"][-1]["seq"]
            if page["nextCursor"] is None:
                return

    async def finish(self, last):
        await self._read()

    async def aclose(self):
        self.way.close()


class Occupant(Reader):
    """An agent's client in the room, with a memory of what it has shown."""

    def __init__(self, ledger, name, load, agent, room):
        super().__init__(ledger, name, load, True)
        self.view.repeats = True
        self.agent = agent
        self.room = room

    async def finish(self, last):
        await self.agent.wait(lambda s: s.line and s.room == self.room and s.stanza_id == last,
                              deadline=60, what="the last line")
        self.view.shown = shown_lines(self.agent, self.room)
