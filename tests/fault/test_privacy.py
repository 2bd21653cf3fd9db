"""Notes, and whatever else staff say to each other, in thousands of random steps: never at the
customer, in no answer, event or page."""

import re

import pytest

from lib.oracle import shown_events, store_numbers
from lib.walk import Walk
from lib.web import Stream, read_log

CHATS = 5
CANARY = r"canary-\d+-"


class Ear:
    """All bytes of a customer's event stream, from the start, also over its ends: a closed chat ends
    the stream."""

    def __init__(self, customer):
        self.customer = customer
        self.streams = []

    async def listen(self):
        """Opens the stream, again when it has ended. 204: nothing is left of a closed chat; 403: the
        customer is blocked."""
        last = next((s.last_id for s in reversed(self.streams) if s.last_id), None)
        if not self.streams or self.streams[-1].ended:
            stream = Stream(self.customer.web.using(self.customer.token))
            await stream.open(self.customer.path("/events"), last, [], self.customer.token)
            assert stream.status in (200, 204, 403), stream.status
            self.streams.append(stream)

    def heard(self):
        return [e for s in self.streams for e in s.events]


@pytest.mark.deadline(1800)
async def test_no_canary_of_staff_ever_reaches_a_customer(own_site, rng, count, report):
    site = own_site()
    walk = await Walk(site, rng).begin(CHATS)
    ears = [Ear(c) for c in walk.customers]
    for n in range(count("STEPS", 500, 10000)):
        for ear in ears:
            await ear.listen()
        await walk.step()
    notes = private = 0
    for ear in ears:
        customer, web = ear.customer, walk.webs["vera"]
        answer = await web.post(customer.path("/reopen"))
        assert answer.status < 500
        await walk.tell_queue(f"unblock {customer.chat}", walk.agents["vera"])
        log = await read_log(web, customer.chat)
        notes += sum(e.get("event") == "note" for e in log)
        private += len(re.findall(CANARY, str(log)))
        await walk.page(customer, "GET", "/messages?limit=200")
        await ear.listen()
        entries, last_seq, public, last_pos = store_numbers(site.parley.store, customer.chat)
        assert (entries, public) == (last_seq, last_pos)
    note_ids = {note[2] for note in walk.notes}
    told = list(walk.seen)
    for ear in ears:
        told += [(f"event {e.name}", e.data) for e in ear.heard()]
        shown_events([e for e in ear.heard() if e.id is not None])
    secret = re.compile("|".join((CANARY, *note_ids)))
    leaks = [f"{where}: …{text[max(m.start() - 150, 0):m.end() + 60]}…"
             for where, text in told for m in secret.finditer(text)]
    assert not leaks, f"{len(leaks)} leaks, the first:\n" + "\n".join(leaks[:5])
    assert notes > CHATS and private > CHATS, "nothing was written that could leak"
    report("steps", f"{sum(walk.steps.values())} of {len(walk.kinds)} kinds, {walk.refused} refused")
    report("canaries", f"{walk.canaries}, of which {private} in logs, {notes} notes; "
           f"{len(told)} things told to customers")
    site.parley.check_store()
