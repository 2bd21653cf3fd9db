"""The room as an agent's client meets it (XEP-0045 and what goes with it)."""

import pytest

from lib.agent import DISCO_INFO, MUC_USER, PING, STATES, Refused

DOMAIN = "support.localhost"
ROOM_FEATURES = {
    "http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#stable_id",
    "http://jabber.org/protocol/muc#self-ping-optimization", "muc_membersonly",
    "muc_nonanonymous", "muc_persistent", "muc_moderated", "urn:xmpp:sid:0",
    "urn:xmpp:occupant-id:0"}
SERVICE_FEATURES = {
    "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/muc", "urn:xmpp:ping"}
SPEAKERS = ("participant", "moderator")


def features(answer):
    return {e.get("var") for e in answer.xml.iter("{%s}feature" % DISCO_INFO)}


def identities(answer):
    return [(e.get("category"), e.get("type"), e.get("name"))
            for e in answer.xml.iter("{%s}identity" % DISCO_INFO)]


def form_fields(answer):
    form = next(answer.xml.iter("{jabber:x:data}x"))
    return {f.get("var"): [v.text or "" for v in f.iter("{jabber:x:data}value")]
            for f in form.iter("{jabber:x:data}field")}


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


@pytest.mark.parametrize("local", ["zzzzzzzzzzzzzzzzzzzzzzzzzz", "nochat", "c-x", "queue"])
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
    phone.send(f"<message type='error' to='{room}' id='e'><error type='cancel'><service-unavailable "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    assert (await phone.ping(f"{room}/Sarah")).error == ("cancel", "not-acceptable")
    assert (await desk.ping(f"{room}/Sarah")).type == "result"


# ---- pings ---------------------------------------------------------------------------------------


async def test_self_ping_says_who_is_in(site):
    customer, sarah, room = await site.live()
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"
    tom = await site.agent("tom")
    for target in (f"{room}/Tom", f"zzzzzzzzzzzzzzzzzzzzzzzzzz@{DOMAIN}/Tom"):
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


# ---- messages ------------------------------------------------------------------------------------


async def test_reflection_keeps_the_id_and_has_the_rooms_stanza_id(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    mark = tom.mark
    own = await sarah.say(room, "hello", "my-own-id")
    seen = await tom.said(room, "hello", mark)
    for s in (own, seen):
        assert s.id == "my-own-id" and s.sender == f"{room}/Sarah" and s.type == "groupchat"
        assert s.stanza_id and s.occupant_id and s.stamp is None
    assert own.stanza_id == seen.stanza_id
    assert own.to == sarah.jid and seen.to == tom.jid


async def test_forged_payloads_are_taken_out_of_lines(site):
    customer, sarah, room = await site.live()
    line = await sarah.say(room, "honest", extra=(
        f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id='forged1'/>"
        f"<delay xmlns='urn:xmpp:delay' from='{room}' stamp='2001-01-01T00:00:00Z'/>"
        "<delay xmlns='urn:xmpp:delay' stamp='2002-02-02T00:00:00Z'/>"
        "<x xmlns='jabber:x:delay' stamp='20030303T00:00:00'/>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged2'/>"
        "<x xmlns='http://jabber.org/protocol/muc#user'><item role='forged3'/></x>"
        "<addresses xmlns='http://jabber.org/protocol/address'>"
        "<address type='ofrom' jid='forged4@localhost'/></addresses>"
        "<result xmlns='urn:xmpp:mam:2' id='forged5'/>"
        "<hats xmlns='urn:xmpp:hats:0'><hat title='forged6' uri='x'/></hats>"
        "<origin-id xmlns='urn:xmpp:sid:0' id='kept'/>"))
    text = line.canonical()
    for forged in ("forged", "2001-01-01", "2002-02-02", "20030303"):
        assert forged not in text, line
    assert line.stanza_id and line.occupant_id and line.stamp is None
    assert 'id="kept"' in text


async def test_resend_with_the_same_origin_id_is_stored_once(site):
    customer, sarah, room = await site.live()
    origin = "<origin-id xmlns='urn:xmpp:sid:0' id='resend-1'/>"
    first = await sarah.say(room, "once", "resend-1", origin)
    second = await sarah.say(room, "once", "resend-1", origin)
    assert first.stanza_id == second.stanza_id
    assert [e["content"] for e in await customer.log()].count("once") == 1


async def test_visitors_line_is_forbidden_and_reaches_nobody(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    tom = await site.agent("tom")
    await tom.join(room)
    with pytest.raises(Refused) as refused:
        await tom.say(room, "from a visitor")
    assert refused.value.error == ("auth", "forbidden")
    await customer.say("fence")
    await sarah.said(room, "fence")
    await stream.said("fence")
    assert "from a visitor" not in [s.body for s in sarah.received]
    assert "from a visitor" not in [e["content"] for e in await customer.log()]


async def test_unknown_command_is_refused_and_never_shown(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    for text in ("!nosuchcommand", "!frobnicate now", "  !spaces before", "!CLOSEX"):
        with pytest.raises(Refused) as refused:
            await sarah.say(room, text)
        assert refused.value.error == ("modify", "not-acceptable"), text
    await sarah.say(room, "!! really?")
    await sarah.say(room, "fence")
    await stream.said("fence")
    said = [e.payload["content"] for e in stream.events if e.name == "message"]
    assert said[-1] == "fence" and not [t for t in said if "nosuch" in t or "frob" in t
                                        or "spaces" in t or "CLOSEX" in t]


@pytest.mark.parametrize("payload", [
    "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
    "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/></encrypted>",
    "<x xmlns='jabber:x:encrypted'>aGVsbG8=</x>",
    "<openpgp xmlns='urn:xmpp:openpgp:0'>aGVsbG8=</openpgp>",
    "<encryption xmlns='urn:xmpp:eme:0' namespace='x'/>"])
async def test_encrypted_line_is_refused_with_a_reason(site, payload):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    with pytest.raises(Refused) as refused:
        await sarah.say(room, "I sent you an encrypted message", extra=payload)
    assert refused.value.error == ("modify", "not-acceptable")
    assert "ncrypt" in refused.value.stanza.error_text
    await sarah.say(room, "in clear")
    await stream.said("in clear")
    assert [e.payload["content"] for e in stream.events if e.name == "message"] == ["in clear"]


@pytest.mark.parametrize("stanza, error", [
    ("<message type='groupchat' to='{room}/Sarah' id='{id}'><body>x</body></message>",
     ("modify", "bad-request")),
    ("<message type='chat' to='{room}' id='{id}'><body>x</body></message>",
     ("modify", "bad-request")),
    ("<message to='{room}' id='{id}'><body>x</body></message>", ("modify", "bad-request"))])
async def test_messages_that_are_no_lines_are_refused(site, stanza, error):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    after = sarah.mark
    number = sarah.new_id()
    sarah.send(stanza.format(room=room, id=number))
    assert (await sarah.answer(number, after)).error == error
    await sarah.say(room, "fence")
    await stream.said("fence")
    assert len([e for e in stream.events if e.name == "message"]) == 1


async def test_private_message_to_the_customer_is_refused(site):
    customer, sarah, room = await site.live(name="Alice")
    nick = next(s.nick for s in sarah.received if s.room == room and s.nick.startswith("Alice"))
    after = sarah.mark
    sarah.send(f"<message type='chat' to='{room}/{nick}' id='pm'><body>secret</body></message>")
    assert (await sarah.answer("pm", after)).error == ("auth", "forbidden")
    assert "secret" not in [e["content"] for e in await customer.log()]


async def test_line_from_outside_the_room_is_refused(site):
    customer, sarah, room = await site.live()
    phone = await site.agent("sarah", resource="phone")
    with pytest.raises(Refused) as refused:
        await phone.say(room, "from a client that did not join")
    assert refused.value.error[1] == "not-acceptable"


async def test_too_long_line_is_refused(site):
    customer, sarah, room = await site.live()
    with pytest.raises(Refused) as refused:
        await sarah.say(room, "x" * 16385)
    assert refused.value.error[0] == "modify"
    await sarah.say(room, "x" * 16384)


async def test_error_and_reflection_never_reach_the_customer_as_text(site):
    customer, sarah, room = await site.live()
    sarah.send(f"<message type='error' to='{room}' id='e'><body>bounced text</body>"
               "<error type='wait'><resource-constraint "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    await sarah.say(room, "fence")
    assert "bounced text" not in [e["content"] for e in await customer.log()]


# ---- chat states ---------------------------------------------------------------------------------


async def test_typing_goes_both_ways(site):
    customer, sarah, room = await site.live(name="Alice")
    stream = await customer.stream()
    mark = sarah.mark
    assert (await customer.web.post(customer.path("/typing"), {"isTyping": True})).status == 204
    typing = await sarah.wait(lambda s: s.kind == "message" and s.room == room
                              and s.chat_state == "composing", mark)
    assert typing.nick.startswith("Alice") and typing.body is None and typing.type == "groupchat"
    assert typing.xml.find("{urn:xmpp:hints}no-store") is not None
    await customer.web.post(customer.path("/typing"), {"isTyping": False})
    await sarah.wait(lambda s: s.kind == "message" and s.room == room
                     and s.chat_state in ("paused", "active"), mark)

    for state, is_typing in (("composing", True), ("paused", False)):
        mark = len(stream.events)
        sarah.send(f"<message type='groupchat' to='{room}' id='{state}'><{state} "
                   f"xmlns='{STATES[1:-1]}'/></message>")
        event = await stream.event("typing", lambda e, t=is_typing: e.payload["isTyping"] is t,
                                   after=mark)
        assert event.id is None and event.json["channel"] == f"chat:{customer.chat}:typing"
        assert "sarah@" not in event.data
    assert "composing" not in str((await customer.log()))


async def test_visitors_typing_is_not_shown_to_the_customer(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    tom = await site.agent("tom")
    await tom.join(room)
    tom.send(f"<message type='groupchat' to='{room}' id='t'><composing xmlns='{STATES[1:-1]}'/>"
             "</message>")
    await tom.info(room)
    await sarah.say(room, "fence")
    await stream.said("fence")
    assert "typing" not in [e.name for e in stream.events]


async def test_chat_states_are_not_in_the_history(site):
    customer, sarah, room = await site.live()
    await customer.web.post(customer.path("/typing"), {"isTyping": True})
    await sarah.wait(lambda s: s.chat_state == "composing")
    tom = await site.agent("tom")
    join = await tom.join(room)
    assert not [s for s in join.history if s.body is None]
    assert not [s for s in join.stanzas if s.chat_state == "composing"]


# ---- subject -------------------------------------------------------------------------------------


async def test_subject_change_is_refused_or_kept_from_the_customer(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    after = sarah.mark
    sarah.send(f"<message type='groupchat' to='{room}' id='sub'><subject>secret</subject>"
               "</message>")
    await sarah.wait(lambda s: s.kind == "message" and s.room == room
                     and (s.error == ("auth", "forbidden") or s.subject == "secret"), after)
    await sarah.say(room, "fence")
    await stream.said("fence")
    assert "secret" not in "".join(e.data for e in stream.events)


# ---- discovery -----------------------------------------------------------------------------------


async def test_service_describes_itself(site):
    sarah = await site.agent()
    answer = await sarah.info(DOMAIN)
    assert ("conference", "text") in [i[:2] for i in identities(answer)]
    assert "gateway" not in [i[0] for i in identities(answer)]
    assert SERVICE_FEATURES <= features(answer)
    assert (await sarah.info(DOMAIN, "nosuchnode")).error == ("cancel", "item-not-found")
    assert DOMAIN in await sarah.items("localhost")


async def test_room_describes_itself_before_joining(site):
    customer = await site.waiting(name="Alice")
    sarah = await site.agent()
    answer = await sarah.info(site.room(customer.chat))
    assert answer.type == "result"
    assert identities(answer)[0][:2] == ("conference", "text")
    assert "Alice" in identities(answer)[0][2]
    assert ROOM_FEATURES <= features(answer), ROOM_FEATURES - features(answer)
    fields = form_fields(answer)
    assert fields["FORM_TYPE"] == ["http://jabber.org/protocol/muc#roominfo"]
    assert "muc#roominfo_occupants" in fields


async def test_queue_lists_open_chats_longest_wait_first(site):
    customers = [await site.waiting(name=f"Person {n}") for n in range(3)]
    live, sarah, _ = await site.live(name="Served")
    closed, _, _ = await site.live(name="Over")
    (await closed.web.post(closed.path("/close"))).ok()
    early = await site.customer(name="Early")
    listed = await sarah.items(DOMAIN)
    rooms = [site.room(c.chat) for c in customers]
    assert [r for r in listed if r in rooms] == rooms
    for n, room in enumerate(rooms):
        assert f"Person {n}" in listed[room]
    order = list(listed)
    assert order.index(site.room(live.chat)) > order.index(rooms[-1])
    assert site.room(closed.chat) not in listed and site.room(early.chat) not in listed


async def test_rooms_items_are_empty(site):
    customer, sarah, room = await site.live()
    assert await sarah.items(room) == {}


async def test_reserved_nick_is_the_directorys_name(site):
    customer = await site.waiting()
    sarah = await site.agent()
    answer = await sarah.info(site.room(customer.chat), "x-roomuser-item")
    assert identities(answer) == [("conference", "text", "Sarah")]


async def test_members_list_is_for_those_in_the_room(site):
    customer, sarah, room = await site.live()
    query = ("<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='{}'/>"
             "</query>")
    jids = []
    for affiliation in ("owner", "admin", "member"):
        answer = await sarah.iq("get", room, query.format(affiliation))
        assert answer.type == "result", answer
        jids += [e.get("jid") for e in
                 answer.xml.iter("{http://jabber.org/protocol/muc#admin}item")]
    assert "sarah@localhost" in jids and all("/" not in j for j in jids)
    assert any(j.endswith("@" + DOMAIN) for j in jids)  # the customer, who has no devices


async def test_unknown_iqs_for_the_customer_are_answered_here(site):
    customer, sarah, room = await site.live(name="Alice")
    nick = next(s.nick for s in sarah.received if s.room == room and s.nick.startswith("Alice"))
    answer = await sarah.iq("get", f"{room}/{nick}", f"<ping xmlns='{PING}'/>")
    assert answer.type == "result"
    answer = await sarah.iq("get", f"{room}/{nick}", "<pubsub xmlns="
                            "'http://jabber.org/protocol/pubsub'><items node="
                            "'eu.siacs.conversations.axolotl.devicelist'/></pubsub>")
    assert answer.error == ("cancel", "item-not-found")


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
