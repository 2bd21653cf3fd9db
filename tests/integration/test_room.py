"""Joining, being in, and leaving the room, as an agent's client meets it (XEP-0045)."""

import pytest

from lib.agent import MUC_USER, Refused

DOMAIN = "support.localhost"
MISSING = "zzzzzzzzzzzzzzzzzzzzzzzzzz"  # the form of a chat's id
SPEAKERS = ("participant", "moderator")


# ---- joining -------------------------------------------------------------------------------------


async def test_join_comes_in_the_order_of_the_xep(site):
    customer, sarah, room = await site.live(name="Alice")
    await customer.say("hello")
    tom = await site.agent("tom")
    after = tom.mark
    number = tom.start_join(room, "somebody")
    join = await tom.joined(room, after)

    kinds = ["self" if s is join.self_presence else s.kind + ("/line" if s.line else "")
             for s in join.stanzas]
    order = sorted(kinds, key=["presence", "self", "message/line", "message"].index)
    assert kinds == order
    nicks = [p.nick for p in join.others]
    assert "Sarah" in nicks and any(n.startswith("Alice") for n in nicks)
    assert nicks.index("Sarah") > next(i for i, n in enumerate(nicks) if n.startswith("Alice"))
    assert len(set(nicks)) == len(nicks) and "Tom" not in nicks
    assert join.nick == "Tom" and join.self_presence.id == number
    assert join.self_presence.statuses == {"100", "110", "210"}
    for presence in (*join.others, join.self_presence):
        assert presence.item.get("role") and presence.item.get("affiliation"), presence
        assert presence.item.get("jid") and presence.occupant_id, presence
        assert presence.type is None
    await customer.say("live")
    live = await tom.said(room, "live")
    assert live.index > join.index and live.stamp is None and live.stanza_id


async def test_others_are_told_of_a_newcomer_once(site):
    customer, sarah, room = await site.live()
    mark = sarah.mark
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    again = await site.agent("tom", resource="phone")
    await again.join(room, "Tom")
    await customer.say("fence")
    await sarah.said(room, "fence")
    told = [s for s in sarah.received[mark:] if s.kind == "presence" and s.nick == "Tom"]
    assert told and all(s.type is None for s in told)
    assert told[0].item == {"affiliation": "member", "role": "visitor",
                            "jid": told[0].item["jid"]}
    assert told[0].item["jid"].startswith("tom@localhost")
    assert len(told) <= 2  # a second session may change what is shown, but nobody joins again
    assert "110" not in told[0].statuses


async def test_status_210_only_when_the_nick_was_rewritten(site):
    customer = await site.waiting()
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat), "Sarah")
    assert join.self_presence.statuses == {"100", "110"}


async def test_join_again_brings_everything_again(site):
    customer, sarah, room = await site.live()
    await customer.say("hello")
    await sarah.said(room, "hello")
    join = await sarah.join(room, "Sarah")
    assert join.role in SPEAKERS and "hello" in [s.body for s in join.history]
    assert join.others


async def test_presence_without_join_is_told_that_it_is_not_there(site):
    customer = await site.waiting()
    sarah = await site.agent()
    room = site.room(customer.chat)
    after = sarah.mark
    sarah.send(f"<presence to='{room}/Sarah'/>")
    answer = await sarah.wait(lambda s: s.kind == "presence" and s.room == room, after)
    assert answer.type == "unavailable" and answer.statuses == {"110", "307", "333"}


@pytest.mark.parametrize("local", [MISSING, "c-" + MISSING, "a-" + MISSING, "queue", "lobby-none"])
async def test_join_never_creates_a_chat(site, local):
    sarah = await site.agent()
    with pytest.raises(Refused) as refused:
        await sarah.join(f"{local}@{DOMAIN}", "Sarah")
    assert refused.value.error in (("cancel", "item-not-found"), ("cancel", "not-allowed"))


async def test_agents_may_not_take_the_customers_nick(site):
    customer, sarah, room = await site.live(name="Alice")
    nick = next(s.nick for s in sarah.received if s.room == room and s.nick.startswith("Alice"))
    tom = await site.agent("tom")
    join = await tom.join(room, nick)
    assert join.nick == "Tom"


async def test_presence_update_is_shown_and_forged_payloads_are_not(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    mark = sarah.mark
    tom.send(f"<presence to='{room}/Tom'><show>away</show><status>lunch</status>"
             "<x xmlns='http://jabber.org/protocol/muc#user'><item role='moderator' "
             "affiliation='owner'/><status code='301'/></x>"
             "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>"
             "<hats xmlns='urn:xmpp:hats:0'><hat title='Boss' uri='x'/></hats></presence>")
    seen = await sarah.wait(lambda s: s.kind == "presence" and s.nick == "Tom"
                            and s.text("show") == "away", mark)
    assert seen.text("status") == "lunch"
    assert seen.item["affiliation"] == "member" and seen.item["role"] == "visitor"
    assert len(list(seen.xml.iter(MUC_USER + "x"))) == 1 and "301" not in seen.statuses
    assert seen.occupant_id != "forged" and b"forged" not in seen.canonical().encode()
    assert "Boss" not in seen.canonical()


# ---- sessions ------------------------------------------------------------------------------------


async def test_one_agent_with_three_clients_is_one_occupant(site):
    customer, desk, room = await site.live()
    phone = await site.agent("sarah", resource="phone")
    laptop = await site.agent("sarah", resource="laptop")
    for client in (phone, laptop):
        join = await client.join(room, "other")
        assert join.nick == "Sarah" and join.role in SPEAKERS
        assert "Sarah" not in [p.nick for p in join.others]
    tom = await site.agent("tom")
    join = await tom.join(room)
    assert [p.nick for p in join.others].count("Sarah") == 1

    await customer.say("to all")
    lines = [await c.said(room, "to all") for c in (desk, phone, laptop, tom)]
    assert len({s.stanza_id for s in lines}) == 1
    own = await phone.say(room, "from the phone")
    for client in (desk, laptop, tom):
        assert (await client.said(room, "from the phone")).stanza_id == own.stanza_id
    for client in (desk, phone, laptop):
        assert (await client.ping(f"{room}/Sarah")).type == "result"

    mark = tom.mark
    gone = await phone.leave(room, "Sarah")
    assert gone.item["role"] == "none"
    await customer.say("fence")
    await tom.said(room, "fence")
    assert not [s for s in tom.received[mark:] if s.type == "unavailable"]
    assert (await phone.ping(f"{room}/Sarah")).error == ("cancel", "not-acceptable")
    assert (await desk.ping(f"{room}/Sarah")).type == "result"
    await desk.leave(room, "Sarah")
    await laptop.leave(room, "Sarah")
    left = await tom.wait(lambda s: s.type == "unavailable" and s.nick == "Sarah", mark)
    assert left.item["role"] == "none"


async def test_occupant_id_stays_and_differs_between_rooms(site):
    customer, sarah, room = await site.live()
    other = await site.waiting()
    first = (await sarah.join(room)).self_presence.occupant_id
    elsewhere = (await sarah.join(site.room(other.chat))).self_presence.occupant_id
    await sarah.leave(room, "Sarah")
    again = (await sarah.join(room)).self_presence.occupant_id
    line = await sarah.say(room, "x")
    assert first == again == line.occupant_id and first != elsewhere


# ---- leaving -------------------------------------------------------------------------------------


async def test_leave_is_confirmed_and_told_with_its_status(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    mark, own = sarah.mark, tom.mark
    tom.send(f"<presence type='unavailable' to='{room}/Tom'><status>see you</status></presence>")
    mine = await tom.wait(lambda s: s.type == "unavailable" and "110" in s.statuses, own)
    told = await sarah.wait(lambda s: s.type == "unavailable" and s.nick == "Tom", mark)
    for s in (mine, told):
        assert s.item["role"] == "none" and s.text("status") == "see you"
    assert "110" not in told.statuses
    with pytest.raises(Refused) as refused:
        await tom.say(room, "one more thing")
    assert refused.value.error[1] == "not-acceptable"


async def test_leave_of_a_stranger_is_ignored(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    after, mark = tom.mark, sarah.mark
    tom.send(f"<presence type='unavailable' to='{room}/Tom'/>")
    tom.send(f"<presence type='unavailable' to='{room}/Sarah'/>")
    await tom.info(room)
    await customer.say("fence")
    await sarah.said(room, "fence")
    assert not [s for s in tom.received[after:] if s.kind == "presence" and s.room == room]
    assert not [s for s in sarah.received[mark:] if s.type == "unavailable"]


async def test_unavailable_to_the_bare_room_is_a_leave(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    mark = sarah.mark
    tom.send(f"<presence type='unavailable' to='{room}'/>")
    await sarah.wait(lambda s: s.type == "unavailable" and s.nick == "Tom", mark)


async def test_client_that_dies_is_told_as_gone(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    mark = sarah.mark
    tom.drop()
    gone = await sarah.wait(lambda s: s.type == "unavailable" and s.nick == "Tom", mark)
    assert gone.item["role"] == "none"


async def test_ghost_is_removed_when_its_address_bounces(own_site):
    """The leave is lost, because the daemon was away just then; the next line bounces."""
    site = own_site()
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    site.parley.kill()
    tom.drop()
    await tom.lost()
    mark = sarah.mark
    site.parley.start()
    await customer.say("is anybody there?")
    gone = await sarah.wait(lambda s: s.type == "unavailable" and s.nick == "Tom", mark)
    assert "333" in gone.statuses and "307" not in gone.statuses
    assert "110" not in gone.statuses
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"
    assert "Tom" not in [p.nick for p in (await sarah.join(room)).others]


async def test_error_about_content_does_not_throw_out(site):
    customer, sarah, room = await site.live()
    for condition in ("not-acceptable", "policy-violation", "feature-not-implemented"):
        sarah.send(f"<message type='error' to='{room}' id='e'><error type='modify'><{condition} "
                   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"


async def test_bounced_line_throws_out_that_session_only(site):
    customer, desk, room = await site.live()
    phone = await site.agent("sarah", resource="phone")
    await phone.join(room)
    phone.send(f"<message type='error' to='{room}' id='e'><error type='cancel'>"
               "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    assert (await phone.ping(f"{room}/Sarah")).error == ("cancel", "not-acceptable")
    assert (await desk.ping(f"{room}/Sarah")).type == "result"


# ---- pings ---------------------------------------------------------------------------------------


async def test_self_ping_says_who_is_in(site):
    customer, sarah, room = await site.live()
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"
    tom = await site.agent("tom")
    for target in (f"{room}/Tom", f"{MISSING}@{DOMAIN}/Tom"):
        answer = await tom.ping(target)
        assert answer.error == ("cancel", "not-acceptable"), answer
    await tom.join(room)
    assert (await tom.ping(f"{room}/Tom")).type == "result"


async def test_room_and_service_answer_pings(site):
    customer, sarah, room = await site.live()
    assert (await sarah.ping(room)).type == "result"
    assert (await sarah.ping(DOMAIN)).type == "result"


async def test_every_iq_is_answered(site):
    customer, sarah, room = await site.live()
    nick = next(s.nick for s in sarah.received if s.room == room and s.nick != "Sarah" and s.nick)
    for to in (DOMAIN, room, f"{room}/{nick}", f"{room}/Sarah", f"{room}/nobody"):
        for kind in ("get", "set"):
            answer = await sarah.iq(kind, to, "<q xmlns='urn:example:unknown'/>")
            assert answer.type == "error" and answer.error[1], (to, kind, answer)


# ---- the end of a chat ---------------------------------------------------------------------------


async def test_close_ends_the_room_for_its_occupants(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    mark = sarah.mark
    (await customer.web.post(customer.path("/close"))).ok()
    await stream.event("closed")
    gone = await sarah.wait(lambda s: s.kind == "presence" and s.type == "unavailable"
                            and s.room == room and "110" in s.statuses, mark)
    assert gone.item == {"affiliation": "none", "role": "none"}
    assert gone.xml.find(f"{MUC_USER}x/{MUC_USER}destroy") is not None
    with pytest.raises(Refused) as refused:
        await sarah.join(room, "Sarah")
    assert refused.value.error == ("cancel", "gone")


async def test_customers_message_reopens_a_closed_chat(site):
    customer, sarah, room = await site.live()
    (await customer.web.post(customer.path("/close"))).ok()
    await customer.say("one more question")
    stream = await customer.stream(whole=True)
    await stream.said("one more question")
    assert [e.name for e in stream.events if e.name in ("closed", "reopened")] == \
        ["closed", "reopened"]
    assert room in await sarah.items(DOMAIN)
    join = await sarah.join(room)
    assert "one more question" in [s.body for s in join.history]
