"""Who a site says its user is: signed tokens (JSON Web Token, HS256)."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

import pytest
from conftest import make_site
from lib.parley import BINARY

SECRET = "k2Jc0v6m3QyYx0t5o8Zb1Wn4r7Ue9Ai2Ld5Gh8Fj1Ks="


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims, secret=SECRET, header=None, digest=hashlib.sha256):
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    words = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    return words + "." + b64(hmac.new(secret.encode(), words.encode(), digest).digest())


def claims(**more):
    return {"sub": "user 7", "name": "Alice", "email": "alice@shop.example",
            "exp": int(time.time()) + 600, **more}


def settings(folder, secret=SECRET, mode=0o600):
    """Two organizations, of which `shop` has this secret."""
    path = str(folder / "shop.identity")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w",
              encoding="utf-8") as out:
        out.write(secret + "\n")
    os.chmod(path, mode)
    return {"organizations": [{"name": "shop", "identity_secret_file": path}, {"name": "default"}]}


@pytest.fixture(scope="module")
def _signed_site(tmp_path_factory):
    site = make_site(tmp_path_factory, "identity", settings(tmp_path_factory.mktemp("secret")))
    try:
        site.start()
        jid = site.prosody.add_account("shopkeeper")
        site.jids["shopkeeper"] = jid
        site.parley.add_agent(jid, "Olga", "--organization", "shop")
        site.keys["shopkeeper"] = site.parley.add_key(jid)
        yield site
    finally:
        site.stop()


@pytest.fixture
def signed(_signed_site):
    """An installation whose organization `shop` takes signed identities."""
    yield _signed_site
    assert _signed_site.parley.running(), _signed_site.parley.log_end()


async def begin(site, token, organization="shop", **more):
    return await site.web.post("/api/chats", {"organization": organization, "userToken": token, **more})


async def test_signed_user_is_shown_to_agents_as_verified(signed):
    customer = await signed.customer(organization="shop", userToken=sign(claims()), name="Mallory",
                                     email="x@evil.example")
    await customer.escalate("help")
    seen = (await signed.agent_web("shopkeeper").get(customer.path())).ok().json()["customer"]
    assert {n: seen[n] for n in ("name", "email", "externalId", "verified")} == {
        "name": "Alice", "email": "alice@shop.example", "externalId": "user 7", "verified": True}
    other = await signed.agent_web("shopkeeper").request("PATCH", customer.path(), {"name": "Bob"})
    assert (other.status, other.problem()) == (409, "conflict")
    agent = await signed.agent("shopkeeper")
    room = signed.room(customer.chat)
    await agent.join(room)
    customer_is = await agent.wait(lambda s: s.kind == "presence"
                                   and s.xml.get("from") == f"{room}/Alice (customer)")
    assert {h.get("title") for h in customer_is.xml.iter("{urn:xmpp:hats:0}hat")} == {
        "Customer", "Verified"}
    mark = agent.mark
    agent.start_say(room, "!info")
    told = await agent.wait(lambda s: "Verified as" in (s.body or ""), after=mark)
    assert "Verified as: user 7" in told.body
    shown = signed.parley.command("chat", "show", customer.chat)
    assert [line for line in shown.splitlines() if line.startswith("Verified as") and "user 7" in line]


async def test_unsigned_user_is_not_verified(signed):
    customer = await signed.customer(organization="shop", name="Alice")
    seen = (await signed.agent_web("shopkeeper").get(customer.path())).ok().json()["customer"]
    assert (seen["name"], seen["externalId"], seen["verified"]) == ("Alice", None, False)


async def test_identity_outlives_a_restart_and_goes_with_erasing(own_site, tmp_path):
    site = own_site(settings(tmp_path))
    customer = await site.customer(organization="shop", userToken=sign(claims()))
    site.parley.kill()
    site.parley.start()
    assert (await customer.info())["customer"]["externalId"] == "user 7"
    shown = json.loads(site.parley.command("chat", "show", customer.chat, "--json"))
    assert shown["externalId"] == "user 7"
    site.parley.command("chat", "erase", customer.chat)
    shown = json.loads(site.parley.command("chat", "show", customer.chat, "--json"))
    assert shown["externalId"] is None


async def test_another_browser_of_the_same_user_has_a_chat_of_its_own(signed):
    one, two = [await signed.customer(organization="shop", userToken=sign(claims())) for _ in range(2)]
    assert one.chat != two.chat
    assert (await two.web.get(one.path())).status == 404


async def test_name_and_mail_may_be_missing_and_an_agents_name_is_left_out(signed):
    for more, name in (({"name": None, "email": None}, None), ({"name": "Olga"}, None),
                       ({"name": "Sarah"}, None), ({"name": " Zoë  K. "}, "Zoë K.")):
        answer = (await begin(signed, sign(claims(**more)))).ok().json()["chat"]["customer"]
        assert (answer["name"], answer["verified"]) == (name, True)


def tampered():
    head, body, mac = sign(claims()).split(".")
    other = b64(json.dumps(claims(sub="admin")).encode())
    return f"{head}.{other}.{mac}"


WRONG = {
    "none": lambda: sign(claims(), header={"alg": "none"}),
    "none without signature": lambda: sign(claims(), header={"alg": "none"}).rsplit(".", 1)[0] + ".",
    "another case": lambda: sign(claims(), header={"alg": "hs256"}),
    "HS512": lambda: sign(claims(), header={"alg": "HS512"}, digest=hashlib.sha512),
    "HS384 named HS256": lambda: sign(claims(), digest=hashlib.sha384),
    "RS256": lambda: sign(claims(), header={"alg": "RS256"}),
    "no alg": lambda: sign(claims(), header={"typ": "JWT"}),
    "two algs": lambda: ".".join([b64(b'{"alg":"none","alg":"HS256"}'), *sign(claims()).split(".")[1:]]),
    "crit": lambda: sign(claims(), header={"alg": "HS256", "crit": ["b64"], "b64": False}),
    "another secret": lambda: sign(claims(), secret="x" * 44),
    "no secret": lambda: sign(claims(), secret=""),
    "tampered": tampered,
    "no signature": lambda: sign(claims()).rsplit(".", 1)[0] + ".",
    "two parts": lambda: sign(claims()).rsplit(".", 1)[0],
    "four parts": lambda: sign(claims()) + ".x",
    "padding": lambda: sign(claims()) + "=",
    "longer signature": lambda: sign(claims()) + "AAAA",
    "expired": lambda: sign(claims(exp=int(time.time()) - 120)),
    "expired long ago": lambda: sign(claims(exp=1)),
    "exp in milliseconds as text": lambda: sign(claims(exp=str(int(time.time()) + 600))),
    "no exp": lambda: sign({"sub": "user 7"}),
    "exp with a fraction": lambda: sign(claims(exp=time.time() + 600.5)),
    "not yet valid": lambda: sign(claims(nbf=int(time.time()) + 600)),
    "no sub": lambda: sign(claims(sub=None)),
    "empty sub": lambda: sign(claims(sub="")),
    "blank sub": lambda: sign(claims(sub=" ")),
    "number as sub": lambda: sign(claims(sub=7)),
    "long sub": lambda: sign(claims(sub="x" * 256)),
    "number as name": lambda: sign(claims(name=7)),
    "long name": lambda: sign(claims(name="x" * 65)),
    "a list": lambda: sign([1]),
    "large": lambda: sign(claims(more="x" * 4000)),
    "text": lambda: "x",
    "dots": lambda: "..",
}


@pytest.mark.parametrize("kind", WRONG)
async def test_token_that_proves_nothing_begins_no_chat(signed, kind):
    answer = await begin(signed, WRONG[kind](), name="Alice")
    assert (answer.status, answer.problem()) == (422, "invalid-identity"), answer.body
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/userToken" and SECRET not in answer.body.decode()


async def test_token_is_good_for_its_organization_only(signed):
    other = await begin(signed, sign(claims()), organization="default")
    assert (other.status, other.problem()) == (422, "invalid-identity")
    assert (await begin(signed, 7)).status == 400


@pytest.mark.parametrize("secret, mode, why", [
    (SECRET, 0o640, "is open to others"), ("short", 0o600, "shorter than 32 bytes"),
    ("", 0o600, "is empty")])
async def test_secret_file_is_checked_at_the_start(own_site, tmp_path, secret, mode, why):
    site = own_site(settings(tmp_path, secret, mode), start=False)
    done = subprocess.run([BINARY, "check-config", "--config", site.parley.config],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0 and why in done.stderr, done.stderr
