"""Everybody at once in a few chats: customers, agents by XMPP and by HTTP, notes, the assistant,
and readers of every kind."""

import asyncio

from lib.commands import shout
from lib.readers import Occupant, PageReader, StreamReader
from lib.writers import HttpWriter, Load, XmppWriter


class Crew:
    """agents: local name -> client. rooms: of the live chats, in their order."""

    def __init__(self, site, oracle):
        self.site = site
        self.oracle = oracle
        self.load = Load()
        self.budget = None  # of the writers by HTTP, where the test says how much they write
        self.agents = {}
        self.customers = []
        self.rooms = []
        self.ledgers = []
        self.writers = []

    @classmethod
    async def assemble(cls, site, oracle, chats=2, locals_=("sarah", "tom"), paced=False, **more):
        """The first chat is the first agent's, the second the second's, and all are in all. paced: what
        is sent by HTTP waits for let_write()."""
        crew = cls(site, oracle)
        crew.budget = asyncio.Semaphore(0) if paced else None
        for local in locals_:
            crew.agents[local] = await site.agent(local)
        for n in range(chats):
            await crew.live_chat(list(locals_[n % len(locals_):] + locals_[:n % len(locals_)]),
                                 **more)
        return crew

    async def live_chat(self, locals_, customers=2, notes=True):
        """customers: pages of the same customer that write at once."""
        site, load, budget = self.site, self.load, self.budget
        customer = await site.waiting()
        room = site.room(customer.chat)
        ledger = self.oracle.ledger(customer)
        for local in locals_:
            await self.agents[local].join(room)
        for n in range(customers):
            self.writers.append(HttpWriter(ledger, f"customer {n}", load, self.page(customer),
                                           budget=budget))
        # the client of who has the chat, and the console of the same agent
        mine = locals_[0]
        self.writers.append(XmppWriter(ledger, f"{mine}'s client", load, self.agents[mine], room))
        self.writers.append(HttpWriter(ledger, f"{mine}'s console", load,
                                       site.agent_web(mine, keep=True), role="ASSISTANT",
                                       budget=budget))
        if notes:
            self.writers.append(HttpWriter(ledger, "a note", load,
                                           site.agent_web(locals_[-1], keep=True), "/notes",
                                           budget=budget))
        self.read_along(ledger, customer, room)
        self.customers.append(customer)
        self.rooms.append(room)
        self.ledgers.append(ledger)

    async def speaker_too(self, local):
        """That agent's client speaks in the first chat as well."""
        room, boss = self.rooms[0], next(iter(self.agents.values()))
        await shout(boss, room, f"!voice {local.capitalize()}")
        self.writers.append(XmppWriter(self.ledgers[0], f"{local}'s client", self.load,
                                       self.agents[local], room))

    async def assistants_chat(self):
        """A chat that no person is asked for: the assistant answers, nobody waits for it."""
        customer = await self.site.customer()
        ledger = self.oracle.ledger(customer)
        self.writers.append(HttpWriter(ledger, "asking customer", self.load, self.page(customer),
                                       "/messages"))
        self.oracle.watch(
            StreamReader(ledger, "a page", self.load, self.page(customer), False).start())
        self.customers.append(customer)
        self.ledgers.append(ledger)

    def page(self, customer):
        return customer.web.using(customer.token, keep=True)

    def read_along(self, ledger, customer, room):
        load, console = self.load, self.site.agent_web("nina", keep=True)
        self.oracle.watch(
            StreamReader(ledger, "a page", load, self.page(customer), False).start(),
            StreamReader(ledger, "a console", load, console, True).start(),
            PageReader(ledger, "a page without a stream", load, self.page(customer), False),
            PageReader(ledger, "a console without a stream", load,
                       self.site.agent_web("tom", keep=True), True),
            *(Occupant(ledger, f"{local}'s client", load, agent, room)
              for local, agent in self.agents.items()))

    def stream_readers(self):
        return [r for r in self.oracle.readers if isinstance(r, StreamReader)]

    async def come_back(self):
        """The agents' clients connect and join again, as they do by themselves."""
        for agent in self.agents.values():
            await agent.connect()
            for room in self.rooms:
                await agent.join(room)

    def let_write(self, messages):
        for _ in range(messages):
            self.budget.release()

    def start(self):
        self.load.start(*self.writers)

    async def finish(self):
        """The writers end, those that wait with one message more, and everything is judged."""
        self.load.stopped = True
        if self.budget is not None:
            self.let_write(len(self.writers))
        await self.load.stop()
        await self.oracle.verify()
