"""Anything anybody may do with a chat, in random order. What only staff may know holds a canary, a word
that is nowhere else."""

from xml.sax.saxutils import escape

from lib.agent import Refused
from lib.commands import QUEUE, execute, supervisor
from lib.oracle import NOTE
from test_admin import admin, item
from test_payloads import CORRECT, MODERATE, REACTIONS, RETRACT

AGENTS = ("sarah", "tom", "nina")
OFTEN = ["agent_joins", "agent_joins", "agent_notes", "agent_notes", "console_notes"]
HINT = "<no-store xmlns='urn:xmpp:hints'/>"
REPLY = ("<reply xmlns='urn:xmpp:reply:0' id='{id}'/><fallback xmlns='urn:xmpp:fallback:0' "
         "for='urn:xmpp:reply:0'><body start='0' end='{end}'/></fallback>")


class Walk:
    """A step is a method do_NAME. Refusals are answers like others; a 5xx or silence is a fault.
    seen: all that a customer was ever sent, (where, text)."""

    def __init__(self, site, rng):
        self.site = site
        self.rng = rng
        self.canaries = 0
        self.notes = []  # (room, stanza's id, entry's id, author)
        self.lines = []  # (room, stanza's id, entry's id, author), of agents
        self.customers = []
        self.said = {}  # chat -> ids that its customer knows
        self.agents = {}
        self.seen = []
        self.steps = {}
        self.last = ""  # what was said last, for whoever looks for the cause
        self.refused = 0
        self.kinds = sorted(n[3:] for n in dir(self) if n.startswith("do_"))
        self.names = self.kinds + OFTEN

    async def begin(self, chats):
        locals_ = (*AGENTS, supervisor(self.site))
        for local in locals_:
            self.agents[local] = await self.site.agent(local)
            if local not in self.site.keys:
                self.site.keys[local] = self.site.parley.add_key(self.site.jids[local])
        self.webs = {local: self.site.agent_web(local, keep=True) for local in locals_}
        for n in range(chats):
            customer = await (self.site.waiting if n % 3 else self.site.customer)(name=f"Guest{n}")
            customer.web = customer.web.using(customer.token, keep=True)
            self.customers.append(customer)
            self.said[customer.chat] = []
            if n % 3:
                for agent in self.agents.values():
                    await agent.join(self.site.room(customer.chat))
        return self

    async def step(self):
        name = self.rng.choice(self.names)
        self.steps[name] = self.steps.get(name, 0) + 1
        try:
            await getattr(self, "do_" + name)()
        except AssertionError as e:
            raise AssertionError(f"step {sum(self.steps.values())}, {name}: {self.last}") from e

    # ---- what steps are made of ----

    def canary(self):
        self.canaries += 1
        return f"canary-{self.canaries}-"

    def customer(self):
        return self.rng.choice(self.customers)

    def room(self):
        return self.site.room(self.customer().chat)

    def agent(self):
        return self.rng.choice(list(self.agents.values()))

    def other(self):
        return self.rng.choice(("Sarah", "Tom", "Nina", "Vera"))

    async def web(self, web, method, path, value=None):
        answer = await web.request(method, path, value)
        assert answer.status < 500 or "retry-after" in answer.headers, (path, answer.body)
        self.refused += answer.status >= 400
        return answer

    async def page(self, customer, method, rest="", value=None, path=None):
        """The customer's own request: what comes back is what it knows."""
        answer = await self.web(customer.web, method, path or customer.path(rest), value)
        self.seen.append((f"{method} {rest or path}", answer.body.decode()))
        return answer

    async def console(self, rest, value):
        return await self.web(self.rng.choice(list(self.webs.values())), "POST",
                              self.customer().path(rest), value)

    async def say(self, body, extra="", agent=None, room=None, keep=None):
        """In the room, answered by a reflection or an error."""
        agent, room = agent or self.agent(), room or self.room()
        self.last = f"{agent.jid} says {body!r} {extra!r} in {room}"
        try:
            line = await agent.say(room, body, None, extra)
        except Refused:
            self.refused += 1
            return
        if keep is not None and line.stanza_id:
            keep.append((room, line.id, line.stanza_id, agent))

    async def tell_queue(self, text, agent=None):
        agent = agent or self.agent()
        after = agent.mark
        agent.send(f"<message to='{QUEUE}' type='chat' id='{agent.new_id()}'>"
                   f"<body>{escape(text)}</body></message>")
        await agent.wait(lambda s: s.kind == "message" and s.sender == QUEUE and s.to == agent.jid,
                         after, what=f"the answer to {text!r}")

    def note(self):
        return self.rng.choice(self.notes) if self.notes else None

    # ---- customers ----

    async def do_customer_writes(self):
        customer = self.customer()
        path = self.rng.choice(("/messages", "/messages/send"))
        answer = await self.page(customer, "POST", path, {"content": f"hello {self.canaries}"})
        if answer.status == 200:
            self.said[customer.chat].append(answer.json()["message"]["id"])

    async def do_customer_asks_the_assistant(self):
        await self.page(self.customer(), "POST", "/messages",
                        {"content": self.rng.choice(("What did they note about me?", "Hello",
                                                     "Show me everything you know", "thanks"))})

    async def do_customer_escalates(self):
        customer = self.customer()
        await self.page(customer, "POST", path="/api/escalations",
                        value={"chatId": customer.chat, "reason": "help"})

    async def do_customer_types(self):
        await self.page(self.customer(), "POST", "/typing", {"isTyping": True})

    async def do_customer_reads(self):
        customer = self.customer()
        ids = self.said[customer.chat]
        note = self.note()
        if note and self.rng.random() < 0.5:
            # a note's id, guessed: no other answer than for one that does not exist
            await self.web(customer.web, "POST", customer.path("/read"), {"messageId": note[2]})
        elif ids:
            await self.page(customer, "POST", "/read", {"messageId": self.rng.choice(ids)})

    async def do_customer_loads(self):
        await self.page(self.customer(), "GET", self.rng.choice(
            ("", "/messages", "/messages?newest=1&limit=20", "/messages?before=5")))

    async def do_customer_closes(self):
        if self.rng.random() < 0.3:
            await self.page(self.customer(), "POST", "/close", {"reason": "done"})

    # ---- consoles ----

    async def do_console_writes(self):
        await self.console(self.rng.choice(("/messages", "/messages/send")),
                           {"content": f"good day {self.canaries}"})

    async def do_console_notes(self):
        answer = await self.console("/notes", {"content": self.canary()})
        if answer.status == 201:
            note = answer.json()["note"]
            self.notes.append((None, note["id"], note["id"], None))

    async def do_console_takes(self):
        await self.console("/assign", {})

    async def do_console_types_and_reads(self):
        await self.console("/typing", {"isTyping": True})
        note = self.note()
        if note:
            await self.console("/read", {"messageId": note[2]})

    async def do_console_opens_or_closes(self):
        if self.rng.random() < 0.3:
            await self.console("/close", {"reason": "solved"})
        else:
            await self.console("/reopen", {})

    # ---- agents' clients ----

    async def do_agent_joins(self):
        try:
            await self.agent().join(self.room())
        except Refused:
            self.refused += 1

    async def do_agent_leaves(self):
        agent, room = self.agent(), self.room()
        agent.send(f"<presence type='unavailable' to='{room}/x'/>")
        await agent.ping("support.localhost")

    async def do_agent_says(self):
        await self.say(f"at your service {self.canaries}", keep=self.lines)

    async def do_agent_notes(self):
        await self.say("!note " + self.canary(), keep=self.notes)

    async def do_agent_slips(self):
        """Commands that are none, and one behind a quote."""
        await self.say(self.rng.choice(("!noet ", "!Note! ", "! note ", "!nonsense ", "> hi\n> ho\n!x ", "> hi\n!x "))
                       + self.canary() if self.rng.random() < 0.8 else "!note", "")

    async def do_agent_whispers(self):
        agent, room = self.agent(), self.room()
        number = agent.new_id()
        nick = self.rng.choice(("Sarah", "Tom", "Vera", "Guest0 (customer)", "Assistant"))
        agent.send(f"<message type='chat' to='{room}/{nick}' id='{number}'>"
                   f"<body>{self.canary()}</body></message>")
        await agent.ping("support.localhost")

    async def do_agent_says_what_is_not_kept(self):
        await self.say(self.canary(), HINT)

    async def do_agent_corrects(self):
        """A note, perhaps somebody else's, becomes another note or nothing."""
        note = self.note()
        if note and note[0]:
            await self.say(self.canary(), f"<replace xmlns='{CORRECT}' id='{note[1]}'/>",
                           note[3] if self.rng.random() < 0.8 else None, note[0])
        if self.lines:
            room, number, _, agent = self.rng.choice(self.lines)
            await self.say(f"rather {self.canaries}", f"<replace xmlns='{CORRECT}' id='{number}'/>",
                           agent, room)

    async def do_agent_takes_back(self):
        for pool in (self.notes, self.lines):
            if pool and self.rng.random() < 0.5:
                room, _, entry, agent = self.rng.choice(pool)
                if room:
                    await self.say("taken back " + (self.canary() if pool is self.notes else ""),
                                   f"<retract xmlns='{RETRACT}' id='{entry}'/>", agent, room)

    async def do_supervisor_moderates(self):
        pool = self.notes if self.rng.random() < 0.5 else self.lines
        if pool:
            room, _, entry, _ = self.rng.choice(pool)
            await self.agents["vera"].iq("set", room or self.room(), (
                f"<moderate xmlns='{MODERATE}' id='{entry}'><retract xmlns='{RETRACT}'/>"
                f"<reason>{self.canary()}</reason></moderate>"))

    async def do_agent_reacts(self):
        note = self.note()
        if note:
            await self.say("> " + self.canary() + "\n+1",
                           f"<reactions xmlns='{REACTIONS}' id='{note[2]}'>"
                           "<reaction>\N{THUMBS UP SIGN}</reaction></reactions>",
                           room=note[0])

    async def do_agent_replies_to_a_note(self):
        note = self.note()
        if note:
            quote = f"> {NOTE}{self.canary()}\n"
            await self.say(quote + "so be it", REPLY.format(id=note[2], end=len(quote)), note[3],
                           note[0])

    async def do_agent_marks_a_note(self):
        note = self.note()
        if note and note[0]:
            agent = self.agent()
            agent.send(f"<message type='groupchat' to='{note[0]}' id='{agent.new_id()}'>"
                       f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{note[2]}'/></message>")
            await agent.ping("support.localhost")

    async def do_agent_types(self):
        agent = self.agent()
        agent.send(f"<message type='groupchat' to='{self.room()}'>"
                   "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
        await agent.ping("support.localhost")

    async def do_agent_sets_a_subject(self):
        agent = self.agent()
        agent.send(f"<message type='groupchat' to='{self.room()}' id='{agent.new_id()}'>"
                   f"<subject>{self.canary()}</subject></message>")
        await agent.ping("support.localhost")

    async def do_agent_commands(self):
        """In the room. What is said to other staff is staff's."""
        await self.say(self.rng.choice((
            "!claim", f"!release {self.canary()}", f"!transfer {self.other()} {self.canary()}",
            f"!transfer queue {self.canary()}", "!decline", "!observe", "!takeover",
            f"!voice {self.other()}", f"!mute {self.other()}", "!info", "!history 5", "!reopen",
            f"!invite {self.other()} {self.canary()}", "!block", "!unblock", "!unblock")))

    async def do_agent_commands_by_chat(self):
        chat = self.customer().chat
        await self.tell_queue(self.rng.choice((
            f"note {chat} {self.canary()}", f"note {chat[:8]} {self.canary()}",
            f"release {chat} {self.canary()}", f"transfer {chat} {self.other()} {self.canary()}",
            f"claim {chat}", f"takeover {chat}", f"history {chat} 3", f"reopen {chat}",
            f"info {chat}", "queue", "agents", "stats")))

    async def do_agent_commands_by_form(self):
        agent, room = self.agent(), self.room()
        node, values = self.rng.choice((
            ("note", {"text": self.canary()}), ("release", {"reason": self.canary()}),
            ("transfer", {"agent": self.other(), "reason": self.canary()}), ("claim", {}),
            ("invite", {"agent": self.other(), "reason": self.canary()})))
        form = await execute(agent, room, node)
        if form.status == "executing":
            await execute(agent, room, node, form.session, "complete", **values)

    async def do_supervisor_administers(self):
        who = self.rng.choice(("sarah", "tom", "nina"))
        jid, nick = self.site.jids[who], who.capitalize()
        change = self.rng.choice((
            item(self.canary(), nick=nick, role="none"), item(self.canary(), nick=nick,
                                                              role="participant"),
            item(self.canary(), nick=nick, role="visitor"),
            item(self.canary(), jid=jid, affiliation="outcast"),
            item(self.canary(), jid=jid, affiliation="none"),
            item(self.canary(), jid=jid, affiliation="member"),
            item(self.canary(), jid=jid, affiliation="member")))
        await admin(self.agents["vera"], self.room(), change)
