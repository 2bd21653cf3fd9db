"""The daemon is killed while files are on their way. What it acknowledged is there, and a file is
whole, in one message, or nowhere."""

import asyncio
import os
import uuid

import pytest
from lib.prosody import UPLOAD
from lib.wait import gather

SENDERS = 3
OCTETS = [("Content-Type", "application/octet-stream")]


async def send(customer, name, data, key):
    """The answer, or None when there was none."""
    try:
        return await customer.web.request(
            "POST", f"/api/attachments?chatId={customer.chat}&name={name}", body=data,
            headers=[*OCTETS, ("Idempotency-Key", key)])
    except OSError:
        return None


async def settle(customer, name, data, key):
    """As a page does: the same again until there is an answer that lasts."""
    while True:
        answer = await send(customer, name, data, key)
        if answer is not None and answer.status < 429:
            return answer.ok().json()


async def bytes_of(site, url):
    return (await site.web.get(url.removeprefix("http://%s:%d" % site.parley.address))).ok().body


@pytest.mark.deadline(300)
async def test_files_that_meet_a_kill_are_there_once_or_not_at_all(own_site, rng, count):
    site = own_site({"upload": {"domain": UPLOAD, "bytes_per_day": 1 << 40}})
    customers = [await site.waiting() for _ in range(SENDERS)]
    wanted = {c.chat: {} for c in customers}
    known = {}
    for n in range(count("KILLS", 8, 60)):
        files = [(c, f"{n}.txt", b"%d " % n * rng.randrange(1, 300000), uuid.uuid4().hex)
                 for c in customers]
        tasks = [asyncio.ensure_future(send(*f)) for f in files]
        # anywhere between the first byte and the answer
        await asyncio.wait(tasks, timeout=rng.random() * 0.05)
        await asyncio.to_thread(site.parley.kill)
        before = [a.json()["message"]["id"] if a is not None and a.status == 201 else None
                  for a in await asyncio.gather(*tasks)]
        await asyncio.to_thread(site.parley.start)
        after = await gather(*(settle(*f) for f in files))
        for (customer, name, data, _), first, sent in zip(files, before, after):
            assert first in (None, sent["message"]["id"])
            wanted[customer.chat][name] = sent
            known[sent["id"]] = data
    await asyncio.to_thread(site.parley.kill)
    await asyncio.to_thread(site.parley.start)
    for customer in customers:
        log = [m for m in await customer.log() if m["attachments"]]
        assert [m["id"] for m in log] == [f["message"]["id"] for f in wanted[customer.chat].values()]
    for files in wanted.values():
        for sent in files.values():
            assert await bytes_of(site, sent["url"]) == known[sent["id"]]
    assert sorted(os.listdir(site.parley.store + ".files")) == sorted(known)
