"""What customers who wait are told of their place, while it changes."""

from lib.prosody import DOMAIN

LOBBY = f"lobby@{DOMAIN}"


async def place(stream, match, after=0):
    return (await stream.event("queue", lambda e: match(e.payload), after=after)).payload


async def test_those_behind_hear_of_their_new_place_and_others_of_nothing(own_site):
    site = own_site()
    customers = [await site.waiting() for _ in range(3)]
    idle = await site.customer()
    first, second, third = [await c.stream() for c in customers]
    quiet = await idle.stream()
    for n, stream in enumerate((first, second, third), 1):
        told = await place(stream, lambda p: True)
        assert told["position"] == n and told["estimatedWaitSeconds"] is None, told
        assert (await customers[n - 1].info())["queuePosition"] == n
    web = site.agent_web()
    (await web.post(customers[1].path("/assign"))).ok()
    await place(third, lambda p: p["position"] == 2)
    await second.event("agent_joined")
    (await web.post(customers[0].path("/assign"))).ok()
    await place(third, lambda p: p["position"] == 1)
    await first.event("agent_joined")
    # the third has had its turn since, so all the others had theirs
    assert [e.payload["position"] for e in first.events if e.name == "queue"] == [1]
    assert [e.payload["position"] for e in second.events if e.name == "queue"] == [2]
    assert not [e for e in quiet.events if e.name == "queue"]
    assert all(e.id is None for e in third.events if e.name == "queue")
    info = await customers[0].info()
    assert (info["queuePosition"], info["estimatedWaitSeconds"], info["agentsOnline"]) == (None,) * 3


async def test_hundreds_who_wait_all_hear_of_each_change(own_site):
    site = own_site()
    customers = [await site.waiting() for _ in range(300)]
    streams = [await c.stream() for c in customers]
    for n, stream in enumerate(streams, 1):
        await place(stream, lambda p, n=n: p["position"] == n)
    web = site.agent_web()
    for gone in (1, 2):
        (await web.post(customers[gone - 1].path("/assign"))).ok()
        for n, stream in enumerate(streams[gone:], 1):
            await place(stream, lambda p, n=n: p["position"] == n)
    for n, stream in enumerate(streams, 1):
        assert [e.payload["position"] for e in stream.events if e.name == "queue"] == \
            list(range(n, max(n - 3, 0), -1))


async def test_agents_who_come_and_the_estimate_are_told(own_site):
    site = own_site()
    web = site.agent_web()
    customer = await site.waiting()
    stream = await customer.stream()
    told = await place(stream, lambda p: True)
    assert (told["agentsOnline"], told["estimatedWaitSeconds"]) == (0, None)
    tom = await site.agent("tom")
    await tom.join(LOBBY, "Tom")
    await place(stream, lambda p: p["agentsOnline"] == 1)
    for _ in range(5):  # under five claims there is no estimate
        other = await site.waiting()
        (await web.post(other.path("/assign"))).ok()
    told = await place(stream, lambda p: p["estimatedWaitSeconds"] is not None)
    assert told["estimatedWaitSeconds"] >= 1
    info = await customer.info()
    assert info["estimatedWaitSeconds"] is not None and info["queuePosition"] == 1
    after = len(stream.events)
    await tom.leave(LOBBY, "Tom")
    await place(stream, lambda p: p["agentsOnline"] == 0, after)


async def test_who_waits_again_is_told_again_also_on_the_same_stream(own_site):
    site = own_site()
    customer, agent, room = await site.live()
    stream = await customer.stream()
    agent.start_say(room, "!release")
    await stream.event("agent_left")
    assert (await place(stream, lambda p: True))["position"] == 1
