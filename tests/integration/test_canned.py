"""Canned responses: kept by one agent, used by all of its organization, in the console and over XMPP."""

import uuid

from lib.commands import shout, submit

PATH = "/api/canned-responses"


def name():
    return "n" + uuid.uuid4().hex[:12]


async def test_what_is_kept_is_the_organizations_and_is_changed_and_removed(site):
    sarah, tom, eve = (site.agent_web(n) for n in ("sarah", "tom", "eve"))
    one = name()
    made = await sarah.post(PATH, {"shortcut": one, "content": "Hello!"})
    assert made.status == 201
    kept = made.json()["cannedResponse"]
    mine = [c for c in (await tom.get(PATH)).ok().json()["items"] if c["shortcut"] == one]
    assert mine == [kept] and kept["content"] == "Hello!"
    assert one not in str((await eve.get(PATH)).ok().json())
    again = await tom.post(PATH, {"shortcut": one, "content": "x"})
    assert again.status == 409 and again.problem() == "conflict"
    changed = await tom.request("PUT", f"{PATH}/{kept['id']}", {"content": "Good day!"})
    assert changed.ok().json()["cannedResponse"]["shortcut"] == one
    assert (await eve.request("PUT", f"{PATH}/{kept['id']}", {"content": "x"})).status == 404
    assert (await eve.request("DELETE", f"{PATH}/{kept['id']}")).status == 404
    assert (await sarah.request("DELETE", f"{PATH}/{kept['id']}")).status == 204
    assert one not in str((await tom.get(PATH)).ok().json())


async def test_bad_ones_are_refused_with_what_is_wrong(site):
    sarah = site.agent_web("sarah")
    for body, field in (({"shortcut": "a b", "content": "x"}, "shortcut"),
                        ({"shortcut": name(), "content": ""}, "content"),
                        ({"content": "x"}, "shortcut"), ({"shortcut": name()}, "content")):
        answer = await sarah.post(PATH, body)
        assert answer.status == 400, body
        assert answer.json()["errors"][0]["pointer"] == "/" + field
    assert (await sarah.post(PATH, {"shortcut": name(), "content": "x" * 4097})).status == 413


async def test_command_sends_one_to_the_customer_and_shows_them(site):
    one = name()
    (await site.agent_web("tom").post(PATH, {"shortcut": one, "content": "We open at 9."})).ok()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    assert await shout(sarah, room, f"!canned {one}") == "Sent."
    assert (await stream.said("We open at 9.")).payload["sender"]["name"] == "Sarah"
    assert (await sarah.said(room, "We open at 9.")).nick == "Sarah"
    assert "no canned reply" in await shout(sarah, room, "!canned " + name())
    assert "We open at 9." in await shout(sarah, room, "!canned")
    done = await submit(sarah, room, "canned", name=one)
    assert done.status == "completed"
