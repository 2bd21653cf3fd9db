"""The browser's side on plain sockets: requests, event streams, and a customer made of both."""

import asyncio
import json
import uuid

from lib.wait import DEADLINE, Board


class Closed(ConnectionError):
    """The connection ended before the answer was whole: the outcome of the request is unknown."""


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.header_list = headers
        self.headers = {}
        for name, value in headers:
            self.headers.setdefault(name.lower(), value)
        self.body = body

    def json(self):
        return json.loads(self.body)

    def all(self, name):
        return [value for n, value in self.header_list if n.lower() == name]

    def ok(self):
        """Itself when 2xx; otherwise the test fails and says what came."""
        assert 200 <= self.status < 300, f"{self.status}: {self.body[:500]!r}"
        return self

    def problem(self):
        """The stable end of an RFC 9457 type: "not-escalated"."""
        assert self.headers.get("content-type", "").startswith("application/problem+json"), \
            (self.status, self.headers, self.body[:300])
        return self.json()["type"].rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]


async def read_head(reader):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as e:
        raise Closed(f"no answer: {e!r}") from None
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ", 2)[1])
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
    return status, headers


async def read_response(reader, method="GET"):
    status, headers = await read_head(reader)
    while status in (100, 102, 103):
        status, headers = await read_head(reader)
    low = {n.lower(): v for n, v in headers}
    try:
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif "chunked" in low.get("transfer-encoding", "").lower():
            body = b""
            while True:
                size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
                part = await reader.readexactly(size + 2)
                if size == 0:
                    break
                body += part[:-2]
        elif "content-length" in low:
            body = await reader.readexactly(int(low["content-length"]))
        else:
            body = await reader.read()
    except (asyncio.IncompleteReadError, ConnectionError) as e:
        raise Closed(f"half an answer: {e!r}") from None
    return Response(status, headers, body)


def status_of(answer):
    """Of the first answer in these bytes; 0 when there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def make_request(address, method, target, headers, body):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address[0]}:{address[1]}"]
    lines += [f"{n}: {v}" for n, v in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


class Web:
    """Requests to one address. token: sent as Bearer. keep: one connection is used again and
    again, by one task at a time."""

    def __init__(self, address, token=None, keep=False, source=None):
        self.address = address
        self.token = token
        self.keep = keep
        self.source = source
        self._open = None

    def using(self, token, keep=False):
        return Web(self.address, token, keep, self.source)

    async def connect(self):
        local = (self.source, 0) if self.source else None
        return await asyncio.open_connection(*self.address, local_addr=local, limit=1 << 22)

    async def raw(self, data, deadline=None):
        """Sends these bytes and reads until the server closes or the deadline: (bytes, closed)."""
        reader, writer = await self.connect()
        got = b""
        try:
            writer.write(data)
            async with asyncio.timeout(DEADLINE if deadline is None else deadline):
                while True:
                    part = await reader.read(65536)
                    if not part:
                        return got, True
                    got += part
        except TimeoutError:
            return got, False
        except ConnectionError:
            return got, True
        finally:
            writer.close()

    async def request(self, method, target, value=None, *, body=None, headers=(), token=...,
                      deadline=None):
        """value is sent as JSON; body as it is."""
        fields = list(headers.items() if isinstance(headers, dict) else headers)
        names = {n.lower() for n, _ in fields}
        if value is not None:
            body = json.dumps(value).encode()
        if body is not None and "content-type" not in names:
            fields.append(("Content-Type", "application/json"))
        token = self.token if token is ... else token
        if token is not None and "authorization" not in names:
            fields.append(("Authorization", "Bearer " + token))
        if not self.keep:
            fields.append(("Connection", "close"))
        try:
            async with asyncio.timeout(DEADLINE if deadline is None else deadline):
                return await self._exchange(method, target, fields, body)
        except TimeoutError:
            self.close()
            raise Closed(f"no answer to {method} {target} in time") from None

    async def _exchange(self, method, target, fields, body):
        reader, writer = self._open or await self.connect()
        self._open = None
        try:
            writer.write(make_request(self.address, method, target, fields, body))
            answer = await read_response(reader, method)
        except BaseException:
            writer.close()
            raise
        if self.keep and answer.headers.get("connection", "").lower() != "close":
            self._open = (reader, writer)
        else:
            writer.close()
        return answer

    async def get(self, target, **more):
        return await self.request("GET", target, **more)

    async def post(self, target, value=None, **more):
        if value is None and "body" not in more:
            value = {}
        return await self.request("POST", target, value, **more)

    async def stream(self, target, *, last_id=None, headers=(), cut_after=None, token=...):
        """Opens an event stream; see Stream."""
        s = Stream(self, cut_after)
        await s.open(target, last_id, list(headers), self.token if token is ... else token)
        return s

    @property
    def is_open(self):
        """Is there a connection from an earlier request?"""
        return self._open is not None

    def close(self):
        if self._open is not None:
            self._open[1].close()
            self._open = None


class Event:
    def __init__(self, event_id, name, data):
        self.id = event_id
        self.name = name
        self.data = data

    @property
    def json(self):
        return json.loads(self.data)

    @property
    def payload(self):
        return self.json["payload"]

    def __repr__(self):
        return f"<{self.id} {self.name} {self.data[:160]}>"


class EventParser:
    """The interpretation algorithm of the HTML standard, as far as our server may use it. An event
    that is not ended by an empty line does not exist."""

    def __init__(self):
        self._rest = b""
        self._id, self._name, self._data = None, "", []
        self.retry = None
        self.comments = 0

    def feed(self, data):
        events = []
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode("utf-8"))
            if event is not None:
                events.append(event)
        return events

    def _line(self, line):
        if line == "":
            event = None
            if self._data:
                event = Event(self._id, self._name or "message", "\n".join(self._data))
            self._id, self._name, self._data = None, "", []
            return event
        if line.startswith(":"):
            self.comments += 1
            return None
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id":
            self._id = value
        elif name == "retry":
            self.retry = int(value)
        return None


class Dechunker:
    """Transfer-Encoding: chunked, in pieces of any size."""

    def __init__(self):
        self._rest = b""
        self._left = 0

    def feed(self, data):
        self._rest += data
        out = b""
        while self._rest:
            if self._left > 2:
                part = self._rest[:self._left - 2]
                out += part
                self._rest = self._rest[len(part):]
                self._left -= len(part)
            elif self._left > 0:
                drop = min(self._left, len(self._rest))
                self._rest = self._rest[drop:]
                self._left -= drop
            else:
                head, found, rest = self._rest.partition(b"\r\n")
                if not found:
                    break
                self._left = int(head.split(b";")[0], 16) + 2
                self._rest = rest
        return out


class Stream:
    """One event stream. Records what comes; `cut_after` closes it after so many bytes of its body,
    wherever that is. The last event's id is `last_id`, as a browser would keep it."""

    def __init__(self, web, cut_after=None):
        self.web = web
        self.cut_after = cut_after
        self.board = Board()
        self.events = []
        self.status = 0
        self.headers = {}
        self.body = b""
        self.last_id = None
        self.ended = False
        self.broken = False  # the connection was reset
        self.bytes = 0
        self.parser = EventParser()
        self._task = None
        self._writer = None

    async def open(self, target, last_id, fields, token):
        self.last_id = last_id
        fields = fields + [("Accept", "text/event-stream")]
        if token is not None:
            fields.append(("Authorization", "Bearer " + token))
        if last_id is not None:
            fields.append(("Last-Event-ID", last_id))
        reader, self._writer = await self.web.connect()
        self._writer.write(make_request(self.web.address, "GET", target, fields, None))
        async with asyncio.timeout(DEADLINE):
            self.status, fields = await read_head(reader)
        self.headers = {n.lower(): v for n, v in fields}
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            self._task = asyncio.create_task(self._read(reader))
            return
        if "content-length" in self.headers:
            self.body = await reader.readexactly(int(self.headers["content-length"]))
        self.close()

    async def _read(self, reader):
        chunks = None
        if "chunked" in self.headers.get("transfer-encoding", ""):
            chunks = Dechunker()
        try:
            while data := await reader.read(65536):
                data = data if chunks is None else chunks.feed(data)
                if self.cut_after is not None:
                    data = data[:self.cut_after - self.bytes]
                self.bytes += len(data)
                for event in self.parser.feed(data):
                    self.events.append(event)
                    if event.id is not None:
                        self.last_id = event.id
                if self.bytes == self.cut_after:
                    break
                self.board.changed()
        except ConnectionError:
            self.broken = True
        finally:
            self._writer.close()
            self.ended = True
            self.board.changed()

    def durable(self):
        return [e for e in self.events if e.id is not None]

    def show(self):
        return "\n".join(map(repr, self.events[-20:])) + f"\n(ended: {self.ended})"

    async def until(self, condition, deadline=None, what="an event"):
        return await self.board.until(lambda: condition(self), deadline, what, self.show)

    async def event(self, name, match=lambda e: True, after=0, deadline=None):
        """The first event of that name from index `after` on for which match is true."""
        return await self.until(
            lambda s: next((e for e in s.events[after:] if e.name == name and match(e)), None),
            deadline, f"event {name}")

    async def said(self, text, deadline=None):
        return await self.event("message", lambda e: e.payload["content"] == text,
                                deadline=deadline)

    async def end(self, deadline=None):
        await self.until(lambda s: s.ended, deadline, "the end of the stream")

    def close(self):
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()
        self.ended = True

    async def aclose(self):
        self.close()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)


class Customer:
    """Someone on the website: one chat, its token, its requests."""

    def __init__(self, web, chat, token):
        self.web = web.using(token)
        self.chat = chat
        self.token = token
        self.streams = []

    @classmethod
    async def begin(cls, web, **fields):
        answer = (await web.post("/api/chats", fields, token=None)).ok().json()
        return cls(web, answer["chat"]["id"], answer["token"])

    def path(self, rest=""):
        return f"/api/chats/{self.chat}{rest}"

    async def info(self):
        return (await self.web.get(self.path())).ok().json()

    async def post(self, text, key=None, **more):
        """One message, routed by the chat's state. Returns the response."""
        return await self.web.post(self.path("/messages"),
                                   {"content": text, "clientId": key or uuid.uuid4().hex}, **more)

    async def say(self, text, key=None):
        """One message to people; returns it as stored."""
        answer = await self.web.post(self.path("/messages/send"),
                                     {"content": text, "role": "USER",
                                      "clientId": key or uuid.uuid4().hex})
        return answer.ok().json()["message"]

    async def ask(self, text):
        """One message in the assistant's phase; returns question and answer as stored."""
        stream = await self.stream()
        question = (await self.post(text)).ok().json()["message"]
        answer = await stream.event("message", lambda e: e.payload["role"] == "ASSISTANT"
                                    and e.payload["seq"] > question["seq"])
        await stream.aclose()
        return question, answer.payload

    async def escalate(self, reason=None):
        value = {"chatId": self.chat}
        if reason is not None:
            value["reason"] = reason
        return (await self.web.post("/api/escalations", value)).ok().json()

    async def stream(self, last_id=None, whole=False):
        """What comes from now on; after last_id; or, with whole, the log from its start."""
        now = "" if whole or last_id is not None else "?since=now"
        s = await self.web.stream(self.path("/events" + now), last_id=last_id)
        self.streams.append(s)
        assert s.status == 200, (s.status, s.body)
        return s

    async def log(self):
        """The whole log as this asker sees it, oldest first."""
        return await read_log(self.web, self.chat)

    async def aclose(self):
        """Leaves, and ends the chat: what nobody needs any more is not left in agents' lists."""
        for s in self.streams:
            await s.aclose()
        try:
            await self.web.post(self.path("/close"), deadline=5)
        except OSError:
            pass  # the test has stopped the daemon


async def read_log(web, chat, limit=200):
    """Every page of GET …/messages, in the order in which they come."""
    items, cursor = [], ""
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = (await web.get(f"/api/chats/{chat}/messages?limit={limit}{more}")).ok().json()
        items += page["items"]
        cursor = page["nextCursor"]
        if not cursor:
            return items
