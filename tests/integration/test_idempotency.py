"""A request that is sent again changes nothing, and lists give everything once."""

import pytest


# ---- idempotency ---------------------------------------------------------------------------------


async def test_key_with_another_body_is_422(site):
    customer = await site.waiting()
    (await customer.post("first", key="k1")).ok()
    answer = await customer.post("second", key="k1")
    assert answer.status == 422 and answer.problem() == "key-reused"
    assert "second" not in [e["content"] for e in await customer.log()]


async def test_header_and_client_id_are_the_same_key(site):
    customer = await site.waiting()
    first = (await customer.web.post(customer.path("/messages"), {"content": "x"},
                                     headers={"Idempotency-Key": "k2"})).ok()
    second = (await customer.web.post(customer.path("/messages"),
                                      {"content": "x", "clientId": "k2"})).ok()
    assert second.headers.get("idempotent-replayed") == "true"
    assert first.json()["message"]["id"] == second.json()["message"]["id"]


async def test_keys_of_different_authors_do_not_meet(site):
    customer = await site.waiting()
    web = site.agent_web("sarah")
    (await web.post(customer.path("/assign"), {}, headers={"Idempotency-Key": "k3"})).ok()
    mine = (await customer.post("mine", key="k3")).ok().json()["message"]["id"]
    theirs = (await web.post(customer.path("/messages/send"), {
        "content": "theirs", "role": "ASSISTANT", "clientId": "k3b"})).ok()
    assert theirs.json()["message"]["id"] != mine
    other = await site.waiting()
    (await other.post("mine", key="k3")).ok()


async def test_escalation_repeated_is_one_escalation(site):
    customer = await site.customer()
    stream = await customer.stream()
    answers = [(await customer.web.post("/api/escalations",
                                        {"chatId": customer.chat, "reason": "r"})).ok()
               for _ in range(3)]
    assert answers[0].json()["success"] is True
    await customer.say("fence")
    await stream.said("fence")
    assert [e.name for e in stream.events].count("escalated") == 1


# ---- lists ---------------------------------------------------------------------------------------


async def test_pages_of_a_log_add_up_in_both_directions(site):
    customer = await site.waiting(*(f"m{n}" for n in range(23)))
    whole = [e["id"] for e in await customer.log()]
    assert len(whole) == 24
    for limit in (1, 5, 23, 24, 200):
        ids, cursor, pages = [], "", 0
        while True:
            page = (await customer.web.get(customer.path(
                f"/messages?limit={limit}" + (f"&cursor={cursor}" if cursor else "")))).ok().json()
            assert page["success"] is True and len(page["items"]) <= limit
            ids += [e["id"] for e in page["items"]]
            cursor = page["nextCursor"]
            pages += 1
            if not cursor:
                break
        assert sorted(ids) == sorted(whole) and len(ids) == len(whole), (limit, pages)


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "99999999999999999999", ""])
async def test_limits_out_of_range_are_refused_or_clamped(site, limit):
    customer = await site.waiting(*(f"m{n}" for n in range(3)))
    answer = await customer.web.get(customer.path(f"/messages?limit={limit}"))
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert 1 <= len(answer.json()["items"]) <= 200
