"""The disk under the store is full and is freed, or turns read-only and is mended. Nothing
acknowledged is lost; who cannot be served is told to come again; reading goes on."""

import asyncio
import uuid

import pytest

from lib.crew import Crew
from lib.disk import SmallDisk
from lib.wait import PATIENCE

LOG_LINES = 400  # of a whole test; every writer is refused several times a second


@pytest.fixture
def small_disk():
    """small_disk(site): its store lives on a disk of its own."""
    disks = []

    def make(site):
        disks.append(SmallDisk(site.parley))
        return disks[-1]

    yield make
    for disk in disks:
        disk.parley.kill()
        disk.unmount(lazily=True)


async def refusal(customer):
    """Writes until it is refused; returns the refusal."""
    while True:
        answer = await customer.web.request(
            "POST", customer.path("/messages/send"),
            {"content": "x" * 4000, "role": "USER", "clientId": uuid.uuid4().hex})
        if answer.status != 200:
            return answer


async def error_of_line(agent, room):
    """Says lines until one is refused: what is left of the last block takes a few."""
    while True:
        mark, key = agent.mark, uuid.uuid4().hex
        agent.start_say(room, "x" * 4000, key)
        answer = await agent.until(
            lambda _, mark=mark, key=key: next(
                (s for s in agent.received[mark:] if s.kind == "message" and s.id == key), None),
            30, "the line or its error")
        if answer.type == "error":
            return answer


async def check_refused(crew, customer):
    """Customers and agents are told to come again, and may read."""
    async with asyncio.timeout(60 * PATIENCE):
        answer = await refusal(customer)
    assert answer.status == 503, (answer.status, answer.body)
    assert answer.problem() in ("store-failed", "unknown-outcome"), answer.body
    assert int(answer.headers["retry-after"]) > 0
    error = await error_of_line(crew.agents["sarah"], crew.rooms[0])
    assert error.error[0] == "wait", error
    for path in ("", "/messages"):
        (await customer.web.request("GET", customer.path(path))).ok()


def log_lines(site):
    with open(site.parley.log_path, encoding="utf-8") as log:
        return sum(1 for _ in log)


async def begin(own_site, small_disk, oracle):
    site = own_site(start=False)
    disk = small_disk(site)
    await asyncio.to_thread(site.start)
    crew = await Crew.assemble(site, oracle(site))
    crew.load.leave_alone()
    crew.start()
    await crew.load.more(50)
    return site, disk, crew, await site.waiting()


@pytest.mark.deadline(300)
async def test_full_disk_is_told_and_forgotten_when_it_is_freed(own_site, small_disk, oracle, count,
                                                                report):
    site, disk, crew, customer = await begin(own_site, small_disk, oracle)
    process = site.parley.process
    for _ in range(count("FILLS", 2, 10)):
        await asyncio.to_thread(disk.fill)
        await check_refused(crew, customer)
        disk.free()
        await crew.load.more(50)
    assert process is site.parley.process and site.parley.running()
    await crew.finish()
    report("lines in the log", log_lines(site))
    assert log_lines(site) < LOG_LINES


@pytest.mark.deadline(300)
async def test_disk_that_turns_read_only_loses_nothing(own_site, small_disk, oracle, report):
    site, disk, crew, customer = await begin(own_site, small_disk, oracle)
    await asyncio.to_thread(disk.turn_read_only)
    await check_refused(crew, customer)
    await crew.load.go_on(2)
    crew.load.close()
    assert await asyncio.to_thread(site.parley.stop) == 0
    disk.unmount()
    disk.mount()
    await asyncio.to_thread(site.parley.start)
    crew.load.open()
    await crew.load.more(50)
    await crew.finish()
    report("lines in the log", log_lines(site))
    assert log_lines(site) < LOG_LINES
