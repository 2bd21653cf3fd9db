"""What agents do with chats by HTTP, and what clients and customers see of it."""

from lib.commands import shout, told


async def me(site, agent):
    return (await site.agent_web(agent).get("/api/me")).ok().json()["agent"]


async def test_transfer_by_http_rings_the_colleague_who_takes_it_by_http(site):
    customer = await site.waiting()
    sarah, tom = site.agent_web("sarah"), site.agent_web("tom")
    (await sarah.post(customer.path("/assign"))).ok()
    stream = await customer.stream()
    client = await site.agent("tom")
    mark = client.mark
    to = (await me(site, "tom"))["id"]
    chat = (await sarah.post(customer.path("/transfer"),
                             {"agentId": to, "note": "knows billing"})).ok().json()["chat"]
    assert chat["assignedTo"]["name"] == "Sarah" and chat["offeredTo"]["name"] == "Tom"
    assert "knows billing" in (await told(client, mark, "offers you")).body
    assert "offeredTo" not in await customer.info()
    (await tom.post(customer.path("/assign"))).ok()
    assert (await stream.event("agent_left")).payload["agentName"] == "Sarah"
    joined = await stream.event("agent_joined", lambda e: e.payload["agentName"] == "Tom")
    assert joined.payload["agentId"] == to
    assert (await customer.info())["assignedTo"]["name"] == "Tom"


async def test_offer_is_declined_or_withdrawn_and_the_chat_stays(site):
    customer = await site.waiting()
    sarah, tom = site.agent_web("sarah"), site.agent_web("tom")
    (await sarah.post(customer.path("/assign"))).ok()
    to = (await me(site, "tom"))["id"]
    for who in (tom, sarah):
        (await sarah.post(customer.path("/transfer"), {"agentId": to})).ok()
        chat = (await who.request("DELETE", customer.path("/transfer"))).ok().json()["chat"]
        assert chat["offeredTo"] is None and chat["assignedTo"]["name"] == "Sarah"
    assert (await sarah.request("DELETE", customer.path("/transfer"))).status == 400
    assert (await sarah.post(customer.path("/transfer"), {"agentId": "x"})).status == 404
    assert (await sarah.post(customer.path("/transfer"), {})).status == 400
    own = (await me(site, "sarah"))["id"]
    refused = await sarah.post(customer.path("/transfer"), {"agentId": own})
    assert refused.status == 409 and refused.problem() == "conflict"


async def test_released_chat_waits_again_and_staff_reads_why(site):
    customer = await site.waiting()
    sarah = site.agent_web("sarah")
    (await sarah.post(customer.path("/assign"))).ok()
    stream = await customer.stream()
    answer = await sarah.request("DELETE", customer.path("/assign"), {"reason": "lunch"})
    assert answer.ok().json()["chat"]["status"] == "waiting"
    assert (await stream.event("agent_left")).payload["agentName"] == "Sarah"
    log = (await sarah.get(customer.path("/messages"))).ok().json()["items"]
    assert any("lunch" in m["content"] for m in log if m.get("event") == "note")
    assert not any("lunch" in m["content"] for m in await customer.log())


async def test_list_of_agents_is_the_organizations_and_says_what_they_have(site):
    customer = await site.waiting()
    sarah = site.agent_web("sarah")
    before = (await me(site, "sarah"))["chats"]
    (await sarah.post(customer.path("/assign"))).ok()
    agents = (await sarah.get("/api/agents")).ok().json()["items"]
    assert {a["name"] for a in agents} >= {"Sarah", "Tom"}
    assert "Eve" not in {a["name"] for a in agents}
    assert next(a for a in agents if a["name"] == "Sarah")["chats"] == before + 1


async def test_customer_is_called_otherwise_in_room_and_api(site):
    customer, sarah, room = await site.live(name="Alice")
    mark = sarah.mark
    changed = await site.agent_web("tom").request(
        "PATCH", customer.path(), {"name": "Alicia", "email": "alicia@example.org"})
    assert changed.ok().json()["chat"]["customer"]["name"] == "Alicia"
    gone = await sarah.wait(lambda s: s.kind == "presence" and s.type == "unavailable"
                            and s.nick == "Alice (customer)", mark)
    assert gone.statuses == {"303"} and gone.item["nick"] == "Alicia (customer)"
    await sarah.wait(lambda s: s.kind == "presence" and s.type is None
                     and s.nick == "Alicia (customer)", gone.index)
    assert (await sarah.said(
        room, "[note] Sets the customer's name: Alicia, e-mail: alicia@example.org")).nick == "Tom"
    await customer.say("it is me")
    assert (await sarah.said(room, "it is me")).nick == "Alicia (customer)"
    info = await shout(sarah, room, "!info")
    assert "Alicia" in info and "alicia@example.org" in info
