"""Who is not of the house learns nothing, not even that a chat exists."""

import uuid

import pytest

from lib.agent import DISCO_INFO, DISCO_ITEMS, MUC, PING, Refused

DOMAIN = "support.localhost"
MISSING = "zzzzzzzzzzzzzzzzzzzzzzzzzz"  # the form of an id, of no chat

# Stanzas to a room, with TO for its address and ID for the stanza's id.
STANZAS = {
    "disco#info": f"<iq type='get' to='TO' id='ID'><query xmlns='{DISCO_INFO}'/></iq>",
    "disco#items": f"<iq type='get' to='TO' id='ID'><query xmlns='{DISCO_ITEMS}'/></iq>",
    "disco#info of a node": f"<iq type='get' to='TO' id='ID'><query xmlns='{DISCO_INFO}'"
                            " node='x-roomuser-item'/></iq>",
    "commands": f"<iq type='get' to='TO' id='ID'><query xmlns='{DISCO_ITEMS}'"
                " node='http://jabber.org/protocol/commands'/></iq>",
    "ping": f"<iq type='get' to='TO' id='ID'><ping xmlns='{PING}'/></iq>",
    "ping of an occupant": f"<iq type='get' to='TO/Sarah' id='ID'><ping xmlns='{PING}'/></iq>",
    "ping of the own occupant": f"<iq type='get' to='TO/mallory' id='ID'><ping xmlns='{PING}'/>"
                                "</iq>",
    "disco of an occupant": f"<iq type='get' to='TO/Sarah' id='ID'><query xmlns='{DISCO_INFO}'/>"
                            "</iq>",
    "disco of the customer": f"<iq type='get' to='TO/Alice (customer)' id='ID'>"
                             f"<query xmlns='{DISCO_INFO}'/></iq>",
    "vcard": "<iq type='get' to='TO' id='ID'><vCard xmlns='vcard-temp'/></iq>",
    "vcard of an occupant": "<iq type='get' to='TO/Sarah' id='ID'><vCard xmlns='vcard-temp'/></iq>",
    "version": "<iq type='get' to='TO' id='ID'><query xmlns='jabber:iq:version'/></iq>",
    "archive": "<iq type='set' to='TO' id='ID'><query xmlns='urn:xmpp:mam:2'/></iq>",
    "archive's form": "<iq type='get' to='TO' id='ID'><query xmlns='urn:xmpp:mam:2'/></iq>",
    "archive's metadata": "<iq type='get' to='TO' id='ID'><metadata xmlns='urn:xmpp:mam:2'/></iq>",
    "members": "<iq type='get' to='TO' id='ID'><query xmlns='http://jabber.org/protocol/muc#admin'>"
               "<item affiliation='member'/></query></iq>",
    "kick": "<iq type='set' to='TO' id='ID'><query xmlns='http://jabber.org/protocol/muc#admin'>"
            "<item nick='Sarah' role='none'/></query></iq>",
    "configuration": "<iq type='get' to='TO' id='ID'>"
                     "<query xmlns='http://jabber.org/protocol/muc#owner'/></iq>",
    "destroy": "<iq type='set' to='TO' id='ID'><query xmlns='http://jabber.org/protocol/muc#owner'>"
               "<destroy/></query></iq>",
    "register": "<iq type='get' to='TO' id='ID'><query xmlns='jabber:iq:register'/></iq>",
    "unknown get": "<iq type='get' to='TO' id='ID'><q xmlns='urn:example:q'/></iq>",
    "unknown set": "<iq type='set' to='TO' id='ID'><q xmlns='urn:example:q'/></iq>",
    "pubsub": "<iq type='get' to='TO' id='ID'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
              "<items node='urn:xmpp:avatar:metadata'/></pubsub></iq>",
    "join": f"<presence to='TO/mallory' id='ID'><x xmlns='{MUC}'/></presence>",
    "join as an agent": f"<presence to='TO/Sarah' id='ID'><x xmlns='{MUC}'/></presence>",
    "join with a password": f"<presence to='TO/m' id='ID'><x xmlns='{MUC}'>"
                            "<password>secret</password></x></presence>",
    "join without a nick": f"<presence to='TO' id='ID'><x xmlns='{MUC}'/></presence>",
    "presence": "<presence to='TO/mallory' id='ID'/>",
    "presence to the room": "<presence to='TO' id='ID'/>",
    "leave": "<presence type='unavailable' to='TO/mallory' id='ID'/>",
    "probe": "<presence type='probe' to='TO/Sarah' id='ID'/>",
    "subscribe": "<presence type='subscribe' to='TO' id='ID'/>",
    "error presence": "<presence type='error' to='TO/Sarah' id='ID'><error type='cancel'>"
                      "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>",
    "line": "<message type='groupchat' to='TO' id='ID'><body>hello</body></message>",
    "command": "<message type='groupchat' to='TO' id='ID'><body>!claim</body></message>",
    "subject": "<message type='groupchat' to='TO' id='ID'><subject>mine</subject></message>",
    "typing": "<message type='groupchat' to='TO' id='ID'>"
              "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "message": "<message to='TO' id='ID'><body>hello</body></message>",
    "chat message": "<message type='chat' to='TO' id='ID'><body>hello</body></message>",
    "private message": "<message type='chat' to='TO/Sarah' id='ID'><body>hello</body></message>",
    "line to an occupant": "<message type='groupchat' to='TO/Sarah' id='ID'><body>hello</body>"
                           "</message>",
    "invitation": "<message to='TO' id='ID'><x xmlns='http://jabber.org/protocol/muc#user'>"
                  "<invite to='eve@localhost'/></x></message>",
    "voice request": "<message to='TO' id='ID'><x xmlns='jabber:x:data' type='submit'>"
                     "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value>"
                     "</field><field var='muc#role'><value>participant</value></field></x>"
                     "</message>",
    "encrypted": "<message type='groupchat' to='TO' id='ID'><encrypted "
                 "xmlns='eu.siacs.conversations.axolotl'/><body>secret</body></message>",
    "long line": f"<message type='groupchat' to='TO' id='ID'><body>{'x' * 20000}</body></message>",
}


async def answers(mallory, stanza, room):
    """All that came back, as text without what the asker chose. Questions about the same room
    follow as a fence: answers about one room come in order."""
    after = mallory.mark
    mallory.send(stanza.replace("TO", room).replace("ID", "asked"))
    await mallory.info(room)
    fence = await mallory.info(room)
    got = [s.canonical() for s in mallory.received[after:fence.index]
           if s.sender.split("/")[0].endswith(DOMAIN) and not (s.kind == "iq" and s.id != "asked")]
    return [text.replace(room, "ROOM").replace(room.split("@")[0], "LOCAL") for text in got]


async def chats_of_all_states(site):
    assistant = await site.customer(name="Alice")
    waiting = await site.waiting(name="Alice")
    live, sarah, _ = await site.live(name="Alice")
    closed, _, room = await site.live(name="Alice")
    (await closed.web.post(closed.path("/close"))).ok()
    return {"in the assistant's phase": assistant.chat, "waiting": waiting.chat,
            "live": live.chat, "closed": closed.chat}


async def test_outsider_cannot_tell_a_room_from_none(site):
    chats = await chats_of_all_states(site)
    mallory = await site.agent("mallory")
    different = []
    for name, stanza in STANZAS.items():
        expected = await answers(mallory, stanza, f"{MISSING}@{DOMAIN}")
        if stanza.startswith("<iq"):
            assert len(expected) == 1, (name, expected)
        for state, chat in chats.items():
            got = await answers(mallory, stanza, f"{chat}@{DOMAIN}")
            if got != expected:
                different.append(f"{name}, {state}:\n  {got}\ninstead of\n  {expected}")
    assert not different, f"{len(different)} differ:\n" + "\n".join(different[:5])


async def test_outsider_is_told_that_there_is_no_such_room(site):
    customer = await site.waiting()
    room = site.room(customer.chat)
    mallory = await site.agent("mallory")
    with pytest.raises(Refused) as refused:
        await mallory.join(room)
    assert refused.value.error == ("cancel", "item-not-found")
    assert (await mallory.info(room)).error == ("cancel", "item-not-found")
    # clients join again on this answer only (XEP-0410)
    assert (await mallory.ping(f"{room}/mallory")).error == ("cancel", "not-acceptable")


async def test_outsider_changes_nothing(site):
    customer, sarah, room = await site.live(name="Alice")
    stream = await customer.stream()
    before, mark = await customer.log(), sarah.mark
    mallory = await site.agent("mallory")
    for stanza in STANZAS.values():
        await answers(mallory, stanza, room)
    await customer.say("fence")
    await sarah.said(room, "fence")
    await stream.said("fence")
    assert [s.body for s in sarah.received[mark:] if s.room == room] == ["fence"]
    assert [e.name for e in stream.events if e.name not in ("ready", "presence")] == ["message"]
    assert (await customer.log())[:-1] == before


async def test_outsider_is_listed_nothing(site):
    await site.waiting(name="Alice")
    mallory = await site.agent("mallory")
    assert await mallory.items(DOMAIN) == {}
    answer = await mallory.info(DOMAIN)
    assert answer.type == "result"
    assert (await mallory.ping(DOMAIN)).type == "result"


@pytest.mark.parametrize("local", ["c-" + MISSING, "a-" + MISSING, "queue", "lobby", "lobby-x",
                                   "free", "x" * 300, "sarah", MISSING.upper()])
async def test_outsider_joins_nothing_at_all(site, local):
    mallory = await site.agent("mallory")
    after = mallory.mark
    mallory.start_join(f"{local}@{DOMAIN}", "mallory")
    answer = await mallory.wait(lambda s: s.kind == "presence" and s.room.startswith(local.lower()),
                                after)
    assert answer.type == "error", answer


# Requests about a chat: method, path after /api/chats/{id}, body. CHAT stands for the id.
REQUESTS = [
    ("GET", "", None), ("GET", "/messages", None), ("GET", "/messages?limit=3", None),
    ("GET", "/events", None), ("POST", "/messages", {"content": "x"}),
    ("POST", "/messages/send", {"content": "x", "role": "USER"}),
    ("POST", "/messages/send", {"content": "x", "role": "ASSISTANT"}),
    ("POST", "/assign", {}), ("POST", "/typing", {"isTyping": True}), ("POST", "/close", {}),
    ("POST", "/events/ticket", {}), ("POST", "ESCALATE", {"chatId": "CHAT", "reason": "x"}),
    ("POST", "/messages", {"content": ""}), ("POST", "/messages", {}),
    ("DELETE", "", None), ("GET", "/nothing", None),
]


async def http_answer(web, method, rest, body, chat):
    if body is not None:
        body = {n: chat if v == "CHAT" else v for n, v in body.items()}
    path = "/api/escalations" if rest == "ESCALATE" else f"/api/chats/{chat}{rest}"
    answer = await web.request(method, path, body)
    headers = sorted((n.lower(), v.replace(chat, "CHAT")) for n, v in answer.header_list
                     if n.lower() not in ("date", "x-request-id"))
    return answer.status, headers, answer.body.replace(chat.encode(), b"CHAT")


async def askers(site):
    other = await site.waiting()
    return {
        "no token": site.web.using(None),
        "a wrong token": site.web.using(uuid.uuid4().hex * 2),
        "half a token": site.web.using("x"),
        "another chat's token": site.web.using(other.token),
        "an agent of another organization": site.agent_web("eve"),
    }


async def test_wrong_token_cannot_tell_a_chat_from_none(site):
    chats = await chats_of_all_states(site)
    different = []
    for asker, web in (await askers(site)).items():
        for method, rest, body in REQUESTS:
            expected = await http_answer(web, method, rest, body, MISSING)
            assert expected[0] in (400, 401, 403, 404, 405), (asker, method, rest, expected)
            for state, chat in chats.items():
                got = await http_answer(web, method, rest, body, chat)
                if got != expected:
                    different.append(f"{asker}, {method} {rest}, {state}:\n  {got}\n"
                                     f"instead of\n  {expected}")
    assert not different, f"{len(different)} differ:\n" + "\n".join(different[:5])


async def test_agent_of_another_organization_sees_nothing(site):
    customer = await site.waiting(name="Alice")
    theirs, own = [{chat["id"] for chat in (await site.agent_web(local).get(
        "/api/chats?filter=all&limit=200")).ok().json()["items"]} for local in ("sarah", "eve")]
    assert customer.chat in theirs and not theirs & own
    eve = await site.agent("eve")
    room = site.room(customer.chat)
    locals_ = [jid.split("@")[0] for jid in await eve.items(DOMAIN)]
    assert "lobby" not in locals_  # the lobby of the others
    assert customer.chat not in locals_ and not theirs & set(locals_)
    for name, stanza in STANZAS.items():
        assert await answers(eve, stanza, room) == \
            await answers(eve, stanza, f"{MISSING}@{DOMAIN}"), name
