"""Who gets the chat: exactly one, however they race."""

import pytest

from lib.agent import Refused
from lib.wait import gather

SPEAKERS = ("participant", "moderator")


async def check_one_winner(site, customer, stream, winner):
    """winner: the agent's local name. A message at the end is the point up to which is counted."""
    await customer.say("fence")
    await stream.said("fence")
    joins = [e for e in stream.events if e.name == "agent_joined"]
    assert [e.payload["agentName"] for e in joins] == [winner.capitalize()]
    info = await customer.info()
    assert info["assignedToId"] == joins[0].payload["agentId"]
    log = await customer.log()
    assert len([e for e in log if e["content"].startswith("✅")]) == 1
    await stream.aclose()


@pytest.mark.deadline(240)
async def test_two_agents_join_at_once_and_one_is_assigned(site, count, report):
    agents = {local: await site.agent(local) for local in ("sarah", "tom")}
    wins = dict.fromkeys(agents, 0)
    for turn in range(count("ROUNDS", 50, 500)):
        customer = await site.waiting()
        stream = await customer.stream()
        room = site.room(customer.chat)
        marks = {local: agent.mark for local, agent in agents.items()}
        order = list(agents) if turn % 2 else list(reversed(agents))
        for local in order:
            agents[local].start_join(room, local)
        joins = await gather(*(agents[local].joined(room, marks[local]) for local in agents))
        roles = {local: join.role for local, join in zip(agents, joins)}
        winners = [local for local, role in roles.items() if role in SPEAKERS]
        assert len(winners) == 1, roles
        loser = next(local for local in agents if local not in winners)
        assert roles[loser] == "visitor"
        wins[winners[0]] += 1
        await check_one_winner(site, customer, stream, winners[0])
        with pytest.raises(Refused) as refused:
            await agents[loser].say(room, "me too")
        assert refused.value.error == ("auth", "forbidden")
        for local in agents:
            await agents[local].leave(room, local.capitalize())
        await customer.aclose()
    report("claims won", wins)


@pytest.mark.deadline(240)
async def test_assign_over_http_races_with_a_join(site, count, report):
    sarah = await site.agent("sarah")
    tom = site.agent_web("tom", keep=True)
    wins = {"sarah": 0, "tom": 0}
    for turn in range(count("ROUNDS", 50, 500)):
        customer = await site.waiting()
        stream = await customer.stream()
        room = site.room(customer.chat)
        mark = sarah.mark
        path = f"/api/chats/{customer.chat}/assign"
        if turn % 2:
            sarah.start_join(room, "sarah")
            answer, join = await gather(tom.post(path), sarah.joined(room, mark))
        else:
            # the request takes a round trip that the stanza does not
            work = gather(tom.post(path), sarah.joined(room, mark))
            sarah.start_join(room, "sarah")
            answer, join = await work
        if answer.status == 200:
            winner = "tom"
            assert join.role == "visitor"
        else:
            winner = "sarah"
            assert answer.status == 409 and answer.problem() == "already-assigned"
            assert join.role in SPEAKERS
        wins[winner] += 1
        await check_one_winner(site, customer, stream, winner)
        await sarah.leave(room, "Sarah")
        await customer.aclose()
    report("assign against join", wins)


async def test_ten_assigns_at_once_have_one_winner(site):
    customer = await site.waiting()
    stream = await customer.stream()
    path = f"/api/chats/{customer.chat}/assign"
    answers = await gather(*(site.agent_web(local).post(path)
                             for local in ["sarah", "tom", "nina"] * 4))
    assert {a.status for a in answers} == {200, 409}
    names = [local for local, a in zip(["sarah", "tom", "nina"] * 4, answers) if a.status == 200]
    assert len(set(names)) == 1, names  # the winner's repetitions change nothing
    await check_one_winner(site, customer, stream, names[0])


async def test_assigned_agents_return_is_not_announced(site):
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    await sarah.leave(room, "Sarah")
    again = await sarah.join(room)
    assert again.role in SPEAKERS
    second = await site.agent("sarah", resource="phone")
    assert (await second.join(room)).role in SPEAKERS
    await sarah.say(room, "back again")
    await stream.said("back again")
    assert "agent_joined" not in [e.name for e in stream.events]


async def test_agent_who_comes_back_to_a_reopened_chat_claims_by_speaking(site):
    """Clients join again by themselves what they joined once: that alone takes no chat."""
    customer, sarah, room = await site.live()
    (await customer.web.post(customer.path("/close"))).ok()
    await sarah.wait(lambda s: s.type == "unavailable" and s.room == room)
    await customer.say("one more question")
    stream = await customer.stream()
    join = await sarah.join(room)
    assert join.role in SPEAKERS
    assert (await customer.info())["assignedToId"] is None
    await sarah.say(room, "what is it?")
    said = await stream.said("what is it?")
    assert [e.name for e in stream.events if e.id is not None] == ["agent_joined", "message"]
    assert (await customer.info())["assignedToId"] == said.payload["sender"]["id"]


async def test_first_time_agent_claims_a_reopened_chat_by_joining(site):
    customer, sarah, room = await site.live()
    (await customer.web.post(customer.path("/close"))).ok()
    await customer.say("one more question")
    stream = await customer.stream()
    tom = await site.agent("tom")
    await tom.join(room)
    assert (await stream.event("agent_joined")).payload["agentName"] == "Tom"


async def test_assign_again_by_the_same_agent_changes_nothing(site):
    customer = await site.waiting()
    stream = await customer.stream()
    web = site.agent_web("sarah")
    first = (await web.post(f"/api/chats/{customer.chat}/assign")).ok().json()
    second = (await web.post(f"/api/chats/{customer.chat}/assign")).ok().json()
    assert first["chat"]["assignedAt"] == second["chat"]["assignedAt"]
    await check_one_winner(site, customer, stream, "sarah")


async def test_assign_before_escalation_is_refused(site):
    customer = await site.customer()
    answer = await site.agent_web("sarah").post(f"/api/chats/{customer.chat}/assign")
    assert answer.status == 409 and answer.problem() == "not-escalated"


async def test_customer_cannot_assign(site):
    customer = await site.waiting()
    answer = await customer.web.post(customer.path("/assign"))
    assert answer.status in (403, 404)
    assert (await customer.info())["assignedToId"] is None
