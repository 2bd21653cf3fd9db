#!/usr/bin/env -S /usr/bin/python3 -B
"""Durable messages a second by HTTP, by the number of connections.

Beside two floors of the same run: the HTTP library answering "hello" to the same requests from the
same client, and SQLite committing rows by itself, as many per transaction as there are connections
(the least: one row with one index; all rows: what Parley stores for one message)."""

import os
import subprocess

import rig

CONNECTIONS = (1, 16, 64, 256)
CHATS = 2000


def hello(targets, seconds):
    port = rig.free_port()
    program = subprocess.Popen([os.path.join(rig.PROGRAMS, "bench_hello"), str(port)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        program.stdout.readline()
        return {c: rig.http(f"127.0.0.1:{port}", targets, c, seconds, program.pid)
                for c in CONNECTIONS}
    finally:
        program.stdin.close()
        program.wait(10)


def posts(folder, seconds):
    """The daemon's figures, and the file of targets."""
    daemon = rig.Daemon(os.path.join(folder, "posts"))
    daemon.make_schema()
    rig.fill(daemon, CHATS, waiting=CHATS)
    targets = daemon.message_targets(CHATS)
    daemon.start()
    try:
        for _ in range(2):  # every chat and token is known, as in a daemon that has run for a while
            rig.http(daemon.where, targets, 64, 1)
        return {c: rig.http(daemon.where, targets, c, seconds, daemon.process.pid)
                for c in CONNECTIONS}, targets
    finally:
        daemon.kill()


def sqlite(folder, seconds):
    daemon = rig.Daemon(os.path.join(folder, "sqlite"))
    daemon.make_schema()
    rig.fill(daemon, 1000, waiting=1000)
    return rig.program("sqlite", daemon.store, seconds)


def measure(args, folder):
    seconds = 1 if args.quick else 4
    ours, targets = posts(folder, seconds)
    least = hello(targets, seconds / 2)
    rows = sqlite(folder, seconds / 3)
    return [{"connections": c, "per_second": ours[c]["per_second"], "p50_us": ours[c]["p50_us"],
             "p99_us": ours[c]["p99_us"], "max_us": ours[c]["max_us"], "cpu_us": ours[c]["cpu_us"],
             "hello_per_second": least[c]["per_second"], "hello_cpu_us": least[c]["cpu_us"],
             "sqlite_least": rows[str(c)]["least"], "sqlite_all_rows": rows[str(c)]["all_rows"],
             "of_hello": ours[c]["per_second"] / least[c]["per_second"],
             "of_least": ours[c]["per_second"] / rows[str(c)]["least"],
             "of_all_rows": ours[c]["per_second"] / rows[str(c)]["all_rows"]}
            for c in CONNECTIONS]


def show(rows):
    return rig.table("Durable messages by HTTP",
                     (("connections", "d"), ("per_second", ".0f"), ("p50_us", ".0f"), ("p99_us", ".0f"),
                      ("cpu_us", ".0f"), ("hello_per_second", ".0f"), ("hello_cpu_us", ".0f"),
                      ("sqlite_least", ".0f"), ("sqlite_all_rows", ".0f"), ("of_hello", ".0%"),
                      ("of_least", ".0%"), ("of_all_rows", ".0%")), rows)


rig.main(__doc__, measure, show)
