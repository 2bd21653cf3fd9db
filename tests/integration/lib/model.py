"""A language model's server: real HTTP on a socket, in the form of OpenAI's chat completions. What it
answers is up to the test, also what no server should."""

import asyncio
import json

from lib.wait import Board


class Exchange:
    """One request, and the means to answer it. What is written is on its way when a call returns."""

    def __init__(self, writer, headers, body):
        self.writer = writer
        self.headers = headers
        self.body = body
        self.closed = asyncio.Event()  # the client has gone

    @property
    def messages(self):
        return self.body["messages"]

    @property
    def question(self):
        return self.messages[-1]["content"]

    async def raw(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status=200, kind="text/event-stream"):
        await self.raw(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n".encode())

    async def part(self, data):
        """Bytes of the body."""
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def chunk(self, delta, finish=None):
        value = {"object": "chat.completion.chunk",
                 "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        await self.part(b"data: " + json.dumps(value).encode() + b"\n\n")

    async def piece(self, text):
        await self.chunk({"content": text})

    async def call(self, name, arguments, index=0):
        """A call of a tool, in pieces as servers send them."""
        text = json.dumps(arguments)
        await self.chunk({"tool_calls": [{"index": index, "id": f"call{index}", "type": "function",
                                          "function": {"name": name, "arguments": ""}}]})
        for part in (text[:5], text[5:]):
            await self.chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})

    async def done(self, finish="stop"):
        await self.chunk({}, finish)
        await self.part(b"data: [DONE]\n\n")
        await self.raw(b"0\r\n\r\n")

    async def say(self, *pieces):
        """A whole answer."""
        await self.head()
        await self.chunk({"role": "assistant", "content": ""})
        for piece in pieces:
            await self.piece(piece)
        await self.done()

    async def error(self, status, text="no"):
        body = json.dumps({"error": {"message": text}}).encode()
        await self.raw(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def hang(self):
        """Until the client goes."""
        await self.closed.wait()

    def cut(self):
        self.writer.transport.abort()


async def echo(exchange):
    await exchange.say("You said: ", exchange.question)


class Model:
    """answer: a coroutine that is given each Exchange."""

    def __init__(self):
        self.answer = echo
        self.exchanges = []
        self.board = Board()
        self.port = None
        self._server = None
        self._tasks = set()

    async def start(self, port=0, tls=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls,
                                                  limit=1 << 22, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def settings(self, **more):
        """For own_site()."""
        return {"assistant": {"mode": "openai", "url": self.url, "model": "test", **more}}

    async def asked(self, count=1, deadline=None):
        """Until so many requests have come; the last of them."""
        await self.board.until(lambda: len(self.exchanges) >= count, deadline,
                               f"request {count} to the model")
        return self.exchanges[count - 1]

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            early = b""
            while early is not None:
                early = await self._exchange(reader, writer, early)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader, writer, early):
        head = (early + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {n.strip().lower(): v.strip() for n, _, v in
                   (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        exchange = Exchange(writer, headers, json.loads(body))
        exchange.target = head[0]
        self.exchanges.append(exchange)
        self.board.changed()
        answer = asyncio.ensure_future(self.answer(exchange))
        gone = asyncio.ensure_future(self._watch(reader, exchange))
        try:
            await answer
        finally:
            answer.cancel()
            gone.cancel()
            _, early = await asyncio.gather(answer, gone, return_exceptions=True)
        if exchange.closed.is_set() or writer.is_closing():
            return None
        return early if isinstance(early, bytes) else b""

    async def _watch(self, reader, exchange):
        """Until the client goes, or begins its next request: that byte."""
        early = b""
        try:
            early = await reader.read(1)
        except ConnectionError:
            pass
        if not early:
            exchange.closed.set()
            self.board.changed()
        return early

    async def aclose(self):
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
