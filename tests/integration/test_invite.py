"""Invitations, and requests for voice (XEP-0045 7.8, 7.13)."""

from lib.agent import MUC_USER
from test_admin import admin, item, observed, supervisor

CONFERENCE = "{jabber:x:conference}x"
FORM = "{jabber:x:data}"


def invite(room, to, reason="please help", number="i1"):
    return (f"<message to='{room}' id='{number}'><x xmlns='http://jabber.org/protocol/muc#user'>"
            f"<invite to='{to}'><reason>{reason}</reason></invite></x></message>")


async def answered(agent, number, after):
    return await agent.wait(lambda s: s.kind == "message" and s.type == "error" and s.id == number,
                            after, what="the refusal")


def is_invitation(room):
    return lambda s: s.kind == "message" and s.room == room \
        and s.xml.find(f"{MUC_USER}x/{MUC_USER}invite") is not None


async def test_invitation_arrives_without_a_body_and_lets_the_guest_in(site):
    _, sarah, room = await site.live()
    tom = await site.agent("tom")
    mark = tom.mark
    sarah.send(invite(room, site.jids["tom"]))
    got = await tom.wait(is_invitation(room), mark, what="an invitation")
    inside = got.xml.find(f"{MUC_USER}x/{MUC_USER}invite")
    assert got.id == "i1" and got.type in (None, "normal") and got.body is None
    assert inside.get("from") == site.jids["sarah"]
    assert inside.findtext(MUC_USER + "reason") == "please help"
    conference = got.xml.find(CONFERENCE)
    assert (conference.get("jid"), conference.get("reason")) == (room, "please help")
    assert (await tom.info(room)).type == "result"
    assert (await tom.join(room)).role == "visitor"


async def test_invitation_brings_back_only_by_a_supervisor_whom_a_supervisor_shut_out(site):
    _, room, sarah, tom, vera = await observed(site)
    assert (await admin(vera, room, item(jid=site.jids["tom"], affiliation="none"))).type \
        == "result"
    mark = sarah.mark
    sarah.send(invite(room, site.jids["tom"]))
    assert (await answered(sarah, "i1", mark)).error == ("cancel", "not-allowed")
    mark = tom.mark
    vera.send(invite(room, site.jids["tom"]))
    await tom.wait(is_invitation(room), mark, what="an invitation")
    assert (await tom.join(room)).role == "visitor"


async def test_who_cannot_invite_or_be_invited(site):
    _, room, sarah, tom, _ = await observed(site)
    nina = await site.agent("nina")
    for agent, guest, error in ((tom, "nina", ("auth", "forbidden")),  # a visitor
                                (nina, "tom", ("cancel", "not-acceptable")),  # is not in
                                (sarah, "eve", ("cancel", "item-not-found")),
                                (sarah, "mallory", ("cancel", "item-not-found"))):
        mark = agent.mark
        agent.send(invite(room, site.jids[guest]))
        assert (await answered(agent, "i1", mark)).error == error, guest


async def test_many_invitations_are_held_back(site):
    _, sarah, room = await site.live()
    mark = sarah.mark
    for n in range(40):
        sarah.send(invite(room, site.jids["tom"], number=f"many{n}"))
    refused = await answered(sarah, "many39", mark)
    assert refused.error == ("wait", "policy-violation")


async def test_decline_reaches_the_inviter(site):
    vera = await supervisor(site)
    customer = await site.waiting()
    room = site.room(customer.chat)
    await vera.join(room)
    tom = await site.agent("tom")
    mark = tom.mark
    vera.send(invite(room, site.jids["tom"]))
    await tom.wait(is_invitation(room), mark, what="an invitation")
    mark = vera.mark
    tom.send(f"<message to='{room}'><x xmlns='http://jabber.org/protocol/muc#user'>"
             f"<decline to='{site.jids['vera']}'><reason>lunch</reason></decline></x></message>")
    got = await vera.wait(lambda s: s.kind == "message" and s.room == room
                          and s.xml.find(f"{MUC_USER}x/{MUC_USER}decline") is not None, mark)
    inside = got.xml.find(f"{MUC_USER}x/{MUC_USER}decline")
    assert inside.get("from") == site.jids["tom"]
    assert inside.findtext(MUC_USER + "reason") == "lunch"


def request():
    return ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#request</value></field>"
            "<field var='muc#role'><value>participant</value></field></x>")


def approval(nick, allow):
    return ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#request</value></field>"
            "<field var='muc#role'><value>participant</value></field>"
            f"<field var='muc#roomnick'><value>{nick}</value></field>"
            f"<field var='muc#request_allow'><value>{allow}</value></field></x>")


def is_request(room):
    return lambda s: s.kind == "message" and s.room == room and s.xml.find(FORM + "x") is not None


async def test_voice_is_asked_for_and_granted_by_form(site):
    customer, room, sarah, tom, vera = await observed(site)
    stream = await customer.stream()
    marks = sarah.mark, vera.mark, tom.mark
    tom.send(f"<message to='{room}'>{request()}</message>")
    asked = await sarah.wait(is_request(room), marks[0], what="the request at the assigned agent")
    await vera.wait(is_request(room), marks[1], what="the request at the supervisor")
    fields = {f.get("var"): f.findtext(FORM + "value") for f in asked.xml.iter(FORM + "field")}
    assert fields["muc#roomnick"] == "Tom" and fields["muc#jid"] == tom.jid
    assert fields["muc#request_allow"] in ("0", "false")
    sarah.send(f"<message to='{room}'>{approval('Tom', 1)}</message>")
    await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom"
                   and s.item.get("role") == "participant", marks[2])
    await tom.say(room, "thank you")
    await stream.said("thank you")
    assert [e.payload["agentName"] for e in stream.events if e.name == "agent_joined"] == ["Tom"]


async def test_declined_request_changes_nothing(site):
    _, room, sarah, tom, _ = await observed(site)
    marks = sarah.mark, tom.mark
    tom.send(f"<message to='{room}'>{request()}</message>")
    await sarah.wait(is_request(room), marks[0])
    sarah.send(f"<message to='{room}'>{approval('Tom', 0)}</message>")
    await tom.wait(lambda s: s.line and "declined" in s.body, marks[1])
    members = await admin(sarah, room, item(affiliation="member"), kind="get")
    assert members.type == "result"
    assert (await tom.ping(room + "/Tom")).type == "result"


async def test_observer_cannot_grant_voice_to_itself(site):
    _, room, _, tom, _ = await observed(site)
    mark = tom.mark
    tom.send(f"<message to='{room}' id='v1'>{approval('Tom', 1)}</message>")
    assert (await answered(tom, "v1", mark)).error == ("auth", "forbidden")


async def test_speaker_needs_not_ask(site):
    _, sarah, room = await site.live()
    mark = sarah.mark
    sarah.send(f"<message to='{room}' id='v2'>{request()}</message>")
    assert (await answered(sarah, "v2", mark)).error == ("cancel", "not-allowed")
