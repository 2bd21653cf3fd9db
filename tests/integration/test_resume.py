"""A stream cut anywhere goes on exactly where it was: nothing is lost, nothing comes twice."""

import asyncio

import pytest

from lib.wait import gather
from lib.web import Stream

READERS = 20


async def first_id(customer, stream):
    """A position before everything that the test writes."""
    await customer.say("first")
    return (await stream.said("first")).id


class Reader:
    """A page with a bad connection: `sessions` streams, each cut after some bytes."""

    def __init__(self, web, path, start, rng, sessions, by_query):
        self.web = web
        self.path = path
        self.last_id = start
        self.rng = rng
        self.sessions = sessions
        self.by_query = by_query
        self.seen = []

    async def session(self, cut_after, last=None):
        stream = Stream(self.web, cut_after)
        target = self.path
        if self.by_query:
            target += f"?lastEventId={self.last_id}"
            await stream.open(target, None, [], self.web.token)
        else:
            await stream.open(target, self.last_id, [], self.web.token)
        assert stream.status == 200, (stream.status, stream.body)
        if last is None:
            await stream.end()
        else:
            await stream.until(lambda s: any(e.id is not None and e.payload.get("id") == last
                                             for e in s.events) or self.seen[-1:] == [last])
        assert not [e for e in stream.events if e.name == "reset"]
        for event in stream.durable():
            self.seen.append(event.payload["id"])
            self.last_id = event.id
        await stream.aclose()

    async def run(self):
        for _ in range(self.sessions):
            await self.session(self.rng.randrange(1, 3000))


@pytest.mark.deadline(240)
async def test_cut_streams_resume_exactly(site, count, rng, report):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    start = await first_id(customer, stream)
    agent_web = site.agent_web("sarah")
    agent_stream = await agent_web.stream(customer.path("/events?since=now"))
    await customer.say("second")
    agent_start = (await agent_stream.said("second")).id
    await agent_stream.aclose()
    sessions = count("SESSIONS", 1000, 20000)
    readers = []
    for n in range(READERS):
        web = agent_web if n % 4 == 3 else customer.web
        readers.append(Reader(web, customer.path("/events"),
                              agent_start if n % 4 == 3 else start, rng,
                              sessions // READERS, by_query=n % 2 == 1))
    reading = asyncio.ensure_future(gather(*(r.run() for r in readers)))
    keep = customer.web.using(customer.token, keep=True)
    number = 0
    while not reading.done():
        number += 1
        text = f"{number} " + "ü" * rng.randrange(200)
        (await keep.post(customer.path("/messages/send"),
                         {"content": text, "role": "USER"})).ok()
        if number % 5 == 0:
            await sarah.say(room, f"answer {number}")
        if number % 3 == 0:  # ephemeral events come between and carry no id
            (await keep.post(customer.path("/typing"), {"isTyping": True})).ok()
    await reading
    keep.close()
    last = (await customer.say("last"))["id"]
    await gather(*(r.session(None, last) for r in readers))

    log = await customer.log()
    ids = [e["id"] for e in log]
    after_first = ids[[e["content"] for e in log].index("first") + 1:]
    for n, reader in enumerate(readers):
        expected = after_first[1:] if n % 4 == 3 else after_first
        assert reader.seen == expected, f"reader {n}: {len(reader.seen)} of {len(expected)}"
    report("sessions cut and resumed", sessions)
    report("entries", len(log))


async def test_stream_from_the_start_equals_the_log(site):
    customer = await site.customer()
    stream = await customer.stream()
    await customer.ask("Hello")
    await customer.escalate("a person, please")
    await customer.say("waiting")
    epoch = (await stream.said("waiting")).id.rsplit("-", 1)[0]
    log = await customer.log()
    for again in (await customer.stream(last_id=epoch + "-0"), await customer.stream(whole=True)):
        await again.said("waiting")
        assert [e.payload["id"] for e in again.durable()] == [e["id"] for e in log]
        assert [e.id for e in again.durable()] == [e.id for e in stream.durable()]


async def test_customers_ids_are_gapless_positions(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    for n in range(5):
        await customer.say(f"m{n}")
        await sarah.say(room, f"a{n}")
    await stream.said("a4")
    positions = [int(e.id.rsplit("-", 1)[1]) for e in stream.durable()]
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    assert [e.payload["seq"] for e in stream.durable()] == positions


async def test_header_wins_over_the_query(site):
    customer = await site.waiting("one", "two", "three")
    stream = await customer.stream()
    await customer.say("four")
    newest = (await stream.said("four")).id
    epoch = newest.rsplit("-", 1)[0]
    both = await customer.web.stream(customer.path(f"/events?lastEventId={epoch}-0"),
                                     last_id=newest)
    await customer.say("five")
    await both.said("five")
    assert [e.payload["content"] for e in both.events if e.name == "message"] == ["five"]
    await both.aclose()


@pytest.mark.parametrize("bad", ["other-3", "nonsense", "-", "99999999999999999999",
                                 "aaaaaaaa-1", "' OR 1=1", "x" * 300])
async def test_unknown_position_gets_a_reset_first(site, bad):
    customer = await site.waiting("one")
    stream = await customer.stream(last_id=bad)
    await stream.event("reset")
    assert [e.name for e in stream.events if e.name not in ("ready",)][0] == "reset"
    await customer.say("after the reset")
    await stream.said("after the reset")


async def test_position_beyond_the_end_gets_a_reset(site):
    customer = await site.waiting("one")
    stream = await customer.stream()
    await customer.say("two")
    epoch = (await stream.said("two")).id.rsplit("-", 1)[0]
    ahead = await customer.stream(last_id=epoch + "-1000000")
    await ahead.event("reset")


async def test_position_survives_a_restart_of_the_daemon(own_site):
    site = own_site()
    customer = await site.waiting("one")
    stream = await customer.stream()
    await customer.say("two")
    position = (await stream.said("two")).id
    site.parley.kill()
    site.parley.start()
    await customer.say("three")
    again = await customer.stream(last_id=position)
    await again.said("three")
    assert [e.payload["content"] for e in again.durable()] == ["three"]
    assert not [e for e in again.events if e.name == "reset"]
