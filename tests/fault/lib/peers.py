"""Peers that misbehave, on plain sockets, and a customer who must not notice them."""

import asyncio
import socket
import time

from lib.web import Closed


def raise_descriptors():
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def source(number, each=20, net=3):
    """An address of loopback; `each` peers share one."""
    number //= each
    return f"127.{net}.{number // 250}.{number % 250 + 1}"


def plain_socket(address, local, receive=None):
    """Connected, not blocking. receive: bytes of its receive buffer."""
    s = socket.socket()
    if receive is not None:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    s.bind((local, 0))
    s.settimeout(15)
    s.connect(address)
    s.setblocking(False)
    return s


class Dripper:
    """Sends a byte now and then so that an idle timeout never comes, and comes back when it is cut.
    cuts: seconds each connection lived."""

    def __init__(self, address, local, head, drip, pause):
        self.address, self.local = address, local
        self.head, self.drip, self.pause = head, drip, pause
        self.cuts = []
        self.answers = []
        self.refused = 0

    async def run(self, until):
        while not until.is_set():
            begin = time.monotonic()
            try:
                reader, writer = await asyncio.open_connection(
                    *self.address, local_addr=(self.local, 0))
            except OSError:
                self.refused += 1
                await asyncio.wait([asyncio.ensure_future(until.wait())], timeout=self.pause)
                continue
            try:
                writer.write(self.head)
                await self._drip(reader, writer, until)
            except OSError:
                pass
            finally:
                writer.close()
            if not until.is_set():
                self.cuts.append(time.monotonic() - begin)

    async def _drip(self, reader, writer, until):
        while not until.is_set():
            try:
                async with asyncio.timeout(self.pause):
                    part = await reader.read(4096)
            except TimeoutError:
                writer.write(self.drip)
                continue
            if not part:
                return
            self.answers.append(part[:12])


class Regular:
    """A customer who writes one message after the other. late: seconds of each."""

    def __init__(self, customer):
        self.customer = customer
        self.late = []
        self.failed = []

    async def run(self, until):
        number = 0
        while not until.is_set():
            begin = time.monotonic()
            number += 1
            try:
                answer = await self.customer.post(f"still here {number}")
                if answer.status != 200:
                    self.failed.append((answer.status, answer.body[:200]))
            except (OSError, Closed) as e:
                self.failed.append(repr(e))
            self.late.append(time.monotonic() - begin)

    def summary(self):
        late = sorted(self.late)
        return (f"{len(late)} messages, p50 {late[len(late) // 2] * 1000:.1f} ms, "
                f"p99 {late[len(late) * 99 // 100] * 1000:.1f} ms")
