"""What the benches share: a daemon with a database filled straight through SQLite, the measuring
programs, and the way figures are written."""

import argparse
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

from lib.parley import BINARY, Parley  # noqa: E402
from lib.process import free_port  # noqa: E402

PROGRAMS = os.path.join(os.path.dirname(BINARY), "tests")
NOW = 1_750_000_000_000
ORGANIZATION = "default"


def token_of(number):
    """Of chat `number`, or of an agent below zero. Only its hash is stored."""
    return f"{number:043d}"


def token_hash(token):
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


def chat_id(number):
    """26 characters of [a-z2-7]."""
    digits = "abcdefghij"
    return "bench" + "".join(digits[int(d)] for d in f"{number:021d}")


# An id like ours from SQLite's random bytes: hexadecimal, with letters for the digits we do not use.
RANDOM_ID = ("replace(replace(replace(replace(lower(hex(randomblob(13))), "
             "'0', 'g'), '1', 'h'), '8', 'i'), '9', 'j')")


def surname(number):
    """Nobody else's. No letter of it looks like another, so that it is stored as it is to be searched."""
    return "n" + "".join("abcdefghkm"[int(d)] for d in f"{number:07d}")


RARE = 20  # chats of all that have this word
RARE_WORD = "zebra"


def put_words(db, base, numbers):
    """As db/search.c makes them of name and reason: "Alice" looks like "allce"."""
    step = len(numbers) // RARE
    organization = db.execute("SELECT num FROM organization WHERE name = ?", (ORGANIZATION,)).fetchone()[0]
    words = [(organization, word, base + i) for i in numbers
             for word in ("allce", surname(i), "even" if i % 2 == 0 else "odd",
                          *([RARE_WORD] if numbers[0] == 0 and step and i % step == 0 else []))]
    db.executemany("INSERT INTO word VALUES (?, ?, ?)", sorted(words))


def put_chats(db, first, chats, waiting, live_agent):
    """The first ones wait, as many again are the agent's, and all others are closed."""
    def state(i):
        if i < waiting:
            return "waiting"
        return "live" if live_agent and i < 2 * waiting else "closed"

    numbers = range(first, first + chats)
    db.executemany("INSERT INTO room (id, kind) VALUES (?, 'chat')",
                   ((chat_id(i),) for i in numbers))
    base = db.execute("SELECT num FROM room WHERE id = ?", (chat_id(first),)).fetchone()[0] - first
    rows = []
    for i in numbers:
        s = state(i)
        rows.append((base + i, ORGANIZATION, f"Alice {surname(i)}", s, NOW + i, live_agent if s == "live" else None,
                     NOW + i if s == "live" else None, NOW + i if s == "waiting" else None, NOW + i,
                     NOW + i if s == "closed" else None))
    db.executemany("INSERT INTO chat (num, organization, name, state, escalationRequested,"
                   " escalationRequestedAt, assignedToId, assignedAt, queuedAt, createdAt, closedAt,"
                   " assistantPending, version) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 0, 1)", rows)
    db.executemany("INSERT INTO token (hash, chat, createdAt) VALUES (?, ?, ?)",
                   sorted((token_hash(token_of(i)), base + i, NOW) for i in numbers))
    put_words(db, base, numbers)
    return base


def put_entries(db, first, chats, entries):
    """The same number for every chat; half of them the customer's, with their keys. A log at a
    time, so that this is fast; the order in time is of no importance to what is measured."""
    if entries == 0:
        return
    db.execute(f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
        INSERT INTO message (room, seq, pos, id, createdAt, kind, role, userId, senderName, content)
        SELECT num, i, i, {RANDOM_ID}, ?4 + i * 1000, 'message', iif(i % 2, 'USER', 'ASSISTANT'),
            iif(i % 2, room.id, 'assistant'), iif(i % 2, 'Alice', 'Assistant'),
            'Hello, I have a question about my invoice number ' || i || ': it names a sum.'
        FROM room CROSS JOIN n WHERE num BETWEEN ?1 AND ?2""",
               (first, first + chats - 1, entries, NOW))
    db.execute("""INSERT INTO idempotency (room, call, body, firstGid, entries)
        SELECT room, randomblob(16), randomblob(16), gid, 1 FROM message
        WHERE room BETWEEN ?1 AND ?2 AND role = 'USER'""", (first, first + chats - 1))
    db.execute("""UPDATE room SET lastSeq = ?3, lastPos = ?3, lastAt = ?4 + ?3 * 1000, lastGid =
        (SELECT gid FROM message WHERE room = num AND seq = ?3) WHERE num BETWEEN ?1 AND ?2""",
               (first, first + chats - 1, entries, NOW))


def fill(parley, chats, entries=0, waiting=0, live_agent=None):
    """The daemon is down, and has made the schema."""
    db = sqlite3.connect(parley.store)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                     "PRAGMA cache_size = -200000;")  # each page is written once
    for first in range(0, chats, 10000):
        n = min(10000, chats - first)
        base = put_chats(db, first, n, waiting, live_agent)
        put_entries(db, base + first, n, entries)
        db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def agent_id(parley):
    """Of the only agent."""
    db = sqlite3.connect(parley.store)
    found = db.execute("SELECT id FROM agent").fetchone()[0]
    db.close()
    return found


class Daemon(Parley):
    """Without an assistant; limits out of the way."""

    def __init__(self, folder, prosody=None, settings=None):
        given = {"assistant": {"mode": "off"}, "log": {"level": "warn"},
                 "limits": {"streams_per_chat": 20000}}
        for group, values in (settings or {}).items():
            given.setdefault(group, {}).update(values)
        os.makedirs(folder, exist_ok=True)
        super().__init__(folder, prosody, given)

    def make_schema(self):
        self.command("agent", "list")

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def targets(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(f"{target} {token}\n" for target, token in lines)
        return path

    def message_targets(self, chats):
        return self.targets("targets", ((f"/api/chats/{chat_id(i)}/messages", token_of(i))
                                        for i in range(chats)))

    def chat_targets(self, chats, first=0):
        return self.targets("chats", ((f"/api/chats/{chat_id(i)}", token_of(i))
                                      for i in range(first, first + chats)))


def begin(name, *args):
    return subprocess.Popen([os.path.join(PROGRAMS, "bench_" + name), *map(str, args)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(running, seconds):
    try:
        out, err = running.communicate(timeout=seconds)
    except BaseException:
        running.kill()
        raise
    if running.returncode != 0:
        raise RuntimeError(f"{running.args}: {err or out}")
    return json.loads(out)


def program(name, *args, seconds=120):
    """Runs one of the measuring programs and returns what it prints."""
    return end(begin(name, *args), seconds)


def http(where, targets, connections=1, seconds=1.5, pid=0, method="POST"):
    return program("http", "-a", where, "-t", targets, "-c", connections, "-s", seconds, "-p", pid,
                   "-m", method, seconds=seconds + 60)


def table(title, columns, rows):
    """columns: (name, format). A missing value is a dash. Returns what goes into the JSON."""
    print(f"\n{title}")
    print("".join(f"{name:>16}" for name, _ in columns))
    for row in rows:
        print("".join(f"{format(row[n], f) if n in row else '-':>16}" for n, f in columns),
              flush=True)
    return {"title": title, "columns": columns, "rows": rows}


def terminated(number, frame):
    """So that what was started is ended."""
    del number, frame
    sys.exit(1)


def main(doc, measure, show, options=()):
    """The frame of each bench: --quick, --json FILE, and its own options (name, arguments)."""
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", doc)[0])
    parser.add_argument("--quick", action="store_true", help="shorter and less certain")
    parser.add_argument("--json", help="write the figures there")
    parser.add_argument("--folder", default=os.path.join(os.path.dirname(PROGRAMS)),
                        help="where databases are made for the time of the run: on a real disk")
    for name, more in options:
        parser.add_argument(name, **more)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, terminated)
    with tempfile.TemporaryDirectory(dir=args.folder, prefix="bench-") as folder:
        figures = measure(args, folder)
    shown = show(figures)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(shown, out, indent=1)
            out.write("\n")


__all__ = ["Daemon", "RARE_WORD", "agent_id", "begin", "chat_id", "end", "fill", "free_port", "http", "main", "program", "surname", "table",
           "token_hash", "token_of"]
