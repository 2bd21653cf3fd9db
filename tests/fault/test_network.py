"""The link between daemon and XMPP server is slow, silent, or cut in the middle of a stanza: customers
do not notice, agents end with everything once."""

import asyncio

import pytest

from lib.crew import Crew
from lib.island import Island
from lib.parley import LIMITS, Parley
from lib.wait import PATIENCE

SLOW_SECONDS = 0.2


async def behind_a_network(own_site, proxies, island=None):
    """An installation whose daemon reaches its XMPP server through a proxy, on that island."""
    site = own_site(start=False)
    site.add_people()
    await asyncio.to_thread(site.prosody.start)
    proxy = await proxies(site.prosody.component_port, island and island.listen())
    if island:
        site.parley.settings["xmpp"].update(host=island.peer)
        site.parley.settings["limits"] = {**LIMITS, "unsent_seconds": 3}
    site.parley.settings["xmpp"].update(port=proxy.port, pause_max_ms=200)
    site.parley.write_config()
    await asyncio.to_thread(site.parley.start)
    return site, proxy


def link_ups(site):
    return site.parley.log_text().count(" link-up ")


async def link_is_up(site, proxy, before):
    """The daemon has connected again, after so many connections. Its log tells of some only."""
    await asyncio.to_thread(site.parley.until, lambda: proxy.accepted > before, 60 * PATIENCE,
                            f"link number {before + 1}")
    await asyncio.to_thread(site.parley.wait_status, 200)


@pytest.mark.deadline(600)
async def test_cuts_at_any_byte_lose_and_double_nothing(own_site, oracle, proxies, count, rng,
                                                        report):
    site, proxy = await behind_a_network(own_site, proxies)
    crew = await Crew.assemble(site, oracle(site), paced=True)
    crew.start()
    cuts = count("CUTS", 8, 300)
    for _ in range(cuts):
        crew.let_write(60)
        await crew.load.more(rng.randrange(1, 40))
        before, start = proxy.accepted, proxy.bytes
        crew.load.xmpp.close()
        # a stanza has some hundred bytes: most cuts are in the middle of one
        for link in proxy.links:
            link.left = rng.randrange(1, 2000)
        customers = sum(ledger.acknowledged for ledger in crew.ledgers)
        crew.let_write(20)
        await crew.load.more(5)
        proxy.cut()
        await link_is_up(site, proxy, before)
        crew.load.xmpp.open()
        assert sum(ledger.acknowledged for ledger in crew.ledgers) > customers
        assert proxy.bytes > start
    crew.let_write(20)
    await crew.load.more(20)
    await crew.finish()
    report("cuts", cuts)
    report("lines sent again", crew.load.again)


@pytest.mark.deadline(300)
async def test_slow_link_delays_and_loses_nothing(own_site, oracle, proxies, count, report):
    site, proxy = await behind_a_network(own_site, proxies)
    crew = await Crew.assemble(site, oracle(site))
    proxy.delay = SLOW_SECONDS
    crew.start()
    await crew.load.more(count("MESSAGES", 600, 10000), 1500)
    await crew.finish()
    report("messages over a link of 200 ms", crew.load.total)


@pytest.mark.deadline(400)
async def test_silent_link_is_noticed_or_goes_on(own_site, oracle, proxies, count, rng):
    """Half-open: nothing arrives, nothing is refused. Then everything that was held back goes on, or
    the connection is lost after all."""
    site, proxy = await behind_a_network(own_site, proxies)
    crew = await Crew.assemble(site, oracle(site))
    crew.start()
    for lost in (False, True) * count("SILENCES", 1, 10):
        await crew.load.more(rng.randrange(20, 60))
        before = proxy.accepted
        if lost:
            crew.load.xmpp.close()
        proxy.silence()
        await crew.load.more(60)  # customers do not wait for the link
        if lost:
            proxy.cut()
        proxy.speak()
        if lost:
            await link_is_up(site, proxy, before)
            crew.load.xmpp.open()
        await crew.load.more(40)
    await crew.finish()


@pytest.mark.deadline(300)
async def test_server_whose_host_vanishes_is_given_up_and_found_again(own_site, oracle, proxies):
    with Island() as island:
        site, proxy = await behind_a_network(own_site, proxies, island)
        crew = await Crew.assemble(site, oracle(site))
        crew.start()
        await crew.load.more(40)
        before = proxy.accepted
        crew.load.xmpp.close()
        island.pull_cable()
        await crew.load.more(60)  # customers do not wait for the link
        await asyncio.to_thread(site.parley.until,
                                lambda: "nothing is acknowledged" in site.parley.log_text(),
                                60 * PATIENCE, "the link that is given up")
        island.plug_in_cable()
        proxy.cut()  # the server has found it out, too
        await link_is_up(site, proxy, before)
        crew.load.xmpp.open()
        await crew.load.more(40)
        await crew.finish()


@pytest.mark.deadline(300)
async def test_server_that_refuses_every_connection_is_asked_with_growing_pauses(own_site, proxies):
    site, proxy = await behind_a_network(own_site, proxies)
    customer = await site.waiting()
    proxy.refusing = True
    accepted, used = proxy.accepted, site.parley.cpu_seconds()
    proxy.cut()
    begin = asyncio.get_running_loop().time()
    await asyncio.to_thread(site.parley.until, lambda: proxy.accepted >= accepted + 4, 60 * PATIENCE,
                            "a fourth attempt")
    passed = asyncio.get_running_loop().time() - begin
    used = site.parley.cpu_seconds() - used
    assert proxy.accepted - accepted <= passed + 4, "more than an attempt a second"
    assert used < passed / 2, f"{used} s of processor time in {passed} s"
    await customer.say("still served")
    proxy.refusing = False
    await asyncio.to_thread(site.parley.wait_status, 200)


# ---- another component of the same name ----------------------------------------------------------


def second_daemon(site, folder, **settings):
    """Another Parley with a database of its own, for the same domain."""
    return Parley(folder, site.prosody, {"xmpp": settings})


@pytest.mark.deadline(300)
async def test_second_component_with_a_wrong_secret_harms_nobody(own_site, oracle, tmp_path, report):
    site = own_site()
    crew = await Crew.assemble(site, oracle(site))
    crew.start()
    other = second_daemon(site, str(tmp_path), secret="wrong")
    ups, attempts = link_ups(site), site.prosody.component_attempts()
    await asyncio.to_thread(other.start, True, 503)
    try:
        begin, used = asyncio.get_running_loop().time(), other.cpu_seconds()
        await asyncio.to_thread(other.until,
                                lambda: site.prosody.component_attempts() >= attempts + 3,
                                60 * PATIENCE, "a third attempt")
        passed = asyncio.get_running_loop().time() - begin
        used = other.cpu_seconds() - used
        tried = site.prosody.component_attempts() - attempts
        assert tried <= passed + 3, "more than an attempt a second"
        assert used < passed / 2, f"{used} s of processor time in {passed} s"
        loud = [line for line in other.log_text().splitlines() if " link-refused " in line]
        assert loud and all(" error " in line for line in loud), other.log_end()
        report("attempts of the second", f"{tried} in {passed:.1f} s, {used:.2f} s of processor")
    finally:
        await asyncio.to_thread(other.kill)
    await crew.load.more(50)
    await crew.finish()
    assert link_ups(site) == ups, "the first lost its link"


@pytest.mark.prosody  # ejabberd takes both connections: there is no conflict to win
@pytest.mark.deadline(300)
async def test_two_daemons_that_both_may_are_no_busy_loop(own_site, oracle, tmp_path, report):
    """A mistake of who runs them: the server throws out the older one each time. When one of them
    goes, the other has the rooms, and its own log is whole."""
    site = own_site()
    crew = await Crew.assemble(site, oracle(site))
    other = second_daemon(site, str(tmp_path))
    connects = site.prosody.component_connects
    before = connects()
    crew.load.xmpp.close()
    await asyncio.to_thread(other.start, False)
    try:
        begin, used = asyncio.get_running_loop().time(), site.parley.cpu_seconds()
        await asyncio.to_thread(other.until, lambda: connects() >= before + 6, 60 * PATIENCE,
                                "six takings over")
        passed = asyncio.get_running_loop().time() - begin
        used = site.parley.cpu_seconds() - used
        assert connects() - before <= 4 * passed + 4, "a fight for the connection"
        assert used < passed / 2, f"{used} s of processor time in {passed} s"
        report("takings over", f"{connects() - before} in {passed:.1f} s")
    finally:
        await asyncio.to_thread(other.kill)
    await asyncio.to_thread(site.parley.wait_status, 200)
    for local, agent in crew.agents.items():
        for room in crew.rooms:
            await agent.join(room, local)
    crew.load.xmpp.open()
    crew.start()
    await crew.load.more(50)
    await crew.finish()
