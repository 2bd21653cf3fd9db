#!/usr/bin/env -S /usr/bin/python3 -B
"""What one message costs the daemon as chats, agents and idle customers grow: processor time for a
message by HTTP at 16 connections. Each line differs from the first in one number."""

import os
import sqlite3
import time

import rig

CONNECTIONS = 16
LEAST = {"chats": 100, "agents": 1, "streams": 0}


def put_agents(daemon, agents):
    db = sqlite3.connect(daemon.store)
    db.executemany("INSERT INTO agent (id, jid, name, skeleton, organization, role, createdAt)"
                   " VALUES (?, ?, ?, ?, 'default', 'agent', ?)",
                   ((rig.chat_id(10**9 + i), f"agent{i}@example.org", f"Clerk {i}", f"clerk{i}",
                     rig.NOW) for i in range(agents)))
    db.commit()
    db.close()


def one(folder, numbers, seconds):
    daemon = rig.Daemon(os.path.join(folder, "growth-" + "-".join(map(str, numbers.values()))))
    daemon.make_schema()
    total = numbers["chats"] + numbers["streams"]
    rig.fill(daemon, total, 2, waiting=total)
    put_agents(daemon, numbers["agents"])
    targets = daemon.message_targets(numbers["chats"])
    daemon.start()
    idle = None
    try:
        if numbers["streams"] > 0:
            idle = rig.begin("streams", "-a", daemon.where, "-t",
                             daemon.chat_targets(numbers["streams"], numbers["chats"]), "-n",
                             numbers["streams"], "-i", 3 * seconds + 2)
            wait_for_streams(daemon, numbers["streams"])
        rig.http(daemon.where, targets, CONNECTIONS, seconds)
        found = rig.http(daemon.where, targets, CONNECTIONS, seconds, daemon.process.pid)
        if idle is not None:
            rig.end(idle, 60)
    finally:
        if idle is not None and idle.poll() is None:
            idle.kill()
        daemon.kill()
    return {**numbers, "cpu_us": found["cpu_us"], "per_second": found["per_second"],
            "p50_us": found["p50_us"]}


def wait_for_streams(daemon, streams):
    """Until the daemon holds that many descriptors."""
    end = time.monotonic() + 60
    while len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < streams:
        if time.monotonic() > end:
            raise TimeoutError("the streams do not open")
        time.sleep(0.05)


def measure(args, folder):
    seconds = 1 if args.quick else 3
    lines = [{}, {"chats": 10000}, {"agents": 1000}, {"streams": 10000}]
    if not args.quick:
        lines[1:1] = [{"chats": 1000}]
        lines[3:3] = [{"agents": 100}]
        lines[5:5] = [{"streams": 1000}]
    rows = [one(folder, {**LEAST, **line}, seconds) for line in lines]
    for row in rows:
        row["of_first"] = row["cpu_us"] / rows[0]["cpu_us"]
    return rows


def show(rows):
    return rig.table("Processor time for one message as the rest grows",
                     (("chats", "d"), ("agents", "d"), ("streams", "d"), ("cpu_us", ".1f"),
                      ("of_first", ".2f"), ("per_second", ".0f"), ("p50_us", ".0f")), rows)


rig.main(__doc__, measure, show)
