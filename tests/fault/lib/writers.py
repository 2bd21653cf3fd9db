"""People who keep writing through outages, as real ones do: each message is noted in the ledger
before it is sent and when it is acknowledged; what got no answer is sent again with the same key."""

import asyncio
import uuid

from lib.oracle import NOTE
from lib.wait import Board
from lib.web import Closed

RECEIPT_SECONDS = 120  # as long as a server may stand still
AGAIN_SECONDS = 3  # who is told nothing sends again after
PAUSE_SECONDS = 0.1


class Gate:
    """Is the way open? The test closes it before it breaks something and opens it afterwards."""

    def __init__(self):
        self._open = asyncio.Event()
        self._open.set()
        self.closings = 0
        self.boards = set()  # woken when it opens
        self.unknown = False  # the clients are told nothing: they try, pause, and try again

    def close(self):
        self._open.clear()
        self.closings += 1

    def open(self):
        self._open.set()
        for board in self.boards:
            board.changed()

    @property
    def is_open(self):
        return self._open.is_set()

    async def wait(self):
        await self._open.wait()

    def broken_since(self, closings):
        """May it have been closed since then?"""
        return self.unknown or self.closings > closings or not self.is_open

    async def pause(self):
        """Before the next attempt."""
        if self.unknown:
            never = asyncio.get_running_loop().create_future()
            await asyncio.wait([never], timeout=PAUSE_SECONDS)


class Way:
    """Requests through a gate, on one connection."""

    def __init__(self, gate, web):
        self.gate = gate
        self.web = web
        self._closings = gate.closings

    async def ask(self, method, target, value=None):
        """None: the daemon went away meanwhile, and nobody knows what became of it."""
        await self.gate.wait()
        if self.gate.closings != self._closings:
            self.web.close()  # the connection is of a daemon that is no more
        self._closings = self.gate.closings
        idle = self.web.is_open  # the daemon ends a connection that was silent for long
        try:
            return await self.web.request(method, target, value)
        except (OSError, Closed) as e:
            if idle:
                return await self.ask(method, target, value)
            assert self.gate.broken_since(self._closings), f"no answer to {method} {target}: {e!r}"
            return None

    def close(self):
        self.web.close()


class Load(Board):
    """What the writers of a test share: how much was acknowledged, whether they go on, and the ways
    to the daemon over HTTP and over XMPP."""

    def __init__(self):
        super().__init__()
        self.total = 0
        self.again = 0  # sent once more
        self.stopped = False
        self.web = Gate()
        self.xmpp = Gate()
        self.tasks = []

    def add(self):
        self.total += 1
        self.changed()

    async def reach(self, number, deadline=60):
        await self.until(lambda: self.total >= number or self._failed(), deadline,
                         f"{number} acknowledged messages")
        self._raise()

    async def more(self, number, deadline=60):
        await self.reach(self.total + number, deadline)

    async def go_on(self, seconds):
        """For so long; a writer that fails ends it."""
        await asyncio.wait(self.tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        self._raise()

    def start(self, *runs):
        """Each is a coroutine, or a writer or reader with run()."""
        for run in runs:
            task = asyncio.ensure_future(run.run() if hasattr(run, "run") else run)
            task.add_done_callback(lambda _: self.changed())
            self.tasks.append(task)

    async def stop(self):
        """The writers finish what they are sending."""
        self.stopped = True
        self.changed()
        await asyncio.gather(*self.tasks)

    def leave_alone(self):
        """From now on the clients are told of nothing."""
        self.web.unknown = self.xmpp.unknown = True

    def close(self):
        self.web.close()
        self.xmpp.close()

    def open(self):
        self.web.open()
        self.xmpp.open()

    def _failed(self):
        return any(t.done() and not t.cancelled() and t.exception() for t in self.tasks)

    def _raise(self):
        for task in self.tasks:
            if task.done():
                task.result()


class Writer:
    """One message after the other. budget: a semaphore, released once for each message that it may
    send. at_most: so many and no more."""

    def __init__(self, ledger, name, load, staff=False, budget=None, at_most=None):
        self.ledger = ledger
        self.name = name
        self.load = load
        self.staff = staff
        self.budget = budget
        self.at_most = at_most

    async def run(self):
        number = 0
        while not self.load.stopped and number != self.at_most:
            if self.budget is not None:
                await self.budget.acquire()
            await self.send(self.ledger.sending(self.name, self.text(number), self.staff))
            self.load.add()
            number += 1
        await self.end()

    def text(self, number):
        """As it will be stored."""
        return (NOTE if self.staff else "") + f"{self.name} says {number}"

    async def send(self, sent):
        """Returns when it is acknowledged."""
        raise NotImplementedError

    async def end(self):
        pass


class HttpWriter(Writer):
    """A customer's page or an agent's console. web: of its own, as it keeps a connection."""

    def __init__(self, ledger, name, load, web, path="/messages/send", role="USER", **more):
        super().__init__(ledger, name, load, staff=path == "/notes", **more)
        self.way = Way(load.web, web)
        self.path = f"/api/chats/{ledger.chat}{path}"
        self.by_customer = role == "USER" and not self.staff
        self.value = {} if self.staff else {"role": role}

    async def send(self, sent):
        value = {"content": sent.text.removeprefix(NOTE), "clientId": uuid.uuid4().hex, **self.value}
        answer = await self.way.ask("POST", self.path, value)
        while answer is None or answer.status in (409, 429, 503):
            assert answer is None or "retry-after" in answer.headers, (answer.status, answer.body)
            self.load.again += 1
            await self.load.web.pause()
            answer = await self.way.ask("POST", self.path, value)
        stored = answer.ok().json()["note" if self.staff else "message"]
        sent.acknowledged(stored["id"], stored["seq"], self.by_customer)

    async def end(self):
        self.way.close()


class XmppWriter(Writer):
    """An agent's client: sends a line, takes its reflection as the receipt, and sends it again with
    the same ids when there was none."""

    def __init__(self, ledger, name, load, agent, room, **more):
        super().__init__(ledger, name, load, **more)
        self.agent = agent
        self.room = room
        load.xmpp.boards.add(agent.board)

    async def send(self, sent):
        key = uuid.uuid4().hex
        origin = f"<origin-id xmlns='urn:xmpp:sid:0' id='{key}'/>"
        since, gate = self.agent.mark, self.load.xmpp
        while True:
            await gate.wait()
            after, closings = self.agent.mark, gate.closings
            if self.agent.online:
                self.agent.start_say(self.room, sent.text, key, origin)
            result = await self._result(key, since, after, closings, sent.text)
            if result is not True and result.type != "error":
                sent.acknowledged(result.stanza_id)
                return
            # an error says that the daemon is away
            assert result is True or result.error[0] == "wait", result
            self.load.again += 1
            await gate.pause()

    async def _result(self, key, since, after, closings, text):
        """The receipt, an error; or True when an outage took the line or its receipt."""
        gate = self.load.xmpp
        try:
            return await self.agent.until(
                lambda _: self._came(key, since, "groupchat") or self._came(key, after, "error")
                or (gate.is_open and gate.closings > closings),
                AGAIN_SECONDS if gate.unknown else RECEIPT_SECONDS, f"receipt of {text!r}")
        except AssertionError:
            if gate.unknown:
                return True
            raise

    def _came(self, key, after, kind):
        return next((s for s in self.agent.received[after:]
                     if s.kind == "message" and s.id == key and s.type == kind
                     and s.room == self.room), None)
