"""Event streams from opening to the end: tickets, headers, heartbeats, slow readers."""

HOST = "Host: a\r\n"


# ---- tickets -------------------------------------------------------------------------------------


async def test_ticket_opens_one_stream_of_its_chat(site):
    customer, other = await site.waiting(), await site.waiting()

    async def ticket():
        answer = await customer.web.post(customer.path("/events/ticket"))
        assert answer.status == 201
        assert answer.json()["expiresIn"] == 30
        return answer.json()["ticket"]

    value = await ticket()
    stream = await site.web.stream(customer.path(f"/events?ticket={value}"))
    assert stream.status == 200
    await customer.say("seen through a ticket")
    await stream.said("seen through a ticket")
    await stream.aclose()
    again = await site.web.stream(customer.path(f"/events?ticket={value}"))
    assert again.status == 401
    wrong = await site.web.stream(other.path(f"/events?ticket={await ticket()}"))
    assert wrong.status in (401, 404)
    for bad in ("", "x", "a" * 3000):
        assert (await site.web.stream(customer.path(f"/events?ticket={bad}"))).status in (400, 401)
    # nothing else takes one
    assert (await site.web.get(customer.path(f"?ticket={await ticket()}"))).status == 401


async def test_ticket_resumes_where_the_query_says(site):
    customer = await site.waiting()
    stream = await customer.stream()
    await customer.say("one")
    position = (await stream.said("one")).id
    await customer.say("two")
    value = (await customer.web.post(customer.path("/events/ticket"))).json()["ticket"]
    again = await site.web.stream(customer.path(f"/events?ticket={value}&lastEventId={position}"))
    await again.said("two")
    assert [e.payload["content"] for e in again.durable()] == ["two"]
    await again.aclose()


# ---- streams -------------------------------------------------------------------------------------


async def test_stream_has_the_headers_that_proxies_need(site):
    customer = await site.customer()
    stream = await customer.stream()
    await stream.event("ready")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["cache-control"] == "no-store"
    await stream.until(lambda s: s.parser.retry is not None, what="retry:")
    assert 500 <= stream.parser.retry <= 60000


async def test_silent_stream_has_a_heartbeat(own_site):
    site = own_site({"limits": {"heartbeat_seconds": 1}})
    customer = await site.customer()
    stream = await customer.stream()
    await stream.until(lambda s: s.parser.comments >= 3, what="three comments")


async def test_closed_chats_stream_ends_with_204(site):
    customer = await site.waiting("hello")
    stream = await customer.stream()
    (await customer.web.post(customer.path("/close"))).ok()
    last = (await stream.event("closed")).id
    again = await customer.web.stream(customer.path("/events"), last_id=last)
    assert again.status == 204
    before = last.rsplit("-", 1)[0] + "-0"
    older = await customer.stream(last_id=before)
    await older.event("closed")


async def test_reader_that_does_not_read_is_cut_and_delays_nobody(own_site):
    site = own_site()
    customer = await site.waiting()
    slow_reader, slow_writer = await site.web.connect()
    slow_writer.transport.pause_reading()
    slow_writer.write(f"GET {customer.path('/events')} HTTP/1.1\r\n{HOST}Authorization: Bearer "
                      f"{customer.token}\r\n\r\n".encode())
    quick = await customer.stream()
    web = customer.web.using(customer.token, keep=True)
    text = "x" * 16000
    await web.get(customer.path())  # its connection is counted, too
    before = site.parley.descriptors()
    for n in range(1500):  # 24 MB: more than the sockets and the stream's queue hold
        (await web.post(customer.path("/messages/send"), {"content": text, "role": "USER"})).ok()
        if n % 50 == 49 and site.parley.descriptors() < before:
            break
    assert site.parley.descriptors() < before, "the stream that is not read is still there"
    await customer.say("the end")
    await quick.said("the end")
    slow_writer.close()
    web.close()


# ---- the console's cookie ------------------------------------------------------------------------


async def test_link_that_an_agent_follows_neither_joins_nor_puts_on_duty(site):
    customer = await site.waiting()
    cookie = ("Cookie", await site.cookie("sarah"))

    async def open_from(where, target):
        return await site.web.stream(target, headers=[cookie, ("Sec-Fetch-Site", where)])

    for where in ("cross-site", "same-site", "none"):
        for target in (customer.path("/events?join=1"), "/api/events"):
            assert (await open_from(where, target)).status == 403, (where, target)
        reader = await open_from(where, customer.path("/events"))
        assert reader.status == 200
        await reader.aclose()
    chat = (await site.agent_web().get(customer.path())).ok().json()
    assert (chat["status"], chat["assignedToId"]) == ("waiting", None)
    console = await open_from("same-origin", customer.path("/events?join=1"))
    await console.event("agent_joined")
    await console.aclose()
    queue = await open_from("same-origin", "/api/events")
    assert queue.status == 200
    await queue.aclose()
