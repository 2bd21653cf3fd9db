"""Private messages and iqs from occupant to occupant (XEP-0045 7.5, 17.4)."""

from test_admin import observed

VCARD = "<vCard xmlns='vcard-temp'/>"


async def pair(site):
    """Sarah has the chat, Tom observes."""
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    return customer, sarah, tom, room


def customer_nick(agent, room):
    return next(s.nick for s in agent.received if s.kind == "presence" and s.room == room
                and "ustomer" in s.nick)


async def test_private_message_reaches_all_sessions_and_nobody_else(site):
    customer, sarah, tom, room = await pair(site)
    phone = await site.agent("sarah", resource="phone")
    await phone.join(room)
    stream = await customer.stream()
    marks = sarah.mark, phone.mark
    tom.send(f"<message type='chat' to='{room}/Sarah' id='p1'><body>psst</body></message>")
    for agent, mark in zip((sarah, phone), marks):
        got = await agent.wait(lambda s: s.kind == "message" and s.body == "psst", mark)
        assert got.type == "chat" and got.sender == room + "/Tom" and got.id == "p1"
        assert got.xml.find("{http://jabber.org/protocol/muc#user}x") is not None
        assert got.stanza_id is None
    await customer.say("fence")
    await stream.said("fence")
    assert all("psst" not in e.data for e in stream.events)
    assert all("psst" not in e["content"] for e in await customer.log())


async def test_private_messages_do_not_reach_customers(site):
    _, sarah, _, room = await pair(site)
    mark = sarah.mark
    nick = customer_nick(sarah, room)
    sarah.send(f"<message type='chat' to='{room}/{nick}' id='p2'><body>psst</body></message>")
    answer = await sarah.wait(lambda s: s.id == "p2" and s.type == "error", mark)
    assert answer.error == ("auth", "forbidden") and "customers" in answer.error_text


async def test_private_message_to_nobody_and_from_outside(site):
    _, sarah, _, room = await pair(site)
    nina = await site.agent("nina")
    for agent, nick, error in ((sarah, "Nobody", ("cancel", "item-not-found")),
                               (nina, "Sarah", ("cancel", "not-acceptable"))):
        mark = agent.mark
        agent.send(f"<message type='chat' to='{room}/{nick}' id='p3'><body>x</body></message>")
        answer = await agent.wait(lambda s: s.id == "p3" and s.type == "error", mark)
        assert answer.error == error


async def test_bounce_of_a_private_message_throws_nobody_out(site):
    _, sarah, tom, room = await pair(site)
    mark = sarah.mark
    tom.send(f"<message type='chat' to='{room}/Sarah' id='p4'><body>psst</body></message>")
    await sarah.wait(lambda s: s.body == "psst", mark)
    sarah.send(f"<message type='error' to='{room}/Tom' id='p4'><error type='cancel'>"
               "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
               "</message>")
    assert (await sarah.ping(room + "/Sarah")).type == "result"
    mark = tom.mark
    sarah.send(f"<message type='error' to='{room}/Tom' id='other'><error type='cancel'>"
               "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
               "</message>")
    await tom.wait(lambda s: s.kind == "presence" and s.nick == "Sarah" and "333" in s.statuses,
                   mark)


async def test_iq_goes_to_the_other_client_and_its_answer_comes_back(site):
    _, sarah, tom, room = await pair(site)
    mark = sarah.mark
    answer = await tom.info(room + "/Sarah")  # the client answers by itself
    asked = await sarah.wait(lambda s: s.kind == "iq" and s.type == "get"
                             and s.sender == room + "/Tom", mark)
    assert asked.to == sarah.jid and asked.id != answer.id
    assert answer.type == "result" and answer.sender == room + "/Sarah"
    assert (await tom.ping(room + "/Sarah")).type == "result"


async def test_error_answer_comes_back_as_an_error(site):
    _, sarah, tom, room = await pair(site)
    answer = await tom.iq("get", room + "/Sarah", "<query xmlns='urn:example:unknown'/>")
    assert answer.error == ("cancel", "service-unavailable") or answer.error is not None
    assert answer.sender == room + "/Sarah"


async def test_answer_from_somebody_else_is_no_answer(site):
    _, room, sarah, tom, vera = await observed(site)
    mark = sarah.mark
    tom.send(f"<iq type='set' to='{room}/Sarah' id='q2'><query xmlns='urn:example:slow'/></iq>")
    asked = await sarah.wait(lambda s: s.kind == "iq" and s.sender == room + "/Tom", mark)
    mark = tom.mark
    vera.send(f"<iq type='result' to='{room}/Tom' id='{asked.id}'><forged xmlns='urn:x'/></iq>")
    await vera.ping(room)
    sarah.send(f"<iq type='result' to='{room}/Tom' id='{asked.id}'/>")
    answer = await tom.wait(lambda s: s.kind == "iq" and s.id == "q2", mark)
    # slixmpp may have answered the unknown question itself, with an error; never the forgery
    assert answer.xml.find("{urn:x}forged") is None


async def test_vcard_is_asked_of_the_account(site):
    _, sarah, tom, room = await pair(site)
    await sarah.iq("set", site.jids["sarah"], "<vCard xmlns='vcard-temp'><FN>Sarah S.</FN></vCard>")
    answer = await tom.iq("get", room + "/Sarah", VCARD)
    assert answer.type == "result" and answer.sender == room + "/Sarah", answer
    assert answer.xml.findtext("{vcard-temp}vCard/{vcard-temp}FN") == "Sarah S."


async def test_only_occupants_ask_occupants(site):
    _, sarah, room = await site.live()
    nina = await site.agent("nina")
    assert (await nina.iq("get", room + "/Sarah", VCARD)).error[1] == "not-acceptable"
    assert (await sarah.iq("get", room + "/Nobody", VCARD)).error == ("cancel", "item-not-found")
