"""Rooms that agents make: creation, configuration, subject, nicks, the end. XEP-0045."""

import itertools

import pytest

from lib.agent import CLIENT, DISCO_INFO, Refused
from lib.prosody import DOMAIN

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"
FORM = "{jabber:x:data}"
CONFIG = "muc#roomconfig_"
INSTANT = f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'/></query>"
_names = itertools.count(1)


def new_room(name="team"):
    return f"{name}{next(_names)}@{DOMAIN}"


def form(**fields):
    """The owner's submission; a list gives several values."""
    inside = "".join(
        f"<field var='{name if name.startswith('muc#') else CONFIG + name}'>"
        + "".join(f"<value>{v}</value>" for v in (value if isinstance(value, list) else [value]))
        + "</field>" for name, value in fields.items())
    return (f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
            f"{inside}</x></query>")


async def made(site, local="sarah", nick="Sarah", **fields):
    """A configured room and its owner."""
    owner, room = await site.agent(local), new_room()
    await owner.join(room, nick)
    answer = await owner.iq("set", room, form(**fields) if fields else INSTANT)
    assert answer.type == "result", answer
    return owner, room


async def refused(agent, room, nick, password=None):
    after = agent.mark
    inside = f"<password>{password}</password>" if password else ""
    agent.send(f"<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'>{inside}"
               "</x></presence>")
    try:
        return await agent.joined(room, after)
    except Refused as e:
        return e.error


async def features(agent, room):
    answer = await agent.info(room)
    assert answer.type == "result", answer
    return {f.get("var") for f in answer.xml.iter("{%s}feature" % DISCO_INFO)}


# ---- creation ------------------------------------------------------------------------------------

async def test_joining_a_free_name_makes_a_locked_room(site):
    sarah, tom, room = await site.agent("sarah"), await site.agent("tom"), new_room()
    joined = await sarah.join(room, "Skipper")
    assert {"110", "201"} <= joined.self_presence.statuses
    assert "100" not in joined.self_presence.statuses  # semi-anonymous until configured otherwise
    assert joined.self_presence.item["affiliation"] == "owner"
    assert joined.role == "moderator"
    assert joined.nick == "Skipper"
    assert await refused(tom, room, "x") == ("cancel", "item-not-found")
    assert (await sarah.iq("set", room, INSTANT)).type == "result"
    entered = await tom.join(room, "Guest")
    assert entered.role == "participant"
    assert entered.self_presence.item["affiliation"] == "none"


async def test_cancelling_the_first_configuration_ends_the_room(site):
    sarah, tom, room = await site.agent("sarah"), await site.agent("tom"), new_room()
    await sarah.join(room, "Skipper")
    after = sarah.mark
    answer = await sarah.iq("set", room, f"<query xmlns='{OWNER}'>"
                            "<x xmlns='jabber:x:data' type='cancel'/></query>")
    assert answer.type == "result"
    gone = await sarah.wait(lambda s: s.kind == "presence" and s.type == "unavailable", after)
    assert gone.item["role"] == "none"
    assert "201" in (await tom.join(room, "New")).self_presence.statuses


async def test_temporary_room_ends_with_its_last_occupant(site):
    sarah, room = await made(site)
    await sarah.leave(room, "Sarah")
    assert (await sarah.info(room)).error == ("cancel", "item-not-found")
    assert "201" in (await sarah.join(room, "Sarah")).self_presence.statuses


async def test_names_of_the_service_are_never_made(site):
    sarah = await site.agent("sarah")
    for local in ("queue", "lobby-nowhere", "a" * 26, "c-" + "a" * 26):
        assert await refused(sarah, f"{local}@{DOMAIN}", "x") == ("cancel", "item-not-found"), local


async def test_outsiders_neither_make_nor_see_rooms(site):
    _, room = await made(site)
    mallory, eve = await site.agent("mallory"), await site.agent("eve")
    missing = new_room()
    for who in (mallory, eve):
        answers = [(await who.info(r)).error for r in (room, missing)]
        assert answers == [("cancel", "item-not-found")] * 2
    assert await refused(mallory, room, "x") == await refused(mallory, missing, "x") \
        == ("cancel", "item-not-found")
    assert await refused(eve, room, "x") == ("cancel", "item-not-found")


# ---- configuration -------------------------------------------------------------------------------

async def test_form_shows_what_is_set_and_is_the_owners(site):
    sarah, room = await made(site, roomname="Night shift", publicroom="0", maxusers="20")
    answer = await sarah.iq("get", room, f"<query xmlns='{OWNER}'/>")
    fields = {f.get("var"): [v.text for v in f.findall(FORM + "value")]
              for f in answer.xml.iter(FORM + "field")}
    assert fields["FORM_TYPE"] == ["http://jabber.org/protocol/muc#roomconfig"]
    assert fields[CONFIG + "roomname"] == ["Night shift"]
    assert fields[CONFIG + "publicroom"] == ["0"]
    assert fields[CONFIG + "maxusers"] == ["20"]
    assert fields[CONFIG + "roomowners"] == [sarah.bare]
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    for kind, query in (("get", f"<query xmlns='{OWNER}'/>"), ("set", form(roomname="x")),
                        ("set", f"<query xmlns='{OWNER}'><destroy/></query>")):
        assert (await tom.iq(kind, room, query)).error == ("auth", "forbidden")


async def test_changes_are_told_by_status_codes(site):
    sarah, room = await made(site)
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    for fields, codes in (({"roomname": "x"}, {"104"}),
                          ({"enablelogging": "1"}, {"104", "170"}),
                          ({"enablelogging": "0"}, {"104", "171"}),
                          ({"whois": "anyone"}, {"104", "172"}),
                          ({"whois": "moderators"}, {"104", "173"})):
        after = tom.mark
        assert (await sarah.iq("set", room, form(**fields))).type == "result"
        told = await tom.wait(lambda s: s.kind == "message" and s.statuses, after)
        assert told.statuses == codes
        assert told.sender == room and told.type == "groupchat"


async def test_wrong_values_change_nothing(site):
    sarah, room = await made(site, roomname="Right")
    for fields in ({"membersonly": "perhaps"}, {"whois": "nobody"}, {"maxusers": "many"},
                   {"roomowners": "@"}, {"allowpm": "all"}, {"maxusers": "999999"}):
        answer = await sarah.iq("set", room, form(roomname="Wrong", **fields))
        assert answer.type == "error", fields
    assert "Wrong" not in str(await sarah.info(room))


async def test_discovery_says_how_the_room_is_configured(site):
    sarah, room = await made(site)
    assert {"muc_open", "muc_unmoderated", "muc_public", "muc_semianonymous", "muc_temporary",
            "muc_unsecured"} <= await features(sarah, room)
    await sarah.iq("set", room, form(membersonly="1", moderatedroom="1", publicroom="0",
                                     whois="anyone", persistentroom="1",
                                     passwordprotectedroom="1", roomsecret="x"))
    assert {"muc_membersonly", "muc_moderated", "muc_hidden", "muc_nonanonymous",
            "muc_persistent", "muc_passwordprotected"} <= await features(sarah, room)


async def test_public_rooms_are_listed_and_hidden_ones_not(site):
    _, public = await made(site, roomname="Open house")
    _, hidden = await made(site, publicroom="0")
    tom, eve, mallory = [await site.agent(n) for n in ("tom", "eve", "mallory")]
    items = await tom.items(DOMAIN)
    assert items[public] == "Open house"
    assert hidden not in items
    for outsider in (eve, mallory):
        assert public not in await outsider.items(DOMAIN)


# ---- the way in ----------------------------------------------------------------------------------

async def test_password_is_wanted(site):
    _, room = await made(site, passwordprotectedroom="1", roomsecret="sesame")
    tom = await site.agent("tom")
    assert await refused(tom, room, "Tom") == ("auth", "not-authorized")
    assert await refused(tom, room, "Tom", "wrong") == ("auth", "not-authorized")
    assert (await refused(tom, room, "Tom", "sesame")).nick == "Tom"


async def test_members_only_room_lets_members_in(site):
    sarah, room = await made(site, membersonly="1")
    tom = await site.agent("tom")
    assert await refused(tom, room, "Tom") == ("auth", "registration-required")
    await sarah.iq("set", room, f"<query xmlns='{ADMIN}'>"
                   f"<item affiliation='member' jid='{tom.bare}'/></query>")
    assert (await tom.join(room, "Tom")).self_presence.item["affiliation"] == "member"


async def test_full_room_lets_only_its_administrators_in(site):
    sarah, room = await made(site, maxusers="1")
    tom = await site.agent("tom")
    assert await refused(tom, room, "Tom") == ("wait", "service-unavailable")
    await sarah.iq("set", room, f"<query xmlns='{ADMIN}'>"
                   f"<item affiliation='admin' jid='{tom.bare}'/></query>")
    assert (await tom.join(room, "Tom")).role == "moderator"


async def test_nick_of_another_and_of_an_agent_is_a_conflict(site):
    _, room = await made(site, nick="Helmsman")
    tom = await site.agent("tom")
    for nick in ("Helmsman", "Sarah", "Nina"):
        assert await refused(tom, room, nick) == ("cancel", "conflict"), nick
    assert (await tom.join(room, "Tom")).nick == "Tom"


async def test_same_nick_from_two_clients_is_one_occupant(site):
    sarah, room = await made(site)
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    other = await site.agent("tom")
    after = sarah.mark
    joined = await other.join(room, "Tom")
    assert {s.nick for s in joined.others} == {"Sarah"}
    await sarah.say(room, "one line each")
    for client in (tom, other):
        await client.said(room, "one line each")
        assert len([s for s in client.lines(room) if s.body == "one line each"]) == 1
    await other.leave(room, "Tom")
    await sarah.say(room, "still here")
    await tom.said(room, "still here")
    assert not [s for s in sarah.received[after:] if s.type == "unavailable"]


async def test_two_nicks_of_one_person_are_two_occupants(site):
    sarah, room = await made(site)
    await (await site.agent("tom")).join(room, "Tom")
    second = await (await site.agent("tom")).join(room, "Tom at home")
    assert {s.nick for s in second.others} == {"Sarah", "Tom"}
    assert second.nick == "Tom at home"


async def test_addresses_are_shown_to_moderators_only(site):
    sarah, room = await made(site)
    tom, nina = await site.agent("tom"), await site.agent("nina")
    entered = await tom.join(room, "Tom")
    assert all("jid" not in s.item for s in entered.others)
    after, at_sarah = tom.mark, sarah.mark
    await nina.join(room, "Nina")
    assert "jid" not in (await tom.wait(lambda s: s.nick == "Nina", after)).item
    assert (await sarah.wait(lambda s: s.nick == "Nina", at_sarah)).item["jid"] == nina.jid


# ---- speaking ------------------------------------------------------------------------------------

async def test_lines_are_history_for_who_comes_later(site):
    sarah, room = await made(site)
    said = await sarah.say(room, "first words")
    joined = await (await site.agent("tom")).join(room, "Tom")
    assert [(s.body, s.nick, s.stanza_id) for s in joined.history] == \
        [("first words", "Sarah", said.stanza_id)]


async def test_word_with_an_exclamation_mark_is_a_line_here(site):
    sarah, room = await made(site)
    assert (await sarah.say(room, "!close")).body == "!close"


async def test_subject_is_changed_by_the_room_s_rule(site):
    sarah, room = await made(site, changesubject="0")
    tom = await site.agent("tom")
    await tom.join(room, "Tom")

    def subject(text):
        return (f"<message type='groupchat' to='{room}' id='s{text}'><subject>{text}</subject>"
                "</message>")

    after = tom.mark
    tom.send(subject("mine"))
    assert (await tom.answer("smine", after)).error == ("auth", "forbidden")
    sarah.send(subject("hers"))
    told = await tom.wait(lambda s: s.has_subject and s.subject == "hers", after)
    assert told.nick == "Sarah" and told.id == "shers"
    await sarah.iq("set", room, form(changesubject="1"))
    after = tom.mark
    tom.send(subject("mine"))
    assert (await tom.wait(lambda s: s.has_subject and s.subject == "mine", after)).nick == "Tom"
    joined = await (await site.agent("nina")).join(room, "Nina")
    assert joined.subject.subject == "mine" and joined.subject.nick == "Tom"


async def test_visitor_of_a_moderated_room_has_no_voice(site):
    sarah, room = await made(site, moderatedroom="1")
    tom = await site.agent("tom")
    assert (await tom.join(room, "Tom")).role == "visitor"
    with pytest.raises(Refused) as no:
        await tom.say(room, "may I?")
    assert no.value.error == ("auth", "forbidden")
    after = sarah.mark
    tom.send(f"<message type='groupchat' to='{room}' id='t1'>"
             "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    await tom.ping(f"{room}/Tom")
    await sarah.ping(f"{room}/Sarah")
    assert not [s for s in sarah.received[after:] if s.chat_state]
    assert not sarah.lines(room)


# ---- nicks ---------------------------------------------------------------------------------------

async def test_change_of_nick_is_told_to_all(site):
    sarah, room = await made(site)
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    at_sarah, at_tom = sarah.mark, tom.mark
    tom.send(f"<presence to='{room}/Thomas'/>")
    own = await tom.wait(lambda s: s.kind == "presence" and s.type == "unavailable", at_tom)
    assert own.nick == "Tom" and {"110", "303"} == own.statuses and own.item["nick"] == "Thomas"
    now = await tom.wait(lambda s: s.kind == "presence" and s.nick == "Thomas", own.index)
    assert "110" in now.statuses
    seen = await sarah.wait(lambda s: s.type == "unavailable" and s.nick == "Tom", at_sarah)
    assert seen.statuses == {"303"} and seen.item["nick"] == "Thomas"
    await sarah.wait(lambda s: s.kind == "presence" and s.nick == "Thomas", seen.index)
    assert (await tom.say(room, "it is me")).nick == "Thomas"


async def test_taken_nick_is_a_conflict_and_changes_nothing(site):
    sarah, room = await made(site)
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    after = tom.mark
    tom.send(f"<presence to='{room}/Sarah'/>")
    error = await tom.wait(lambda s: s.kind == "presence" and s.type == "error", after)
    assert error.error == ("cancel", "conflict")
    assert (await tom.say(room, "unchanged")).nick == "Tom"


# ---- the end -------------------------------------------------------------------------------------

async def test_destroying_tells_everybody_where_to_go(site):
    sarah, room = await made(site, persistentroom="1")
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    after = tom.mark
    answer = await sarah.iq("set", room, f"<query xmlns='{OWNER}'><destroy jid='other@{DOMAIN}'>"
                            "<reason>moved</reason></destroy></query>")
    assert answer.type == "result"
    gone = await tom.wait(lambda s: s.kind == "presence" and s.type == "unavailable", after)
    destroy = gone.xml.find(".//{http://jabber.org/protocol/muc#user}destroy")
    assert gone.nick == "Tom" and gone.item["role"] == "none"
    assert destroy.get("jid") == f"other@{DOMAIN}"
    assert destroy[0].text == "moved"
    assert (await tom.info(room)).error == ("cancel", "item-not-found")


@pytest.mark.deadline(90)
async def test_room_its_log_and_its_people_outlive_a_kill(own_site):
    site = own_site()
    sarah, room = await made(site, persistentroom="1", moderatedroom="1", roomname="Kept")
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    await sarah.iq("set", room, f"<query xmlns='{ADMIN}'><item nick='Tom' role='participant'/>"
                   "</query>")
    said = await tom.say(room, "before")
    sarah.send(f"<message type='groupchat' to='{room}'><subject>kept too</subject></message>")
    await tom.wait(lambda s: s.has_subject and s.subject == "kept too")
    site.parley.kill()
    site.parley.start()
    assert (await tom.say(room, "after")).nick == "Tom"  # still in, and still with a voice
    nina = await site.agent("nina")
    joined = await nina.join(room, "Nina")
    assert joined.role == "visitor"
    assert [s.body for s in joined.history] == ["before", "after"]
    assert joined.history[0].stanza_id == said.stanza_id
    assert joined.subject.subject == "kept too"
    assert (await sarah.items(DOMAIN))[room] == "Kept"
    assert (await sarah.iq("get", room, f"<query xmlns='{OWNER}'/>")).type == "result"


# ---- the setting ---------------------------------------------------------------------------------

@pytest.mark.deadline(90)
async def test_anyone_may_make_rooms_where_that_is_set(own_site):
    site = own_site({"xmpp": {"staff_rooms": "anyone"}})
    mallory, eve, room = await site.agent("mallory"), await site.agent("eve"), new_room()
    assert "201" in (await mallory.join(room, "Mallory")).self_presence.statuses
    await mallory.iq("set", room, INSTANT)
    await eve.join(room, "Eve")
    assert (await mallory.say(room, "hello")).nick == "Mallory"
    assert room in await mallory.items(DOMAIN)
    assert await refused(mallory, f"lobby@{DOMAIN}", "x") == ("cancel", "item-not-found")
    assert await refused(mallory, f"{'a' * 26}@{DOMAIN}", "x") == ("cancel", "item-not-found")


@pytest.mark.deadline(90)
async def test_nobody_makes_rooms_where_that_is_off(own_site):
    site = own_site({"xmpp": {"staff_rooms": "off"}})
    sarah, mallory = await site.agent("sarah"), await site.agent("mallory")
    assert await refused(sarah, new_room(), "Sarah") == ("cancel", "not-allowed")
    assert await refused(sarah, f"{'a' * 26}@{DOMAIN}", "Sarah") == ("cancel", "item-not-found")
    assert await refused(mallory, new_room(), "Mallory") == ("cancel", "item-not-found")
    assert (await sarah.join(f"lobby@{DOMAIN}", "Sarah")).nick == "Sarah"
