"""The whole conversation as a file, and the end of a customer's access to it."""

import asyncio
import socket

from lib.wait import DEADLINE

HOSTILE = "<script>alert(1)</script> & \"quoted\""


async def test_the_customers_file_has_all_but_notes_and_agents_have_those_too(site):
    customer, agent, room = await site.live(name="Carol")
    for n in range(5):
        await customer.say(f"number {n}")
    await customer.say(HOSTILE)
    web = site.agent_web()
    (await web.post(customer.path("/notes"), {"content": "between us"})).ok()
    for asker, sees in ((customer.web, False), (web, True)):
        for form, kind in (("txt", "text/plain"), ("html", "text/html"), ("json", "application/json")):
            answer = (await asker.get(customer.path(f"/transcript?format={form}"))).ok()
            assert answer.headers["content-type"].startswith(kind)
            assert answer.headers["content-disposition"] == \
                f'attachment; filename="chat-{customer.chat}.{form}"'
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            text = answer.body.decode()
            places = [text.index(f"number {n}") for n in range(5)]
            assert places == sorted(places)
            assert ("between us" in text) == sees
            if form == "html":
                assert "<script" not in text and "&lt;script&gt;alert(1)" in text
            elif form == "json":
                said = [m["content"] for m in answer.json()["messages"]]
                assert HOSTILE in said and answer.json()["chat"]["id"] == customer.chat
            else:
                assert "Carol: number 4" in text
    assert (await customer.web.get(customer.path("/transcript?format=pdf"))).status == 400


async def test_more_than_a_page_is_in_the_file_and_too_much_is_refused(own_site):
    site = own_site({"limits": {"messages_per_minute": 100000, "messages_burst": 10000}})
    customer = await site.waiting()
    for n in range(450):
        await customer.say(f"number {n};")
    text = (await customer.web.get(customer.path("/transcript"))).ok().body.decode()
    assert all(f"number {n};" in text for n in range(450))
    for _ in range(260):
        await customer.say("x" * 16384)
    answer = await customer.web.get(customer.path("/transcript"))
    assert (answer.status, answer.problem()) == (413, "too-large")


async def test_a_revoked_token_opens_nothing_and_its_streams_end(own_site):
    site = own_site()
    customer = await site.waiting("hello")
    other = await site.waiting()
    stream, elsewhere = await customer.stream(), await other.stream()
    assert (await customer.web.post(customer.path("/revoke"))).status == 204
    await stream.end()
    for method, path in (("GET", ""), ("GET", "/messages"), ("POST", "/revoke")):
        answer = await customer.web.request(method, customer.path(path))
        assert answer.problem() == "unauthorized"
    chat = (await site.agent_web().get(customer.path())).ok().json()
    assert chat["status"] == "waiting"
    await other.say("still here")
    await elsewhere.said("still here")
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    assert (await customer.web.get(customer.path())).status == 401
    await other.info()


def slow_reader(site, customer):
    """A socket that asked for the file, has the head of its answer, and reads no further."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(DEADLINE)
    sock.connect(site.parley.address)
    sock.sendall(f"GET {customer.path('/transcript')} HTTP/1.1\r\nHost: a\r\n"
                 f"Authorization: Bearer {customer.token}\r\n\r\n".encode())
    assert sock.recv(15) == b"HTTP/1.1 200 OK"
    return sock


async def test_files_on_their_way_to_slow_readers_are_few_for_each_address(own_site):
    site = own_site({"limits": {"messages_per_minute": 100000, "messages_burst": 10000}})
    customer = await site.waiting()
    for _ in range(120):
        await customer.say("x" * 16000)
    slow = [await asyncio.to_thread(slow_reader, site, customer) for _ in range(4)]
    refused = await customer.web.get(customer.path("/transcript"))
    assert (refused.status, refused.problem()) == (429, "rate-limited")
    assert int(refused.headers["retry-after"]) >= 1
    elsewhere = site.web.using(customer.token)
    elsewhere.source = "127.0.4.1"
    assert len((await elsewhere.get(customer.path("/transcript"))).ok().body) > 120 * 16000
    for sock in slow:
        sock.close()
    async with asyncio.timeout(DEADLINE):
        while (await customer.web.get(customer.path("/transcript"))).status != 200:
            pass
