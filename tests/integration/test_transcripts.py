"""The transcripts of tests/scenarios over the wire: the same files that run in process, against the
daemon behind a real server. Their form is described in tests/scenarios/README.md."""

import itertools
import pathlib
import re
import xml.etree.ElementTree as ET

import pytest

from lib.prosody import DOMAIN, UPLOAD

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "scenarios"
CLIENT = "jabber:client"
NUMBERS = itertools.count(1)
SHOWN = {"message", "agent_joined", "agent_left", "escalated", "closed", "reopened", "typing",
         "message_updated", "message_deleted", "reaction", "read"}


def read_lines(path):
    """(number, line), with what goes on joined to it."""
    lines = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1][1] += line.strip()
        elif line.strip():
            lines.append([number, line.strip()])
    return lines


def says(path, word):
    return any(line == word for _, line in read_lines(path))


FILES = [p for p in sorted(FOLDER.glob("*.txt")) if not says(p, "@process")]


class Mismatch(Exception):
    pass


def split(tag):
    ns, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    return ns, name


class Transcript:
    def __init__(self, site):
        self.site = site
        self.names = {"domain": DOMAIN, "upload": UPLOAD}
        self.names.update({local: jid for local, jid in site.jids.items()})
        self.clients = {}  # by word: "tom/b" is a client, "tom" what comes to the account
        self.seen = {}
        self.contact = False  # what queue@ says counts
        self.customers = {}
        self.rooms = []
        self.streams = {}
        self.heard = {}

    # -- names ---------------------------------------------------------------------------------

    def fill(self, text):
        def value(match):
            name, slash, resource = match[1].partition("/")
            return self.names[name] + slash + resource

        return re.sub(r"\{([^=}][^}]*)\}", value, text)

    # -- matching ------------------------------------------------------------------------------

    def value_matches(self, want, got):
        if got is None:
            return False
        if want == "*":
            return True
        if want.startswith("{="):
            self.names[want[2:-1]] = got
            return True
        return want == got

    def matches(self, want, got):
        (want_ns, want_name), (got_ns, got_name) = split(want.tag), split(got.tag)
        if want_name != got_name or want_ns not in (CLIENT, got_ns):
            return False
        if (want.text or "").strip() and want.text != (got.text or ""):
            return False
        for name, value in want.attrib.items():
            if name == "absent":
                if any(split(c.tag)[1] in value.split() for c in got):
                    return False
            elif not self.value_matches(value, got.get(name)):
                return False
        left = list(got)
        for child in want:
            found = next((c for c in left if self.matches(child, c)), None)
            if found is None:
                return False
            left.remove(found)
        return True

    # -- clients -------------------------------------------------------------------------------

    async def client(self, word):
        if word not in self.clients:
            local, _, resource = word.partition("/")
            agent = await self.site.agent(local, resource or "any")
            # servers tell of subscriptions who asked for the roster
            await agent.iq("get", agent.bare, "<query xmlns='jabber:iq:roster'/>")
            # what its server kept for it is of other tests
            await agent.iq("get", DOMAIN, "<ping xmlns='urn:xmpp:ping'/>")
            for name in {word, local} - self.clients.keys():
                self.clients[name] = agent
                self.seen[name] = len(agent.received)
        return self.clients[word]

    def counts(self, stanza):
        domain = stanza.room.rpartition("@")[2]
        ours = self.contact or not stanza.room.startswith("queue@")
        return domain in (DOMAIN, UPLOAD) and ours and not (stanza.id or "").startswith("sync")

    def next_of(self, word):
        """The next stanza from our domain that is not an answer to sync()."""
        agent = self.clients[word]
        while self.seen[word] < len(agent.received):
            stanza = agent.received[self.seen[word]]
            if self.counts(stanza) and (stanza.to == agent.bare) == ("/" not in word):
                return stanza
            self.seen[word] += 1
        return None

    async def sync(self, word):
        """What was sent to that client before is there after this. The rooms are asked as well: they
        answer in their line, when all that was said there before is stored and told."""
        agent = await self.client(word)
        for to in (*self.rooms, DOMAIN):
            number = "sync" + agent.new_id()
            agent.send(f"<iq type='get' to='{to}' id='{number}'>"
                       "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
            await agent.wait(lambda s, number=number: s.id == number, what="the answer to sync")

    async def expect(self, word, pattern):
        agent = await self.client(word)
        if pattern == "nothing":
            for other in self.clients:  # all that was said has been heard by the service
                await self.sync(other)
            await self.sync(word)
            if (stanza := self.next_of(word)) is not None:
                raise Mismatch(f"{word} received {stanza}")
            return
        await agent.until(lambda _: self.next_of(word) is not None, what=pattern[:200])
        stanza = self.next_of(word)
        self.seen[word] += 1
        want = ET.fromstring(re.sub(r"^<(\w+)", rf"<\1 xmlns='{CLIENT}'", pattern))
        if not self.matches(want, stanza.xml):
            raise Mismatch(f"{word} received {stanza}")

    # -- the web side --------------------------------------------------------------------------

    async def begin(self, name, state, customer):
        make = self.site.customer if state == "assistant" else self.site.waiting
        c = await make(**({"name": customer} if customer else {}))
        self.customers[name] = c
        self.names[name] = self.site.room(c.chat)
        self.names[name + "!id"] = c.chat
        self.rooms.append(self.names[name])
        self.streams[name] = await c.stream()
        self.heard[name] = 0
        if state == "live":
            await self.enter("sarah/a", f"{self.names[name]}/Sarah", subjects=2)
            await self.streams[name].until(
                lambda es: any(e.name == "agent_joined" for e in es.events), what="agent_joined")
            await self.forget()

    async def enter(self, word, where, subjects=1):
        """A claim changes the subject once more."""
        agent = await self.client(word)
        after, room = agent.mark, where.partition("/")[0]
        agent.send(f"<presence to='{where}'><x xmlns='http://jabber.org/protocol/muc'>"
                   "<history maxstanzas='0'/></x></presence>")

        def is_subject(s):
            return s.kind == "message" and s.room == room and \
                s.xml.find(f"{{{CLIENT}}}subject") is not None

        await agent.until(lambda _: sum(map(is_subject, agent.received[after:])) >= subjects,
                          what="the subject")
        await self.forget()

    async def room(self, name):
        self.names[name] = f"team-{name}{next(NUMBERS)}@{DOMAIN}"
        self.rooms.append(self.names[name])
        await self.enter("sarah/a", f"{self.names[name]}/Sarah")
        answer = await self.clients["sarah/a"].iq(
            "set", self.names[name], "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'/></query>")
        assert answer.type == "result", answer
        await self.forget()

    async def forget(self):
        for word in self.clients:
            await self.sync(word)
        for word in self.clients:
            await self.sync(word)
            self.seen[word] = len(self.clients[word].received)
        for name, customer in self.customers.items():
            await customer.info()
            self.heard[name] = len(self.streams[name].events)

    async def customer(self, name, verb, text):
        c = self.customers[name]
        if verb == "says":
            (await c.post(text)).ok()
        elif verb == "types":
            (await c.web.post(c.path("/typing"), {"isTyping": True})).ok()
        elif verb == "closes":
            (await c.web.post(c.path("/close"), {})).ok()
        elif verb == "escalates":
            await c.escalate(text or None)
        else:
            raise Mismatch(f"the customer cannot {verb}")

    def next_event(self, name):
        events = self.streams[name].events
        while self.heard[name] < len(events):
            e = events[self.heard[name]]
            own = e.name == "message" and e.payload["role"] == "USER"
            if e.name in SHOWN and not own:
                return e
            self.heard[name] += 1
        return None

    async def expect_event(self, name, kind, text):
        if kind == "nothing":
            for word in self.clients:
                await self.sync(word)
            await self.customers[name].info()
            if (event := self.next_event(name)) is not None:
                raise Mismatch(f"the customer was shown {event}")
            return
        await self.streams[name].until(lambda _: self.next_event(name), what=kind)
        event = self.next_event(name)
        self.heard[name] += 1
        shown = event.payload.get("content", event.payload.get("text"))
        if event.name == "typing":
            shown = str(event.payload["isTyping"]).lower()
        if event.name != kind or (text and shown != text):
            raise Mismatch(f"the customer was shown {event}")

    # -- lines ---------------------------------------------------------------------------------

    async def run(self, line):
        if line == "@contact":
            self.contact = True
        if line[0] in "=:#@":
            return
        verb, _, rest = line.partition(" ")
        who, _, rest = self.fill(rest).partition(" ")
        if verb == "room":
            await self.room(who)
        elif verb == "-":
            await self.forget()
        elif verb == "+":
            await self.enter(who, rest)
        elif verb == "chat":
            state, _, customer = rest.partition(" ")
            await self.begin(who, state, customer)
        elif verb == ">":
            (await self.client(who)).send(rest)
            await self.sync(who)
        elif verb == "<":
            await self.expect(who, rest)
        elif verb == "*":
            kind, _, text = rest.partition(" ")
            await self.expect_event(who, kind, text)
        elif verb == ".":
            what, _, text = rest.partition(" ")
            await self.customer(who, what, text)
        else:
            raise Mismatch("not a line of a transcript")

    async def end(self):
        for word in list(self.clients):
            await self.expect(word, "nothing")


    async def gather(self, lines):
        """Whose account is to receive something is there from the beginning."""
        words = [line.split()[1] for _, line in lines if line[:2] in ("> ", "< ", "+ ")]
        for word in words:
            if "/" not in word and word not in self.clients:
                own = [w for w in words if w.startswith(word + "/")]
                await self.client(own[0] if own else word)


async def follow(site, path):
    t = Transcript(site)
    await t.gather(read_lines(path))
    for number, line in read_lines(path):
        try:
            await t.run(line)
        except (Mismatch, AssertionError, KeyError) as e:
            pytest.fail(f"{path.name}:{number}: {line[:200]}\n{e}", pytrace=False)
    try:
        await t.end()
    except Mismatch as e:
        pytest.fail(f"{path.name}: at the end: {e}", pytrace=False)


@pytest.mark.parametrize("path", [p for p in FILES if not says(p, "@contact")
                                  and not says(p, "@upload")], ids=lambda p: p.stem)
async def test_transcript(site, path):
    await follow(site, path)


@pytest.mark.parametrize("path", [p for p in FILES if says(p, "@upload")], ids=lambda p: p.stem)
async def test_transcript_of_uploads(own_site, path):
    await follow(own_site({"upload": {"domain": UPLOAD}}), path)


# queue@ speaks of all the chats there are, and remembers what agents set
@pytest.mark.parametrize("path", [p for p in FILES if says(p, "@contact")], ids=lambda p: p.stem)
async def test_transcript_of_the_contact(own_site, path):
    await follow(own_site(), path)
