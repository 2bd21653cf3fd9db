"""Hats and pictures: who somebody is, beside role and affiliation (XEP-0317, XEP-0153)."""

import base64
import hashlib

from test_admin import observed

HATS = "{urn:xmpp:hats:0}"
UPDATE = "{vcard-temp:x:update}"


def hats(presence):
    return {h.get("title") for h in presence.xml.iter(HATS + "hat")}


async def seen(agent, room, nick, wanted, after=0):
    return await agent.wait(lambda s: s.kind == "presence" and s.room == room and s.nick == nick
                            and hats(s) == wanted, after, what=f"{nick} with {wanted}")


async def test_everyone_in_a_chat_wears_a_hat(site):
    _, room, sarah, tom, vera = await observed(site)
    await seen(vera, room, "Sarah", {"Assigned"})
    await seen(vera, room, "Tom", {"Observer"})
    await seen(sarah, room, "Vera", {"Supervisor", "Observer"})
    titles = set().union(*(hats(s) for s in tom.received if s.kind == "presence"))
    assert {"Customer", "AI assistant"} <= titles
    mark = tom.mark
    sarah.send(f"<presence to='{room}/Sarah'><hats xmlns='urn:xmpp:hats:0'>"
               "<hat uri='urn:x' title='Queen'/></hats></presence>")
    await seen(tom, room, "Sarah", {"Assigned"}, mark)


async def test_claim_puts_the_hat_on(site):
    customer = await site.waiting()
    room = site.room(customer.chat)
    sarah = await site.agent("sarah")
    tom = await site.agent("tom")
    await sarah.join(room)
    await sarah.leave(room, "Sarah")
    await tom.join(room)
    await seen(tom, room, "Tom", {"Observer"})


async def test_hats_are_advertised(site):
    _, sarah, room = await site.live()
    features = {e.get("var") for e in (await sarah.info(room)).xml.iter(
        "{http://jabber.org/protocol/disco#info}feature")}
    assert "urn:xmpp:hats:0" in features


async def test_virtual_occupants_have_pictures(site):
    _, sarah, room = await site.live()
    virtual = [s for s in sarah.received if s.kind == "presence" and s.room == room
               and s.xml.find(UPDATE + "x") is not None and hats(s) & {"Customer", "AI assistant"}]
    hashes = set()
    for presence in virtual:
        announced = presence.xml.findtext(f"{UPDATE}x/{UPDATE}photo")
        card = await sarah.iq("get", presence.sender, "<vCard xmlns='vcard-temp'/>")
        card = card.xml.find("{vcard-temp}vCard")
        assert card.findtext("{vcard-temp}FN") == presence.nick
        photo = card.find("{vcard-temp}PHOTO")
        assert photo.findtext("{vcard-temp}TYPE") == "image/png"
        data = base64.b64decode(photo.findtext("{vcard-temp}BINVAL"))
        assert data.startswith(b"\x89PNG") and len(data) < 32768
        assert hashlib.sha1(data).hexdigest() == announced
        hashes.add(announced)
    assert len(hashes) == 2
