"""The judge itself: it accepts a good run, and finds each fault that is put into one."""

import asyncio
import copy

import pytest

from lib.oracle import Ledger, Shown, faults
from lib.wait import DEADLINE, Board


def good():
    """A customer, an agent and a note: five entries of which four are public."""
    ledger = Ledger("chat")
    texts = [("c", "c 0", False), ("a", "a 0", False), ("n", "secret 0", True), ("c", "c 1", False)]
    ledger.staff_log = [Shown("id0", "Somebody waits", 1, "SYSTEM", "escalated")]
    for number, (writer, text, staff) in enumerate(texts, 2):
        role = "USER" if writer == "c" else "AGENT"
        ledger.staff_log.append(Shown(f"id{number - 1}", text, number, role,
                                      "note" if staff else ""))
        ledger.sending(writer, text, staff).acknowledged(f"id{number - 1}", None)
    public = [e for e in ledger.staff_log if e.event != "note"]
    ledger.customer_log = [Shown(e.id, e.text, n, e.role, e.event)
                           for n, e in enumerate(public, 1)]
    ledger.numbers = (5, 5, 4, 4)
    ledger.sending("c", "c 2")  # never acknowledged, never stored
    ledger.view("stream", False).shown = list(ledger.customer_log)
    ledger.view("client", True, repeats=True).shown = list(ledger.staff_log)
    return ledger


def test_good_run_is_accepted():
    assert faults(good()) == []


def test_unacknowledged_may_be_stored_once():
    ledger = good()
    for log, number in ((ledger.staff_log, 6), (ledger.customer_log, 5),
                        (ledger.views[0].shown, 5), (ledger.views[1].shown, 6)):
        log.append(Shown("id5", "c 2", number, "USER"))
    assert faults(ledger) == []


def test_client_with_a_memory_may_see_again():
    ledger = good()
    ledger.views[1].shown += ledger.staff_log[2:4]
    assert faults(ledger) == []


def lose(log, n):
    del log[n]


def double(log, n):
    log.insert(n, log[n])


def swap(log, n):
    log[n], log[n + 1] = log[n + 1], log[n]


def change(log, n):
    log[n] = Shown(log[n].id, log[n].text + "!", log[n].number, log[n].role, log[n].event)


def renumber(log, n):
    log[n] = Shown(log[n].id, log[n].text, log[n].number + 7, log[n].role, log[n].event)


def invent(log, n):
    log.insert(n, Shown("idx", "nobody's", log[n].number, "AGENT"))


def leak(log, n):
    log.insert(n, Shown("id3", "secret 0", log[n].number, "AGENT", "note"))


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("harm", [lose, double, swap, change, renumber, invent, leak])
@pytest.mark.parametrize("where", ["staff_log", "customer_log", "stream"])
def test_each_harm_anywhere_is_found(where, harm, n):
    ledger = good()
    log = ledger.views[0].shown if where == "stream" else getattr(ledger, where)
    harm(log, n)
    assert faults(ledger)


@pytest.mark.parametrize("harm", [lose, swap, invent])
def test_harm_at_a_client_is_found(harm):
    ledger = good()
    harm(ledger.views[1].shown, 1)
    assert faults(ledger)


def in_all(ledger, harm, n):
    """The same harm on every channel: only the writers know."""
    entry = ledger.staff_log[n].id
    for log in (ledger.staff_log, ledger.customer_log, *(v.shown for v in ledger.views)):
        place = next((k for k, e in enumerate(log) if e.id == entry), None)
        if place is not None:
            harm(log, place)
    ledger.numbers = None


def found(ledger, words):
    assert any(words in fault for fault in faults(ledger)), faults(ledger)


def test_acknowledged_and_lost_everywhere_is_found():
    ledger = good()
    in_all(ledger, lose, 4)
    found(ledger, "acknowledged as id4 and stored as []")


def test_stored_under_another_id_is_found():
    ledger = good()
    in_all(ledger, lambda log, n: log.__setitem__(n, Shown("idz", log[n].text, log[n].number,
                                                           log[n].role)), 4)
    found(ledger, "acknowledged as id4 and stored as ['idz']")


def test_stored_twice_under_two_ids_is_found():
    ledger = good()
    in_all(ledger, lambda log, n: log.append(Shown("idz", log[n].text, 9, log[n].role)), 1)
    found(ledger, "stored twice: 'c 0'")


def test_words_of_nobody_on_every_channel_are_found():
    ledger = good()
    in_all(ledger, lambda log, n: log.append(Shown("idz", "who?", 9, "USER")), 1)
    found(ledger, "nobody wrote 'who?'")


def test_answer_without_a_question_is_found():
    ledger = good()
    in_all(ledger, lambda log, n: log.insert(n, Shown("idz", "Hi!", 0, "ASSISTANT")), 0)
    found(ledger, "answers what nobody asked")


def test_writers_order_is_watched():
    ledger = good()
    first, last = ledger.sent[0], ledger.sent[3]
    first.id, last.id, first.text, last.text = last.id, first.id, last.text, first.text
    found(ledger, "not in its writer's order: 'c 0'")


def test_number_of_the_acknowledgement_is_watched():
    ledger = good()
    ledger.sent[0].acknowledged("id1", 3, by_customer=True)
    found(ledger, "acknowledged with another number")


@pytest.mark.parametrize("numbers, words", [((5, 6, 4, 4), "seq has gaps"),
                                            ((5, 5, 4, 5), "pos has gaps")])
def test_gaps_are_found(numbers, words):
    ledger = good()
    ledger.numbers = numbers
    found(ledger, words)


def test_short_history_is_found():
    ledger = good()
    ledger.view("join", True, start=False, least=3).shown = ledger.staff_log[-2:]
    found(ledger, "shows only 2 of 5")


def test_note_hidden_in_other_words_is_found():
    ledger = good()
    entry = ledger.customer_log[1]
    for log in (ledger.staff_log, ledger.customer_log, ledger.views[0].shown):
        place = [e.id for e in log].index(entry.id)
        log[place] = Shown(entry.id, "he said: secret 0", log[place].number, entry.role)
    found(ledger, "shows what is the staff's")


def test_faults_change_nothing():
    ledger = good()
    before = copy.deepcopy(ledger)
    faults(ledger)
    assert ledger == before


async def test_waiting_that_is_cancelled_together_with_a_change_ends():
    board = Board()
    task = asyncio.ensure_future(board.until(lambda: False))
    await asyncio.sleep(0)
    board.changed()
    task.cancel()
    await asyncio.wait({task}, timeout=DEADLINE / 2)
    assert task.cancelled()
