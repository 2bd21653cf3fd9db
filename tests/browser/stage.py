"""A whole installation for browser tests: XMPP server, daemon, agents' XMPP clients. Reads one JSON
command a line from standard input and answers each by one line; ends with its input.

    {"n": 1, "do": "join", "agent": "sarah", "chat": "…"}  ->  {"n": 1, "ok": null}"""

import asyncio
import json
import os
import sys
import tempfile
from xml.sax.saxutils import escape, quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

from lib.model import Model  # noqa: E402
from lib.prosody import DOMAIN  # noqa: E402
from lib.site import Site, STAFF  # noqa: E402
from lib.wait import Board, DEADLINE  # noqa: E402
from test_hostile_text import FORBIDDEN, HOSTILE, ODD  # noqa: E402


class Stage:
    def __init__(self, folder):
        self.site = None
        self.folder = folder
        self.agents = {}
        self.model = None
        self.turns = []  # answers of the model that have begun
        self.begun = Board()

    async def start(self, settings=None, model=False):
        """model: the assistant asks one, which says what `says` and `ends` tell it."""
        if model:
            self.model = await Model().start()
            self.model.answer = self._answer
            settings = {**self.model.settings(), **(settings or {})}
        self.site = Site(self.folder, settings)
        await asyncio.to_thread(self.site.start)
        host, port = self.site.parley.address
        return {"url": f"http://{host}:{port}", "keys": self.site.keys, "jids": self.site.jids,
                "config": self.site.parley.config, "store": self.site.parley.store}

    async def _answer(self, exchange):
        over = asyncio.Event()
        await exchange.head()
        self.turns.append((exchange, over))
        self.begun.changed()
        ends = [asyncio.ensure_future(e.wait()) for e in (over, exchange.closed)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()

    async def question(self, number):
        """Waits until the model was asked so often; what it was asked then."""
        await self.begun.until(lambda: len(self.turns) >= number, what=f"question {number}")
        return self.turns[number - 1][0].question

    async def says(self, pieces):
        for piece in pieces:
            await self.turns[-1][0].piece(piece)

    async def ends(self, how="done"):
        """The answer: done, offer (of a person), or cut."""
        exchange, over = self.turns[-1]
        if how == "cut":
            exchange.cut()
        elif how == "offer":
            await exchange.call("request_human", {"reason": "asked", "summary": "wants a person", "urgency": "normal"})
            await exchange.done("tool_calls")
        else:
            await exchange.done()
        over.set()

    async def gone(self, number):
        """The daemon wants no more of that answer."""
        await asyncio.wait_for(self.turns[number - 1][0].closed.wait(), DEADLINE)

    async def _agent(self, name):
        if name not in self.agents:
            self.agents[name] = await self.site.agent(name)
        return self.agents[name]

    async def join(self, agent, chat):
        joined = await (await self._agent(agent)).join(self.site.room(chat))
        return [s.body for s in joined.history]

    async def again(self, agent, chat):
        """As a client comes back into a room whose service was away."""
        await (await self._agent(agent)).join(self.site.room(chat))

    async def leave(self, agent, chat):
        await (await self._agent(agent)).leave(self.site.room(chat), STAFF[agent])

    async def duty(self, agent, on):
        """In the lobby, or out of it."""
        client = await self._agent(agent)
        await (client.join if on else client.leave)("lobby@" + DOMAIN, STAFF[agent])

    async def say(self, agent, chat, text):
        return (await (await self._agent(agent)).say(self.site.room(chat), text)).stanza_id

    async def state(self, agent, chat, state):
        """A chat state (XEP-0085): composing, paused."""
        (await self._agent(agent)).send(
            f"<message type='groupchat' to='{self.site.room(chat)}'>"
            f"<{state} xmlns='http://jabber.org/protocol/chatstates'/></message>")

    async def hears(self, agent, chat, text):
        """Waits until the agent's client has this line; who said it."""
        return (await (await self._agent(agent)).said(self.site.room(chat), text)).nick

    async def displayed(self, agent, chat, text):
        """The agent has read up to this line (XEP-0333)."""
        client, room = await self._agent(agent), self.site.room(chat)
        line = await client.said(room, text)
        client.send(f"<message type='groupchat' to='{room}'>"
                    f"<displayed xmlns='urn:xmpp:chat-markers:0' id={quoteattr(line.stanza_id)}/></message>")

    async def present(self, agent):
        """Logged in; what is asked from now on is heard."""
        await self._agent(agent)

    async def asked(self, agent, word):
        """The message from queue@ in which this word stands."""
        stanza = await (await self._agent(agent)).wait(
            lambda s: s.kind == "message" and s.room == "queue@" + DOMAIN
            and word in (s.body or ""), what=f"a message with {word}")
        confirm = stanza.xml.find("{http://jabber.org/protocol/http-auth}confirm")
        return {"body": stanza.body, "confirm": dict(confirm.attrib) if confirm is not None else None}

    async def write(self, agent, text):
        """To queue@."""
        (await self._agent(agent)).send(
            f"<message type='chat' to='queue@{DOMAIN}'><body>{escape(text)}</body></message>")

    async def confirm(self, agent, code):
        """As a client that knows XEP-0070 answers."""
        (await self._agent(agent)).send(
            f"<message to='queue@{DOMAIN}'><confirm xmlns='http://jabber.org/protocol/http-auth'"
            f" id={quoteattr(code)} method='POST' url='x'/></message>")

    async def corpus(self):
        """Texts that end streams or confuse pages, as far as a browser can hold them."""
        texts = ["a" + text + "b" for text in ODD]
        for piece in HOSTILE:
            try:
                texts.append("a" + json.loads(b'"' + piece + b'"', strict=False) + "b")
            except ValueError:
                pass  # no text at all: cannot leave a browser
        return texts

    async def say_all(self, agent, chat, texts):
        """What XML can hold of these, without waiting for each; gives these back."""
        client, room = await self._agent(agent), self.site.room(chat)
        legal = [t for t in texts if t.strip() and not FORBIDDEN.search(t)]
        for text in legal:
            client.send(f"<message type='groupchat' to='{room}'><body>{escape(text)}</body></message>")
        await client.say(room, "the end of all that")
        return legal

    async def command(self, words):
        return await asyncio.to_thread(self.site.parley.command, *words)

    async def kill(self):
        self.site.parley.kill()

    async def restart(self):
        await asyncio.to_thread(self.site.parley.start)

    async def stop(self):
        for agent in self.agents.values():
            await agent.aclose()
        await asyncio.to_thread(self.site.stop)
        if self.model:
            await self.model.aclose()


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder)
        try:
            while line := await reader.readline():
                call = json.loads(line)
                number, do = call.pop("n"), call.pop("do")
                try:
                    answer = {"n": number, "ok": await getattr(stage, do)(**call)}
                except Exception as error:  # the test that asked reports it
                    answer = {"n": number, "error": f"{type(error).__name__}: {error}"}
                print(json.dumps(answer), flush=True)
        finally:
            if stage.site:
                stage.site.parley.kill()
                stage.site.prosody.kill()


asyncio.run(main())
