"""The assistant that asks a language model: what it says is seen while it says it, and is one message
in the end, whatever the model's server does."""

import asyncio
import os
import ssl
import subprocess

import pytest

from lib.fixtures import make_site
from lib.model import Model, echo
from lib.process import free_port
from lib.wait import gather

SORRY = ("I'm sorry, I can't answer right now. Our support team can help you: press the button "
         "below.")
PERSON = ("I understand you'd like to speak with a person. Let me connect you with our support team: "
          "press the button below.")


class Models:
    def __init__(self):
        self.all = []

    async def __call__(self, answer=None, **more):
        model = Model()
        if answer is not None:
            model.answer = answer
        self.all.append(model)
        return await model.start(**more)

    async def aclose(self):
        for model in self.all:
            await model.aclose()


@pytest.fixture
def models():
    return Models()


PORT = free_port()
SETTINGS = {"mode": "openai", "url": f"http://127.0.0.1:{PORT}/v1", "model": "test"}


def shared(tmp_path_factory, **more):
    site = make_site(tmp_path_factory, "model", {"assistant": {**SETTINGS, **more}})
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture(scope="module")
def patient_site(tmp_path_factory):
    yield from shared(tmp_path_factory)


@pytest.fixture(scope="module")
def hasty_site(tmp_path_factory):
    yield from shared(tmp_path_factory, first_token_timeout=1, total_timeout=2)


class Pair:
    """An installation that tests share, and the model of this test."""

    def __init__(self, site):
        self.site = site
        self.models = Models()

    async def __call__(self, answer=None):
        return self.site, await self.models(answer, port=PORT)

    async def aclose(self):
        await self.site.aclose()
        await self.models.aclose()


@pytest.fixture
def patient(patient_site):
    return Pair(patient_site)


@pytest.fixture
def hasty(hasty_site):
    return Pair(hasty_site)


def from_assistant(e):
    return e.payload["role"] == "ASSISTANT"


async def ask(customer, text="What do you sell?"):
    """The stream on which the answer comes."""
    stream = await customer.stream()
    (await customer.post(text)).ok()
    return stream


async def answer_of(stream, after=0, deadline=None):
    return (await stream.event("message", from_assistant, after, deadline)).payload


def deltas(stream):
    return [e for e in stream.events if e.name == "ai_delta"]


def told(stream):
    return "".join(e.payload["text"] for e in deltas(stream))


def offers(message):
    return [a["type"] for a in message.get("actions") or []] == ["escalate"]


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


# ---- a server that fails --------------------------------------------------------------------


async def hangs(x):
    await x.hang()


async def hangs_after_the_head(x):
    await x.head()
    await x.chunk({"role": "assistant", "content": ""})
    await x.hang()


async def hangs_in_the_middle(x):
    await x.head()
    await x.piece("Well, ")
    await x.hang()


async def cuts_in_the_middle(x):
    await x.head()
    await x.piece("Well, ")
    x.cut()


async def ends_in_the_middle(x):
    await x.head()
    await x.piece("Well, ")
    await x.raw(b"0\r\n\r\n")


async def garbage(x):
    await x.head()
    await x.part(b"<html>\n<p>no</p>\n")
    await x.hang()


async def not_http(x):
    await x.raw(b"220 smtp.example ESMTP\r\n")
    await x.hang()


async def says_error(x):
    await x.head()
    await x.part(b'data: {"error":{"message":"overloaded"}}\n\n')
    await x.hang()


async def says_nothing(x):
    await x.say()


async def endless_head(x):
    await x.raw(b"HTTP/1.1 200 OK\r\n")
    while not x.closed.is_set():
        await x.raw(b"X-Filler: " + b"x" * 8000 + b"\r\n")


async def endless_line(x):
    await x.head()
    while not x.closed.is_set():
        await x.part(b"x" * 8000)


def refuses(status):
    async def refuse(x):
        await x.error(status, "the key sk-123 is wrong")

    return refuse


async def redirects(x):
    await x.raw(b"HTTP/1.1 307 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("answer, code, requests", [
    (hangs, "timeout", 1),
    (hangs_after_the_head, "timeout", 1),
    (hangs_in_the_middle, "timeout", 1),
    (cuts_in_the_middle, "unavailable", 1),
    (ends_in_the_middle, "unavailable", 1),
    (garbage, "unavailable", 2),
    (not_http, "unavailable", 2),
    (says_error, "unavailable", 2),
    (says_nothing, "unavailable", 1),
    (endless_head, "unavailable", 2),
    (endless_line, "unavailable", 2),
    (refuses(401), "unavailable", 1),
    (refuses(429), "unavailable", 2),
    (refuses(500), "unavailable", 2),
    (redirects, "unavailable", 1),
], ids=lambda v: getattr(v, "__name__", None))
async def test_failure_is_one_message_with_the_offer_of_a_person(hasty, answer, code,
                                                                 requests):
    site, model = await hasty(answer)
    customer = await site.customer()
    stream = await ask(customer)
    error = await stream.event("ai_error", deadline=30)
    message = await answer_of(stream)
    assert message["content"] == SORRY and offers(message)
    assert error.payload == {"messageId": message["id"], "code": code}
    assert len(model.exchanges) == requests
    assert [e["role"] for e in await customer.log()] == ["USER", "ASSISTANT"]
    assert "sk-123" not in site.parley.log_text()
    assert (await site.web.get("/readyz")).status == 200
    await customer.escalate()
    assert (await customer.info())["escalationReason"].startswith("The assistant could not answer")
    model.answer = echo  # and it is asked again
    assert (await answer_of(await ask(await site.customer())))["content"].startswith("You said")


async def test_failure_before_the_first_token_is_tried_once_more(patient):
    async def second_time(x):
        if len(model.exchanges) == 1:
            x.cut()
        else:
            await x.say("Here I am.")

    site, model = await patient(second_time)
    customer = await site.customer()
    stream = await ask(customer)
    assert (await answer_of(stream))["content"] == "Here I am."
    assert not [e for e in stream.events if e.name == "ai_error"]


async def test_failure_is_told_in_the_language_of_the_chat(patient):
    site, _ = await patient(refuses(500))
    customer = await site.customer(locale="de")
    message = await answer_of(await ask(customer, "Was kostet das?"))
    assert message["content"].startswith("Ich kann im Moment leider nicht antworten.")


async def test_server_that_is_down_is_left_alone_and_the_rules_answer(own_site, models):
    model = await models()
    settings = model.settings()
    await model.aclose()
    site = own_site(settings)
    for n in range(5):
        customer = await site.customer()
        message = await answer_of(await ask(customer, f"question {n}"))
        assert message["content"] == SORRY and offers(message)
    again = await models(port=model.port)
    customer = await site.customer()
    message = await answer_of(await ask(customer, "hello"))
    assert message["content"] != SORRY and not offers(message)
    assert not again.exchanges
    assert "assistant-down" in site.parley.log_text()


async def test_posts_are_answered_while_the_model_hangs(patient):
    site, model = await patient(hangs)
    customers = await gather(*(site.customer() for _ in range(20)))
    for customer in customers:
        assert (await customer.post("anybody?", deadline=5)).status == 200
    await model.asked(20)
    assert (await customers[0].post("still there?", deadline=5)).status == 200


async def test_certificate_that_nobody_vouches_for_is_refused(own_site, models, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    model = await models(tls=tls)
    site = own_site(model.settings(url=model.url.replace("http:", "https:")))
    customer = await site.customer()
    assert (await answer_of(await ask(customer)))["content"] == SORRY
    assert not model.exchanges
    assert "outcome=tls" in site.parley.log_text()


# ---- limits ---------------------------------------------------------------------------------


async def test_beyond_the_days_questions_the_rules_answer(own_site, models):
    model = await models()
    site = own_site(model.settings(questions_per_day=2))
    for _ in range(3):
        await (await site.customer()).ask("what now")
    assert len(model.exchanges) == 2


async def test_beyond_the_chats_messages_the_rules_answer(own_site, models):
    model = await models()
    site = own_site(model.settings(messages_per_chat=3))
    customer = await site.customer()
    for n in range(3):
        await customer.ask(f"what now {n}")
    assert len(model.exchanges) == 2
    await (await site.customer()).ask("what now")
    assert len(model.exchanges) == 3


async def test_many_chats_at_once_while_another_customer_posts(own_site, models):
    chats, go_on = 200, asyncio.Event()

    async def slowly(x):
        await x.head()
        await x.piece("Wait. ")
        await go_on.wait()
        for n in range(20):
            await x.piece(f"{n} ")
            await asyncio.sleep(0)
        await x.done()

    model = await models(slowly)
    site = own_site(model.settings(total_timeout=600, first_token_timeout=600))
    customers = await gather(*(site.customer() for _ in range(chats)))
    streams = await gather(*(ask(c, f"question of {n}") for n, c in enumerate(customers)))
    await gather(*(s.event("ai_delta", deadline=60) for s in streams))
    people = await site.waiting()
    posts = asyncio.ensure_future(_posts(people))
    go_on.set()
    answers = await gather(*(answer_of(s, deadline=60) for s in streams))
    await posts
    whole = "Wait. " + " ".join(map(str, range(20)))
    assert {a["content"] for a in answers} == {whole}
    for stream, answer in zip(streams, answers):
        assert {e.payload["messageId"] for e in deltas(stream)} == {answer["id"]}
        assert (whole + " ").startswith(told(stream))


async def _posts(customer):
    for n in range(20):
        await customer.say(f"to people {n}")


# ---- restarts -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_daemon_that_ends_in_mid_answer_gives_one_answer_after_its_restart(own_site, models,
                                                                                 how):
    async def first_time_never(x):
        await x.head()
        await x.piece("Half ")
        if len(model.exchanges) == 1:
            await x.hang()
        await x.piece("and whole")
        await x.done()

    model = await models(first_time_never)
    site = own_site(model.settings())
    customer = await site.customer()
    stream = await ask(customer)
    old = (await stream.event("ai_delta")).payload["messageId"]
    begun = await asyncio.to_thread(getattr(site.parley, how))
    assert how == "kill" or begun == 0
    await asyncio.to_thread(site.parley.start)
    again = await customer.stream(whole=True)
    message = await answer_of(again)
    assert message["content"] == "Half and whole"
    assert message["id"] != old
    assert len(model.exchanges) == 2
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    await customer.ask("And now?")
    assert [e["role"] for e in await customer.log()] == ["USER", "ASSISTANT"] * 2


# ---- configuration --------------------------------------------------------------------------


@pytest.mark.parametrize("wrong, told_of", [
    ({"url": ""}, "needs assistant.url and assistant.model"),
    ({"model": ""}, "needs assistant.url and assistant.model"),
    ({"url": "ftp://127.0.0.1/v1"}, "assistant.url must be"),
    ({"key_file": "/nowhere"}, "cannot open /nowhere"),
    ({"key_file": "OPEN"}, "is open to others"),
    ({"instructions_file": "/nowhere"}, "cannot open /nowhere"),
    ({"first_token_timeout": 0}, "must be from 1 to 600"),
])
async def test_wrong_settings_are_refused_with_their_line(own_site, tmp_path, wrong, told_of):
    key = tmp_path / "key"
    key.write_text("x")
    key.chmod(0o644)
    settings = {"mode": "openai", "url": f"http://127.0.0.1:{free_port()}/v1", "model": "m",
                **{n: str(key) if v == "OPEN" else v for n, v in wrong.items()}}
    site = own_site(start=False)
    site.parley.settings["assistant"] = settings
    site.parley.write_config()
    done = subprocess.run([site.parley.argv()[0], "check-config", "--config", site.parley.config],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 78
    assert told_of in done.stderr and os.path.basename(site.parley.config) + ":" in done.stderr
