"""What is sent again, at once or after a crash, is stored once."""

import asyncio

from lib.wait import gather

AT_ONCE = 50


async def settle(web, target, value):
    """The answer when no other with the same key is under way any more."""
    while True:
        answer = await web.post(target, value)
        if answer.status != 409 or "retry-after" not in answer.headers:
            return answer


async def send_at_once(customer, ledger, text, key):
    """The same request many times at once: one is new, all have the same answer."""
    value = {"content": text, "role": "USER", "clientId": key}
    sent = ledger.sending("a page that repeats itself", text)
    answers = await gather(*(settle(customer.web, customer.path("/messages/send"), value)
                             for _ in range(AT_ONCE)))
    assert {a.status for a in answers} == {200}
    [(entry, seq)] = {(a.json()["message"]["id"], a.json()["message"]["seq"]) for a in answers}
    sent.acknowledged(entry, seq, by_customer=True)
    return sum(a.headers.get("idempotent-replayed") != "true" for a in answers)


async def check_other_body(customer, key):
    answer = await customer.post("something else", key=key)
    assert answer.status == 422 and answer.problem() == "key-reused"


async def test_fifty_at_once_on_one_key_are_one_entry_also_after_a_crash(own_site, oracle):
    site = own_site()
    judge = oracle(site)
    customer, sarah, room = await site.live()
    ledger = judge.ledger(customer)
    assert await send_at_once(customer, ledger, "only once", "same") == 1
    await check_other_body(customer, "same")
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    [sent] = ledger.sent
    again = (await customer.post("only once", key="same")).ok()
    assert again.json()["message"]["id"] == sent.id
    assert again.headers["idempotent-replayed"] == "true"
    await check_other_body(customer, "same")
    assert await send_at_once(customer, ledger, "once more", "other") == 1
    await check_other_body(customer, "other")
    await judge.verify()


async def test_fifty_that_meet_a_crash_are_one_entry(own_site, oracle, rng, count):
    """The daemon dies while they are under way; each is sent again under its key."""
    site = own_site()
    judge = oracle(site)
    customer = await site.waiting()
    ledger = judge.ledger(customer)

    async def try_once(value):
        try:
            return await customer.web.post(customer.path("/messages/send"), value)
        except OSError:
            return None

    for n in range(count("CRASHES", 5, 50)):
        text, key = f"only once {n}", f"key {n}"
        value = {"content": text, "role": "USER", "clientId": key}
        tasks = [asyncio.ensure_future(try_once(value)) for _ in range(AT_ONCE)]
        await asyncio.wait(tasks, timeout=rng.random() * 0.03)
        await asyncio.to_thread(site.parley.kill)
        before = [a for a in await asyncio.gather(*tasks) if a is not None and a.status == 200]
        await asyncio.to_thread(site.parley.start)
        new = await send_at_once(customer, ledger, text, key)
        assert new == 0 if before else new <= 1
        assert {a.json()["message"]["id"] for a in before} <= {ledger.sent[-1].id}
    await judge.verify()


async def test_line_sent_again_by_an_agents_client_is_one_entry(own_site, oracle):
    site = own_site()
    judge = oracle(site)
    customer, sarah, room = await site.live()
    ledger = judge.ledger(customer)
    origin = "<origin-id xmlns='urn:xmpp:sid:0' id='once'/>"
    sent = ledger.sending("sarah", "only once")
    mark = sarah.mark
    for _ in range(AT_ONCE):
        sarah.start_say(room, "only once", "n1", origin)

    def copies(agent):
        return [s for s in agent.received[mark:] if s.kind == "message" and s.id == "n1"]

    await sarah.until(lambda a: len(copies(a)) == AT_ONCE, what="a receipt for each")
    [entry] = {s.stanza_id for s in copies(sarah)}
    sent.acknowledged(entry)
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    again = await sarah.say(room, "only once", "n1", origin)
    assert again.stanza_id == entry
    await judge.verify()
