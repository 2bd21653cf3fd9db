"""What customers think of their chats: told once, to everybody, and why, to staff only."""

import asyncio
import json
import uuid

import pytest

from lib.prosody import DOMAIN

LOBBY = f"lobby@{DOMAIN}"


async def rate(customer, score, comment=None, key=None):
    value = {"score": score, "clientId": key or uuid.uuid4().hex}
    if comment is not None:
        value["comment"] = comment
    return await customer.web.post(customer.path("/rating"), value)


async def close(customer):
    (await customer.web.post(customer.path("/close"))).ok()


async def test_a_closed_chat_is_rated_once_and_the_comment_is_for_staff(site):
    customer, agent, _ = await site.live(name="Carol")
    queue = await site.agent_web().stream("/api/events")
    await queue.event("snapshot")
    first = await customer.stream()
    await close(customer)
    await first.event("closed")
    await first.end()
    answer = await rate(customer, 4, "quick and kind", "k1")
    assert answer.status == 201
    mine = answer.json()["chat"]["rating"]
    assert mine["score"] == 4 and "comment" not in mine and mine["ratedAt"]
    again = await rate(customer, 4, "quick and kind", "k1")
    assert again.status == 201 and again.headers["idempotent-replayed"] == "true"
    other = await rate(customer, 5, "better", "k2")
    assert (other.status, other.problem()) == (409, "conflict")
    assert (await rate(customer, 5, "better", "k1")).problem() == "key-reused"

    told = await queue.event("rated", lambda e: customer.chat in e.json["channel"])
    assert told.payload["score"] == 4
    row = await queue.event("queue", lambda e: (e.payload.get("chat") or {}).get("rating")
                            and e.payload["chat"]["id"] == customer.chat)
    assert row.payload["chat"]["rating"]["comment"] == "quick and kind"
    info = (await site.agent_web().get(customer.path())).ok().json()
    assert (info["status"], info["rating"]["score"], info["rating"]["comment"]) == \
        ("closed", 4, "quick and kind")
    log = (await site.agent_web().get(customer.path("/messages?limit=200"))).ok().json()["items"]
    assert [m["event"] for m in log[-2:]] == ["rated", "note"]
    assert "quick and kind" in log[-1]["content"]

    # a stream that had ended behind the end of the chat hears of it when it comes back
    stream = await customer.stream(first.last_id)
    rated = await stream.event("rated")
    assert rated.payload["score"] == 4 and rated.id is not None
    await stream.end()
    page = (await customer.web.get(customer.path("/messages?limit=200"))).ok()
    assert page.json()["items"][-1]["event"] == "rated"
    seen = json.dumps([e.data for e in stream.events]) + page.body.decode() + \
        json.dumps(await customer.info())
    assert "quick and kind" not in seen


async def test_agents_in_the_room_and_in_the_lobby_see_a_rating(site):
    customer, agent, room = await site.live(name="Carol")
    tom = await site.agent("tom")
    await tom.join(LOBBY, "Tom")
    after, lobby = agent.mark, tom.mark
    assert (await rate(customer, 5, "a great help")).status == 201
    line = await agent.wait(lambda s: s.line and "5/5" in (s.body or ""), after, what="the rating")
    assert line.nick == ""
    await agent.wait(lambda s: s.line and "a great help" in (s.body or ""), after, what="the note")
    news = await tom.wait(lambda s: s.line and "5/5" in (s.body or ""), lobby, what="the news")
    assert "Carol" in news.body and "a great help" in news.body


async def test_a_reopened_chat_is_rated_anew(site):
    customer = await site.waiting()
    assert (await rate(customer, 3)).problem() == "conflict"
    await close(customer)
    assert (await rate(customer, 2)).status == 201
    (await customer.post("one more question")).ok()
    assert (await customer.info())["rating"] is None
    assert (await rate(customer, 3)).problem() == "conflict"
    await close(customer)
    assert (await rate(customer, 5)).status == 201
    assert (await customer.info())["rating"]["score"] == 5


@pytest.mark.parametrize("value, member", [
    ({}, "/score"), ({"score": 0}, "/score"), ({"score": 6}, "/score"), ({"score": 2.5}, "/score"),
    ({"score": "5"}, "/score"), ({"score": 4, "comment": 7}, "/comment")])
async def test_a_rating_that_is_none_is_refused_by_its_member(site, value, member):
    customer = await site.customer()
    await close(customer)
    answer = await customer.web.post(customer.path("/rating"), value)
    assert answer.problem() == "invalid-request"
    assert [e["pointer"] for e in answer.json()["errors"]] == [member]
    assert (await customer.info())["rating"] is None


async def test_a_comment_that_is_too_long_is_refused(site):
    customer = await site.customer()
    await close(customer)
    assert (await rate(customer, 4, "x" * 4097)).status == 413
    assert (await rate(customer, 4, "x" * 4096)).status == 201


async def test_a_rating_outlives_a_kill_and_is_exported(own_site):
    site = own_site()
    customer = await site.customer(name="Carol")
    await close(customer)
    assert (await rate(customer, 1, "no help at all")).status == 201
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    info = (await site.agent_web().get(customer.path())).ok().json()
    assert (info["rating"]["score"], info["rating"]["comment"]) == (1, "no help at all")
    shown = await asyncio.to_thread(site.parley.command, "chat", "show", customer.chat, "--json")
    chat = json.loads(shown)
    assert (chat["rating"], chat["ratingComment"]) == (1, "no help at all")
