"""The assistant that asks a language model: what it says is seen while it says it, and is one message
in the end."""

import asyncio

import pytest

from lib.modelled import PERSON, SORRY, answer_of, ask, deltas, offers, told


# ---- an answer ------------------------------------------------------------------------------


async def test_pieces_come_as_they_are_said_and_the_message_has_their_id(patient):
    go_on = asyncio.Event()

    async def in_two_pieces(x):
        await x.head()
        await x.piece("Hello, ")
        await go_on.wait()
        await x.piece("how are you?")
        await x.done()

    site, _ = await patient(in_two_pieces)
    customer = await site.customer()
    stream = await ask(customer, "Good day to the model")
    delta = await stream.event("ai_delta")
    assert delta.id is None
    assert delta.json["channel"] == f"chat:{customer.chat}:ai_delta"
    assert delta.payload["text"] == "Hello, "
    assert delta.payload["name"] == "Assistant"
    assert [e["role"] for e in await customer.log()] == ["USER"]
    go_on.set()
    message = await answer_of(stream)
    assert message["content"] == "Hello, how are you?"
    assert message["id"] == delta.payload["messageId"]
    assert not offers(message)
    assert [e["content"] for e in await customer.log()] == ["Good day to the model",
                                                           "Hello, how are you?"]


async def test_stream_that_opens_in_the_middle_gets_what_was_said_so_far(patient):
    go_on = asyncio.Event()

    async def in_three_pieces(x):
        await x.head()
        await x.piece("One ")
        await x.piece("two ")
        await go_on.wait()
        await x.piece("three")
        await x.done()

    site, _ = await patient(in_three_pieces)
    customer = await site.customer()
    stream = await ask(customer)
    await stream.until(lambda s: told(s) == "One two ")
    late = await customer.stream(whole=True)
    agent = await site.agent_web().stream(customer.path("/events"))
    for s in (late, agent):
        assert (await s.event("ai_delta")).payload["text"] == "One two "
    go_on.set()
    message = await answer_of(late)
    await answer_of(agent)
    assert message["content"] == "One two three"
    assert {e.payload["messageId"] for s in (late, agent) for e in deltas(s)} == {message["id"]}
    assert told(stream).startswith("One two ")


async def test_model_is_given_the_conversation_its_key_and_the_sites_instructions(
        own_site, models, tmp_path):
    key, instructions = tmp_path / "key", tmp_path / "instructions"
    key.write_text("top-secret\n")
    key.chmod(0o600)
    instructions.write_text("We sell shoes in Ghent.")
    model = await models()
    site = own_site(model.settings(key_file=str(key), instructions_file=str(instructions)))
    customer = await site.customer(name="Alice Example", email="alice@example.org")
    await customer.ask("first question")
    await customer.ask("second question")
    x = await model.asked(2)
    assert x.target.startswith("POST /v1/chat/completions HTTP/1.1")
    assert x.headers["authorization"] == "Bearer top-secret"
    assert x.body["model"] == "test" and x.body["stream"] is True
    system, *rest = x.messages
    assert system["role"] == "system" and system["content"].endswith("We sell shoes in Ghent.")
    assert rest == [{"role": "user", "content": "first question"},
                    {"role": "assistant", "content": "You said: first question"},
                    {"role": "user", "content": "second question"}]
    everything = str(x.body)
    assert "Alice" not in everything and "alice@" not in everything
    log = site.parley.log_text()
    assert "outcome=answered" in log
    for secret in ("top-secret", "first question", "You said"):
        assert secret not in log


async def test_flood_of_tokens_is_few_events(patient):
    async def flood(x):
        await x.head()
        for n in range(700):
            await x.piece(f"w{n} ")
        await x.done()

    site, _ = await patient(flood)
    customer = await site.customer()
    stream = await ask(customer)
    message = await answer_of(stream)
    whole = "".join(f"w{n} " for n in range(700)).strip()
    assert message["content"] == whole
    assert whole.startswith(told(stream).strip())
    assert 1 <= len(deltas(stream)) < 350, len(deltas(stream))


async def test_endless_answer_is_cut(patient):
    async def endless(x):
        await x.head()
        while not x.closed.is_set():
            await x.piece("für immer ")

    site, model = await patient(endless)
    customer = await site.customer()
    message = await answer_of(await ask(customer))
    assert len(message["content"]) == 4000 and message["content"].endswith("…")
    await model.exchanges[0].closed.wait()


@pytest.mark.parametrize("said, end, more", [
    ("That is all.", b"data: [DONE]\n\n", b": and on\n"),
    ("x" * 4001, b"\n", b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'),
], ids=["ended", "cut"])
async def test_answer_that_is_over_is_told_though_more_comes(patient, said, end, more):
    async def goes_on(x):
        await x.head()
        await x.piece(said)
        await x.part(end)
        while not x.closed.is_set():
            await x.part(more)
            await asyncio.sleep(0.05)  # the pace of a model

    site, model = await patient(goes_on)
    message = await answer_of(await ask(await site.customer()))
    assert message["content"] == (said if len(said) < 4000 else "x" * 3999 + "…")
    await model.exchanges[0].closed.wait()


async def test_bytes_that_are_no_text_are_replaced(patient):
    async def bad(x):
        await x.head()
        await x.part(b'data: {"choices":[{"delta":{"content":"a\xff\\u0000b \xf0\x9f')
        await x.part(b'\x91\x8d"}}]}\r\n\r\n')
        await x.done()

    site, _ = await patient(bad)
    customer = await site.customer()
    stream = await ask(customer)
    assert (await answer_of(stream))["content"] == "a\ufffd\ufffdb 👍"
    assert told(stream) == "a\ufffd\ufffdb 👍"


# ---- people ---------------------------------------------------------------------------------


async def test_request_for_a_person_is_answered_without_the_model(patient):
    site, model = await patient()
    customer = await site.customer()
    message = await answer_of(await ask(customer, "I want to talk to a human"))
    assert message["content"] == PERSON and offers(message)
    assert not model.exchanges


@pytest.mark.parametrize("text", ["I'll get you someone.", ""])
async def test_model_that_wants_a_person_makes_an_offer_and_no_more(patient, text):
    async def wants_human(x):
        await x.head()
        if text:
            await x.piece(text)
        await x.call("request_human", {"reason": "Broken\nshoe", "summary": "Sole is off.",
                                       "urgency": "urgent"})
        await x.done("tool_calls")

    site, _ = await patient(wants_human)
    customer = await site.customer()
    message = await answer_of(await ask(customer, "My shoe is broken"))
    assert message["content"] == (text or PERSON) and offers(message)
    assert not (await customer.info())["escalationRequested"]
    await customer.escalate()
    assert (await customer.info())["escalationReason"] == "Urgent: Broken shoe. Sole is off."


async def test_search_is_answered_with_data_in_a_second_request(own_site, models, tmp_path):
    faq = tmp_path / "faq.json"
    faq.write_text('[{"question": "What does shipping cost?", "answer": "Five euros."}]')

    async def searches(x):
        if x.messages[-1]["role"] != "tool":
            await x.head()
            await x.piece("Let me see.")
            await x.call("search_faq", {"query": "shipping cost"})
            await x.done("tool_calls")
        else:
            await x.say("It is five euros.")

    model = await models(searches)
    site = own_site(model.settings(faq_file=str(faq)))
    customer = await site.customer()
    stream = await ask(customer, "shipping, how much?")
    message = await answer_of(stream)
    assert message["content"] == "Let me see.\n\nIt is five euros."
    assert message["content"].startswith(told(stream))
    assert '"Five euros."' in model.exchanges[1].messages[-1]["content"]
    assert len(model.exchanges) == 2


async def test_model_that_only_searches_is_stopped(patient):
    async def searches(x):
        await x.head()
        await x.call("search_faq", {"query": "x"})
        await x.done("tool_calls")

    site, model = await patient(searches)
    customer = await site.customer()
    message = await answer_of(await ask(customer))
    assert message["content"] == SORRY and offers(message)
    assert len(model.exchanges) == 3
    assert model.exchanges[2].body["tool_choice"] == "none"


@pytest.mark.parametrize("how", ["escalate", "close", "erase"])
async def test_answer_that_nobody_waits_for_is_cancelled(patient, how):
    async def endless(x):
        await x.head()
        await x.piece("Well, ")
        await x.hang()

    site, model = await patient(endless)
    customer = await site.customer()
    stream = await ask(customer)
    delta = await stream.event("ai_delta")
    if how == "escalate":
        await customer.escalate()
    elif how == "close":
        (await customer.web.post(customer.path("/close"))).ok()
    else:
        await asyncio.to_thread(site.parley.command, "chat", "erase", customer.chat)
    error = await stream.event("ai_error")
    assert error.payload == {"messageId": delta.payload["messageId"], "code": "cancelled"}
    async with asyncio.timeout(15):
        await model.exchanges[0].closed.wait()
    if how == "escalate":
        await customer.say("Hello?")
        await stream.said("Hello?")
        assert not [e for e in await customer.log() if e["role"] == "ASSISTANT"]
        assert len(model.exchanges) == 1


async def test_question_during_an_answer_gets_an_answer_of_its_own(patient):
    go_on = asyncio.Event()

    async def waits(x):
        await x.head()
        await x.piece("To ")
        await go_on.wait()
        await x.piece(x.question)
        await x.done()

    site, model = await patient(waits)
    customer = await site.customer()
    stream = await ask(customer, "apples")
    await stream.event("ai_delta")
    await customer.post("pears")
    go_on.set()
    await stream.said("To pears")
    answers = [e["content"] for e in await customer.log() if e["role"] == "ASSISTANT"]
    assert answers == ["To apples", "To pears"]
    ids = list(dict.fromkeys(e.payload["messageId"] for e in deltas(stream)))
    assert ids == [e["id"] for e in await customer.log() if e["role"] == "ASSISTANT"]
