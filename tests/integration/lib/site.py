"""A whole installation: Prosody, Parley, and the people who use them."""

import asyncio
import itertools
import os

from lib.agent import Agent
from lib.parley import Parley
from lib.ejabberd import Ejabberd
from lib.prosody import DOMAIN, Prosody
from lib.web import Customer, Web

STAFF = {"sarah": "Sarah", "tom": "Tom"}
SUPERVISOR = ("nina", "Nina")
STRANGER = ("eve", "Eve", "elsewhere")  # an agent of another organization
OUTSIDER = "mallory"  # has an account, and nothing to do with us


class Site:
    def __init__(self, folder, settings=None):
        for name in ("prosody", "parley"):
            os.makedirs(os.path.join(folder, name))
        server = Ejabberd if os.environ.get("PARLEY_TEST_SERVER") == "ejabberd" else Prosody
        self.prosody = server(os.path.join(folder, "prosody"))
        self.parley = Parley(os.path.join(folder, "parley"), self.prosody, settings)
        self.jids = {}
        self.keys = {}
        self._people = []
        self._clients = itertools.count(1)

    def start(self):
        self.add_people()
        self.prosody.start(wait=False)
        self.parley.start(wait=False)
        self.prosody.wait_ready()
        self.parley.wait_ready()
        return self

    def add_people(self):
        """Before the daemon runs: the commands open the database themselves."""
        eve, name, organization = STRANGER
        nina, shown_nina = SUPERVISOR
        for local in (*STAFF, nina, eve, OUTSIDER):
            self.jids[local] = self.prosody.add_account(local)
        for local, shown in STAFF.items():
            self.parley.add_agent(self.jids[local], shown)
        self.parley.add_agent(self.jids[nina], shown_nina, "--role", "supervisor")
        self.parley.command("organization", "add", organization)
        self.parley.add_agent(self.jids[eve], name, "--organization", organization)
        for local in (*STAFF, nina, eve):
            self.keys[local] = self.parley.add_key(self.jids[local])

    def stop(self):
        """SIGTERM to both. The daemon must end by itself with 0."""
        try:
            if self.parley.running():
                code = self.parley.stop()
                assert code == 0, f"parley ended with {code}:\n{self.parley.log_end()}"
        finally:
            self.prosody.stop()

    async def server_down(self, politely=False):
        """Ends the XMPP server; the daemon has noticed when this returns."""
        await asyncio.to_thread(self.prosody.stop if politely else self.prosody.kill)
        await asyncio.to_thread(self.parley.wait_status, 503)

    async def server_up(self):
        """Starts it again, and the daemon is connected."""
        await asyncio.to_thread(self.prosody.start)
        await asyncio.to_thread(self.parley.wait_status, 200)

    def room(self, chat):
        return f"{chat}@{DOMAIN}"

    @property
    def web(self):
        return Web(self.parley.address)

    def agent_web(self, local="sarah", keep=False):
        """The HTTP API as an agent."""
        return self.web.using(self.keys[local], keep)

    @property
    def origin(self):
        """Of our own pages."""
        return "http://%s:%d" % self.parley.address

    async def cookie(self, local):
        """Of the agent's console: what the header Cookie says."""
        link = self.parley.command("agent", "login-link", self.jids[local]).strip()
        answer = await self.web.post("/api/auth/link", {"token": link.rsplit("/", 1)[-1]})
        return answer.ok().headers["set-cookie"].split(";")[0]

    async def agent(self, local="sarah", resource=None, **more):
        """Logged in with an XMPP client; closed at the end of the test. Every call is another
        client of that account."""
        resource = resource or f"desk{next(self._clients)}"
        agent = Agent(self.prosody.c2s_port, self.jids[local], resource=resource)
        self._people.append(agent)
        return await agent.connect(**more)

    async def customer(self, **fields):
        customer = await Customer.begin(self.web, **fields)
        self._people.append(customer)
        return customer

    async def waiting(self, *texts, **fields):
        """A customer who waits for an agent and has said these things since."""
        customer = await self.customer(**fields)
        await customer.escalate("wants a person")
        for text in texts:
            await customer.say(text)
        return customer

    async def live(self, local="sarah", **fields):
        """A chat that an agent has claimed by joining: (customer, agent, room)."""
        customer = await self.waiting(**fields)
        agent = await self.agent(local)
        room = self.room(customer.chat)
        await agent.join(room)
        return customer, agent, room

    async def aclose(self):
        people, self._people = self._people, []
        for person in people:
            await person.aclose()
