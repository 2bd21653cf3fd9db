"""Who may do what: every route of the program's own table, for everybody who may ask, in every state
of a chat. What is expected is access.txt; a route without rows there is a failure, and so is a
row without a route."""

import json
import os
import subprocess
import time
import uuid

import pytest

from lib.commands import shout, supervisor
from lib.parley import BINARY, LIMITS
from lib.web import Closed

HERE = os.path.dirname(os.path.abspath(__file__))
STATES = ("assistant", "waiting", "live", "closed", "blocked")
ASKERS = ("nobody", "garbage", "owner", "customer", "agent", "colleague", "supervisor", "foreign",
          "removed", "ticket", "page", "forged")
MISSING = "zzzzzzzzzzzzzzzzzzzzzzzzzz"  # the form of an id, of no chat


def routes():
    program = os.path.join(os.path.dirname(BINARY), "tests", "routes")
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {tuple(line.split()[:2]): line.split()[2] for line in lines.splitlines()}


def read_table():
    """(method, path) -> (body, {asker: {state: status}}). Lines that begin a route are not
    indented: METHOD PATH [BODY]; the others are ASKER STATUS, for all states or one for each.
    The asker * is everybody who has no row; a page of the agent's may what the agent may, and one
    of another site no more than look: its browser hides from it what the answer says."""
    table = {}
    with open(os.path.join(HERE, "access.txt"), encoding="utf-8") as lines:
        for line in lines:
            line = line.split("#")[0].rstrip()
            if not line:
                continue
            if not line.startswith(" "):
                method, path, *body = line.split(None, 2)
                assert (method, path) not in table, line
                rows = {}
                table[method, path] = (json.loads(body[0]) if body else None, rows)
                continue
            asker, *statuses = line.split()
            assert asker in (*ASKERS, "*"), line
            assert len(statuses) in (1, len(STATES)), line
            if len(statuses) == 1:
                statuses *= len(STATES)
            rows[asker] = dict(zip(STATES, map(int, statuses)))
    for (method, _), (_, rows) in table.items():
        for asker in ASKERS[:-2]:
            rows.setdefault(asker, rows.get("*"))
        rows.setdefault("page", rows["agent"])
        public = rows["nobody"] is not None and rows["nobody"][STATES[0]] != 401
        rows.setdefault("forged", rows["agent"] if method == "GET" or public
                        else dict.fromkeys(STATES, 403))
        rows.pop("*", None)
    return table


def test_every_route_has_its_rows_and_no_other_has():
    table, have = read_table(), routes()
    assert not have.keys() - table.keys(), "routes without rows in access.txt"
    assert not table.keys() - have.keys(), "rows without a route"
    without = [(route, asker) for route, (_, rows) in table.items()
               for asker in ASKERS if rows[asker] is None]
    assert not without, without


class World:
    """Chats in every state, and everybody who asks. The agent has the live chats."""

    def __init__(self, site):
        self.site = site
        self.shared = {}
        self.first = {}  # entries of chats

    async def open(self):
        site = self.site
        self.removed = site.keys["nina"]
        site.parley.command("agent", "remove", site.jids["nina"])
        vera = supervisor(site)
        self.vera_key = site.parley.add_key(site.jids[vera])
        self.vera = await site.agent(vera)
        self.stranger = await self.chat("waiting")
        tom = await site.web.using(site.keys["tom"]).get("/api/me")
        self.cookie = await site.cookie("sarah")
        self.colleague = tom.ok().json()["agent"]["id"]
        for state in STATES:
            self.shared[state] = await self.chat(state)
        self.before = [await self.look(c) for c in self.shared.values()]
        return self

    async def chat(self, state):
        customer = await self.site.customer()
        self.first[customer.chat] = (await customer.ask("hello"))[0]["id"]
        if state == "assistant":
            return customer
        await customer.escalate()
        if state == "live":
            (await self.site.agent_web().post(customer.path("/assign"))).ok()
        elif state == "closed":
            (await customer.web.post(customer.path("/close"))).ok()
        elif state == "blocked":
            room = self.site.room(customer.chat)
            await self.vera.join(room)
            await shout(self.vera, room, "!block")
        return customer

    async def look(self, customer):
        """What may not change when requests are refused."""
        vera = self.site.web.using(self.vera_key)
        chat = (await vera.get(customer.path())).ok().json()
        log = (await vera.get(customer.path("/messages?limit=200"))).ok().json()["items"]
        return chat, log

    async def headers(self, asker, path):
        """A page's cookie, and where the page is from."""
        if asker not in ("page", "forged"):
            return ()
        cookie = self.cookie
        if path == "/api/auth/logout" and asker == "page":
            cookie = await self.site.cookie("sarah")
        origin = self.site.origin if asker == "page" else "https://evil.example"
        return [("Cookie", cookie), ("Origin", origin), ("Content-Type", "application/json")]

    async def web(self, asker, customer):
        tokens = {"nobody": None, "garbage": uuid.uuid4().hex * 2, "owner": customer.token,
                  "customer": self.stranger.token, "agent": self.site.keys["sarah"],
                  "colleague": self.site.keys["tom"], "supervisor": self.vera_key,
                  "foreign": self.site.keys["eve"], "removed": self.removed}
        return self.site.web.using(tokens.get(asker))

    async def ask(self, route, body, asker, customer, chat=None):
        """The answer; of a stream only its head. chat: instead of the customer's."""
        method, path = route
        chat = chat or customer.chat
        path = path.replace("{id}", chat).replace("{name}", "a.txt")
        if asker == "ticket":
            # elsewhere than at streams a ticket is nothing, used or not
            stream = path.endswith("/events")
            path += "?ticket=" + (await self.used_ticket(customer) if stream else "t" * 43)
        if body is not None:
            words = {"CHAT": chat, "MESSAGE": self.first[customer.chat], "AGENT": self.colleague}
            body = {n: words.get(v, v) if isinstance(v, str) else v for n, v in body.items()}
        web, headers = await self.web(asker, customer), await self.headers(asker, path)
        if not path.split("?")[0].endswith("/events"):
            return await web.request(method, path, body, headers=headers)
        stream = await web.stream(path, headers=headers)
        await stream.aclose()
        return stream

    async def used_ticket(self, customer):
        """Tickets are for one use."""
        answer = await customer.web.post(customer.path("/events/ticket"))
        if answer.status != 200:
            return "t" * 43  # the blocked customer gets none
        ticket = answer.json()["ticket"]
        stream = await self.site.web.stream(customer.path(f"/events?ticket={ticket}"))
        await stream.aclose()
        return ticket


@pytest.fixture
def world(own_site):
    class Worlds:
        aclose = own_site.aclose

        async def __call__(self):
            return await World(own_site({"limits": dict(LIMITS)})).open()

    return Worlds()


def changes(route, status):
    return route[0] != "GET" and status < 300


@pytest.mark.deadline(300)
async def test_everybody_gets_what_the_table_says_and_refusals_change_nothing(world, report):
    world = await world()
    wrong, cells = [], 0
    for route, (body, rows) in read_table().items():
        for asker in ASKERS:
            seen = []
            for state in STATES if "{id}" in route[1] or body else STATES[:1]:
                expected = rows[asker][state]
                customer = world.shared[state]
                if changes(route, expected):
                    customer = await world.chat(state)
                answer = await world.ask(route, body, asker, customer)
                cells += 1
                seen.append(answer.status)
                if answer.status != expected:
                    wrong.append((route, asker, state, expected))
            if wrong and wrong[-1][:2] == (route, asker):
                wrong[-1] = " ".join((*route, asker, *map(str, seen)))
    assert not wrong, "\n".join(map(str, wrong))
    after = [await world.look(c) for c in world.shared.values()]
    assert after == world.before, "a request that was refused has changed something"
    report("access", f"{len(read_table())} routes, {cells} cells")


def names_a_chat(route, body):
    """Assets and logins have names of their own."""
    return "{id}" in route[1] and "/chats/" in route[1] or "CHAT" in (body or {}).values()


def shape(answer, chat):
    """All of an answer that may not tell anything."""
    headers = {n.lower(): v for n, v in getattr(answer, "header_list", None)
               or answer.headers.items()}
    headers.pop("date", None)
    headers.pop("x-request-id", None)
    return (answer.status, sorted(headers.items()), answer.body.replace(chat.encode(), b"CHAT"))


@pytest.mark.deadline(120)
async def test_chats_out_of_reach_are_answered_like_none(world, report):
    """Byte by byte; and the time is shown."""
    world = await world()
    different = []
    spent = {"there": [], "none": []}
    for route, (body, _) in read_table().items():
        if not names_a_chat(route, body):
            continue
        for asker in ("nobody", "garbage", "customer", "foreign", "removed", "ticket"):
            nowhere = shape(await world.ask(route, body, asker, world.stranger, MISSING), MISSING)
            for state in STATES:
                customer = world.shared[state]
                for name, chat in (("none", MISSING), ("there", customer.chat)):
                    begin = time.perf_counter()
                    answer = await world.ask(route, body, asker, customer, chat)
                    spent[name].append(time.perf_counter() - begin)
                    if shape(answer, chat) != nowhere:
                        different.append((route, asker, state, name, shape(answer, chat)))
    assert not different, "\n".join(map(str, different[:5]))
    there, none = (sorted(s)[len(s) // 2] * 1000 for s in spent.values())
    report("time of an answer", f"chat there {there:.2f} ms, no chat {none:.2f} ms (medians)")


NO_IDS = ("x", "%20", "%2e%2e", "a%00", "%ff%fe", "%c3%a9", MISSING.upper(), MISSING + "z",
          "z" * 3000)
NO_VALUES = (None, True, 0, -1, 1e300, "", "\u202e\ufeff", "z" * 5000, [], [None], {}, {"id": []})


def odd_bodies(body):
    yield from ([], "text", 1, None, {})
    for name in body or {}:
        for value in NO_VALUES:
            yield {**body, name: value}


@pytest.mark.deadline(300)
async def test_what_is_no_id_and_no_value_is_refused_and_harms_nobody(world, report):
    world = await world()
    refused, other = 0, []

    async def ask(route, asker, target, body):
        web = await world.web(asker, world.stranger)
        headers = await world.headers(asker, route[1])
        try:
            answer = await web.request(route[0], target, body, headers=headers)
        except Closed as e:
            other.append((route, asker, target[:80], body, str(e)))
            return 0
        if not 200 <= answer.status < 500:
            other.append((route, asker, target[:80], body, answer.status))
        return 400 <= answer.status < 500

    for route, (body, _) in read_table().items():
        stream = route[1].endswith("/events")
        for asker in ("nobody", "customer", "supervisor", "page"):
            for odd in NO_IDS if "{id}" in route[1] else ():
                target = route[1].replace("{id}", odd).replace("{name}", odd)
                refused += await ask(route, asker, target, body)
            for odd in () if stream else odd_bodies(body):
                target = route[1].replace("{id}", world.stranger.chat).replace("{name}", "a.txt")
                refused += await ask(route, asker, target, odd)
    assert not other, "\n".join(map(str, other[:20]))
    assert world.site.parley.running
    assert (await world.site.web.get("/healthz")).status == 200
    report("malformed", f"{refused} requests refused")
