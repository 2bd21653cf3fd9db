"""An agent with an XMPP client (slixmpp) that records every stanza in order."""

import asyncio
import itertools
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import slixmpp

from lib.wait import DEADLINE, Board

CLIENT = "{jabber:client}"
MUC = "http://jabber.org/protocol/muc"
MUC_USER = "{http://jabber.org/protocol/muc#user}"
SID = "{urn:xmpp:sid:0}"
DELAY = "{urn:xmpp:delay}"
OCCUPANT = "{urn:xmpp:occupant-id:0}"
STATES = "{http://jabber.org/protocol/chatstates}"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
PING = "urn:xmpp:ping"
RSM = "http://jabber.org/protocol/rsm"


class Stanza:
    """One received stanza, as it came."""

    def __init__(self, xml, index):
        self.xml = xml
        self.index = index
        self.kind = xml.tag.replace(CLIENT, "")
        self.type = xml.get("type")
        self.id = xml.get("id")
        self.sender = xml.get("from") or ""
        self.to = xml.get("to")
        self.room, _, self.nick = self.sender.partition("/")

    def text(self, name):
        return self.xml.findtext(CLIENT + name)

    @property
    def body(self):
        return self.text("body")

    @property
    def subject(self):
        return self.text("subject")

    @property
    def has_subject(self):
        return self.xml.find(CLIENT + "subject") is not None

    @property
    def stanza_id(self):
        """The id the room gave; fails when somebody else's stands beside it."""
        ids = [e.get("id") for e in self.xml.findall(SID + "stanza-id")
               if e.get("by") == self.room]
        assert len(ids) <= 1, str(self)
        return ids[0] if ids else None

    @property
    def stamp(self):
        delay = self.xml.find(DELAY + "delay")
        return None if delay is None else delay.get("stamp")

    @property
    def occupant_id(self):
        element = self.xml.find(OCCUPANT + "occupant-id")
        return None if element is None else element.get("id")

    @property
    def statuses(self):
        return {e.get("code") for e in self.xml.findall(f"{MUC_USER}x/{MUC_USER}status")}

    @property
    def item(self):
        element = self.xml.find(f"{MUC_USER}x/{MUC_USER}item")
        return {} if element is None else dict(element.attrib)

    @property
    def chat_state(self):
        return next((e.tag[len(STATES):] for e in self.xml if e.tag.startswith(STATES)), None)

    @property
    def error(self):
        """(type, condition) or None."""
        element = self.xml.find(CLIENT + "error")
        if element is None:
            return None
        conditions = [e.tag[len(STANZAS):] for e in element
                      if e.tag.startswith(STANZAS) and not e.tag.endswith("}text")]
        return element.get("type"), conditions[0] if conditions else None

    @property
    def error_text(self):
        return self.xml.findtext(f"{CLIENT}error/{STANZAS}text") or ""

    @property
    def line(self):
        """Is it something said in the room?"""
        return self.kind == "message" and self.type == "groupchat" and self.body is not None

    @property
    def own(self):
        """Is it the asker's own presence?"""
        return self.kind == "presence" and "110" in self.statuses

    @property
    def ends_join(self):
        """Is it a subject, which ends a join? One that is changed comes at any time."""
        return self.kind == "message" and self.has_subject and self.body is None

    def canonical(self):
        return ET.canonicalize(ET.tostring(self.xml, encoding="unicode"))

    def __str__(self):
        return f"#{self.index} " + ET.tostring(self.xml, encoding="unicode")

    __repr__ = __str__


class Joined:
    """What a join brought, taken apart in the order it must come in."""

    def __init__(self, stanzas):
        self.stanzas = stanzas
        mine = next(i for i, s in enumerate(stanzas) if s.own)
        subject = next(i for i, s in enumerate(stanzas) if i > mine and s.ends_join)
        self.self_presence = stanzas[mine]
        self.others = [s for s in stanzas[:mine] if s.kind == "presence"]
        self.history = [s for s in stanzas[mine:subject] if s.line]
        self.subject = stanzas[subject]
        self.index = stanzas[subject].index
        self.nick = self.self_presence.nick
        self.role = self.self_presence.item.get("role")


class Refused(Exception):
    def __init__(self, stanza):
        super().__init__(str(stanza))
        self.stanza = stanza
        self.error = stanza.error


class Agent:
    """received: every stanza of every connection, in order. A connection that is lost is not made
    again by itself: connect() does that, with the same full JID."""

    _numbers = itertools.count(1)

    def __init__(self, port, jid, password="secret", resource="desk"):
        self.port = port
        self.bare = jid
        self.jid = f"{jid}/{resource}"
        self.password = password
        self.board = Board()
        self.received = []
        self.client = None
        self.online = False

    # -- connection ----------------------------------------------------------------------------

    async def connect(self, deadline=None, presence=True):
        client = slixmpp.ClientXMPP(self.jid, self.password, sasl_mech="PLAIN")
        client["feature_mechanisms"].unencrypted_plain = True
        client.register_plugin("xep_0030")
        client.register_plugin("xep_0199")
        client.add_filter("in", self._record)
        outcome = asyncio.get_running_loop().create_future()

        def settle(value):
            if not outcome.done():
                outcome.set_result(value)

        client.add_event_handler("session_start", lambda _: settle("ok"))
        client.add_event_handler("failed_auth", lambda _: settle("wrong password"))
        client.add_event_handler("connection_failed", lambda e: settle(f"no connection: {e}"))
        client.add_event_handler("disconnected", lambda _: self._lost(client, settle))
        self.client = client
        client.connect(("127.0.0.1", self.port), disable_starttls=True, force_starttls=False)
        try:
            async with asyncio.timeout(deadline or DEADLINE):
                result = await outcome
        except TimeoutError:
            result = "no session in time"
        if result != "ok":
            client.cancel_connection_attempt()
            client.abort()
            raise ConnectionError(f"{self.jid}: {result}")
        self.online = True
        if presence:
            self.send("<presence/>")
        return self

    def _lost(self, client, settle):
        settle("disconnected")
        if client is self.client:
            self.online = False
            self.board.changed()

    def _record(self, stanza):
        if stanza.xml.tag.startswith(CLIENT):
            self.received.append(Stanza(stanza.xml, len(self.received)))
            self.board.changed()
        return stanza

    def drop(self):
        """The cable is pulled: nothing more is said to the server."""
        self.client.abort()

    async def lost(self, deadline=None):
        await self.board.until(lambda: not self.online, deadline, "the connection's end")

    async def aclose(self):
        if self.client is not None:
            self.client.cancel_connection_attempt()
            self.client.abort()

    # -- waiting -------------------------------------------------------------------------------

    @property
    def mark(self):
        """Now, as an index into `received`."""
        return len(self.received)

    def show(self):
        return "\n".join(str(s)[:300] for s in self.received[-8:])

    async def wait(self, match, after=0, deadline=None, what="a stanza"):
        return await self.board.until(
            lambda: next((s for s in self.received[after:] if match(s)), None), deadline,
            f"{what} at {self.jid}", self.show)

    async def until(self, condition, deadline=None, what="condition"):
        return await self.board.until(lambda: condition(self), deadline, f"{what} at {self.jid}",
                                      self.show)

    async def said(self, room, body, after=0, deadline=None):
        return await self.wait(lambda s: s.line and s.room == room and s.body == body, after,
                               deadline, f"line {body[:60]!r}")

    def lines(self, room, after=0):
        return [s for s in self.received[after:] if s.line and s.room == room]

    # -- doing ---------------------------------------------------------------------------------

    def send(self, xml):
        self.client.send_raw(xml)

    def new_id(self):
        return f"t{next(self._numbers)}"

    async def iq(self, kind, to, payload, deadline=None):
        """The answer, result or error."""
        number, after = self.new_id(), self.mark
        self.send(f"<iq type='{kind}' to={quoteattr(to)} id='{number}'>{payload}</iq>")
        return await self.wait(lambda s: s.kind == "iq" and s.id == number
                               and s.type in ("result", "error"), after, deadline,
                               f"answer to {payload[:80]}")

    async def info(self, to, node=None):
        node = f" node={quoteattr(node)}" if node else ""
        return await self.iq("get", to, f"<query xmlns='{DISCO_INFO}'{node}/>")

    async def items(self, to):
        """The JIDs and names of disco#items, all pages of them (XEP-0059)."""
        found, last = {}, ""
        while True:
            more = f"<set xmlns='{RSM}'><max>50</max>{last}</set>"
            answer = await self.iq("get", to, f"<query xmlns='{DISCO_ITEMS}'>{more}</query>")
            assert answer.type == "result", answer
            page = {e.get("jid"): e.get("name")
                    for e in answer.xml.iter("{%s}item" % DISCO_ITEMS)}
            assert not page.keys() & found.keys(), answer
            found.update(page)
            count = next(answer.xml.iter("{%s}count" % RSM), None)
            if not page or count is None or len(found) >= int(count.text):
                return found
            last = "<after>%s</after>" % escape(next(answer.xml.iter("{%s}last" % RSM)).text)

    async def ping(self, to):
        return await self.iq("get", to, f"<ping xmlns='{PING}'/>")

    def start_join(self, room, nick, history=None):
        """history: attributes of <history/>. Returns the stanza's id."""
        number = self.new_id()
        limits = ""
        if history is not None:
            limits = "<history " + " ".join(f"{n}={quoteattr(str(v))}"
                                            for n, v in history.items()) + "/>"
        self.send(f"<presence to={quoteattr(room + '/' + nick)} id='{number}'>"
                  f"<x xmlns='{MUC}'>{limits}</x></presence>")
        return number

    async def joined(self, room, after, deadline=None):
        """Waits for the subject behind one's own presence; raises Refused on an error presence."""

        def done(s):
            if s.room != room:
                return False
            if s.kind == "presence" and s.type == "error":
                return True
            return s.ends_join and any(p.own and p.room == room
                                       for p in self.received[after:s.index])

        last = await self.wait(done, after, deadline, f"join of {room}")
        if last.type == "error":
            raise Refused(last)
        return Joined([s for s in self.received[after:last.index + 1] if s.room == room])

    async def join(self, room, nick=None, history=None, deadline=None):
        after = self.mark
        self.start_join(room, nick or self.bare.split("@")[0], history)
        return await self.joined(room, after, deadline)

    async def leave(self, room, nick):
        after = self.mark
        self.send(f"<presence type='unavailable' to={quoteattr(room + '/' + nick)}/>")
        return await self.wait(lambda s: s.kind == "presence" and s.room == room
                               and s.type == "unavailable" and "110" in s.statuses, after,
                               what="own leave")

    def start_say(self, room, body, number=None, extra=""):
        number = number or self.new_id()
        self.send(f"<message type='groupchat' to={quoteattr(room)} id={quoteattr(number)}>"
                  f"<body>{escape(body)}</body>{extra}</message>")
        return number

    async def answer(self, number, after, deadline=None):
        """What came back for a groupchat message: its reflection, or an error."""
        return await self.wait(lambda s: s.kind == "message" and s.id == number, after, deadline,
                               f"reflection of {number}")

    async def say(self, room, body, number=None, extra="", deadline=None):
        after = self.mark
        number = self.start_say(room, body, number, extra)
        reflection = await self.answer(number, after, deadline)
        if reflection.type == "error":
            raise Refused(reflection)
        return reflection
