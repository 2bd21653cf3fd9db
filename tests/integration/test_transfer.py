"""A chat changes hands: offered to one agent, given back, or left behind."""

from lib.commands import QUEUE, ask, execute, shout, submit, told

CONFERENCE = "{jabber:x:conference}x"


async def invitation(agent, room, after):
    return await agent.wait(lambda s: s.kind == "message" and s.sender == QUEUE
                            and s.xml.find(CONFERENCE) is not None
                            and s.xml.find(CONFERENCE).get("jid") == room, after,
                            what="an invitation")


async def test_target_is_rung_and_takes_the_chat_by_joining(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    tom = await site.agent("tom")
    mark = tom.mark
    assert "offered to Tom" in await shout(sarah, room, "!transfer Tom he knows billing")
    ring = await invitation(tom, room, mark)
    assert ring.type in (None, "normal") and ring.body is None
    assert "he knows billing" in (await told(tom, mark, "offers you")).body
    assert (await customer.info())["assignedTo"]["name"] == "Sarah"
    mark = sarah.mark
    assert (await tom.join(room)).role != "visitor"
    assert (await stream.event("agent_left")).payload["agentName"] == "Sarah"
    assert (await stream.event("agent_joined")).payload["agentName"] == "Tom"
    assert (await customer.info())["assignedTo"]["name"] == "Tom"
    await sarah.wait(lambda s: s.kind == "presence" and "110" in s.statuses
                     and s.item.get("role") == "visitor", mark)
    assert [e.name for e in stream.events if e.id is not None] == ["agent_left", "agent_joined"]


async def test_target_in_the_room_takes_the_chat_by_command(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    await tom.join(room)
    await submit(sarah, room, "transfer", agent=tom.bare)
    assert "yours" in await shout(tom, room, "!claim")
    assert (await customer.info())["assignedTo"]["name"] == "Tom"


async def test_declined_offer_leaves_the_chat_where_it_is(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    mark, tmark = sarah.mark, tom.mark
    await shout(sarah, room, "!transfer tom")
    await told(tom, tmark, "offers you")
    assert "over" in await ask(tom, "decline")
    await told(sarah, mark, "Tom declines the offer")
    assert (await customer.info())["assignedTo"]["name"] == "Sarah"
    assert (await tom.join(room)).role == "visitor"


async def test_offer_without_an_answer_runs_out(own_site):
    site = own_site({"limits": {"offer_seconds": 5}})
    customer, sarah, room = await site.live()
    mark = sarah.mark
    await shout(sarah, room, "!transfer Tom")
    await told(sarah, mark, "Tom did not answer the offer")
    assert (await customer.info())["assignedTo"]["name"] == "Sarah"
    tom = await site.agent("tom")
    assert (await tom.join(room)).role == "visitor"


async def test_transfer_to_the_queue_lets_the_chat_wait(site):
    customer, sarah, room = await site.live()
    done = await submit(sarah, room, "transfer", agent="queue")
    assert done.status == "completed"
    assert (await customer.info())["status"] == "waiting"


async def test_chat_of_another_agent_cannot_be_given_away(site):
    customer, sarah, room = await site.live()
    tom = await site.agent("tom")
    refused = await submit(tom, room, "transfer", agent=f"nina@{tom.bare.split('@')[1]}")
    assert refused.error == ("cancel", "forbidden")
    refused = await execute(tom, room, "transfer", None, None, agent="queue")
    assert refused.error == ("cancel", "forbidden")
    assert (await customer.info())["assignedTo"]["name"] == "Sarah"


async def test_agent_who_stays_away_loses_the_chat(own_site):
    site = own_site({"limits": {"grace_seconds": 2}})
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    await sarah.leave(room, "Sarah")
    assert (await customer.info())["status"] == "live"
    assert (await stream.event("agent_left")).payload["agentName"] == "Sarah"
    assert (await customer.info())["status"] == "waiting"


async def test_grace_goes_on_after_a_kill(own_site):
    site = own_site({"limits": {"grace_seconds": 3}})
    customer, sarah, room = await site.live()
    await sarah.leave(room, "Sarah")
    site.parley.kill()
    site.parley.start()
    stream = await customer.stream()
    assert (await stream.event("agent_left")).payload["agentName"] == "Sarah"


async def test_agent_who_comes_back_in_time_keeps_the_chat(own_site):
    site = own_site({"limits": {"grace_seconds": 3}})
    customer, sarah, room = await site.live()
    other = await site.live("tom")
    await sarah.leave(room, "Sarah")
    await sarah.join(room)
    stream = await other[0].stream()
    await other[1].leave(other[2], "Tom")
    await stream.event("agent_left")  # the other's grace is over, and so were sarah's
    assert (await customer.info())["status"] == "live"


async def test_chats_of_a_removed_agent_wait_again(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    site.parley.command("agent", "remove", site.jids["sarah"])
    left = await stream.event("agent_left")
    assert left.payload["agentName"] == "Sarah"
    assert (await customer.info())["status"] == "waiting"
