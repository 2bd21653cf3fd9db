"""The assistant that asks a language model, whose server does what no server should; limits, restarts
and wrong settings."""

import asyncio
import os
import ssl
import subprocess

import pytest

from lib.model import echo
from lib.modelled import SORRY, answer_of, ask, deltas, offers, told
from lib.process import free_port
from lib.wait import gather


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


@pytest.mark.parametrize("answer", [refuses(400), refuses(413), refuses(422), says_nothing],
                         ids=["400", "413", "422", "nothing"])
async def test_question_that_the_model_refuses_keeps_no_other_from_it(patient, answer):
    site, model = await patient(answer)
    for n in range(5):
        message = await answer_of(await ask(await site.customer(), f"question {n}"))
        assert message["content"] == SORRY and offers(message)
    model.answer = echo
    assert (await answer_of(await ask(await site.customer())))["content"].startswith("You said")
    assert "assistant-down" not in site.parley.log_text()


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


@pytest.mark.parametrize("answer", [hangs, hangs_after_the_head], ids=lambda v: v.__name__)
async def test_no_answer_may_take_longer_than_all_of_it(own_site, models, answer):
    model = await models(answer)
    site = own_site(model.settings(first_token_timeout=600, total_timeout=1))
    message = await answer_of(await ask(await site.customer()))
    assert message["content"] == SORRY and offers(message)
    assert len(model.exchanges) == 1


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


async def test_command_without_a_daemon_leaves_the_question_to_the_daemon(own_site, models):
    async def first_time_never(x):
        if len(model.exchanges) == 1:
            await x.hang()
        await x.say("Yes.")

    model = await models(first_time_never)
    site = own_site(model.settings())
    customer = await site.customer()
    (await customer.post("What do you sell?")).ok()
    await model.asked()
    await asyncio.to_thread(site.parley.kill)
    shown = await asyncio.to_thread(site.parley.command, "chat", "show", customer.chat)
    assert "What do you sell?" in shown and "Yes." not in shown
    again = await asyncio.to_thread(site.parley.command, "chat", "show", customer.chat)
    assert again == shown  # nor did the first one let anybody else answer
    assert len(model.exchanges) == 1
    await asyncio.to_thread(site.parley.start)
    assert (await answer_of(await customer.stream(whole=True)))["content"] == "Yes."


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
