#!/usr/bin/env -S /usr/bin/python3 -B
"""The same calls on a small database and on a large one: 10,000 chats with 1 million entries, with
--large 100,000 chats with 10 million. As many chats are open in both, and a log is as long, so that
a page holds as much."""

import json
import os
import socket
import time
import urllib.request

import rig

OPEN = 100
SMALL = 2 * OPEN + 100
PAGE = 50
ROUNDS = 3
SOME = 200  # chats whose histories are read: few enough that the first time reads all of them


def get(daemon, target, key):
    request = urllib.request.Request(f"http://{daemon.where}{target}",
                                     headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def deep_in(daemon, key, chats):
    """The list, from the middle of all chats on: where a client comes that pages through it."""
    target, seen = "/api/chats?limit=1", 0
    while seen < chats // 2:
        size = min(200, chats // 2 - seen)
        target = target.replace("limit=1", f"limit={size}")
        seen += size
        target = f"/api/chats?limit=1&cursor={get(daemon, target, key)['nextCursor']}"
    return target.replace("limit=1", f"limit={PAGE}")


def snapshot(daemon, key):
    """The time until a stream of the queue has its snapshot: 200 rows and the counts."""
    host, port = daemon.where.split(":")
    began = time.perf_counter()
    with socket.create_connection((host, int(port)), timeout=30) as stream:
        stream.sendall(f"GET /api/events HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer {key}"
                       "\r\n\r\n".encode())
        got = b""
        while b'"counts"' not in got or not got.endswith(b"\n\n"):
            more = stream.recv(1 << 20)
            if not more:
                raise RuntimeError(f"the stream ended: {got[-200:]}")
            got += more
    return 1e6 * (time.perf_counter() - began)


def pages(daemon, key, chats, deep, seconds):
    """The median and the processor time of each call, one at a time."""
    some = [i * 7919 % chats for i in range(SOME)]
    middle = [f"/api/chats/{rig.chat_id(i)}/messages" for i in some]
    tokens = [rig.token_of(i) for i in some]
    calls = {"queue_us": [("/api/chats?filter=needs_response", key)],
             "list_us": [("/api/chats", key)],
             "deep_us": [(deep, key)],
             "search_one_us": [(f"/api/chats?q={rig.surname(i)}", key) for i in some],
             "search_rare_us": [(f"/api/chats?q={rig.RARE_WORD}", key)],
             "search_all_us": [("/api/chats?q=al", key)],
             "search_none_us": [("/api/chats?q=even+odd", key)],
             "first_us": list(zip(middle, tokens)),
             "newest_us": [(f"{m}?newest=1", t) for m, t in zip(middle, tokens)]}
    found = {}
    for name, lines in calls.items():
        targets = daemon.targets("pages", lines)
        rig.http(daemon.where, targets, 1, seconds, method="GET")  # once to have it in memory
        call = rig.http(daemon.where, targets, 1, seconds, daemon.process.pid, method="GET")
        found[name] = call["p50_us"]
        found[name.replace("_us", "_cpu_us")] = call["cpu_us"]
    found["snapshot_us"] = sorted(snapshot(daemon, key) for _ in range(51))[25]
    posts = rig.http(daemon.where, daemon.message_targets(OPEN), 16, seconds, daemon.process.pid)
    found["post_cpu_us"] = posts["cpu_us"]
    return found


def archive(daemon, chats, entries, seconds):
    """Pages of the archive as rooms read them, of the daemon's store without the daemon."""
    targets = daemon.targets("archive", ((f"/api/chats/{rig.chat_id(i * 7919 % chats)}/messages", "-")
                                         for i in range(1000)))
    found = rig.program("archive", daemon.store, targets, seconds, rig.NOW + entries * 500)
    return {f"archive_{name}_us": times["p50_us"] for name, times in found.items()}


def filled(folder, chats, entries):
    """A daemon that is ready, and the row of its figures."""
    daemon = rig.Daemon(os.path.join(folder, f"size-{chats}"))
    daemon.add_agent("bench@example.org", "Bench")
    key = daemon.add_key("bench@example.org")
    began = time.monotonic()
    rig.fill(daemon, chats, entries, OPEN, rig.agent_id(daemon))
    row = {"chats": chats, "entries": chats * entries, "fill_s": time.monotonic() - began,
           "file_mb": os.path.getsize(daemon.store) / 1e6}
    row["start_ms"] = 1000 * min(start_again(daemon) for _ in range(3))
    return daemon, key, row


def start_again(daemon):
    if daemon.running():
        daemon.kill()
    return daemon.start()


def compared(sites, entries, seconds):
    """The calls of both in turn, several times: the least time and the mean processor time. So other
    load on the machine, which comes and goes, is not taken for a difference."""
    deep = [deep_in(daemon, key, row["chats"]) for daemon, key, row in sites]
    found = [[] for _ in sites]
    for _ in range(ROUNDS):
        for n, (daemon, key, row) in enumerate(sites):
            found[n].append(pages(daemon, key, row["chats"], deep[n], seconds))
    for (daemon, _, row), rounds in zip(sites, found):
        for name in rounds[0]:
            values = [measured[name] for measured in rounds]
            row[name] = sum(values) / ROUNDS if "_cpu_" in name else min(values)
        daemon.kill()
        row.update(archive(daemon, row["chats"], entries, seconds))


def measure(args, folder):
    seconds = 0.2 if args.quick else 0.5
    chats, entries = (100000, 100) if args.large else (10000, 20 if args.quick else 100)
    sites = []
    try:
        for n in (SMALL, chats):
            sites.append(filled(folder, n, entries))
        compared(sites, entries, seconds)
    finally:
        for daemon, _, _ in sites:
            if daemon.running():
                daemon.kill()
    rows = [row for _, _, row in sites]
    rows.append({name: rows[1][name] / rows[0][name] for name in rows[0]
                 if name.endswith("_us") or name.endswith("_ms")})
    return rows


def show(rows):
    columns = [("chats", "d"), ("entries", "d"), ("file_mb", ".0f"), ("fill_s", ".1f"), ("start_ms", ".1f")]
    for name in ("queue", "list", "deep", "first", "newest"):
        columns += [(f"{name}_us", ".1f"), (f"{name}_cpu_us", ".1f")]
    columns += [(f"{name}_us", ".1f") for name in ("search_one", "search_rare", "search_all", "search_none", "snapshot", "archive_newest", "archive_since",
                                                   "archive_sender", "post_cpu")]
    return rig.table("Calls on a small and on a large database (the last line: large / small)",
                     columns, rows)


rig.main(__doc__, measure, show,
         [("--large", {"action": "store_true", "help": "100,000 chats, 10 million entries"})])
