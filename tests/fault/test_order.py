"""Everybody writes into one chat as fast as answers come: all see one order."""

import pytest

from lib.crew import Crew


@pytest.mark.deadline(1800)
async def test_all_who_write_at_once_are_seen_in_one_order(own_site, oracle, count, report):
    """Two agents' clients, two consoles, a customer on two pages, notes; and in a second chat the
    assistant."""
    site = own_site()
    crew = await Crew.assemble(site, oracle(site), chats=1)
    await crew.speaker_too("tom")
    await crew.assistants_chat()
    goal = count("MESSAGES", 1000, 10000)
    crew.start()
    await crew.load.reach(goal, 1500)
    await crew.finish()
    report("messages", crew.load.total)
    by_writer = {}
    for ledger in crew.ledgers:
        for sent in ledger.sent:
            by_writer[sent.writer] = by_writer.get(sent.writer, 0) + 1
    report("by writer", by_writer)
