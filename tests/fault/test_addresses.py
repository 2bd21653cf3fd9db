"""One address floods, others are served; and who comes and goes leaves nothing."""

import asyncio

import pytest

from lib.parley import LIMITS
from lib.peers import Regular, plain_socket, raise_descriptors
from lib.wait import gather
from lib.web import Closed, make_request

FLOOD = "127.0.5.1"


@pytest.mark.deadline(120)
async def test_address_that_floods_is_refused_and_others_are_served(own_site, count, report):
    site = own_site({"limits": {**LIMITS, "connections": 64, "streams_per_address": 10,
                                "chats_per_minute": 5, "bad_tokens_per_minute": 20}})
    customer = await site.waiting()
    regular = Regular(customer)
    over = asyncio.Event()
    seen = {}
    total = count("FLOOD", 600, 10000)

    async def flood(kind):
        web = site.web
        web.source = FLOOD
        for n in range(total // 30):
            try:
                if kind % 3 == 0:
                    answer = await web.post("/api/chats", {})
                elif kind % 3 == 1:
                    answer = await web.get(customer.path(), token=f"guess{n}x{kind}")
                else:
                    answer = await web.get("/healthz")
                seen[answer.status] = seen.get(answer.status, 0) + 1
                assert answer.status != 429 or int(answer.headers["retry-after"]) >= 1
            except (OSError, Closed):
                seen["cut"] = seen.get("cut", 0) + 1

    async def all_floods():
        # Connections that say nothing, as many as it gets, beside requests of all kinds.
        mute = [plain_socket(site.parley.address, FLOOD) for _ in range(200)]
        try:
            await gather(*map(flood, range(30)))
        finally:
            over.set()
            for s in mute:
                s.close()

    await gather(regular.run(over), all_floods())
    report("flood of one address", f"{seen}; meanwhile {regular.summary()}")
    assert not regular.failed, regular.failed[:5]
    assert seen.get(201, 0) <= 8, "new chats beyond the rate"
    assert seen.get(401, 0) <= 25, "guesses beyond the rate"


async def test_forwarded_addresses_are_believed_of_trusted_proxies_only(own_site):
    limits = {**LIMITS, "chats_per_minute": 2}
    for proxies, own_limits in (([], False), (["127.0.5.9"], True)):
        site = own_site({"limits": limits}, start=False)
        with open(site.parley.config, encoding="utf-8") as old:
            text = old.read()
        listed = "".join(f'"{p}"' for p in proxies)
        text = text.replace("http: {", "http: {\n    trusted_proxies = [%s];" % listed)
        with open(site.parley.config, "w", encoding="utf-8") as new:
            new.write(text)
        site.start()
        web = site.web
        web.source = "127.0.5.9"
        statuses = [(await web.post("/api/chats", {},
                                    headers={"X-Forwarded-For": f"203.0.113.{n}"})).status
                    for n in range(6)]
        if own_limits:
            assert statuses == [201] * 6
            # What the customer wrote itself stands left of what the proxy added.
            more = [(await web.post("/api/chats", {}, headers={
                "X-Forwarded-For": f"198.51.100.{n}, 203.0.113.99"})).status for n in range(4)]
            assert more[:2] == [201] * 2 and more[2:] == [429] * 2, more
        else:
            assert statuses == [201] * 2 + [429] * 4, statuses


@pytest.mark.deadline(300)
async def test_churn_of_streams_leaves_nothing(own_site, count, report):
    raise_descriptors()
    site = own_site()
    customer = await site.waiting()
    total = count("CHURN", 1000, 10000)
    stream = await customer.stream()
    request = make_request(site.parley.address, "GET", customer.path("/events?since=now"),
                           [("Authorization", "Bearer " + customer.token)], None)
    before = site.parley.descriptors()
    loop = asyncio.get_running_loop()

    async def come_and_go(number):
        for n in range(number):
            reader, writer = await site.web.connect()
            writer.write(request)
            if n % 4 < 3:
                assert (await reader.read(12)) == b"HTTP/1.1 200"
            if n % 2:
                writer.transport.abort()  # without goodbye
            writer.close()

    begin = loop.time()
    await gather(*(come_and_go(total // 20) for _ in range(20)))
    spent = loop.time() - begin
    async with asyncio.timeout(30):
        while site.parley.descriptors() > before:
            await customer.say(f"anybody there? {loop.time()}")
    report("churn", f"{total} streams opened and closed, {total / spent:.0f} a second")
    await customer.say("the one that stayed")
    await stream.said("the one that stayed")
    assert not stream.ended
