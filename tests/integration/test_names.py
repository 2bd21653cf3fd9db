"""Names of all scripts: servers write the addresses they are in as they prepare them, and drop what
they would have to refuse. RFC 6122 #appendix-B"""

import pytest

VCARD = "<vCard xmlns='vcard-temp'/>"

SHOWN = {
    "محمد": "محمد - عميل",
    "משה": "משה - לקוח",
    "محمد Ali": "Ali (customer)",
    "Mª José": "Ma José (customer)",
    "Ann ❤\ufe0f": "Ann ❤ (customer)",
    "\uf8ff": "Customer",
}


@pytest.mark.parametrize("name", list(SHOWN))
async def test_customer_of_any_name_is_seen_and_heard(site, name):
    customer = await site.waiting(name=name)
    room = site.room(customer.chat)
    sarah = await site.agent("sarah")
    joined = await sarah.join(room)
    assert SHOWN[name] in [p.nick for p in joined.others]
    assert (await sarah.iq("get", f"{room}/{SHOWN[name]}", VCARD)).type == "result"
    mark = sarah.mark
    await customer.say("hello")
    assert (await sarah.said(room, "hello", mark)).nick == SHOWN[name]


@pytest.mark.parametrize("name,nick", [("Mª José", "Ma José"), ("خالد", "خالد")])
async def test_agent_of_any_name_is_in_under_what_it_is_shown(own_site, name, nick):
    site = own_site()
    site.jids["mark"] = site.prosody.add_account("mark")
    site.parley.add_agent(site.jids["mark"], name)
    customer, sarah, room = await site.live()
    mark = await site.agent("mark")
    assert (await mark.join(room)).nick == nick
    assert (await mark.ping(f"{room}/{nick}")).type == "result"
    before = mark.mark
    sarah.send(f"<message type='chat' to='{room}/{nick}' id='p1'><body>psst</body></message>")
    await mark.wait(lambda s: s.body == "psst", before)
