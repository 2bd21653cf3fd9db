"""What agents can do, through three doors that are equal: a word in the room, a word to queue@, an
ad-hoc command."""

import pytest

from lib.agent import Refused
from lib.commands import (COMMANDS, QUEUE, ask, execute, nodes, notice, shout, submit, supervisor,
                          told)
from lib.prosody import DOMAIN

EVERY = {"queue", "find", "claim", "release", "transfer", "decline", "observe", "takeover", "voice", "mute",
         "invite", "note", "close", "reopen", "block", "canned", "unblock", "info", "history", "agents", "stats", "my-status",
         "notify-prefs", "login", "ok", "no", "logout", "help"}


async def events(customer, stream):
    """The names of all that the customer has seen, up to now."""
    await customer.say("fence")
    await stream.said("fence")
    return [e.name for e in stream.events if e.id is not None]


# ---- the room ------------------------------------------------------------------------------------

async def test_word_that_is_no_command_is_refused_and_seen_by_nobody(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    with pytest.raises(Refused) as refused:
        await sarah.say(room, "!clsoe please")
    assert refused.value.error == ("modify", "not-acceptable")
    assert "!help" in refused.value.stanza.error_text
    assert await events(customer, stream) == ["message"]


async def test_command_comes_back_to_its_author_only(site):
    customer, sarah, room = await site.live()
    phone = await site.agent("sarah", resource="phone")
    await phone.join(room)
    tom = await site.agent("tom")
    await tom.join(room)
    mark, mark2 = tom.mark, phone.mark
    assert "!claim" in await shout(sarah, room, "!help")
    await phone.said(room, "!help", mark2)
    await sarah.say(room, "fence")
    await tom.said(room, "fence", mark)
    assert not [s for s in tom.lines(room, mark) if s.body != "fence"]
    assert not [e for e in await customer.log() if "!help" in e["content"]]


async def test_release_gives_the_chat_back_and_the_customer_sees_it(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    assert "waits" in await shout(sarah, room, "!release my shift ends")
    left = await stream.event("agent_left")
    assert left.payload["agentName"] == "Sarah"
    info = await customer.info()
    assert info["status"] == "waiting" and info["assignedToId"] is None
    assert await events(customer, stream) == ["agent_left", "message"]
    assert "my shift ends" not in str(await customer.log())


async def test_released_chat_is_claimed_again_by_command(site):
    customer, sarah, room = await site.live()
    await shout(sarah, room, "!release")
    stream = await customer.stream()
    assert "yours" in await shout(sarah, room, "!claim")
    assert (await stream.event("agent_joined")).payload["agentName"] == "Sarah"


async def test_note_reaches_staff_and_never_the_customer(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    stream = await customer.stream()
    mark = tom.mark
    reflection = await sarah.say(room, "!note he is angry")
    assert reflection.body == "[note] he is angry"
    assert "urn:parley:note:0" in str(reflection) and reflection.stanza_id
    await tom.said(room, "[note] he is angry", mark)
    assert await events(customer, stream) == ["message"]
    assert "angry" not in str(await customer.log())
    nina = await site.agent("nina")
    history = (await nina.join(room)).history
    assert [s for s in history if s.body == "[note] he is angry" and s.nick == "Sarah"]


async def test_note_sent_again_is_stored_once(site):
    customer, sarah, room = await site.live()
    origin = "<origin-id xmlns='urn:xmpp:sid:0' id='once'/>"
    first = await sarah.say(room, "!note once", "n1", origin)
    again = await sarah.say(room, "!note once", "n1", origin)
    assert again.stanza_id == first.stanza_id


async def test_observer_can_write_a_note_in_the_room_and_by_chat(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    mark = tom.mark
    assert (await tom.join(room)).role == "visitor"
    await told(tom, mark, "note TEXT")
    after = sarah.mark
    await tom.say(room, "!note one")
    await sarah.said(room, "[note] one", after)
    assert await ask(tom, "note two") == "Noted."
    await sarah.said(room, "[note] two", after)


async def test_correction_of_a_note_does_not_reach_the_customer(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    note = await sarah.say(room, "!note he is angry")
    try:
        await sarah.say(room, "he is very angry",
                        extra=f"<replace xmlns='urn:xmpp:message-correct:0' id='{note.id}'/>")
    except Refused:
        pass
    assert await events(customer, stream) == ["message"]
    assert "angry" not in str(await customer.log())


async def test_close_with_a_reason_ends_the_chat(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    sarah.start_say(room, "!close solved")
    assert (await stream.event("closed")).payload["reason"] == "solved"


async def test_observer_cannot_close_but_a_supervisor_can(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    assert "another agent" in await shout(tom, room, "!close")
    assert (await customer.info())["status"] == "live"
    vera = await site.agent(supervisor(site))
    assert "closed" in await ask(vera, f"close {customer.chat}")
    assert (await customer.info())["status"] == "closed"


async def test_closed_chat_is_reopened_by_an_agent(site):
    customer, sarah, room = await site.live()
    assert "closed" in await ask(sarah, "close")
    assert room in await ask(sarah, f"reopen {customer.chat}")
    assert (await customer.info())["status"] == "waiting"


async def test_supervisor_takes_over_and_both_speak(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    vera = await site.agent(supervisor(site))
    await vera.join(room)
    assert "speak" in await shout(vera, room, "!takeover")
    joined = await stream.event("agent_joined")
    assert joined.payload["agentName"] == "Vera"
    await vera.say(room, "I am the boss")
    await stream.said("I am the boss")
    await sarah.say(room, "and I am still here")
    await stream.said("and I am still here")
    await shout(vera, room, "!observe")
    assert (await stream.event("agent_left")).payload["agentName"] == "Vera"
    assert (await customer.info())["assignedTo"]["name"] == "Sarah"


async def test_other_agents_ask_for_the_word_and_get_it_from_who_has_the_chat(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    tom = await site.agent("tom")
    await tom.join(room)
    mark = sarah.mark
    assert "asked" in await shout(tom, room, "!takeover")
    assert "!voice Tom" in await notice(sarah, room, mark)
    with pytest.raises(Refused):
        await tom.say(room, "hello?")
    await shout(sarah, room, "!voice Tom")
    assert (await stream.event("agent_joined")).payload["agentName"] == "Tom"
    await tom.say(room, "hello")
    await stream.said("hello")
    await shout(sarah, room, "!mute Tom")
    assert (await stream.event("agent_left")).payload["agentName"] == "Tom"


# ---- ad-hoc --------------------------------------------------------------------------------------

async def test_service_lists_its_commands_to_agents_only(site):
    sarah = await site.agent("sarah")
    _, listed = await nodes(sarah, DOMAIN)
    assert listed == EVERY
    mallory = await site.agent("mallory")
    answer, listed = await nodes(mallory, DOMAIN)
    assert answer.type == "result" and not listed
    refused = await execute(mallory, DOMAIN, "queue")
    assert refused.error == ("cancel", "forbidden")
    refused = await execute(mallory, DOMAIN, "nothing")
    assert refused.error == ("cancel", "item-not-found")


async def test_commands_of_a_room_are_those_about_its_chat(site):
    customer, sarah, room = await site.live()
    _, listed = await nodes(sarah, room)
    assert "note" in listed and "stats" not in listed and listed < EVERY
    mallory = await site.agent("mallory")
    missing, _ = await nodes(mallory, f"zzzzzzzzzzzzzzzzzzzzzzzzzz@{DOMAIN}")
    there, _ = await nodes(mallory, room)
    assert there.error == missing.error == ("cancel", "item-not-found")
    refused = await execute(mallory, room, "claim")
    assert refused.error == ("cancel", "item-not-found")


async def test_node_of_a_command_is_described(site):
    sarah = await site.agent("sarah")
    info = str(await sarah.info(DOMAIN, "claim"))
    assert "command-node" in info and COMMANDS in info and "jabber:x:data" in info
    assert (await sarah.info(DOMAIN, "nothing")).error == ("cancel", "item-not-found")


async def test_claim_with_a_form_takes_the_chat(site):
    customer = await site.waiting()
    tom = await site.agent("tom")
    form = await execute(tom, DOMAIN, "claim")
    assert form.status == "executing" and customer.chat in form.fields["chat"]
    done = await execute(tom, DOMAIN, "claim", form.session, "complete", chat=customer.chat)
    assert done.status == "completed" and "yours" in done.note
    assert (await customer.info())["assignedTo"]["name"] == "Tom"


async def test_command_on_a_room_needs_no_choice_of_chat(site):
    customer = await site.waiting()
    tom = await site.agent("tom")
    done = await execute(tom, site.room(customer.chat), "claim")
    assert done.status == "completed"
    done = await submit(tom, site.room(customer.chat), "note", text="by form")
    assert done.status == "completed"
    assert (await customer.info())["assignedTo"]["name"] == "Tom"
    listed = await execute(tom, DOMAIN, "history", None, None, chat=customer.chat, count="5")
    assert "[note] by form" in str(listed.stanza)


async def test_lists_come_as_tables(site):
    customer = await site.waiting(name="Queenie")
    sarah = await site.agent("sarah")
    done = await execute(sarah, DOMAIN, "queue")
    assert done.status == "completed"
    assert [row for row in done.items if row[0] == "Queenie" and customer.chat in row[3]]
    names = [row[0] for row in (await execute(sarah, DOMAIN, "agents")).items]
    assert {"Sarah", "Tom", "Nina (supervisor)"} <= set(names) and "Eve" not in names
    assert "Waiting:" in (await execute(sarah, DOMAIN, "stats")).note


async def test_forms_are_bound_to_the_client_that_began(site):
    customer = await site.waiting()
    sarah, phone = await site.agent("sarah"), await site.agent("sarah", resource="phone")
    form = await execute(sarah, DOMAIN, "claim")
    wrong = await execute(phone, DOMAIN, "claim", form.session, chat=customer.chat)
    assert wrong.error == ("modify", "bad-request") and wrong.specific == "bad-sessionid"
    wrong = await execute(sarah, DOMAIN, "release", form.session, chat=customer.chat)
    assert wrong.specific == "bad-sessionid"
    assert (await execute(sarah, DOMAIN, "claim", form.session, "cancel")).status == "canceled"
    wrong = await execute(sarah, DOMAIN, "claim", form.session, chat=customer.chat)
    assert wrong.specific == "bad-sessionid"


async def test_wrong_actions_and_forms_are_told_apart(site):
    sarah = await site.agent("sarah")
    assert (await execute(sarah, DOMAIN, "claim", None, "dance")).specific == "malformed-action"
    assert (await execute(sarah, DOMAIN, "claim", None, "prev")).specific == "bad-action"
    wrong = await submit(sarah, DOMAIN, "claim", chat="not an id")
    assert wrong.error == ("modify", "bad-request") and wrong.specific == "bad-payload"
    gone = await submit(sarah, DOMAIN, "release", chat="z" * 26)
    assert gone.error == ("cancel", "item-not-found")


# ---- queue@ --------------------------------------------------------------------------------------

async def test_claim_by_chat_takes_the_chat_and_says_where_it_is(site):
    customer = await site.waiting()
    tom = await site.agent("tom")
    answer = await ask(tom, f"claim {customer.chat}")
    assert "yours" in answer and f"xmpp:{site.room(customer.chat)}?join" in answer
    assert (await customer.info())["assignedTo"]["name"] == "Tom"


async def test_beginning_of_an_id_is_enough(site):
    customer = await site.waiting(name="Iris")
    sarah = await site.agent("sarah")
    assert "Iris" in await ask(sarah, f"info {customer.chat[:10]}")


async def test_word_without_an_id_means_the_room_joined_last(site):
    first, sarah, _ = await site.live(name="Anna")
    second = await site.waiting(name="Bert")
    await sarah.join(site.room(second.chat))
    assert "Bert" in await ask(sarah, "info")
    assert "Anna" in await ask(sarah, f"info {first.chat}")


async def test_info_and_history_tell_what_is_known(site):
    customer = await site.waiting("my bill is wrong", name="Ida", email="ida@example.org")
    tom = await site.agent("tom")
    info = await ask(tom, f"info {customer.chat}")
    assert "Ida" in info and "ida@example.org" in info and "wants a person" in info
    assert "my bill is wrong" in await ask(tom, f"history {customer.chat} 5")
    assert (await customer.info())["status"] == "waiting"


async def test_observe_lets_join_without_taking_the_chat(site):
    customer = await site.waiting()
    tom = await site.agent("tom")
    assert "join" in await ask(tom, f"observe {customer.chat}")
    await tom.join(site.room(customer.chat))
    assert (await customer.info())["status"] == "waiting"


async def test_unknown_word_is_answered_with_help(site):
    sarah = await site.agent("sarah")
    assert "claim [ID]" in await ask(sarah, "good morning")


async def test_agents_of_other_organizations_find_nothing(site):
    customer = await site.waiting()
    eve = await site.agent("eve")
    assert "no such chat" in await ask(eve, f"claim {customer.chat}")
    assert "no such chat" in await ask(eve, f"info {customer.chat}")
    assert (await customer.info())["status"] == "waiting"


async def test_status_beats_presence_and_is_kept(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    assert "dnd" in await ask(sarah, "my-status dnd 3")
    site.parley.kill()
    site.parley.start()
    sarah = await site.agent("sarah")
    answer = await ask(sarah, "my-status")
    assert "dnd" in answer and "3" in answer
    assert "auto" not in await ask(sarah, "my-status auto 0")
    assert "lobby" in await ask(sarah, "notify-prefs lobby")


async def test_errors_delays_and_empty_messages_are_not_answered(site):
    sarah = await site.agent("sarah")
    mark = sarah.mark
    sarah.send(f"<message to='{QUEUE}' type='error'><body>help</body><error type='cancel'>"
               "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
               "</message>")
    sarah.send(f"<message to='{QUEUE}' type='chat'><body>help</body>"
               "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>")
    sarah.send(f"<message to='{QUEUE}' type='chat'>"
               "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    sarah.send(f"<message to='{QUEUE}' type='headline'><body>help</body></message>")
    assert "help" in await ask(sarah, "help")
    answers = [s for s in sarah.received[mark:] if s.sender == QUEUE and s.to == sarah.jid]
    assert len(answers) == 1
