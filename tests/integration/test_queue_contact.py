"""queue@ in an agent's roster: who waits, and who hears of it."""

import contextlib
import sqlite3

from lib.commands import QUEUE, ask, supervisor, told

CONFERENCE = "{jabber:x:conference}x"


def presence(agent, text):
    return lambda s: s.kind == "presence" and s.sender == QUEUE and s.type is None and \
        (s.text("status") or "") == text


async def show_roster(agent):
    """Servers tell of subscriptions to clients that have asked for the roster."""
    await agent.iq("get", agent.bare, "<query xmlns='jabber:iq:roster'/>")


async def subscribe(agent):
    """Both ways, as clients do when a contact is added and asks back."""
    await show_roster(agent)
    after = agent.mark
    agent.send(f"<presence to='{QUEUE}' type='subscribe'/>")
    await agent.wait(lambda s: s.sender == QUEUE and s.type == "subscribed", after)
    await agent.wait(lambda s: s.sender == QUEUE and s.type == "subscribe", after)
    agent.send(f"<presence to='{QUEUE}' type='subscribed'/>")
    await ask(agent, "help")  # all of it has been read
    return after


async def test_agent_who_subscribes_sees_how_many_wait(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    after = await subscribe(sarah)
    await sarah.wait(presence(sarah, "Nobody waits"), after)
    customer = await site.waiting()
    await sarah.wait(presence(sarah, "1 waiting"), after)
    again = await site.agent("sarah", resource="phone")  # its server asks for the presence
    await again.wait(presence(again, "1 waiting"))
    mark = sarah.mark
    assert "yours" in await ask(again, f"claim {customer.chat}")
    await sarah.wait(presence(sarah, "Nobody waits"), mark)


def told_by(site, agent):
    """Is it stored that the agent's presence is told to queue@?"""
    with contextlib.closing(sqlite3.connect(f"file:{site.parley.store}?mode=ro", uri=True)) as db:
        [contact] = db.execute("SELECT contact FROM agent WHERE jid = ?", [agent.bare]).fetchone()
    return contact & 2


async def test_presence_of_a_contact_is_its_availability(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    assert "Sarah - off" in await ask(sarah, "agents")
    await subscribe(sarah)
    sarah.send("<presence><show>dnd</show></presence>")
    assert "Sarah - dnd" in await ask(sarah, "agents")
    sarah.send("<presence/>")
    assert "Sarah - available" in await ask(sarah, "agents")
    # after a restart it is asked for anew, of whom it is known to be told
    while not told_by(site, sarah):
        await ask(sarah, "agents")
    site.parley.kill()
    site.parley.start()
    tom = await site.agent("tom")
    answer = await ask(tom, "agents")
    while "Sarah - available" not in answer:
        answer = await ask(tom, "agents")
    await sarah.aclose()
    while "Sarah - off" not in answer:
        answer = await ask(tom, "agents")


async def test_stop_says_unavailable_and_start_says_available(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    after = await subscribe(sarah)
    await sarah.wait(presence(sarah, "Nobody waits"), after)
    mark = sarah.mark
    assert site.parley.stop() == 0
    await sarah.wait(lambda s: s.kind == "presence" and s.sender == QUEUE
                     and s.type == "unavailable", mark)
    mark = sarah.mark
    site.parley.start()
    await sarah.wait(presence(sarah, "Nobody waits"), mark)


async def test_who_unsubscribes_is_forgotten_both_ways(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    await subscribe(sarah)
    mark = sarah.mark
    sarah.send(f"<presence to='{QUEUE}' type='unsubscribe'/>")
    await sarah.wait(lambda s: s.sender == QUEUE and s.type in ("unsubscribe", "unsubscribed"),
                     mark)
    assert "Sarah - off" in await ask(sarah, "agents")


async def test_stranger_is_refused_and_sees_nothing(site):
    mallory = await site.agent("mallory")
    await show_roster(mallory)
    mark = mallory.mark
    mallory.send(f"<presence to='{QUEUE}' type='subscribe'/>")
    await mallory.wait(lambda s: s.sender == QUEUE and s.type == "unsubscribed", mark)
    number = mallory.new_id()
    mallory.send(f"<message to='{QUEUE}' type='chat' id='{number}'><body>queue</body></message>")
    answer = await mallory.wait(lambda s: s.id == number and s.type == "error", mark)
    assert answer.error == ("cancel", "item-not-found")
    assert not [s for s in mallory.received[mark:] if s.kind == "presence" and s.sender == QUEUE
                and s.type is None]


async def test_contact_says_what_it_is(site):
    sarah = await site.agent("sarah")
    info = str(await sarah.info(QUEUE))
    assert 'category="client"' in info and 'type="bot"' in info
    card = await sarah.iq("get", QUEUE, "<vCard xmlns='vcard-temp'/>")
    assert card.type == "result" and "FN" in str(card)


async def test_escalation_is_announced_with_a_link_and_no_invitation(site):
    sarah, tom = await site.agent("sarah"), await site.agent("tom")
    await ask(tom, "notify-prefs none")
    mark, tmark = sarah.mark, tom.mark
    customer = await site.waiting(name="Olga")
    news = await told(sarah, mark, f"xmpp:{site.room(customer.chat)}?join")
    assert "Olga" in news.body and news.xml.find(CONFERENCE) is None
    await ask(tom, "notify-prefs message")
    assert not [s for s in tom.received[tmark:] if s.kind == "message"
                and "?join" in (s.body or "")]


async def test_only_one_of_those_who_want_it_is_invited(own_site):
    site = own_site()
    sarah, tom = await site.agent("sarah"), await site.agent("tom")
    for agent in (sarah, tom):
        await ask(agent, "notify-prefs invite")
        await ask(agent, "my-status available")
    marks = sarah.mark, tom.mark
    customer = await site.waiting()
    for agent, mark in zip((sarah, tom), marks):
        await told(agent, mark, customer.chat)
        await ask(agent, "help")
    invited = [a for a, mark in zip((sarah, tom), marks)
               if [s for s in a.received[mark:] if s.xml.find(CONFERENCE) is not None]]
    assert len(invited) == 1


async def test_who_is_not_to_be_disturbed_hears_nothing(site):
    tom = await site.agent("tom")
    await ask(tom, "my-status dnd")
    mark = tom.mark
    await site.waiting()
    await ask(tom, "my-status auto")
    assert not [s for s in tom.received[mark:] if s.kind == "message"
                and "?join" in (s.body or "")]


async def test_removed_agent_loses_the_subscription(own_site):
    site = own_site()
    local = supervisor(site)
    vera = await site.agent(local)
    await subscribe(vera)
    mark = vera.mark
    site.parley.command("agent", "remove", site.jids[local])
    await vera.wait(lambda s: s.sender == QUEUE and s.type == "unsubscribed", mark)


async def test_what_began_to_wait_while_the_link_was_away_is_announced(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    customer = await site.customer(name="Nora")
    site.prosody.kill()
    await customer.escalate("wants a person")
    site.parley.kill()
    site.prosody.start()
    again = await site.agent("sarah")
    site.parley.start()
    assert "Nora" in (await told(again, 0, customer.chat)).body
    await sarah.aclose()


async def test_programs_that_answer_each_other_fall_silent(own_site):
    site = own_site()
    sarah = await site.agent("sarah")
    mark = sarah.mark
    for _ in range(20):
        sarah.send(f"<message to='{QUEUE}' type='chat'><body>I am not at my desk.</body></message>")
    sarah.send(f"<message to='{QUEUE}' type='chat'><body>notify-prefs</body></message>")
    await told(sarah, mark, "You hear of chats")
    answers = [s for s in sarah.received[mark:] if s.sender == QUEUE
               and "do not know" in (s.body or "")]
    assert len(answers) == 5
