"""Moderation of chats: kicks, voices, bans, and who may do them (XEP-0045 8 and 9)."""

from xml.sax.saxutils import quoteattr

import pytest

from lib.agent import Refused

ADMIN = "http://jabber.org/protocol/muc#admin"


async def supervisor(site, local="vera"):
    """An agent who supervises; made on first use."""
    if local not in site.jids:
        site.jids[local] = site.prosody.add_account(local)
        site.parley.add_agent(site.jids[local], local.capitalize(), "--role", "supervisor")
        site.keys[local] = site.parley.add_key(site.jids[local])
    return await site.agent(local)


def item(reason=None, **attributes):
    inside = f"<reason>{reason}</reason>" if reason else ""
    return "<item " + " ".join(f"{n}={quoteattr(v)}" for n, v in attributes.items()) + \
        f">{inside}</item>"


async def admin(agent, room, *items, kind="set"):
    return await agent.iq(kind, room, f"<query xmlns='{ADMIN}'>{''.join(items)}</query>")


def listed(answer):
    assert answer.type == "result", answer
    return {e.get("jid"): dict(e.attrib) for e in answer.xml.iter("{%s}item" % ADMIN)}


async def gone(agent, room, nick, after, code, own=False):
    return await agent.wait(
        lambda s: s.kind == "presence" and s.type == "unavailable" and s.nick == nick
        and s.room == room and code in s.statuses and ("110" in s.statuses) == own,
        after, what=f"{nick} out with {code}")


async def observed(site):
    """A chat that Sarah has, Tom observes, and Vera supervises."""
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    vera = await supervisor(site)
    await vera.join(room)
    return customer, room, sarah, tom, vera


def actor_and_reason(presence):
    user = "{http://jabber.org/protocol/muc#user}"
    found = presence.xml.find(f"{user}x/{user}item")
    actor = found.find(user + "actor")
    return actor.get("nick") if actor is not None else None, found.findtext(user + "reason")


async def test_supervisor_is_shown_as_moderator(site):
    _, room, sarah, _, vera = await observed(site)
    seen = await sarah.wait(lambda s: s.kind == "presence" and s.room == room and s.nick == "Vera")
    assert (seen.item["role"], seen.item["affiliation"]) == ("moderator", "admin")
    with pytest.raises(Refused) as refused:  # moderating is not speaking
        await vera.say(room, "hello customer")
    assert refused.value.error == ("auth", "forbidden")


async def test_kicked_agent_is_out_with_307_and_may_come_back(site):
    _, room, sarah, tom, vera = await observed(site)
    marks = sarah.mark, tom.mark
    answer = await admin(vera, room, item(nick="Tom", role="none", reason="not now"))
    assert answer.type == "result"
    own = await gone(tom, room, "Tom", marks[1], "307", own=True)
    assert own.item["role"] == "none" and own.item["affiliation"] == "member"
    assert actor_and_reason(own) == ("Vera", "not now")
    seen = await gone(sarah, room, "Tom", marks[0], "307")
    assert actor_and_reason(seen) == ("Vera", "not now")
    assert (await tom.ping(room + "/Tom")).error == ("cancel", "not-acceptable")
    assert (await tom.join(room)).role == "visitor"


async def test_kick_ends_every_session_of_the_agent(site):
    _, room, _, tom, vera = await observed(site)
    phone = await site.agent("tom", resource="phone")
    await phone.join(room)
    marks = tom.mark, phone.mark
    assert (await admin(vera, room, item(nick="Tom", role="none"))).type == "result"
    await gone(tom, room, "Tom", marks[0], "307", own=True)
    await gone(phone, room, "Tom", marks[1], "307", own=True)


async def test_who_may_kick_whom(site):
    _, room, sarah, tom, vera = await observed(site)
    kick = {nick: item(nick=nick, role="none") for nick in ("Sarah", "Tom", "Vera", "Nobody")}
    assert (await admin(tom, room, kick["Sarah"])).error == ("auth", "forbidden")
    assert (await admin(sarah, room, kick["Vera"])).error == ("cancel", "not-allowed")
    assert (await admin(vera, room, kick["Vera"])).error == ("cancel", "not-allowed")
    assert (await admin(vera, room, kick["Nobody"])).error == ("cancel", "item-not-found")
    assert (await admin(vera, room, item(nick="Tom", role="moderator"))).error \
        == ("cancel", "not-allowed")
    nina = await site.agent("nina")
    assert (await admin(nina, room, kick["Tom"])).error[1] == "not-acceptable"  # not in the room
    mark = tom.mark
    assert (await admin(sarah, room, kick["Tom"])).type == "result"  # the assigned agent
    await gone(tom, room, "Tom", mark, "307", own=True)


async def test_voice_makes_a_speaker_and_the_customer_sees_it_once(site):
    customer, room, sarah, tom, _ = await observed(site)
    stream = await customer.stream()
    mark = tom.mark
    for _ in range(2):
        assert (await admin(sarah, room, item(nick="Tom", role="participant"))).type == "result"
    await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom"
                   and s.item.get("role") == "participant", mark)
    await tom.say(room, "I can help too")
    await stream.said("I can help too")
    joins = [e.payload["agentName"] for e in stream.events if e.name == "agent_joined"]
    assert joins == ["Tom"]
    mark = tom.mark
    assert (await admin(sarah, room, item(nick="Tom", role="visitor"))).type == "result"
    await tom.wait(lambda s: s.kind == "presence" and s.nick == "Tom"
                   and s.item.get("role") == "visitor", mark)
    with pytest.raises(Refused):
        await tom.say(room, "still there?")
    assert (await admin(sarah, room, item(nick="Sarah", role="visitor"))).error \
        == ("cancel", "not-allowed")


async def test_customer_is_kicked_by_a_supervisor_only_and_then_the_chat_is_closed(site):
    customer, room, sarah, _, vera = await observed(site)
    nick = next(s.nick for s in sarah.received if s.kind == "presence" and s.room == room
                and "ustomer" in s.nick)
    assert (await admin(sarah, room, item(nick=nick, role="none"))).error \
        == ("cancel", "not-allowed")
    mark = sarah.mark
    assert (await admin(vera, room, item(nick=nick, role="none"))).type == "result"
    await sarah.wait(lambda s: s.kind == "presence" and s.room == room and s.nick == "Sarah"
                     and s.type == "unavailable", mark, what="the end of the room")
    with pytest.raises(Refused) as refused:
        await sarah.join(room)
    assert refused.value.error == ("cancel", "gone")
    await customer.say("I am still here")  # within the linger time


async def test_banned_agent_stays_out(site):
    customer, room, sarah, tom, vera = await observed(site)
    mark, seen = tom.mark, sarah.mark
    answer = await admin(vera, room, item(jid=site.jids["tom"], affiliation="outcast"))
    assert answer.type == "result"
    assert (await gone(tom, room, "Tom", mark, "301", own=True)).item["affiliation"] == "outcast"
    await gone(sarah, room, "Tom", seen, "301")
    with pytest.raises(Refused) as refused:
        await tom.join(room)
    assert refused.value.error == ("auth", "forbidden")
    assert room not in await tom.items(room.split("@")[1])
    web = site.agent_web("tom")
    assert (await web.get(f"/api/chats/{customer.chat}")).status == 404
    assert customer.chat.encode() not in (await web.get("/api/chats?filter=all&limit=100")).ok().body
    banned = listed(await admin(sarah, room, item(affiliation="outcast"), kind="get"))
    assert list(banned) == [site.jids["tom"]]
    assert (await admin(vera, room, item(jid=site.jids["tom"], affiliation="member"))).type \
        == "result"
    assert (await tom.join(room)).role == "visitor"


async def test_removed_agent_is_out_with_321_and_stays_out(site):
    customer, room, sarah, tom, vera = await observed(site)
    stream = await site.agent_web("tom").stream(f"/api/chats/{customer.chat}/events")
    mark, seen = tom.mark, sarah.mark
    answer = await admin(vera, room, item(jid=site.jids["tom"], affiliation="none"))
    assert answer.type == "result"
    await stream.board.until(lambda: stream.ended, what="the end of the removed agent's stream")
    assert (await gone(tom, room, "Tom", mark, "321", own=True)).item["affiliation"] == "none"
    await gone(sarah, room, "Tom", seen, "321")
    with pytest.raises(Refused) as refused:
        await tom.join(room)
    assert refused.value.error == ("auth", "registration-required")


async def test_removed_assigned_agent_leaves_the_chat_to_others(site):
    customer, room, sarah, tom, vera = await observed(site)
    stream = await customer.stream()
    mark = sarah.mark
    assert (await admin(vera, room, item(jid=site.jids["sarah"], affiliation="none"))).type \
        == "result"
    await gone(sarah, room, "Sarah", mark, "321", own=True)
    assert (await customer.info())["assignedToId"] is None
    await tom.say(room, "my turn")
    await stream.said("my turn")


async def test_affiliations_are_for_supervisors(site):
    _, room, sarah, tom, vera = await observed(site)
    out = item(jid=site.jids["tom"], affiliation="none")
    assert (await admin(sarah, room, out)).error == ("auth", "forbidden")
    assert (await admin(vera, room, item(jid=site.jids["tom"], affiliation="owner"))).error \
        == ("cancel", "not-allowed")
    assert (await admin(vera, room, item(jid=site.jids["vera"], affiliation="outcast"))).error \
        == ("cancel", "not-allowed")
    assert (await admin(vera, room, item(jid=site.jids["eve"], affiliation="member"))).error \
        == ("cancel", "item-not-found")
    assert (await admin(vera, room, item(jid=tom.jid, affiliation="none"))).error \
        == ("modify", "jid-malformed")
    assert (await admin(vera, room, item(jid=site.jids["tom"], nick="Tom", affiliation="none",
                                         role="none"))).error == ("modify", "bad-request")


async def test_moderators_hear_of_members_who_are_not_in_the_room(site):
    _, room, sarah, _, vera = await observed(site)
    mark = vera.mark
    assert (await admin(vera, room, item(jid=site.jids["nina"], affiliation="member"))).type \
        == "result"
    heard = await vera.wait(lambda s: s.kind == "message" and s.room == room
                            and s.item.get("jid") == site.jids["nina"], mark)
    assert heard.item["affiliation"] == "member" and heard.body is None
    members = listed(await admin(sarah, room, item(affiliation="member"), kind="get"))
    assert members[site.jids["nina"]]["nick"] == "Nina"


async def test_banned_customer_is_locked_out_of_the_web(site):
    customer, room, sarah, _, vera = await observed(site)
    jid = f"c-{customer.chat}@{room.split('@')[1]}"
    assert (await admin(sarah, room, item(jid=jid, affiliation="outcast"))).error \
        == ("auth", "forbidden")
    assert (await admin(vera, room, item(jid=jid, affiliation="outcast"))).type == "result"
    answer = await customer.web.get(customer.path(""))
    assert (answer.status, answer.problem()) == (403, "forbidden")
    answer = await customer.web.post(customer.path("/messages"), {"content": "let me in"})
    assert answer.status == 403
    assert (await customer.web.get(customer.path("/events"))).status == 403


async def test_ban_and_removal_outlive_a_restart(own_site):
    site = own_site()
    customer, room, _, tom, vera = await observed(site)
    other = await site.waiting()
    assert (await admin(vera, room, item(jid=site.jids["tom"], affiliation="outcast"))).type \
        == "result"
    jid = f"c-{other.chat}@{room.split('@')[1]}"
    assert (await admin(vera, site.room(other.chat), item(jid=jid, affiliation="outcast"))).type \
        == "result"
    site.parley.kill()
    site.parley.start()
    tom = await site.agent("tom")
    with pytest.raises(Refused) as refused:
        await tom.join(room)
    assert refused.value.error == ("auth", "forbidden")
    assert (await other.web.get(other.path(""))).status == 403
    assert (await customer.web.get(customer.path(""))).status == 200


async def test_strangers_get_one_answer_for_every_room(site):
    _, room, _, _, _ = await observed(site)
    eve = await site.agent("eve")
    missing = site.room("a" * 26)
    for query in (item(nick="Tom", role="none"), item(affiliation="member")):
        kind = "get" if "member" in query else "set"
        answers = [await admin(eve, r, query, kind=kind) for r in (room, missing)]
        assert [a.error for a in answers] == [("cancel", "item-not-found")] * 2
        assert answers[0].error_text == answers[1].error_text


async def test_removed_by_command_is_out_with_321(own_site):
    site = own_site()
    _, sarah, room = await site.live()
    nina = await site.agent("nina")
    await nina.join(room)
    stream = await site.agent_web("nina").stream(f"/api/chats/{room.split('@')[0]}/events")
    marks = sarah.mark, nina.mark
    site.parley.command("agent", "remove", site.jids["nina"])
    own = await gone(nina, room, "Nina", marks[1], "321", own=True)
    assert own.item["affiliation"] == "none"
    await gone(sarah, room, "Nina", marks[0], "321")
    await stream.board.until(lambda: stream.ended, what="the stream's end")
    with pytest.raises(Refused) as refused:
        await nina.join(room)
    assert refused.value.error == ("cancel", "item-not-found")


async def test_nick_changes_are_refused(site):
    _, sarah, room = await site.live()
    mark = sarah.mark
    sarah.send(f"<presence to='{room}/Queen' id='n1'/>")
    answer = await sarah.wait(lambda s: s.kind == "presence" and s.type == "error", mark)
    assert answer.error[1] == "not-acceptable"
    assert (await sarah.ping(room + "/Sarah")).type == "result"


@pytest.mark.parametrize("state", ["active", "inactive", "paused", "composing"])
async def test_chat_states_are_reflected_as_they_were_sent(site, state):
    _, sarah, room = await site.live()
    mark = sarah.mark
    sarah.send(f"<message type='groupchat' to='{room}'>"
               f"<{state} xmlns='http://jabber.org/protocol/chatstates'/></message>")
    seen = await sarah.wait(lambda s: s.chat_state is not None and s.room == room, mark)
    assert seen.chat_state == state


async def test_names_of_agents_cannot_be_probed_through_others_rooms(site):
    _, room, _, _, _ = await observed(site)
    eve = await site.agent("eve")
    answers = [await admin(eve, room, item(nick=nick, role="participant"))
               for nick in ("Tom", "Nobody")]
    assert answers[0].error == answers[1].error == ("cancel", "item-not-found")
    assert answers[0].error_text == answers[1].error_text
