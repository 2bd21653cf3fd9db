"""What an agent finds in the room on joining: all that was said, by whom, and when."""

import datetime

import pytest

from lib.agent import Refused


def parse(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))


async def chat_with_history(site):
    """The assistant's phase, then three lines while waiting; the log's messages, in order."""
    customer = await site.customer(name="Alice")
    await customer.ask("I need to speak to a human")
    await customer.escalate("needs a person")
    for text in ("first while waiting", "second while waiting", "third while waiting"):
        await customer.say(text)
    return customer, [e for e in await customer.log() if e["role"] != "SYSTEM"]


def spoken(join, log):
    """The history without the room's own lines, which are nobody's messages."""
    ids = {e["id"] for e in log}
    return [s for s in join.history if s.stanza_id in ids]


async def test_history_holds_both_phases_with_times_and_senders(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat))
    lines = spoken(join, log)

    assert [(s.stanza_id, s.body) for s in lines] == [(e["id"], e["content"]) for e in log]
    assert [parse(s.stamp) for s in lines] == [parse(e["createdAt"]) for e in log]
    assert [e["role"] for e in log] == ["USER", "ASSISTANT", "USER", "USER", "USER"]
    customers = {s.nick for s, e in zip(lines, log) if e["role"] == "USER"}
    assistants = {s.nick for s, e in zip(lines, log) if e["role"] == "ASSISTANT"}
    assert len(customers) == 1 and len(assistants) == 1 and customers != assistants
    assert customers.pop().startswith("Alice")
    for line in join.history:
        assert line.stamp, line
        assert line.xml.find("{urn:xmpp:delay}delay").get("from") == site.room(customer.chat)


async def test_history_senders_have_the_occupants_ids(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat))
    present = {p.nick: p.occupant_id for p in join.others}
    for line in spoken(join, log):
        assert line.occupant_id
        if line.nick in present:
            assert line.occupant_id == present[line.nick]


async def test_stamps_grow_and_carry_milliseconds(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat))
    stamps = [s.stamp for s in join.history]
    assert all(stamp.endswith("Z") and "." in stamp for stamp in stamps)
    assert [parse(s) for s in stamps] == sorted(parse(s) for s in stamps)
    assert len(set(stamps)) == len(stamps)


@pytest.mark.parametrize("limits", [{"maxchars": 0}, {"maxstanzas": 0}])
async def test_no_history_when_none_is_wanted(site, limits):
    customer, _ = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat), history=limits)
    assert join.history == []


async def test_maxstanzas_gives_the_newest(site):
    customer, sarah, room = await site.live()
    for n in range(5):
        await customer.say(f"line {n}")
    tom = await site.agent("tom")
    everything = await tom.join(room)
    some = await tom.join(room, history={"maxstanzas": 2})
    assert len(everything.history) > 5
    assert [s.stanza_id for s in some.history] == [s.stanza_id for s in everything.history[-2:]]


async def test_maxchars_counts_whole_stanzas(site):
    customer = await site.waiting(*["x" * 1000] * 5)
    sarah = await site.agent()
    room = site.room(customer.chat)
    for limit, least, most in ((900, 0, 0), (2900, 1, 2), (100000, 5, 100)):
        join = await sarah.join(room, history={"maxchars": limit})
        long = [s for s in join.history if s.body == "x" * 1000]
        assert least <= len(long) <= most, (limit, len(long))


async def test_since_leaves_out_what_is_older(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    since = log[3]["createdAt"]
    join = await sarah.join(site.room(customer.chat), history={"since": since})
    assert [s.stanza_id for s in spoken(join, log)] == [e["id"] for e in log[3:]]


async def test_since_in_the_future_gives_nothing(site):
    customer, _ = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat), history={"since": "2999-01-01T00:00:00Z"})
    assert join.history == []


async def test_seconds_gives_what_is_recent(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat), history={"seconds": 3600})
    assert [s.stanza_id for s in spoken(join, log)] == [e["id"] for e in log]
    join = await sarah.join(site.room(customer.chat), history={"seconds": 0})
    assert join.history == []


async def test_the_most_restrictive_limit_counts(site):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat),
                            history={"seconds": 3600, "maxstanzas": 1, "maxchars": 60000,
                                     "since": log[0]["createdAt"]})
    assert len(join.history) == 1


@pytest.mark.parametrize("limits", [{"maxstanzas": "many"}, {"since": "yesterday"},
                                    {"seconds": "-"}, {"maxchars": ""}])
async def test_a_limit_that_cannot_be_read_is_ignored(site, limits):
    customer, log = await chat_with_history(site)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat), history=limits)
    assert [s.stanza_id for s in spoken(join, log)] == [e["id"] for e in log]


async def test_long_log_shows_the_newest_hundred(site):
    texts = [f"line {n}" for n in range(130)]
    customer = await site.waiting(*texts)
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat))
    assert len(join.history) <= 100
    lines = [s.body for s in join.history if s.body in set(texts)]
    assert len(lines) >= 90 and lines == texts[-len(lines):]


async def test_history_and_live_lines_have_no_gap_and_no_overlap(site):
    """A customer writes all the while agents come and go: each join ends where live begins."""
    customer = await site.waiting()
    room = site.room(customer.chat)
    agents = [await site.agent(local) for local in ("sarah", "tom", "nina")]
    sent = []
    for turn in range(12):
        agent = agents[turn % 3]
        after = agent.mark
        agent.start_join(room, "x")
        for part in range(4):
            sent.append(await customer.say(f"{turn}.{part}"))
        await agent.joined(room, after)
        last = sent[-1]["id"]
        await agent.wait(lambda s, last=last: s.line and s.stanza_id == last, after)
        seen = [s.stanza_id for s in agent.received[after:] if s.line and s.room == room]
        messages = [e["id"] for e in sent]
        got = [i for i in seen if i in set(messages)]
        assert got == messages[-len(got):] and len(got) >= min(len(messages), 80)
        await agent.leave(room, agent.bare.split("@")[0].capitalize())


async def test_assistants_phase_cannot_be_entered(site):
    customer = await site.customer()
    await customer.ask("Hello")
    sarah = await site.agent()
    with pytest.raises(Refused) as refused:
        await sarah.join(site.room(customer.chat))
    assert refused.value.error == ("cancel", "item-not-found")
