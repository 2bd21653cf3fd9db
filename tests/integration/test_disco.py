"""What agents' clients find out about the service and its rooms (XEP-0030)."""

from lib.agent import DISCO_INFO, PING

DOMAIN = "support.localhost"
ROOM_FEATURES = {
    "http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#stable_id",
    "http://jabber.org/protocol/muc#self-ping-optimization", "muc_membersonly",
    "muc_nonanonymous", "muc_persistent", "muc_moderated", "urn:xmpp:sid:0",
    "urn:xmpp:occupant-id:0"}
SERVICE_FEATURES = {
    "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/muc", "urn:xmpp:ping"}


def features(answer):
    return {e.get("var") for e in answer.xml.iter("{%s}feature" % DISCO_INFO)}


def identities(answer):
    return [(e.get("category"), e.get("type"), e.get("name"))
            for e in answer.xml.iter("{%s}identity" % DISCO_INFO)]


def form_fields(answer):
    form = next(answer.xml.iter("{jabber:x:data}x"))
    return {f.get("var"): [v.text or "" for v in f.iter("{jabber:x:data}value")]
            for f in form.iter("{jabber:x:data}field")}


async def test_service_describes_itself(site):
    sarah = await site.agent()
    answer = await sarah.info(DOMAIN)
    assert ("conference", "text") in [i[:2] for i in identities(answer)]
    assert "gateway" not in [i[0] for i in identities(answer)]
    assert SERVICE_FEATURES <= features(answer)
    assert (await sarah.info(DOMAIN, "nosuchnode")).error == ("cancel", "item-not-found")
    assert DOMAIN in await sarah.items("localhost")


async def test_room_describes_itself_before_joining(site):
    customer = await site.waiting(name="Alice")
    sarah = await site.agent()
    answer = await sarah.info(site.room(customer.chat))
    assert answer.type == "result"
    assert identities(answer)[0][:2] == ("conference", "text")
    assert "Alice" in identities(answer)[0][2]
    assert ROOM_FEATURES <= features(answer), ROOM_FEATURES - features(answer)
    fields = form_fields(answer)
    assert fields["FORM_TYPE"] == ["http://jabber.org/protocol/muc#roominfo"]
    assert "muc#roominfo_occupants" in fields


async def test_queue_lists_open_chats_longest_wait_first(site):
    customers = [await site.waiting(name=f"Person {n}") for n in range(3)]
    live, sarah, _ = await site.live(name="Served")
    closed, _, _ = await site.live(name="Over")
    (await closed.web.post(closed.path("/close"))).ok()
    early = await site.customer(name="Early")
    listed = await sarah.items(DOMAIN)
    rooms = [site.room(c.chat) for c in customers]
    assert [r for r in listed if r in rooms] == rooms
    for n, room in enumerate(rooms):
        assert f"Person {n}" in listed[room]
    order = list(listed)
    assert order.index(site.room(live.chat)) > order.index(rooms[-1])
    assert site.room(closed.chat) not in listed and site.room(early.chat) not in listed


async def test_rooms_items_are_empty(site):
    customer, sarah, room = await site.live()
    assert await sarah.items(room) == {}


async def test_reserved_nick_is_the_directorys_name(site):
    customer = await site.waiting()
    sarah = await site.agent()
    answer = await sarah.info(site.room(customer.chat), "x-roomuser-item")
    assert identities(answer) == [("conference", "text", "Sarah")]


async def test_members_list_is_for_those_in_the_room(site):
    customer, sarah, room = await site.live()
    query = ("<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='{}'/>"
             "</query>")
    jids = []
    for affiliation in ("owner", "admin", "member"):
        answer = await sarah.iq("get", room, query.format(affiliation))
        assert answer.type == "result", answer
        jids += [e.get("jid") for e in
                 answer.xml.iter("{http://jabber.org/protocol/muc#admin}item")]
    assert "sarah@localhost" in jids and all("/" not in j for j in jids)
    assert any(j.endswith("@" + DOMAIN) for j in jids)  # the customer, who has no devices


async def test_unknown_iqs_for_the_customer_are_answered_here(site):
    customer, sarah, room = await site.live(name="Alice")
    nick = next(s.nick for s in sarah.received if s.room == room and s.nick.startswith("Alice"))
    answer = await sarah.iq("get", f"{room}/{nick}", f"<ping xmlns='{PING}'/>")
    assert answer.type == "result"
    answer = await sarah.iq("get", f"{room}/{nick}", "<pubsub xmlns="
                            "'http://jabber.org/protocol/pubsub'><items node="
                            "'eu.siacs.conversations.axolotl.devicelist'/></pubsub>")
    assert answer.error == ("cancel", "item-not-found")
