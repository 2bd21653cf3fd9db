"""Hostile XMPP accounts: floods of all kinds are answered or dropped at a bounded cost, and others
are served meanwhile."""

import asyncio
import uuid

import pytest

from lib.agent import DISCO_INFO, MUC, PING
from lib.commands import QUEUE, ask
from lib.parley import LIMITS
from lib.peers import Regular
from lib.wait import gather

DOMAIN = "support.localhost"
COMMANDS = "http://jabber.org/protocol/commands"
STATES = "http://jabber.org/protocol/chatstates"
GROWTH = 48 << 20


def resident(parley):
    with open(f"/proc/{parley.process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def nested(depth):
    return "<a>" * depth + "</a>" * depth


FLOODS = {
    "lines": lambda room, n: f"<message type='groupchat' to='{room}' id='l{n}'>"
                             f"<body>line {n}</body></message>",
    "long lines": lambda room, n: f"<message type='groupchat' to='{room}' id='m{n}'>"
                                  f"<body>{'&amp;' * 16000}</body></message>",
    "too long lines": lambda room, n: f"<message type='groupchat' to='{room}' id='t{n}'>"
                                      f"<body>{'x' * 200000}</body></message>",
    "deep stanzas": lambda room, n: f"<message to='{room}' type='chat' id='d{n}'>{nested(500)}"
                                    "</message>",
    "wide stanzas": lambda room, n: f"<message to='{room}' type='chat' id='w{n}'>{'<a/>' * 20000}"
                                    "</message>",
    "many attributes": lambda room, n: f"<iq type='get' to='{room}' id='b{n}'><q xmlns='x' "
                                       + " ".join(f"a{i}='v'" for i in range(2000)) + "/></iq>",
    "joins": lambda room, n: f"<presence to='{room}/nick{n}'><x xmlns='{MUC}'/></presence>",
    "joins of rooms that are none": lambda room, n:
        f"<presence to='{uuid.uuid4().hex[:26]}@{DOMAIN}/x'><x xmlns='{MUC}'/></presence>",
    "leaves and joins": lambda room, n:
        f"<presence type='unavailable' to='{room}/sarah'/>"
        f"<presence to='{room}/sarah'><x xmlns='{MUC}'/></presence>",
    "chat states": lambda room, n: f"<message type='groupchat' to='{room}' id='c{n}'>"
                                   f"<{('composing', 'paused')[n % 2]} xmlns='{STATES}'/></message>",
    "words to the queue": lambda room, n: f"<message type='chat' to='{QUEUE}' id='q{n}'>"
                                          f"<body>nonsense {n}</body></message>",
    "forms that are begun": lambda room, n:
        f"<iq type='set' to='{DOMAIN}' id='f{n}'><command xmlns='{COMMANDS}' node='claim'/></iq>",
    "questions to an occupant": lambda room, n:
        f"<iq type='get' to='{room}/Tom' id='i{n}'><q xmlns='urn:example:never'/></iq>",
    "questions to rooms": lambda room, n:
        f"<iq type='get' to='{room}' id='r{n}'><query xmlns='{DISCO_INFO}'/></iq>",
    "archives": lambda room, n: f"<iq type='set' to='{room}' id='a{n}'>"
                                "<query xmlns='urn:xmpp:mam:2'/></iq>",
    "presence to the queue": lambda room, n: f"<presence to='{QUEUE}'/>",
    "pings": lambda room, n: f"<iq type='get' to='{room}/sarah' id='p{n}'>"
                             f"<ping xmlns='{PING}'/></iq>",
}


async def flood(who, room, kind, number):
    """Until the server throws the client out, or all is answered behind it."""
    for n in range(number):
        if not who.online:
            return
        who.send(FLOODS[kind](room, n))
        if n % 50 == 49:  # no more than the test's own memory bears
            await asyncio.wait([asyncio.ensure_future(who.ping("localhost"))], timeout=5)


@pytest.mark.deadline(400)
@pytest.mark.parametrize("local", ["sarah", "mallory"])
async def test_floods_over_xmpp_cost_a_bounded_amount_and_others_are_served(own_site, local, count,
                                                                            report):
    """sarah is an agent and has the chat; mallory is nobody."""
    site = own_site({"limits": dict(LIMITS)})
    mine, other = await site.waiting(), await site.waiting()
    stream = await other.stream()
    nina = await site.agent("nina")
    room, elsewhere = site.room(mine.chat), site.room(other.chat)
    await nina.join(elsewhere)
    tom = await site.agent("tom")
    await tom.join(room)
    number = count("STANZAS", 25, 2000)
    regular, over = Regular(other), asyncio.Event()
    before = resident(site.parley)

    async def attack():
        try:
            attacker = None
            for kind in FLOODS:
                if attacker is None or not attacker.online:
                    attacker = await site.agent(local)
                    if local == "sarah":
                        await attacker.join(room)
                await flood(attacker, room, kind, number)
                await nina.ping(DOMAIN)  # behind what is before it
                if attacker.online:
                    await asyncio.wait([asyncio.ensure_future(attacker.ping(DOMAIN))], timeout=30)
        finally:
            over.set()

    await gather(regular.run(over), attack())
    assert site.parley.running(), site.parley.log_end()
    assert not regular.failed, regular.failed[:5]
    growth = resident(site.parley) - before
    report(f"XMPP floods of {local}", f"{len(FLOODS)} kinds, {number} each; memory +{growth >> 20} "
           f"MiB; meanwhile {regular.summary()}")
    assert growth < GROWTH
    # Agents elsewhere got all of it, and theirs gets through.
    await nina.said(elsewhere, f"still here {len(regular.late)}", deadline=60)
    await nina.say(elsewhere, "no flood here")
    await stream.said("no flood here")
    assert await ask(nina, "list")


async def test_outsiders_floods_of_joins_get_one_answer_each(site):
    """The same one, for a room that is there and for none."""
    customer = await site.waiting()
    mallory = await site.agent("mallory")
    rooms = [site.room(customer.chat), f"{'z' * 26}@{DOMAIN}"]
    after, number = mallory.mark, 200
    for n in range(number):
        mallory.start_join(rooms[n % 2], f"m{n}")
    await mallory.until(lambda a: sum(s.kind == "presence" and s.room in rooms
                                      for s in a.received[after:]) >= number)
    answers = [s for s in mallory.received[after:] if s.kind == "presence" and s.room in rooms]
    assert {(s.type, s.error) for s in answers} == {("error", ("cancel", "item-not-found"))}
    assert len(answers) == number
