"""The stream of all chats of an organization: who was away gets what came meanwhile, once, in the
order in which it was stored, and nothing that is another's."""

import sqlite3

from test_admin import admin, item


def stored(site, after, organization="default"):
    """Ids of what pages show, as they were stored behind that place."""
    with sqlite3.connect(f"file:{site.parley.store}?mode=ro", uri=True) as store:
        return [row[0] for row in store.execute(
            "SELECT message.id FROM message JOIN chat ON chat.num = message.room"
            " WHERE gid > ? AND organization = ? AND kind NOT IN ('subject', 'reaction', 'payload')"
            " ORDER BY gid", (int(after.rsplit("-", 1)[1]), organization))]


def told(stream):
    """Ids of entries; of what speaks of another entry, the place."""
    return [e.payload["id"] for e in stream.durable()]


async def watch(site, local="nina", place=None):
    stream = await site.agent_web(local).stream("/api/events", last_id=place)
    assert stream.status == 200, stream.body
    await stream.event("ready")
    return stream


async def heard(site, customer, local="nina"):
    """The place of a console that was closed after it had heard of this customer."""
    stream = await watch(site, local)
    await stream.event("snapshot")
    await customer.say("heard")
    place = (await stream.said("heard")).id
    await stream.aclose()
    return place


def names(stream):
    return [e.name for e in stream.events]


async def rows_are_current(site, stream, *chats):
    web = site.agent_web("nina")
    for chat in chats:
        now = (await web.get(f"/api/chats/{chat}")).ok().json()
        await stream.until(lambda s, now=now: [
            e.payload["chat"] for e in s.events if e.name == "queue"
            and e.payload.get("chat", {}).get("id") == now["id"]][-1:] == [now],
            what=f"the present row of {chat}: {now}")


async def test_who_was_away_gets_what_it_may_see_once_and_in_order(site):
    customer, sarah, room = await site.live(name="Alice")
    other = await site.waiting("I wait too")
    place = await heard(site, other)
    eve = await site.customer(organization="elsewhere")
    await eve.escalate("somebody of another organization")
    for n in range(40):
        await customer.say(f"question {n}")
        await eve.say(f"not yours {n}")
        await sarah.say(room, f"answer {n}")
        if n % 10 == 0:
            (await site.agent_web("tom").post(customer.path("/notes"), {"content": f"note {n}"})).ok()
            await other.say(f"still waiting {n}")
    (await site.agent_web("sarah").post(customer.path("/transfer"),
                                        {"agentId": (await site.agent_web("tom").get("/api/me"))
                                         .ok().json()["agent"]["id"], "note": "knows it"})).ok()
    (await site.agent_web("tom").post(customer.path("/assign"))).ok()
    gone = await site.waiting("to be erased", name="Nobody")
    site.parley.command("chat", "erase", gone.chat)
    expected = stored(site, place)
    assert len(expected) > 90
    stream = await watch(site, place=place)
    await stream.until(lambda s: len(told(s)) >= len(expected), what="all that came meanwhile")
    assert told(stream) == expected
    assert "reset" not in names(stream) and "snapshot" not in names(stream)
    assert not any("not yours" in e.data or "to be erased" in e.data or "Nobody" in e.data
                   for e in stream.events)
    assert {"note", "agent_left", "agent_joined", "closed"} <= set(names(stream))
    await rows_are_current(site, stream, customer.chat, other.chat, gone.chat)
    counts = (await stream.event("queue", lambda e: e.payload["event"] == "counts")).payload["counts"]
    assert counts == (await site.agent_web("nina").get("/api/chats")).ok().json()["counts"]
    await customer.say("live")
    await stream.said("live")
    assert told(stream) == stored(site, place)


async def test_place_of_one_agent_is_good_for_another_of_its_organization_only(site):
    customer = await site.waiting()
    place = await heard(site, customer)
    await customer.say("meanwhile")
    for local in ("sarah", "tom"):
        stream = await watch(site, local, place)
        await stream.said("meanwhile")
        assert len(stream.durable()) == 1
    stranger = await watch(site, "eve", place)
    assert "reset" not in names(stranger)
    await stranger.event("queue", lambda e: e.payload["event"] == "counts")
    assert stranger.durable() == []


async def test_place_survives_a_restart_and_a_change_of_rights_does_too(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    place = await heard(site, customer, "tom")
    site.parley.kill()
    site.parley.start()
    await customer.say("behind the restart")
    stream = await watch(site, "tom", place)
    await stream.said("behind the restart")
    assert "reset" not in names(stream)

    # shut out while it looks, and while it is away
    nina = await site.agent("nina")
    await admin(nina, room, item(jid=site.jids["tom"], affiliation="outcast"))
    removed = await stream.event("queue", lambda e: e.payload["event"] == "chat_removed")
    assert removed.payload["chat"] == {"id": customer.chat}
    place = stream.durable()[-1].id
    await stream.aclose()
    site.parley.kill()
    site.parley.start()
    await customer.say("not for everybody")
    stream = await watch(site, "tom", place)
    snapshot = await stream.event("snapshot")
    assert names(stream)[0] == "reset"
    assert customer.chat not in [c["id"] for c in snapshot.json["items"]]
    assert stream.durable() == []
    place = snapshot.json["asOf"]
    await stream.aclose()
    again = await watch(site, "tom", place)
    assert "reset" not in names(again)


async def test_list_of_chats_is_a_place_to_go_on_from(site):
    customer = await site.waiting("one")
    place = (await site.agent_web("nina").get("/api/chats")).ok().json()["asOf"]
    await customer.say("two")
    stream = await watch(site, place=place)
    await stream.said("two")
    assert told(stream) == stored(site, place)
    assert "reset" not in names(stream)
