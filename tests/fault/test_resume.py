"""Streams over a bad network: cut at any byte, and asked for again from any place the client still
knows. Nothing is lost, nothing comes twice."""

import pytest

from lib.crew import Crew
from lib.oracle import shown_events
from lib.readers import QueueReader, StreamReader
from lib.wait import gather
from lib.web import Web

READERS = 20
CONSOLES = 6


async def through(site, proxies, rng):
    """The address of a network that cuts each connection after some bytes of the answer, a few of
    them in its head, and that is slow now and then."""
    proxy = await proxies(site.parley.port)

    def plan():
        proxy.delay = rng.choice((0, 0, 0, 0.002))
        return rng.randrange(1, 5000)

    proxy.plan = plan
    return proxy


@pytest.mark.deadline(900)
async def test_cut_streams_resume_exactly(own_site, oracle, proxies, count, rng, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), chats=1, locals_=("sarah",))
    [customer], [ledger] = crew.customers, crew.ledgers
    proxy = await through(site, proxies, rng)
    address = ("127.0.0.1", proxy.port)
    readers = []
    for n in range(READERS):
        staff = n % 4 == 3
        web = Web(address, site.keys["nina"] if staff else customer.token)
        forget = (lambda: rng.randrange(30)) if n % 5 == 4 else None
        readers.append(StreamReader(ledger, f"reader {n}", crew.load, web, staff, flaky=True,
                                    by_query=n % 2 == 1, forget=forget).start())
    for n in range(CONSOLES):
        forget = (lambda: rng.randrange(30)) if n % 4 == 3 else None
        readers.append(QueueReader(ledger, f"console {n}", crew.load, Web(address, site.keys["tom"]),
                                   flaky=True, by_query=n % 2 == 1, forget=forget).start())
    crew.oracle.watch(*readers)
    crew.start()
    goal = count("SESSIONS", 600, 20000)
    while sum(r.sessions for r in readers) < goal:
        await crew.load.more(1)
    proxy.plan = lambda: None
    proxy.cut()
    await crew.load.stop()
    report("sessions cut and resumed", sum(r.sessions for r in readers))
    await crew.oracle.verify()


async def test_any_position_of_the_log_is_a_place_to_go_on_from(site, rng, count):
    customer, sarah, room = await site.live()
    stream = await customer.stream(whole=True)
    for n in range(40):
        await customer.say(f"{n} " + "ü" * rng.randrange(200))
        await sarah.say(room, f"answer {n}")
    await stream.said("answer 39")
    ids = [e.id for e in stream.durable()]
    expected = shown_events(stream.durable())

    async def resume(place):
        again = await customer.web.stream(customer.path("/events"), last_id=ids[place])
        if place < len(ids) - 1:
            await again.said("answer 39")
            assert shown_events(again.durable()) == expected[place + 1:], place
        await again.aclose()

    for _ in range(count("POSITIONS", 10, 200)):
        await gather(*(resume(rng.randrange(len(ids))) for _ in range(10)))
