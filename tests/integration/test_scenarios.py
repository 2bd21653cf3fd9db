"""Three whole stories: a customer on HTTP and SSE, an agent with an XMPP client."""

WAITING = "⏱️ Connecting you to a support agent. Please wait..."
JOINED = "✅ Support Agent Sarah has joined the chat"
BUTTON = "Connect with Customer Support"


def contents(entries):
    return [(e["role"], e["content"]) for e in entries]


async def test_customer_asks_for_a_person_and_waits(site):
    customer = await site.customer(name="Alice")
    stream = await customer.stream()

    # 1-4: the assistant understands and offers the button
    question = (await customer.post("I need to speak to a human")).ok().json()["message"]
    assert question["role"] == "USER" and question["content"] == "I need to speak to a human"
    answer = (await stream.event("message", lambda e: e.payload["role"] == "ASSISTANT")).payload
    assert answer["content"].strip()
    assert [(a["type"], a["label"]) for a in answer["actions"]] == [("escalate", BUTTON)]
    assert (await customer.info())["escalationRequested"] is False

    # 5-6: the button
    escalation = await customer.escalate("I need to speak to a human")
    assert escalation["success"] is True
    escalated = await stream.event("escalated")
    assert escalated.json["channel"] == f"chat:{customer.chat}:escalated"
    assert escalated.payload["text"] == WAITING
    info = await customer.info()
    assert info["escalationRequested"] is True
    assert info["escalationReason"] == "I need to speak to a human"
    assert info["escalationRequestedAt"].endswith("Z")
    assert info["assignedToId"] is None and info["assignedAt"] is None

    # 7-8: what is written while waiting is kept
    message = await customer.say("Hello, waiting for agent")
    assert message["role"] == "USER"
    assert (await stream.said("Hello, waiting for agent")).payload["id"] == message["id"]
    assert contents(await customer.log()) == [
        ("USER", "I need to speak to a human"), ("ASSISTANT", answer["content"]),
        ("SYSTEM", WAITING), ("USER", "Hello, waiting for agent")]


async def test_send_answers_with_the_message_and_its_sender(site):
    customer = await site.waiting(name="Alice", email="alice@example.org")
    answer = (await customer.web.post(customer.path("/messages/send"),
                                      {"content": "Hello", "role": "USER"})).ok()
    assert answer.status == 200
    value = answer.json()
    assert value["success"] is True
    message = value["message"]
    assert message["content"] == "Hello" and message["role"] == "USER"
    assert message["id"] and message["createdAt"].endswith("Z")
    assert set(message["sender"]) >= {"id", "name", "email", "avatar"}
    assert message["sender"]["name"] == "Alice"
    assert message["sender"]["avatar"] is None


async def test_send_before_escalation_is_refused(site):
    customer = await site.customer()
    answer = await customer.web.post(customer.path("/messages/send"),
                                     {"content": "Hello", "role": "USER"})
    assert answer.status == 409 and answer.problem() == "not-escalated"
    assert await customer.log() == []


async def test_agent_picks_up_the_chat_by_joining(site):
    customer = await site.customer(name="Alice")
    stream = await customer.stream()
    question, answer = await customer.ask("I need to speak to a human")
    sarah = await site.agent("sarah")
    room = site.room(customer.chat)
    assert room not in await sarah.items("support.localhost")  # not in the assistant's phase

    await customer.escalate("I need a human")
    await customer.say("Hello, waiting for agent")
    listed = await sarah.items("support.localhost")
    assert room in listed and "Alice" in listed[room]

    join = await sarah.join(room)
    said = [s.body for s in join.history]
    assert [text for text in said if text in (question["content"], answer["content"],
                                              "Hello, waiting for agent")] == \
        [question["content"], answer["content"], "Hello, waiting for agent"]
    assert join.role in ("participant", "moderator") and join.nick == "Sarah"

    joined = await stream.event("agent_joined")
    assert joined.json["type"] == "broadcast" and joined.json["event"] == "agent_joined"
    assert joined.payload["agentName"] == "Sarah"
    assert joined.payload["agentId"] and "sarah@" not in joined.data
    assert joined.payload["timestamp"].endswith("Z")
    assert joined.payload["text"] == JOINED
    info = await customer.info()
    assert info["assignedToId"] == joined.payload["agentId"] and info["assignedAt"]

    await sarah.say(room, "Hi! I'm here to help")
    shown = (await stream.said("Hi! I'm here to help")).payload
    assert shown["role"] == "AGENT" and shown["sender"]["name"] == "Sarah"
    assert shown["sender"]["email"] is None
    assert [e.name for e in stream.events].count("agent_joined") == 1


async def test_live_chat_goes_both_ways_and_survives_reload(site):
    customer, sarah, room = await site.live(name="Alice")
    stream = await customer.stream()
    expected = []
    for turn in range(5):
        sent = await customer.say(f"question {turn}")
        seen = await sarah.said(room, f"question {turn}")
        assert seen.stanza_id == sent["id"] and seen.nick.startswith("Alice")
        reflected = await sarah.say(room, f"answer {turn}")
        shown = (await stream.said(f"answer {turn}")).payload
        assert shown["id"] == reflected.stanza_id
        expected += [sent["id"], shown["id"]]

    # "Refresh page": everything again from nothing, on both sides
    log = await customer.log()
    assert [e["id"] for e in log if e["role"] in ("USER", "AGENT")] == expected
    assert [e["content"] for e in log if e["role"] == "SYSTEM"] == [WAITING, JOINED]
    tom = await site.agent("tom")
    join = await tom.join(room)
    assert [s.stanza_id for s in join.history if s.stanza_id in expected] == expected


async def test_reload_after_a_restart_of_everything_keeps_all(own_site):
    site = own_site()
    customer, sarah, room = await site.live(name="Alice")
    await customer.say("before")
    await sarah.say(room, "also before")
    log = await customer.log()
    await sarah.aclose()
    site.stop()
    site.prosody.start()
    site.parley.start()
    assert await customer.log() == log
    tom = await site.agent("tom")
    join = await tom.join(room)
    assert [s.body for s in join.history if s.body in ("before", "also before")] == \
        ["before", "also before"]


async def test_agent_takes_the_chat_over_http(site):
    customer = await site.waiting()
    stream = await customer.stream()
    web = site.agent_web("sarah")
    listed = (await web.get("/api/chats?filter=needs_response&limit=200")).ok().json()["items"]
    assert customer.chat in [c["id"] for c in listed]

    answer = (await web.post(f"/api/chats/{customer.chat}/assign")).ok().json()
    assert answer["success"] is True
    joined = await stream.event("agent_joined")
    assert joined.payload["agentName"] == "Sarah"
    answer = (await web.post(f"/api/chats/{customer.chat}/messages/send",
                             {"content": "Hi from the console", "role": "ASSISTANT"})).ok().json()
    assert answer["message"]["role"] == "AGENT"
    shown = await stream.said("Hi from the console")
    assert shown.payload["id"] == answer["message"]["id"]
    listed = (await web.get("/api/chats?filter=needs_response&limit=200")).ok().json()["items"]
    assert customer.chat not in [c["id"] for c in listed]
    listed = (await web.get("/api/chats?filter=assigned&limit=200")).ok().json()["items"]
    assert customer.chat in [c["id"] for c in listed]
    assert [e.name for e in stream.events].count("agent_joined") == 1
