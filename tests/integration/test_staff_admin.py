"""Roles and affiliations in rooms that agents make. XEP-0045 #roles, #affil."""

import pytest

from lib.agent import MUC_USER, Refused
from test_staff_rooms import ADMIN, OWNER, form, made, refused

ITEM = "{%s}item" % ADMIN


async def change(agent, room, *items):
    """items: attributes and a reason, as one query."""
    inside = "".join(
        "<item " + " ".join(f"{n}='{v}'" for n, v in item.items() if n != "reason") + ">"
        + (f"<reason>{item['reason']}</reason>" if "reason" in item else "") + "</item>"
        for item in items)
    answer = await agent.iq("set", room, f"<query xmlns='{ADMIN}'>{inside}</query>")
    return answer.error or answer.type


async def read(agent, room, **what):
    name, value = next(iter(what.items()))
    answer = await agent.iq("get", room, f"<query xmlns='{ADMIN}'><item {name}='{value}'/></query>")
    return answer.error or {i.get("nick") or i.get("jid") for i in answer.xml.iter(ITEM)}


def removal(s):
    return s.kind == "presence" and s.type == "unavailable"


def words(stanza, name):
    return [e.text or e.get("nick") for e in stanza.xml.iter(MUC_USER + name)]


async def three(site, **fields):
    """Sarah owns it; Tom and Nina are in it."""
    sarah, room = await made(site, **fields)
    tom, nina = await site.agent("tom"), await site.agent("nina")
    await tom.join(room, "Tom")
    await nina.join(room, "Nina")
    await sarah.wait(lambda s: s.kind == "presence" and s.room == room and s.nick == "Nina")
    return sarah, tom, nina, room


async def test_kick_removes_with_307_actor_and_reason(site):
    sarah, tom, nina, room = await three(site)
    at_tom, at_nina = tom.mark, nina.mark
    assert await change(sarah, room, {"nick": "Tom", "role": "none", "reason": "lunch"}) == "result"
    own = await tom.wait(removal, at_tom)
    assert own.statuses == {"110", "307"} and own.item["role"] == "none"
    assert words(own, "actor") == ["Sarah"] and words(own, "reason") == ["lunch"]
    seen = await nina.wait(removal, at_nina)
    assert seen.nick == "Tom" and seen.statuses == {"307"}
    with pytest.raises(Refused) as no:
        await tom.say(room, "hey")
    assert no.value.error[1] == "not-acceptable"
    assert (await tom.join(room, "Tom")).nick == "Tom"  # a kick is no ban


async def test_roles_are_given_by_those_who_may(site):
    sarah, tom, nina, room = await three(site, moderatedroom="1")
    assert await change(tom, room, {"nick": "Nina", "role": "none"}) == ("auth", "forbidden")
    after = tom.mark
    assert await change(sarah, room, {"nick": "Tom", "role": "participant"}) == "result"
    told = await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom", after)
    assert told.item["role"] == "participant" and "110" in told.statuses
    await tom.say(room, "heard")
    assert await change(sarah, room, {"nick": "Tom", "role": "moderator"}) == "result"
    # a moderator without affiliation gives voice, but makes no moderators and kicks no owner
    assert await change(tom, room, {"nick": "Nina", "role": "participant"}) == "result"
    assert await change(tom, room, {"nick": "Nina", "role": "moderator"}) == ("auth", "forbidden")
    assert await change(tom, room, {"nick": "Sarah", "role": "none"}) == ("cancel", "not-allowed")
    # nor does anybody take what an owner's rank gives
    assert await change(sarah, room, {"nick": "Sarah", "role": "visitor"}) == \
        ("cancel", "not-allowed")
    assert await change(sarah, room, {"nick": "Nobody", "role": "none"}) == \
        ("cancel", "item-not-found")


async def test_ban_removes_with_301_and_keeps_out(site):
    sarah, tom, _, room = await three(site)
    after = tom.mark
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "outcast"}) == "result"
    own = await tom.wait(removal, after)
    assert own.statuses == {"110", "301"} and own.item["affiliation"] == "outcast"
    assert await refused(tom, room, "Tom") == ("auth", "forbidden")
    assert await read(sarah, room, affiliation="outcast") == {tom.bare}
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "none"}) == "result"
    assert (await tom.join(room, "Tom")).nick == "Tom"


async def test_member_who_is_one_no_more_leaves_a_members_only_room(site):
    sarah, tom, nina, room = await three(site)
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "member"}) == "result"
    after, at_nina = tom.mark, nina.mark
    assert (await sarah.iq("set", room, form(membersonly="1"))).type == "result"
    gone = await nina.wait(removal, at_nina)
    assert gone.statuses == {"110", "322"}  # she never was one
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "none"}) == "result"
    assert (await tom.wait(lambda s: removal(s) and s.nick == "Tom", after)).statuses == \
        {"110", "321"}


async def test_rank_decides_who_changes_whom(site):
    sarah, tom, nina, room = await three(site)
    assert await change(tom, room, {"jid": nina.bare, "affiliation": "member"}) == \
        ("auth", "forbidden")
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "admin"}) == "result"
    assert await change(tom, room, {"jid": nina.bare, "affiliation": "member"}) == "result"
    assert await change(tom, room, {"jid": nina.bare, "affiliation": "admin"}) == \
        ("auth", "forbidden")
    assert await change(tom, room, {"jid": sarah.bare, "affiliation": "outcast"}) == \
        ("cancel", "not-allowed")
    assert await change(tom, room, {"jid": tom.bare, "affiliation": "outcast"}) == \
        ("cancel", "conflict")
    assert await change(sarah, room, {"jid": sarah.bare, "affiliation": "admin"}) == \
        ("cancel", "conflict")  # the last owner
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "owner"}) == "result"
    assert await change(sarah, room, {"jid": sarah.bare, "affiliation": "none"}) == "result"
    assert await change(sarah, room, {"jid": nina.bare, "affiliation": "none"}) == \
        ("auth", "forbidden")


async def test_administrator_moderates_while_it_is_one(site):
    sarah, tom, _, room = await three(site)
    for affiliation, role in (("admin", "moderator"), ("member", "participant")):
        after = tom.mark
        assert await change(sarah, room, {"jid": tom.bare, "affiliation": affiliation}) == "result"
        told = await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom", after)
        assert (told.item["affiliation"], told.item["role"]) == (affiliation, role)


async def test_several_items_are_changed_together_or_not_at_all(site):
    sarah, tom, nina, room = await three(site)
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "member"},
                        {"jid": sarah.bare, "affiliation": "none"}) == ("cancel", "conflict")
    assert await read(sarah, room, affiliation="member") == set()
    assert await change(sarah, room, {"jid": tom.bare, "affiliation": "member"},
                        {"jid": nina.bare, "affiliation": "member"}) == "result"
    assert await read(sarah, room, affiliation="member") == {tom.bare, nina.bare}


async def test_moderators_hear_of_those_who_are_not_in(site):
    sarah, room = await made(site)
    after = sarah.mark
    assert await change(sarah, room, {"jid": "kim@localhost", "affiliation": "member"}) == "result"
    told = await sarah.wait(lambda s: s.kind == "message" and s.item, after)
    assert told.item["jid"] == "kim@localhost" and told.item["affiliation"] == "member"


async def test_lists_are_read_by_those_who_may(site):
    sarah, tom, nina, room = await three(site)
    await change(sarah, room, {"jid": tom.bare, "affiliation": "member"})
    assert await read(sarah, room, affiliation="owner") == {sarah.bare}
    assert await read(sarah, room, role="participant") == {"Tom", "Nina"}
    assert await read(tom, room, role="participant") == ("auth", "forbidden")
    assert await read(tom, room, affiliation="member") == ("auth", "forbidden")
    await sarah.iq("set", room, form(whois="anyone", membersonly="0"))
    # clients of members ask for these when they join a private group
    assert await read(tom, room, affiliation="member") == {tom.bare}
    assert await read(tom, room, affiliation="outcast") == ("auth", "forbidden")
    assert await read(nina, room, affiliation="member") == ("auth", "forbidden")


async def test_senseless_changes_are_refused(site):
    sarah, room = await made(site)
    for item in ({"nick": "Sarah"}, {"affiliation": "member"}, {"role": "visitor"},
                 {"jid": "x@localhost", "affiliation": "king"},
                 {"jid": "x@localhost", "affiliation": "member", "role": "visitor"}):
        assert await change(sarah, room, item) == ("modify", "bad-request"), item
    assert await change(sarah, room, {"jid": "x@localhost/desk", "affiliation": "member"}) == \
        ("modify", "jid-malformed")


async def test_owners_and_administrators_come_with_the_form(site):
    sarah, tom, nina, room = await three(site)
    answer = await sarah.iq("set", room, form(roomowners=[sarah.bare, tom.bare],
                                              roomadmins=[nina.bare]))
    assert answer.type == "result"
    assert await read(sarah, room, affiliation="owner") == {sarah.bare, tom.bare}
    assert await read(sarah, room, affiliation="admin") == {nina.bare}
    answer = await sarah.iq("set", room, form(roomowners=[tom.bare], roomadmins=[]))
    assert answer.type == "result"
    assert await read(tom, room, affiliation="owner") == {tom.bare}
    assert await read(tom, room, affiliation="admin") == set()


async def test_invitation_makes_a_member_and_brings_it_in(site):
    sarah, room = await made(site, membersonly="1")
    tom = await site.agent("tom")
    after = tom.mark
    sarah.send(f"<message to='{room}' id='i1'><x xmlns='http://jabber.org/protocol/muc#user'>"
               f"<invite to='{tom.bare}'><reason>come</reason></invite></x></message>")
    asked = await tom.wait(lambda s: s.kind == "message" and s.sender == room, after)
    assert asked.xml.find(f"{MUC_USER}x/{MUC_USER}invite") is not None
    assert (await tom.join(room, "Tom")).self_presence.item["affiliation"] == "member"


async def test_private_words_follow_the_room_s_rule(site):
    sarah, tom, nina, room = await three(site, allowpm="moderators")
    after = nina.mark
    tom.send(f"<message type='chat' to='{room}/Nina' id='p1'><body>psst</body></message>")
    assert (await tom.wait(lambda s: s.id == "p1")).error == ("auth", "forbidden")
    sarah.send(f"<message type='chat' to='{room}/Nina' id='p2'><body>hello</body></message>")
    assert (await nina.wait(lambda s: s.body == "hello", after)).nick == "Sarah"


async def test_nick_that_was_given_to_a_member_is_kept_for_it(site):
    sarah, room = await made(site)
    tom, nina = await site.agent("tom"), await site.agent("nina")
    assert await change(sarah, room, {"jid": nina.bare, "affiliation": "member",
                                      "nick": "Second in command"}) == "result"
    assert await refused(tom, room, "Second in command") == ("cancel", "conflict")
    assert (await nina.join(room, "Second in command")).nick == "Second in command"


async def test_visitor_s_request_for_voice_is_granted_by_a_form(site):
    sarah, tom, _, room = await three(site, moderatedroom="1")
    after = sarah.mark
    tom.send(f"<message to='{room}' id='v1'><x xmlns='jabber:x:data' type='submit'>"
             "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>"
             "<field var='muc#role'><value>participant</value></field></x></message>")
    asked = await sarah.wait(lambda s: s.kind == "message" and s.sender == room
                             and s.xml.find("{jabber:x:data}x") is not None, after)
    assert "Tom" in str(asked)
    after = tom.mark
    sarah.send(f"<message to='{room}' id='v2'><x xmlns='jabber:x:data' type='submit'>"
               "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value>"
               "</field><field var='muc#role'><value>participant</value></field>"
               "<field var='muc#roomnick'><value>Tom</value></field>"
               "<field var='muc#request_allow'><value>1</value></field></x></message>")
    told = await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom", after)
    assert told.item["role"] == "participant"


async def test_hostile_requests_are_answered_and_do_no_harm(site):
    sarah, room = await made(site)
    many = "".join(f"<item jid='x{i}@localhost' affiliation='member'/>" for i in range(200))
    fields = "".join(f"<field var='f{i}'><value>v</value></field>" for i in range(500))
    long = "x" * 5000
    for kind, payload in (
            ("set", f"<query xmlns='{ADMIN}'>{many}</query>"),
            ("set", f"<query xmlns='{ADMIN}'><item nick='Sarah' role='none'>"
                    f"<reason>{long}</reason></item></query>"),
            ("set", form(roomname=long)), ("set", form(roomsecret=long)),
            ("set", form(lang="&lt;x/&gt;" * 400)),
            ("set", form(roomowners=[f"o{i}@localhost" for i in range(200)])),
            ("set", f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>{fields}</x>"
                    "</query>"),
            ("set", f"<query xmlns='{OWNER}'><destroy><reason>{long}</reason></destroy></query>"),
            ("get", f"<query xmlns='{ADMIN}'><item affiliation='none'/></query>"),
            ("set", f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data'/></query>")):
        assert (await sarah.iq(kind, room, payload)).type in ("error", "result"), payload[:80]
    assert (await sarah.ping(f"{room}/Sarah")).type == "result"
    tom = await site.agent("tom")
    for local in ("y" * 300, "a b".replace(" ", "%20"), "ü" * 100):
        got = await refused(tom, f"{local}@{room.split('@')[1]}", "Tom", "p" * 4000)
        assert got is not None
