#!/usr/bin/env -S /usr/bin/python3 -B
"""100, 1,000 and 10,000 event streams: what they hold and cost, and how soon an event is there.

"one chat each": the time of an event to the one stream of its chat, and the memory of a stream with
its chat, which a daemon forgets five minutes after its last use. "one chat": the same event to all
streams, and the memory of the stream alone. Beside it the floor: a program that copies as many bytes
to as many sockets, one send() each, and does nothing else."""

import os
import subprocess

import rig

HEARTBEAT = 15  # seconds, the daemon's own


def daemon_with(folder, chats):
    daemon = rig.Daemon(os.path.join(folder, f"streams-{chats}"))
    daemon.make_schema()
    rig.fill(daemon, chats, 2, waiting=chats)
    daemon.start()
    return daemon


def held(folder, streams, chats, posts, idle, restart):
    """One row."""
    daemon = daemon_with(folder, chats)
    try:
        running = rig.begin("streams", "-a", daemon.where, "-t", daemon.chat_targets(chats), "-n",
                            streams, "-w", posts, "-i", idle, "-p", daemon.process.pid,
                            *(("-r",) if restart else ()))
        if restart and running.stderr.readline() == "restart\n":
            daemon.kill()
            daemon.start()
        found = rig.end(running, 120)
    finally:
        daemon.kill()
    row = {"streams": streams, "chats": chats, "bytes_each": found["bytes_each"],
           "open_per_s": streams / found["open_s"],
           "events_per_s": found["wake"]["per_second"], "post_cpu_us": found["wake"]["cpu_us"]}
    row.update({f"event_{n}": found["wake"][n] for n in ("p50_us", "p99_us", "max_us")})
    if "idle" in found:
        row["beat_cpu_s"] = found["idle"]["cpu_s_per_minute"]
    if restart:
        row["back_s"] = found["come_back_s"]
    return row


def spread(folder, streams, posts):
    """The floor of a broadcast: events a second, and processor time of one."""
    port = rig.free_port()
    chat = os.path.join(folder, "spread")
    with open(chat, "w", encoding="utf-8") as out:
        out.write(f"/api/chats/{rig.chat_id(0)} -\n")
    least = subprocess.Popen([os.path.join(rig.PROGRAMS, "bench_fan"), str(port)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        least.stdout.readline()
        return rig.program("streams", "-a", f"127.0.0.1:{port}", "-t", chat, "-n", streams, "-w", posts,
                           "-p", least.pid)["wake"]
    finally:
        least.stdin.close()
        least.wait(10)


def measure(args, folder):
    posts, idle = (100, 5) if args.quick else (4000, HEARTBEAT)
    counts = (100, 10000) if args.quick else (100, 1000, 10000)
    rows = [held(folder, n, n, posts, idle, n == 10000) for n in counts]
    for row in rows:
        row["p50_of_100"] = row["event_p50_us"] / rows[0]["event_p50_us"]
    posts = 10 if args.quick else 50
    rows.append(held(folder, 10000, 1, posts, 0, False))
    least = spread(folder, 10000, posts)
    rows[-1].update(send_per_s=least["per_second"], send_cpu_us=least["cpu_us"],
                    of_send=rows[-1]["events_per_s"] / least["per_second"],
                    cpu_of_send=rows[-1]["post_cpu_us"] / least["cpu_us"])
    return rows


def show(rows):
    return rig.table("Event streams: memory, opening, POST to event, heartbeats, all back after a restart",
                     (("streams", "d"), ("chats", "d"), ("bytes_each", ".0f"), ("open_per_s", ".0f"),
                      ("event_p50_us", ".0f"), ("event_p99_us", ".0f"), ("p50_of_100", ".2f"),
                      ("events_per_s", ".0f"), ("post_cpu_us", ".0f"), ("send_per_s", ".0f"),
                      ("send_cpu_us", ".0f"), ("of_send", ".0%"), ("cpu_of_send", ".2f"),
                      ("beat_cpu_s", ".2f"),
                      ("back_s", ".2f")), rows)


rig.main(__doc__, measure, show)
