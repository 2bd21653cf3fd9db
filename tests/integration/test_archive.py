"""The room's archive (XEP-0313), as clients ask for it."""

import asyncio
import datetime

import pytest

from lib.archive import MAM, Line, ask, field, form, rsm

ITEM = "{http://jabber.org/protocol/muc#user}x/{http://jabber.org/protocol/muc#user}item"


async def with_lines(site, n=7):
    """A waiting chat with the assistant's phase and n lines; an agent who is not in the room."""
    customer = await site.customer(name="Alice")
    await customer.ask("I need to speak to a human")
    await customer.escalate("needs a person")
    for k in range(n):
        await customer.say(f"line {k}")
    return customer, await site.agent(), site.room(customer.chat)


# ---- what is there -------------------------------------------------------------------------------


async def test_the_room_says_that_it_has_an_archive(site):
    customer, sarah, room = await with_lines(site, 0)
    text = (await sarah.info(room)).canonical()
    assert f'var="{MAM}"' in text and f'var="{MAM}#extended"' in text


async def test_the_form_names_all_fields(site):
    customer, sarah, room = await with_lines(site, 0)
    answer = await sarah.iq("get", room, f"<query xmlns='{MAM}'/>")
    names = {e.get("var") for e in answer.xml.iter("{jabber:x:data}field")}
    assert names == {"FORM_TYPE", "with", "start", "end", "before-id", "after-id", "ids"}


async def test_all_lines_are_those_of_the_log(site):
    customer, sarah, room = await with_lines(site)
    page = await ask(sarah, room)
    log = await customer.log()
    assert page.ids == [e["id"] for e in log]
    assert page.complete and page.count == len(log) and page.index == 0
    assert (page.first, page.last) == (log[0]["id"], log[-1]["id"])
    for line, entry in zip(page.lines, log):
        at = datetime.datetime.fromisoformat(line.stamp.replace("Z", "+00:00"))
        assert at == datetime.datetime.fromisoformat(entry["createdAt"].replace("Z", "+00:00"))
        assert line.body == entry["content"]
        assert line.queryid == "q"
        assert line.message.get("to") is None and line.message.get("type") == "groupchat"


async def test_lines_tell_who_said_them(site):
    customer, sarah, room = await with_lines(site, 1)
    await sarah.join(room, history={"maxchars": 0})
    await sarah.say(room, "hello Alice")
    page = await ask(sarah, room)
    by_body = {line.body: line for line in page.lines}
    mine, hers = by_body["hello Alice"], by_body["line 0"]
    assert mine.sender == f"{room}/Sarah"
    assert mine.find(ITEM).get("jid") == sarah.bare
    assert hers.sender == f"{room}/Alice (customer)"
    assert hers.find(ITEM).get("jid") == f"c-{customer.chat}@{room.split('@')[1]}"
    assert mine.find(ITEM).get("affiliation") == "member"
    for line in (mine, hers):
        assert line.find("{urn:xmpp:occupant-id:0}occupant-id").get("id")


async def test_line_has_the_id_it_was_sent_under_and_its_payload(site):
    customer, sarah, room = await site.live()
    url = "https://example.org/a.png"
    seen = await sarah.say(room, url, "my-id", f"<x xmlns='jabber:x:oob'><url>{url}</url></x>"
                           "<x xmlns='http://jabber.org/protocol/muc#user'><item role='x'/></x>")
    page = await ask(sarah, room, rsm("<max>1</max><before/>"))
    line = page.lines[0]
    assert line.id == seen.stanza_id and line.message.get("id") == "my-id"
    assert line.find("{jabber:x:oob}x/{jabber:x:oob}url").text == url
    assert len(line.message.findall("{http://jabber.org/protocol/muc#user}x")) == 1


async def test_private_words_typing_and_commands_are_not_archived(site):
    customer, sarah, room = await site.live()
    before = (await ask(sarah, room)).count
    tom = await site.agent("tom")
    await tom.join(room)
    after = tom.mark
    sarah.send(f"<message to='{room}/Tom' type='chat' id='p1'><body>psst</body></message>")
    await tom.wait(lambda s: s.body == "psst", after)
    sarah.send(f"<message to='{room}' type='groupchat' id='c1'>"
               "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    await tom.wait(lambda s: s.chat_state == "composing", after)
    await sarah.say(room, "!claim")
    assert (await ask(sarah, room)).count == before


# ---- pages ---------------------------------------------------------------------------------------


async def test_pages_forwards_hold_each_line_once(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    seen, page = [], await ask(sarah, room, rsm("<max>3</max>"))
    while True:
        assert page.index == len(seen) and page.count == everything.count
        seen += page.ids
        if page.complete:
            break
        page = await ask(sarah, room, rsm(f"<max>3</max><after>{page.last}</after>"))
    assert seen == everything.ids


async def test_pages_backwards_come_in_the_logs_order(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    page = await ask(sarah, room, rsm("<max>4</max><before/>"))
    assert page.ids == everything.ids[-4:] and not page.complete
    assert page.index == everything.count - 4
    page = await ask(sarah, room, rsm(f"<max>100</max><before>{page.first}</before>"))
    assert page.ids == everything.ids[:-4] and page.complete


async def test_flipped_page_is_reversed(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    page = await ask(sarah, room, rsm("<max>3</max>") + "<flip-page/>")
    assert page.ids == everything.ids[2::-1]
    assert (page.first, page.last) == (everything.ids[0], everything.ids[2])


async def test_max_of_nothing_counts(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    page = await ask(sarah, room, rsm("<max>0</max>"))
    assert page.lines == [] and page.count == everything.count and page.first is None


async def test_page_behind_the_end_is_empty_and_complete(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    page = await ask(sarah, room, rsm(f"<after>{everything.last}</after>"))
    assert page.lines == [] and page.complete and page.count == everything.count


async def test_without_a_number_a_page_has_fifty(site):
    customer, sarah, room = await with_lines(site, 60)
    page = await ask(sarah, room)
    assert len(page.lines) == 50 and not page.complete and page.count > 60
    assert len((await ask(sarah, room, rsm("<max>100000</max>"))).lines) == page.count


async def test_page_of_long_lines_is_cut_and_goes_on(site):
    customer = await site.waiting(*["x" * 16000] * 8)
    sarah, room = await site.agent(), site.room(customer.chat)
    seen, page = [], await ask(sarah, room, rsm("<max>250</max>"))
    while not page.complete:
        seen += page.ids
        page = await ask(sarah, room, rsm(f"<max>250</max><after>{page.last}</after>"))
    seen += page.ids
    assert len(seen) == page.count == len(set(seen))


# ---- filters -------------------------------------------------------------------------------------


async def test_times_bound_what_is_given(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    start, end = everything.lines[2].stamp, everything.lines[5].stamp
    page = await ask(sarah, room, form(start=start, end=end))
    assert page.ids == everything.ids[2:6] and page.count == 4 and page.complete
    page = await ask(sarah, room, form(start="1970-01-01T00:00:00Z") + rsm("<max>2</max><before/>"))
    assert page.ids == everything.ids[-2:]
    page = await ask(sarah, room, form(start="2999-01-01T00:00:00Z"))
    assert page.lines == [] and page.complete and page.count == 0


async def test_ids_bound_what_is_given(site):
    customer, sarah, room = await with_lines(site)
    ids = (await ask(sarah, room)).ids
    assert (await ask(sarah, room, form(after_id=ids[1], before_id=ids[5]))).ids == ids[2:5]
    assert (await ask(sarah, room, form(ids=[ids[4], ids[1]]))).ids == [ids[1], ids[4]]


@pytest.mark.parametrize("inside", [form(after_id="x"), form(before_id="x"), form(ids=["x"]),
                                    rsm("<after>x</after>"), rsm("<before>x</before>")])
async def test_unknown_ids_are_not_found(site, inside):
    customer, sarah, room = await with_lines(site, 1)
    assert (await ask(sarah, room, inside)).error == ("cancel", "item-not-found")


@pytest.mark.parametrize("inside", [
    f"<x xmlns='jabber:x:data' type='submit'>{field('start', '1970-01-01T00:00:00Z')}</x>",
    f"<x xmlns='jabber:x:data' type='submit'>{field('FORM_TYPE', 'urn:xmpp:mam:1')}</x>",
    form(shoesize="44"), form(start="yesterday"), form(**{"with": "@"}), rsm("<max>x</max>")])
async def test_wrong_queries_are_bad_requests(site, inside):
    customer, sarah, room = await with_lines(site, 1)
    assert (await ask(sarah, room, inside)).error == ("modify", "bad-request")


async def test_with_names_who_said_it(site):
    customer, sarah, room = await with_lines(site, 3)
    await sarah.join(room)
    await sarah.say(room, "mine")
    lines = ["I need to speak to a human", "line 0", "line 1", "line 2"]
    for name in (f"{room}/Alice (customer)", f"c-{customer.chat}@{room.split('@')[1]}"):
        page = await ask(sarah, room, form(**{"with": name}))
        assert page.bodies == lines and page.count == 4
    for name in (f"{room}/Sarah", sarah.bare):
        assert (await ask(sarah, room, form(**{"with": name}))).bodies == ["mine"]
    assert (await ask(sarah, room, form(**{"with": "nobody@example.org"}))).lines == []


async def test_metadata_names_the_ends(site):
    customer, sarah, room = await with_lines(site)
    everything = await ask(sarah, room)
    answer = await sarah.iq("get", room, f"<metadata xmlns='{MAM}'/>")
    ends = [answer.xml.find("{%s}metadata/{%s}%s" % (MAM, MAM, name)) for name in ("start", "end")]
    for end, line in zip(ends, (everything.lines[0], everything.lines[-1])):
        assert (end.get("id"), end.get("timestamp")) == (line.id, line.stamp)


# ---- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [
    f"<query xmlns='{MAM}'/>", f"<query xmlns='{MAM}'>{rsm('<after>x</after>')}</query>"])
@pytest.mark.parametrize("who", ["mallory", "eve"])
async def test_outsiders_get_the_same_for_any_room(site, who, payload):
    customer, _, room = await with_lines(site, 1)
    outsider = await site.agent(who)
    answers = []
    for to in (room, site.room("a" * 26), site.room("nonsense")):
        answer = await outsider.iq("set", to, payload)
        answers.append(answer.canonical().replace(to, "ROOM").replace(answer.id, "ID"))
        assert answer.error == ("cancel", "item-not-found")
    assert len(set(answers)) == 1


async def test_the_assistants_phase_has_no_archive_yet(site):
    customer = await site.customer()
    await customer.ask("Hello")
    sarah = await site.agent()
    for to in (site.room(customer.chat), site.room("a" * 26)):
        for kind, payload in (("get", f"<query xmlns='{MAM}'/>"),
                              ("get", f"<metadata xmlns='{MAM}'/>"),
                              ("set", f"<query xmlns='{MAM}'/>")):
            answer = await sarah.iq(kind, to, payload)
            assert answer.error == ("cancel", "item-not-found"), answer


async def test_many_queries_at_once_are_all_answered(site):
    customer, sarah, room = await with_lines(site, 30)
    pages = await asyncio.gather(*[
        sarah.iq("set", room, f"<query xmlns='{MAM}' queryid='many{n}'/>") for n in range(20)])
    assert [p.type for p in pages] == ["result"] * 20
    for n in range(20):
        results = [s for s in sarah.received
                   if s.kind == "message" and s.xml.find("{%s}result" % MAM) is not None
                   and Line(s).queryid == f"many{n}"]
        assert len(results) == 33 and results[-1].index < pages[n].index


async def test_archive_survives_a_kill(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    await customer.say("before")
    await sarah.say(room, "kept")
    before = await ask(sarah, room)
    site.parley.kill()
    site.parley.start()
    await sarah.wait(lambda s: s.kind == "iq" and s.type == "get", before.answer.index,
                     what="a ping of the room that is back")
    page = await ask(sarah, room)
    assert page.ids == before.ids and page.bodies == before.bodies


# ---- staff rooms ---------------------------------------------------------------------------------


async def staff_room(site, name):
    """A room of the staff's own, with its default configuration: (owner, room)."""
    sarah, room = await site.agent(), site.room(name)
    await sarah.join(room, "Sarah")
    answer = await sarah.iq("set", room, "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                                         "<x xmlns='jabber:x:data' type='submit'/></query>")
    assert answer.type == "result", answer
    return sarah, room


async def test_staff_rooms_have_an_archive_too(site):
    sarah, room = await staff_room(site, "team-archive")
    await sarah.say(room, "Helo", "first")
    await sarah.say(room, "Hello", "second",
                    "<replace xmlns='urn:xmpp:message-correct:0' id='first'/>")
    line = await sarah.say(room, "oops", "third")
    sarah.send(f"<message type='groupchat' to='{room}' id='fourth'>"
               f"<retract xmlns='urn:xmpp:message-retract:1' id='{line.stanza_id}'/></message>")
    await sarah.wait(lambda s: s.id == "fourth")
    page = await ask(sarah, room)
    assert [b for b in page.bodies if b] == ["Helo", "Hello"]
    assert line.stanza_id in page.ids
    assert page.lines[page.ids.index(line.stanza_id)].find(
        "{urn:xmpp:message-retract:1}retracted") is not None
    mallory = await site.agent("mallory")
    assert (await ask(mallory, room)).error == ("cancel", "item-not-found")


async def test_moderators_of_staff_rooms_take_back_what_others_said(site):
    sarah, room = await staff_room(site, "team-moderated")
    tom = await site.agent("tom")
    await tom.join(room, "Tom")
    line = await tom.say(room, "nonsense")
    payload = (f"<moderate xmlns='urn:xmpp:message-moderate:1' id='{line.stanza_id}'>"
               "<retract xmlns='urn:xmpp:message-retract:1'/></moderate>")
    assert (await tom.iq("set", room, payload)).error == ("auth", "forbidden")
    after = tom.mark
    assert (await sarah.iq("set", room, payload)).type == "result"
    await tom.wait(lambda s: s.xml.find("{urn:xmpp:message-retract:1}retract") is not None, after)
    assert "nonsense" not in (await ask(tom, room)).bodies
