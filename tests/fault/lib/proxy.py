"""A TCP proxy on the loopback that behaves like a bad network: it delays, goes silent, cuts."""

import asyncio
import math
import socket
import struct

CHUNK = 65536


class Link:
    """One connection through the proxy. cut_after: bytes towards the client, then it breaks."""

    def __init__(self, proxy, reader, writer, cut_after):
        self.proxy = proxy
        self.near = (reader, writer)
        self.far = None
        self.left = cut_after
        self.tasks = []

    async def run(self):
        try:
            self.far = await asyncio.open_connection("127.0.0.1", self.proxy.target)
        except OSError:
            self.cut()
            return
        near, far = self.near, self.far
        self.tasks = [asyncio.create_task(self._pump(near[0], far[1], False)),
                      asyncio.create_task(self._pump(far[0], near[1], True))]
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self._close()

    async def _pump(self, reader, writer, to_client):
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            try:
                data = await reader.read(CHUNK)
            except ConnectionError:
                data = b""
            await self.proxy.passing.wait()
            # later than what went before, by however little: callbacks of one time have no order
            due = max(math.nextafter(due, math.inf), loop.time() + self.proxy.delay)
            if not data:
                loop.call_at(due, self._end, writer)
                return
            if to_client and self.left is not None:
                data = data[:self.left]
                self.left -= len(data)
            self.proxy.bytes += len(data)
            loop.call_at(due, self._write, writer, data)
            if to_client and self.left == 0:
                loop.call_at(math.nextafter(due, math.inf), self.cut)
                return

    def _write(self, writer, data):
        if not writer.is_closing():
            writer.write(data)

    def _end(self, writer):
        if not writer.is_closing() and writer.can_write_eof():
            try:
                writer.write_eof()
            except OSError:
                pass

    def cut(self):
        """As when a router loses the connection: both ends get a reset."""
        for end in (self.near, self.far):
            if end is not None:
                sock = end[1].get_extra_info("socket")
                if sock is not None and sock.fileno() >= 0:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _close(self):
        for task in self.tasks:
            task.cancel()
        for end in (self.near, self.far):
            if end is not None:
                end[1].close()


class Proxy:
    """delay: seconds added in each direction. plan: gives cut_after for the next connection."""

    def __init__(self, target):
        self.target = target
        self.port = None
        self.delay = 0.0
        self.plan = lambda: None
        self.links = []
        self.accepted = 0
        self.refusing = False
        self.bytes = 0
        self.passing = asyncio.Event()
        self.passing.set()
        self._server = None

    async def open(self, listening=None):
        """listening: a socket to accept at."""
        where = {"sock": listening} if listening else {"host": "127.0.0.1", "port": 0}
        self._server = await asyncio.start_server(self._accept, limit=CHUNK, **where)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _accept(self, reader, writer):
        self.accepted += 1
        link = Link(self, reader, writer, self.plan())
        if self.refusing:
            link.cut()
            return
        self.links.append(link)
        try:
            await link.run()
        finally:
            self.links.remove(link)

    def silence(self):
        """Half-open: both ends see a connection on which nothing comes any more."""
        self.passing.clear()

    def speak(self):
        """What was held back goes on."""
        self.passing.set()

    def cut(self):
        for link in list(self.links):
            link.cut()

    async def aclose(self):
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
