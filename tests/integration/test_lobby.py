"""The lobby: being in it is being on duty, and what it announces."""

import pytest

from lib.agent import Refused
from lib.prosody import DOMAIN

LOBBY = f"lobby@{DOMAIN}"
ELSEWHERE = f"lobby-elsewhere@{DOMAIN}"


async def test_agents_are_members_of_the_lobby_under_their_directory_name(site):
    sarah, tom = await site.agent("sarah"), await site.agent("tom")
    await tom.join(LOBBY, "Tom")
    after = tom.mark
    joined = await sarah.join(LOBBY, "somebody else")
    assert joined.nick == "Sarah"
    assert {"100", "110", "210"} <= joined.self_presence.statuses
    assert joined.self_presence.item["affiliation"] == "member"
    assert joined.role == "participant"
    assert [s.nick for s in joined.others] == ["Tom"]
    seen = await tom.wait(lambda s: s.kind == "presence" and s.nick == "Sarah", after)
    assert seen.item["jid"] == sarah.jid


async def test_lobby_of_another_organization_is_as_if_it_was_not_there(site):
    sarah, eve, mallory = [await site.agent(n) for n in ("sarah", "eve", "mallory")]
    answers = []
    for who, room in ((sarah, ELSEWHERE), (sarah, f"lobby-nowhere@{DOMAIN}"),
                      (eve, LOBBY), (mallory, LOBBY), (mallory, ELSEWHERE)):
        with pytest.raises(Refused) as refused:
            await who.join(room, "x")
        answers.append((refused.value.error, refused.value.stanza.error_text))
        answers.append(((await who.info(room)).error, (await who.info(room)).error_text))
    assert set(answers) == {(("cancel", "item-not-found"), answers[0][1])}
    assert (await eve.join(ELSEWHERE, "Eve")).nick == "Eve"


async def test_lobby_is_listed_for_its_agents_only(site):
    sarah, eve, mallory = [await site.agent(n) for n in ("sarah", "eve", "mallory")]
    assert LOBBY in await sarah.items(DOMAIN)
    assert ELSEWHERE not in await sarah.items(DOMAIN)
    assert ELSEWHERE in await eve.items(DOMAIN)
    assert not {LOBBY, ELSEWHERE} & set(await mallory.items(DOMAIN))


async def test_escalation_and_claim_are_announced_with_a_plain_link(site):
    tom = await site.agent("tom")
    await tom.join(LOBBY, "Tom")
    after = tom.mark
    customer = await site.waiting(name="Alice Lobby")
    link = f"xmpp:{site.room(customer.chat)}?join"
    news = await tom.wait(lambda s: s.line and link in s.body, after, what="the announcement")
    assert news.body == f"NEW Alice Lobby - wants a person - {link}"
    assert news.sender == LOBBY
    assert news.stanza_id
    assert "conference" not in str(news)  # some clients accept invitations by themselves
    sarah = await site.agent("sarah")
    await sarah.join(site.room(customer.chat), "Sarah")
    taken = await tom.said(LOBBY, "Sarah took Alice Lobby", news.index)
    sarah.start_say(site.room(customer.chat), "!release")
    again = await tom.wait(lambda s: s.line and link in s.body, taken.index)
    assert again.body == f"WAITS AGAIN Alice Lobby - wants a person - {link}"


async def test_what_was_announced_is_history_for_who_comes_later(site):
    customer = await site.waiting(name="Bob Later")
    sarah = await site.agent("sarah")
    joined = await sarah.join(LOBBY, "Sarah")
    lines = [s.body for s in joined.history]
    assert any(customer.chat in line and line.startswith("NEW Bob Later") for line in lines)


async def test_agents_talk_in_the_lobby_and_cannot_change_it(site):
    sarah, tom = await site.agent("sarah"), await site.agent("tom")
    await sarah.join(LOBBY, "Sarah")
    await tom.join(LOBBY, "Tom")
    after = tom.mark
    await sarah.say(LOBBY, "who is on duty?")
    assert (await tom.said(LOBBY, "who is on duty?", after)).nick == "Sarah"
    answer = await sarah.iq("set", LOBBY, "<query xmlns='http://jabber.org/protocol/muc#admin'>"
                            "<item nick='Tom' role='none'/></query>")
    assert answer.error == ("auth", "forbidden")
    answer = await sarah.iq("get", LOBBY, "<query xmlns='http://jabber.org/protocol/muc#owner'/>")
    assert answer.error == ("auth", "forbidden")
    answer = await sarah.iq("get", LOBBY, "<query xmlns='http://jabber.org/protocol/muc#admin'>"
                            "<item affiliation='member'/></query>")
    members = {i.get("nick") for i in answer.xml.iter("{http://jabber.org/protocol/muc#admin}item")}
    assert {"Sarah", "Tom", "Nina"} <= members and "Eve" not in members


@pytest.mark.deadline(60)
async def test_lobby_outlives_a_kill_without_a_second_announcement(own_site):
    site = own_site()
    tom = await site.agent("tom")
    await tom.join(LOBBY, "Tom")
    after = tom.mark
    customer = await site.waiting(name="Carol")
    await tom.wait(lambda s: s.line and customer.chat in s.body, after)
    site.parley.kill()
    site.parley.start()
    after = tom.mark
    await tom.say(LOBBY, "still here")
    assert [s for s in tom.received[after:] if s.line and customer.chat in s.body
            and s.stamp is None] == []
    sarah = await site.agent("sarah")
    joined = await sarah.join(LOBBY, "Sarah")
    assert [s.nick for s in joined.others] == ["Tom"]
    assert len([s for s in joined.history if customer.chat in s.body]) == 1
