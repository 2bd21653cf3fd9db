#!/usr/bin/env -S /usr/bin/python3 -B
"""The same calls on a small database and on a large one: 10,000 chats with 1 million entries, with
--large 100,000 chats with 10 million. As many chats are open in both."""

import os
import time

import rig

OPEN = 100
SMALL = (2 * OPEN, 10)


def pages(daemon, key, chats, seconds):
    """The median and the processor time of each call, one at a time."""
    middle = [f"/api/chats/{rig.chat_id(i * 7919 % chats)}/messages" for i in range(1000)]
    tokens = [rig.token_of(i * 7919 % chats) for i in range(1000)]
    calls = {"queue_us": [("/api/chats?filter=needs_response", key)],
             "list_us": [("/api/chats", key)],
             "first_us": list(zip(middle, tokens)),
             "newest_us": [(f"{m}?newest=1", t) for m, t in zip(middle, tokens)]}
    found = {}
    for name, lines in calls.items():
        targets = daemon.targets("pages", lines)
        rig.http(daemon.where, targets, 1, seconds, method="GET")  # once to have it in memory
        call = rig.http(daemon.where, targets, 1, seconds, daemon.process.pid, method="GET")
        found[name] = call["p50_us"]
        found[name.replace("_us", "_cpu_us")] = call["cpu_us"]
    return found


def one(folder, chats, entries, seconds):
    daemon = rig.Daemon(os.path.join(folder, f"size-{chats}"))
    daemon.add_agent("bench@example.org", "Bench")
    key = daemon.add_key("bench@example.org")
    began = time.monotonic()
    rig.fill(daemon, chats, entries, OPEN, rig.agent_id(daemon))
    row = {"chats": chats, "entries": chats * entries, "fill_s": time.monotonic() - began,
           "file_mb": os.path.getsize(daemon.store) / 1e6}
    daemon.start()
    daemon.kill()
    row["start_ms"] = 1000 * min(start_again(daemon) for _ in range(3))
    try:
        row.update(pages(daemon, key, chats, seconds))
        posts = rig.http(daemon.where, daemon.message_targets(OPEN), 16, 2 * seconds,
                         daemon.process.pid)
        row["post_cpu_us"] = posts["cpu_us"]
    finally:
        daemon.kill()
        os.remove(daemon.store)
    return row


def start_again(daemon):
    if daemon.running():
        daemon.kill()
    return daemon.start()


def measure(args, folder):
    seconds = 0.5 if args.quick else 1
    chats, entries = (100000, 100) if args.large else (10000, 20 if args.quick else 100)
    rows = [one(folder, *SMALL, seconds), one(folder, chats, entries, seconds)]
    rows.append({name: rows[1][name] / rows[0][name] for name in rows[0]
                 if name.endswith("_us") or name.endswith("_ms")})
    return rows


def show(rows):
    return rig.table("Calls on a small and on a large database (the last line: large / small)",
                     (("chats", "d"), ("entries", "d"), ("file_mb", ".0f"), ("start_ms", ".1f"),
                      ("queue_us", ".0f"), ("queue_cpu_us", ".0f"), ("list_us", ".0f"),
                      ("list_cpu_us", ".0f"), ("first_us", ".0f"), ("first_cpu_us", ".0f"),
                      ("newest_us", ".0f"), ("newest_cpu_us", ".0f"),
                      ("post_cpu_us", ".1f")), rows)


rig.main(__doc__, measure, show,
         [("--large", {"action": "store_true", "help": "100,000 chats, 10 million entries"})])
