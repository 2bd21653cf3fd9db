"""People who keep writing through outages, as real ones do: what got no answer is sent again with
the same key, and whoever reads drops what was seen before."""

import uuid

from lib.wait import Board
from lib.web import Closed


class Tally(Board):
    """Counts what was acknowledged; others wait for a number."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def add(self):
        self.total += 1
        self.changed()

    async def reach(self, number, deadline=60):
        await self.until(lambda: self.total >= number, deadline, f"{number} acknowledged messages")


class Writer:
    """A customer's page: one message after the other. acknowledged: text -> entry's id. A message
    without a 2xx is sent again with the same clientId when the daemon is `up` again."""

    def __init__(self, customer, name, tally, up, retry=True):
        self.web = customer.web.using(customer.token, keep=True)
        self.path = customer.path("/messages/send")
        self.name = name
        self.tally = tally
        self.up = up
        self.retry = retry
        self.acknowledged = {}
        self.retries = 0

    async def run(self, go_on, budget=None):
        number = 0
        while go_on():
            if budget is not None:
                await budget.acquire()
            text = f"{self.name} says {number}"
            number += 1
            self.acknowledged[text] = await self._send(text)
            self.tally.add()
        self.web.close()

    async def _send(self, text):
        value = {"content": text, "role": "USER", "clientId": uuid.uuid4().hex}
        while True:
            await self.up.wait()
            try:
                answer = await self.web.post(self.path, value)
            except (OSError, Closed):
                assert self.retry, f"no answer to {text!r}"
                self.retries += 1
                continue
            if answer.status in (409, 429, 503) and self.retry:
                assert "retry-after" in answer.headers, (answer.status, answer.body)
                self.retries += 1
                continue
            return answer.ok().json()["message"]["id"]


class Talker:
    """An agent's client: sends a line, takes its reflection as the receipt, and sends it again
    with the same ids when there was none. acknowledged: text -> stanza-id."""

    def __init__(self, agent, room, name, tally, up):
        self.agent = agent
        self.room = room
        self.name = name
        self.tally = tally
        self.up = up
        self.acknowledged = {}
        self.retries = 0
        self.breaks = 0  # bumped by the test after each outage

    async def run(self, go_on, budget=None):
        number = 0
        while go_on():
            if budget is not None:
                await budget.acquire()
            text = f"{self.name} says {number}"
            number += 1
            self.acknowledged[text] = await self._send(text)
            self.tally.add()

    def outage_over(self):
        self.breaks += 1
        self.agent.board.changed()

    async def _send(self, text):
        key = uuid.uuid4().hex
        origin = f"<origin-id xmlns='urn:xmpp:sid:0' id='{key}'/>"
        since = self.agent.mark
        while True:
            await self.up.wait()
            after, breaks = self.agent.mark, self.breaks
            if self.agent.online:
                self.agent.start_say(self.room, text, key, origin)
            result = await self.agent.until(
                lambda a, m=after, n=breaks: self._receipt(key, since) or self._refusal(key, m)
                or self.breaks > n, 60, f"receipt of {text!r}")
            if result is not True and result.type != "error":
                return result.stanza_id
            # the server says that the daemon is away, or an outage took the line or its receipt
            assert result is True or result.error[0] == "wait", result
            self.retries += 1

    def _receipt(self, key, after):
        return next((s for s in self.agent.received[after:]
                     if s.kind == "message" and s.id == key and s.type == "groupchat"
                     and s.room == self.room), None)

    def _refusal(self, key, after):
        return next((s for s in self.agent.received[after:]
                     if s.kind == "message" and s.id == key and s.type == "error"), None)


def once_in_order(agent, room, known):
    """The lines that a client with a memory shows: by stanza-id, first sight counts."""
    seen = {}
    for s in agent.received:
        if s.line and s.room == room and s.stanza_id in known:
            seen.setdefault(s.stanza_id, s.body)
    return list(seen)


def check_one_order(log, acknowledged, views):
    """log: GET …/messages. acknowledged: texts with ids. views: name -> ids as seen there; each
    must be the log's end. Everything acknowledged is there exactly once."""
    messages = [e for e in log if e["role"] != "SYSTEM"]
    texts = [e["content"] for e in messages]
    assert len(set(texts)) == len(texts), "a message was stored twice: " + str(
        [t for t in texts if texts.count(t) > 1][:5])
    by_text = {e["content"]: e["id"] for e in messages}
    missing = {t: i for t, i in acknowledged.items() if by_text.get(t) != i}
    assert not missing, f"acknowledged and lost: {missing}"
    assert [e["seq"] for e in log] == list(range(log[0]["seq"], log[0]["seq"] + len(log)))
    ids = [e["id"] for e in messages]
    for name, (seen, least) in views.items():
        assert len(seen) >= min(least, len(ids)), f"{name}: only {len(seen)} of {len(ids)}"
        assert seen == ids[len(ids) - len(seen):], name + ": " + describe(seen, ids)


def describe(seen, ids):
    extra = [i for i in seen if i not in ids]
    twice = [i for i in set(seen) if seen.count(i) > 1]
    missing = [i for i in ids[-len(seen):] if i not in seen]
    return f"{len(seen)} seen, extra {extra[:5]}, twice {twice[:5]}, missing {missing[:5]}"
