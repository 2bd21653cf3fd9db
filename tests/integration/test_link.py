"""The connection to the XMPP server: found again under all circumstances, and never missed by
customers."""

import asyncio
import hashlib
import time

import pytest

from lib.prosody import SECRET
from lib.wait import gather

IDLE = 2000


async def idle_streams(site, customers, number):
    """Streams from several loopback addresses, so that no port range and no per-address limit of
    ours is in the way."""
    streams = []
    for n in range(0, number, 100):
        part = []
        for m in range(n, min(n + 100, number)):
            customer = customers[m % len(customers)]
            web = site.web.using(customer.token)
            web.source = f"127.0.1.{1 + m % 20}"
            part.append(web.stream(customer.path("/events")))
        streams += await gather(*part)
    assert {s.status for s in streams} == {200}
    return streams


@pytest.mark.deadline(180)
async def test_reconnects_with_thousands_of_descriptors_open(own_site, count, report):
    """A descriptor numbered 1024 or higher must not reach the library's select()."""
    number = count("STREAMS", IDLE, 8000)
    site = own_site()
    customer, sarah, room = await site.live()
    customers = [await site.customer() for _ in range(20)]
    streams = await idle_streams(site, customers, number)
    assert site.parley.descriptors() > number
    for round_trip in range(2):
        connects = site.parley.log_text().count(" link-up ")
        await site.server_down()
        await sarah.lost()
        await customer.say(f"away {round_trip}")
        await site.server_up()
        await sarah.connect()
        await sarah.join(room)
        assert site.parley.log_text().count(" link-up ") == connects + 1
        await sarah.say(room, f"back {round_trip}")
    assert site.parley.running() and not [s for s in streams if s.ended]
    await customers[0].post("do streams still work?")
    await gather(*(s.event("message") for s in streams[::20]))
    report("descriptors of the daemon", site.parley.descriptors())
    for s in streams:
        s.close()


async def test_wrong_secret_is_no_busy_loop_and_no_outage(own_site):
    site = own_site({"xmpp": {"secret": "wrong"}}, start=False)
    site.prosody.start()
    site.parley.start(wants=503)
    customer = await site.waiting()
    begin, used = time.monotonic(), site.parley.cpu_seconds()
    attempts = site.prosody.component_attempts
    first = attempts()
    tally = asyncio.to_thread(site.parley.until, lambda: attempts() >= first + 2, 60,
                              "another attempt")
    stream = await customer.stream()
    for n in range(20):
        await customer.say(f"message {n}")
    await stream.said("message 19")
    await tally
    passed, used = time.monotonic() - begin, site.parley.cpu_seconds() - used
    assert used < passed / 2, f"{used} s of processor time in {passed} s"
    assert attempts() - first <= passed + 3, "more than one attempt a second"
    assert site.parley.ready_status() == 503
    assert (await site.web.get("/healthz")).status == 200
    assert site.prosody.component_connects() == 0


async def test_starts_and_serves_without_an_xmpp_server(own_site):
    site = own_site(start=False)
    site.add_people()
    site.parley.start(wants=503)
    body = (await site.web.get("/readyz")).json()
    assert body
    assert (await site.web.get("/healthz")).status == 200
    customer = await site.waiting("kept")
    await site.server_up()
    sarah = await site.agent()
    join = await sarah.join(site.room(customer.chat))
    assert "kept" in [s.body for s in join.history]


async def test_not_ready_while_the_server_is_down_and_customers_are_served(own_site):
    site = own_site()
    customer, sarah, room = await site.live()
    stream = await customer.stream()
    await site.server_down()
    await sarah.lost()
    for n in range(10):
        await customer.say(f"message {n}")
    await stream.said("message 9")
    answer = await site.web.get("/readyz")
    assert answer.status == 503 and answer.json()
    assert (await site.web.get("/healthz")).status == 200
    other = await site.customer()
    await other.ask("Hello")


@pytest.mark.prosody  # ejabberd takes both connections: there is no conflict to win
async def test_second_connection_of_the_component_takes_over_cleanly(own_site):
    """kick_old: who comes later wins; the daemon comes back without a fight for processor time."""
    site = own_site()
    customer, sarah, room = await site.live()
    reader, writer = await asyncio.open_connection("127.0.0.1", site.prosody.component_port)
    writer.write(b"<stream:stream xmlns='jabber:component:accept' to='support.localhost' "
                 b"xmlns:stream='http://etherx.jabber.org/streams'>")
    head = b""
    while b"id=" not in head or not head.rstrip().endswith(b">"):
        head += await reader.read(4096)
    text = head.decode()
    begin = text.index("id=") + 4
    stream_id = text[begin:text.index(text[begin - 1], begin)]
    digest = hashlib.sha1((stream_id + SECRET).encode()).hexdigest()
    writer.write(f"<handshake>{digest}</handshake>".encode())
    got = b""
    while b"<handshake" not in got:
        part = await reader.read(4096)
        assert part, got
        got += part
    # the daemon was thrown out, and takes its place back after a pause
    while part := await reader.read(4096):
        got += part
    assert b"conflict" in got
    writer.close()
    await asyncio.to_thread(site.parley.wait_ready)
    await customer.say("after the fight")
    await sarah.said(room, "after the fight")
