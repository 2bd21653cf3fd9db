"""A stream goes on exactly where the client was: at any position, and at none that is not the
log's."""

import pytest


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
