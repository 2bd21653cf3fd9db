"""Agents find chats by what is known of the customer: over HTTP, and over XMPP."""

import uuid
from urllib.parse import quote

from lib.commands import ask, shout, submit
from lib.prosody import DOMAIN


def name():
    """Nobody else's."""
    return "q" + uuid.uuid4().hex[:20]


async def find(agent, text, more=""):
    """The ids of what is found, in order."""
    target, ids = f"/api/chats?q={quote(text)}{more}", []
    while target:
        page = (await agent.get(target)).ok().json()
        ids += [chat["id"] for chat in page["items"]]
        cursor = page["nextCursor"]
        target = f"/api/chats?q={quote(text)}{more}&cursor={quote(cursor)}" if cursor else None
    return ids


async def test_customer_is_found_by_beginnings_of_name_address_reason_and_id(site):
    one = name()
    customer = await site.customer(name=f"Zoë {one}", email=f"zoe@{one}.example")
    await customer.escalate(f"lamp {one}")
    sarah = site.agent_web("sarah")
    for text in (one, one[:12].upper(), f"zoe {one}", f"{one} LAMP", f"zoe@{one}.example", customer.chat,
                 customer.chat[:12]):
        assert await find(sarah, text) == [customer.chat], text
    for text in (one[1:], f"{one} nobody", customer.chat[1:], "!", "\u200b"):
        assert await find(sarah, text) == [], text
    assert await find(sarah, one, "&filter=needs_response") == [customer.chat]
    assert await find(sarah, one, "&filter=assigned") == []


async def test_other_organizations_find_nothing(site):
    one = name()
    customer = await site.waiting(name=one)
    assert await find(site.agent_web("eve"), one) == []
    assert await find(site.agent_web("eve"), customer.chat) == []
    assert (await customer.web.get(f"/api/chats?q={one}")).status == 403


async def test_new_name_is_found_and_the_old_one_no_more(site):
    one, two = name(), name()
    customer = await site.waiting(name=one)
    sarah = site.agent_web("sarah")
    (await sarah.request("PATCH", customer.path(), {"name": two})).ok()
    assert await find(sarah, two) == [customer.chat]
    assert await find(sarah, one) == []


async def test_erased_chat_is_not_found_by_what_it_was(site):
    one = name()
    customer = await site.customer(name=one)
    await customer.escalate(f"about {one}")
    sarah = site.agent_web("sarah")
    assert await find(sarah, one) == [customer.chat]
    site.parley.command("chat", "erase", customer.chat)
    assert await find(sarah, one) == []


async def test_pages_go_on_where_the_last_one_ended(site):
    one = name()
    waiting = [(await site.waiting(name=f"{one} {i}")).chat for i in range(5)]
    sarah = site.agent_web("sarah")
    assert await find(sarah, one, "&limit=2") == waiting
    assert (await sarah.get(f"/api/chats?q={one}&cursor=1")).status == 400


async def test_what_cannot_be_searched_for_is_refused_and_an_empty_search_is_the_list(site):
    sarah = site.agent_web("sarah")
    for text, problem in (("a b c d e f g h j", "invalid-request"), ("x" * 257, "invalid-request"),
                          ("\ufffe", "invalid-text"), ("\x01", "invalid-request")):
        answer = await sarah.get(f"/api/chats?q={quote(text)}")
        assert answer.status == 400 and answer.problem() == problem
        if text != "\x01":  # no request line holds that
            assert answer.json()["errors"][0]["pointer"] == "/q"
    await site.waiting()
    assert (await sarah.get("/api/chats?q=&limit=1")).ok().json()["items"] != []


async def test_command_finds_chats_through_each_door(site):
    one = name()
    customer, sarah, room = await site.live(name=one)
    for text in (await ask(sarah, f"find {one[:12]}"), await shout(sarah, room, f"!find {one[:12]}")):
        assert one in text and customer.chat in text
    assert await ask(sarah, f"find {name()}") == "Nothing is found."
    done = await submit(sarah, DOMAIN, "find", words=one)
    assert done.status == "completed" and customer.chat in done.items[0][1]
