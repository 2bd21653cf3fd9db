"""Every piece of odd text in every field that takes text: what is stored is shown alike by every
channel, what is refused changes nothing, and the rooms live on."""

import re
from xml.sax.saxutils import escape, quoteattr

import pytest

from lib.commands import execute, supervisor
from lib.crew import Crew
from lib.oracle import NOTE
from test_admin import admin, item
from test_hostile_text import HOSTILE, ODD, object_with

MORE = ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u05e9\u05dc\u05d5\u05dd", "\ud55c\uad6d", "'; DROP TABLE message; --",
        "%s%n%d", "{{7*7}}", "<script>alert(1)</script>", "\\u0000", "\u2028\u2029", "a" * 4000,
        "\u0344" * 300, "&amp;&lt;", "\"'`", "data: x", "id: 7", "event: reset", ": comment",
        "\n\nid: 9\ndata: y\n\n", "-- \n", "\u00a0", "/me waves", "\u202ereversed\u202c"]
PIECES = ODD + MORE


DROPPED = re.compile("[\x7f-\x9f\ufdd0-\ufdef]|[" + "".join(
    chr(plane << 16 | 0xfffe) + chr(plane << 16 | 0xffff) for plane in range(1, 17)) + "]")


def stored(text):
    """What the log makes of it: one line feed for each end of a line, no C1 controls, no
    noncharacters."""
    return DROPPED.sub("", re.sub("\r\n|\r|\u2028|\u2029", "\n", text))


async def refused_or_kept(page, ledger, customer):
    """Bytes that are no text, in the members of a message: nothing of it is stored unless the page
    was told so."""
    for n, piece in enumerate(HOSTILE):
        for member in ("content", "clientId"):
            answer = await page.post(
                customer.path("/messages/send"),
                body=object_with(member, piece, {"content": f"plain {n}", "clientId": f"k{n}"}))
            if answer.status == 200:
                message = answer.json()["message"]
                ledger.sending("hostile page", message["content"]).acknowledged(
                    message["id"], message["seq"], by_customer=True)
            else:
                assert answer.status in (400, 422), (piece, answer.status, answer.body)


@pytest.mark.deadline(300)
async def test_odd_text_in_every_field_is_shown_alike_or_refused(own_site, oracle, count, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), chats=1)
    [customer], [ledger], [room] = crew.customers, crew.ledgers, crew.rooms
    connects = site.prosody.component_connects()
    sarah, console = crew.agents["sarah"], site.agent_web("sarah", keep=True)
    page = crew.page(customer)
    for n, piece in enumerate(PIECES):
        text = f"{n} a{piece}b"
        sent = ledger.sending("page", stored(text))
        message = (await page.post(customer.path("/messages/send"),
                                   {"content": text, "clientId": f"odd {n}"})).ok().json()["message"]
        sent.acknowledged(message["id"], message["seq"], by_customer=True)
        sent = ledger.sending("client", stored("x" + text))
        sent.acknowledged((await sarah.say(room, "x" + text)).stanza_id)
        sent = ledger.sending("console", stored("y" + text))
        message = (await console.post(customer.path("/messages/send"),
                                      {"content": "y" + text})).ok().json()["message"]
        sent.acknowledged(message["id"], message["seq"])
        sent = ledger.sending("note", NOTE + stored("z" + text), staff=True)
        note = (await console.post(customer.path("/notes"), {"content": "z" + text})).ok().json()
        sent.acknowledged(note["note"]["id"], note["note"]["seq"])
    await refused_or_kept(page, ledger, customer)
    await all_other_fields(site, crew, PIECES[::count("TEXT_STEP", 4, 1)])
    assert site.prosody.component_connects() == connects, "the component's stream was closed"
    await crew.finish()
    report("pieces of text", f"{len(PIECES)} odd, {len(HOSTILE)} that are none")


async def all_other_fields(site, crew, pieces):
    """What takes text and is no message: chats of their own, so that the judged log stays plain."""
    vera = await site.agent(supervisor(site))
    tom = crew.agents["tom"]
    for piece in pieces:
        customer = await site.waiting()
        room, odd = site.room(customer.chat), f"a{stored(piece)}b"[:1000]
        await vera.join(room)
        vera.send(f"<presence to='{room}/Vera'><status>{escape(odd)}</status></presence>")
        vera.send(f"<message type='groupchat' to='{room}'><subject>{escape(odd)}</subject></message>")
        await admin(vera, room, item(escape(odd), nick="Tom", role="visitor"),
                    item(escape(odd), jid=tom.bare, affiliation="none"))
        form = await execute(vera, room, "note")
        await execute(vera, room, "note", form.session, "complete", text=odd)
        await vera.iq("set", room, f"<query xmlns='urn:xmpp:mam:2' queryid={quoteattr(odd[:100])}/>")
        for rest in ("/close", "/reopen"):
            answer = await site.agent_web("sarah").post(customer.path(rest), {"reason": odd})
            assert answer.status < 500, (rest, piece, answer.body)
        assert vera.online, f"the server closed the client's stream at {piece!r}"
        assert site.parley.running()
        await customer.aclose()
