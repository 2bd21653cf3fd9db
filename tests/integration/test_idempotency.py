"""A request that is sent again changes nothing, and lists give everything once."""

import pytest

from lib.wait import gather


# ---- idempotency ---------------------------------------------------------------------------------


async def settle(web, target, value, headers=()):
    """The answer when no other with the same key is under way any more."""
    while True:
        answer = await web.post(target, value, headers=headers)
        if answer.status != 409 or "retry-after" not in answer.headers:
            return answer


async def test_fifty_duplicates_at_once_make_one_entry(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    value = {"content": "only once", "role": "USER", "clientId": "same"}
    answers = await gather(*(settle(customer.web, customer.path("/messages/send"), value)
                             for _ in range(50)))
    assert {a.status for a in answers} == {200}
    assert len({a.json()["message"]["id"] for a in answers}) == 1
    fresh = [a for a in answers if a.headers.get("idempotent-replayed") != "true"]
    assert len(fresh) == 1
    await customer.say("fence")
    await stream.said("fence")
    await sarah.said(room, "fence")
    assert [e.payload["content"] for e in stream.events if e.name == "message"] == \
        ["only once", "fence"]
    assert [s.body for s in sarah.lines(room)].count("only once") == 1
    assert [e["content"] for e in await customer.log()].count("only once") == 1


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


async def test_key_is_remembered_through_a_restart(own_site):
    site = own_site()
    customer = await site.waiting()
    first = (await customer.post("x", key="k")).ok().json()["message"]["id"]
    site.parley.kill()
    site.parley.start()
    again = (await customer.post("x", key="k")).ok()
    assert again.json()["message"]["id"] == first
    assert again.headers["idempotent-replayed"] == "true"


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
