"""Messages about messages: corrections, retractions, moderation, reactions, replies, markers, hints."""

import pytest

from lib.agent import Refused
from test_archive import ask as ask_archive, rsm

CORRECT = "urn:xmpp:message-correct:0"
RETRACT = "urn:xmpp:message-retract:1"
MODERATE = "urn:xmpp:message-moderate:1"
REACTIONS = "urn:xmpp:reactions:0"
MARKERS = "urn:xmpp:chat-markers:0"
NO_STORE = "<no-store xmlns='urn:xmpp:hints'/>"


def replaces(number):
    return f"<replace xmlns='{CORRECT}' id='{number}'/>"


def about(agent, room, payload, body=""):
    """Sends a message without a body of its own; returns its id."""
    number = agent.new_id()
    body = f"<body>{body}</body>" if body else ""
    agent.send(f"<message type='groupchat' to='{room}' id='{number}'>{body}{payload}</message>")
    return number


async def tell(agent, room, payload, body=""):
    after = agent.mark
    return await agent.answer(about(agent, room, payload, body), after)


async def watched(site):
    """A live chat, its customer's stream, and an agent who observes."""
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    tom = await site.agent("tom")
    await tom.join(room)
    return customer, sarah, room, stream, tom


async def content(customer, number):
    return next(e for e in await customer.log() if e["id"] == number)


# ---- corrections ---------------------------------------------------------------------------------


async def test_correction_reaches_room_stream_and_history(site):
    customer, sarah, room, stream, tom = await watched(site)
    line = await sarah.say(room, "Helo", "first")
    after = tom.mark
    again = await sarah.say(room, "Hello", "second", replaces("first"))
    assert again.stanza_id and again.stanza_id != line.stanza_id
    seen = await tom.said(room, "Hello", after)
    assert seen.xml.find("{%s}replace" % CORRECT).get("id") == "first"
    event = await stream.event("message_updated")
    assert event.payload["id"] == line.stanza_id and event.payload["content"] == "Hello"
    assert event.id
    shown = [e for e in await customer.log() if e["role"] == "AGENT"]
    assert [(e["id"], e["content"]) for e in shown] == [(line.stanza_id, "Hello")]
    assert shown[0]["editedAt"]


async def test_correction_is_an_entry_of_its_own_in_the_archive(site):
    customer, sarah, room, stream, tom = await watched(site)
    await sarah.say(room, "Helo", "first")
    await sarah.say(room, "Hello", "second", replaces("first"))
    page = await ask_archive(sarah, room, rsm("<max>2</max><before/>"))
    assert page.bodies == ["Helo", "Hello"]
    assert page.lines[1].find("{%s}replace" % CORRECT).get("id") == "first"


@pytest.mark.parametrize("number", ["of-tom", "of-nobody"])
async def test_only_ones_own_words_are_corrected(site, number):
    customer, sarah, room, stream, tom = await watched(site)
    await sarah.say(room, "Hello", "of-sarah")
    customer_says = await customer.say("mine")
    for target in (number, customer_says["id"]):
        with pytest.raises(Refused) as refused:
            await sarah.say(room, "changed", None, replaces(target))
        assert refused.value.error == ("cancel", "item-not-found")
    await sarah.say(room, "the end")
    await stream.said("the end")
    assert not [e for e in stream.events if e.name == "message_updated"]
    assert "changed" not in [e["content"] for e in await customer.log()]


async def test_correction_does_not_make_a_note_public(site):
    customer, sarah, room, stream, tom = await watched(site)
    number = sarah.start_say(room, "!note she lies", "note-1")
    await tom.wait(lambda s: s.line and "she lies" in s.body)
    after = sarah.mark
    sarah.start_say(room, "she really lies", "note-2", replaces(number))
    await sarah.answer("note-2", after)
    await sarah.say(room, "the end")
    await stream.said("the end")
    assert "lies" not in repr([e.data for e in stream.events])
    assert "lies" not in repr(await customer.log())


async def test_correction_never_becomes_a_command(site):
    customer, sarah, room, stream, tom = await watched(site)
    await sarah.say(room, "hello", "first")
    with pytest.raises(Refused) as refused:
        await sarah.say(room, "!close", None, replaces("first"))
    assert refused.value.error == ("modify", "not-acceptable")
    assert (await customer.info())["status"] == "live"


# ---- retraction and moderation -------------------------------------------------------------------


async def test_author_takes_back_what_it_said(site):
    customer, sarah, room, stream, tom = await watched(site)
    line = await sarah.say(room, "the password is sesame", "first")
    await sarah.say(room, "the password is sesame!", "second", replaces("first"))
    after = tom.mark
    await tell(sarah, room, f"<retract xmlns='{RETRACT}' id='{line.stanza_id}'/>",
               "This message was retracted.")
    seen = await tom.wait(lambda s: s.xml.find("{%s}retract" % RETRACT) is not None, after)
    assert seen.nick == "Sarah" and seen.stanza_id
    event = await stream.event("message_deleted")
    assert event.payload["id"] == line.stanza_id
    entry = await content(customer, line.stanza_id)
    assert entry["content"] == "" and entry["deletedAt"]
    page = await ask_archive(sarah, room)
    assert "sesame" not in page.answer.canonical() + repr(page.bodies)
    stone = next(x for x in page.lines if x.id == line.stanza_id)
    assert stone.body is None and stone.find("{%s}retracted" % RETRACT).get("stamp")
    join = await tom.join(room)
    assert "sesame" not in repr([s.canonical() for s in join.stanzas])
    fresh = await customer.stream(whole=True)
    await fresh.event("message_deleted")
    assert "sesame" not in repr([e.data for e in fresh.events])
    assert "retracted." not in repr([e.data for e in fresh.events])


async def test_others_words_are_not_taken_back(site):
    customer, sarah, room, stream, tom = await watched(site)
    line = await sarah.say(room, "hello")
    said = await customer.say("mine")
    for agent, number in ((tom, line.stanza_id), (sarah, said["id"]), (sarah, "x")):
        answer = await tell(agent, room, f"<retract xmlns='{RETRACT}' id='{number}'/>")
        assert answer.error == ("cancel", "item-not-found")
    assert (await content(customer, said["id"]))["content"] == "mine"


def moderation(number, reason="rude"):
    return (f"<moderate xmlns='{MODERATE}' id='{number}'><retract xmlns='{RETRACT}'/>"
            f"<reason>{reason}</reason></moderate>")


@pytest.fixture(scope="module")
def boss(shared_site):
    shared_site.jids["boss"] = shared_site.prosody.add_account("boss")
    shared_site.parley.add_agent(shared_site.jids["boss"], "Boss", "--role", "supervisor")
    return "boss"


async def test_supervisor_takes_back_what_somebody_said(site, boss):
    customer, sarah, room, stream, tom = await watched(site)
    said = await customer.say("you fools")
    await sarah.said(room, "you fools")
    zoe = await site.agent(boss)
    await zoe.join(room)
    after = sarah.mark
    answer = await zoe.iq("set", room, moderation(said["id"]))
    assert answer.type == "result"
    seen = await sarah.wait(lambda s: s.xml.find("{%s}retract" % RETRACT) is not None, after)
    retract = seen.xml.find("{%s}retract" % RETRACT)
    assert seen.sender == room and retract.get("id") == said["id"]
    assert retract.find("{%s}moderated" % MODERATE).get("by") == f"{room}/Boss"
    event = await stream.event("message_deleted")
    assert event.payload["id"] == said["id"] and "rude" not in event.data
    assert (await content(customer, said["id"]))["content"] == ""
    page = await ask_archive(sarah, room)
    stone = next(x for x in page.lines if x.id == said["id"])
    assert stone.body is None
    assert stone.find("{%s}retracted/{%s}moderated" % (RETRACT, MODERATE)).get("by")


async def test_agents_do_not_moderate_and_outsiders_learn_nothing(site):
    customer, sarah, room, stream, tom = await watched(site)
    said = await customer.say("mine")
    answer = await sarah.iq("set", room, moderation(said["id"]))
    assert answer.error == ("auth", "forbidden")
    eve = await site.agent("eve")
    for to in (room, site.room("a" * 26)):
        assert (await eve.iq("set", to, moderation(said["id"]))).error == ("cancel",
                                                                          "item-not-found")
    assert (await content(customer, said["id"]))["content"] == "mine"


# ---- reactions and replies -----------------------------------------------------------------------


async def test_reaction_is_kept_and_its_fallback_reaches_nobody_outside(site):
    customer, sarah, room, stream, tom = await watched(site)
    said = await customer.say("I am happy")
    after = tom.mark
    payload = f"<reactions xmlns='{REACTIONS}' id='{said['id']}'><reaction>👍</reaction></reactions>"
    line = await tell(sarah, room, payload, "&gt; I am happy\n👍")
    assert line.stanza_id
    await tom.wait(lambda s: s.xml.find("{%s}reactions" % REACTIONS) is not None, after)
    page = await ask_archive(sarah, room, rsm("<max>1</max><before/>"))
    assert page.ids == [line.stanza_id]
    assert page.lines[0].find("{%s}reactions/{%s}reaction" % (REACTIONS, REACTIONS)).text == "👍"
    await sarah.say(room, "the end")
    await stream.said("the end")
    assert not [e for e in stream.events if e.name == "message" and "👍" in e.payload["content"]]
    join = await tom.join(room)
    assert line.stanza_id not in [s.stanza_id for s in join.history]


async def test_reply_is_shown_without_its_quote(site):
    customer, sarah, room, stream, tom = await watched(site)
    said = await customer.say("grüß")
    quote = "> grüß\n"
    line = await sarah.say(room, quote + "Dich auch.", None, (
        f"<reply xmlns='urn:xmpp:reply:0' id='{said['id']}'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
        f"<body start='0' end='{len(quote)}'/></fallback>"))
    assert line.body == quote + "Dich auch."
    event = await stream.said("Dich auch.")
    assert event.payload["id"] == line.stanza_id
    assert (await content(customer, line.stanza_id))["content"] == "Dich auch."


async def test_command_behind_a_quote_does_not_leak(site):
    customer, sarah, room, stream, tom = await watched(site)
    with pytest.raises(Refused):
        await sarah.say(room, "> hi\n!nonsense secret", None, (
            "<reply xmlns='urn:xmpp:reply:0' id='x'/>"
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
            "<body start='0' end='5'/></fallback>"))
    assert "secret" not in repr(await customer.log())


# ---- markers -------------------------------------------------------------------------------------


async def test_agents_marker_is_told_to_the_customer_once(site):
    customer, sarah, room, stream, tom = await watched(site)
    said = await customer.say("seen?")
    await sarah.said(room, "seen?")
    for _ in range(2):
        line = await tell(sarah, room, f"<displayed xmlns='{MARKERS}' id='{said['id']}'/>")
        assert line.stanza_id is None and line.nick == "Sarah"
    await tell(tom, room, f"<displayed xmlns='{MARKERS}' id='{said['id']}'/>")
    await sarah.say(room, "the end")
    await stream.said("the end")
    reads = [e for e in stream.events if e.name == "read"]
    assert [(e.payload["messageId"], e.payload["userName"]) for e in reads] == \
        [(said["id"], "Sarah")]
    assert reads[0].id is None and "@" not in reads[0].data


async def test_customers_reading_is_a_marker_in_the_room(site):
    customer, sarah, room, stream, tom = await watched(site)
    line = await sarah.say(room, "hello")
    after = sarah.mark
    answer = await customer.web.post(customer.path("/read"), {"messageId": line.stanza_id})
    assert answer.status == 204
    seen = await sarah.wait(lambda s: s.xml.find("{%s}displayed" % MARKERS) is not None, after)
    assert seen.xml.find("{%s}displayed" % MARKERS).get("id") == line.stanza_id
    assert seen.nick.endswith("ustomer)") or seen.nick == "Customer"
    assert seen.xml.find("{urn:xmpp:hints}no-store") is not None and seen.stanza_id is None
    answer = await customer.web.post(customer.path("/read"), {"messageId": "nonsense"})
    assert answer.status == 404
    assert (await ask_archive(sarah, room)).ids[-1] == line.stanza_id


# ---- hints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hint", ["no-store", "no-permanent-store"])
async def test_what_is_not_to_be_kept_is_for_staff(site, hint):
    customer, sarah, room, stream, tom = await watched(site)
    after = tom.mark
    line = await sarah.say(room, "psst", None, f"<{hint} xmlns='urn:xmpp:hints'/>")
    assert line.stanza_id is None
    await tom.said(room, "psst", after)
    await sarah.wait(lambda s: s.sender == room and s.body and "customer does not see" in s.body)
    await sarah.say(room, "the end")
    await stream.said("the end")
    assert "psst" not in repr([e.data for e in stream.events])
    assert "psst" not in repr((await ask_archive(sarah, room)).bodies)


async def test_visitor_has_no_voice_by_asking_not_to_be_kept(site):
    customer, sarah, room, stream, tom = await watched(site)
    with pytest.raises(Refused) as refused:
        await tom.say(room, "psst", None, NO_STORE)
    assert refused.value.error == ("auth", "forbidden")
