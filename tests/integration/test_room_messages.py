"""What is said in the room: who hears it, what is taken out of it, and what never reaches the
customer."""

import pytest

from lib.agent import STATES, Refused


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
