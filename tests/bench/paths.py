#!/usr/bin/env -S /usr/bin/python3 -B
"""One message's way: a customer's POST to the agent's XMPP client, and the agent's message to the
customer's event stream, beside a message through a room of the XMPP server itself.

All behind the same Prosody, with the same client. Parley stores every message on disk before it
shows it. Prosody's room shows it first; "archived" keeps it in SQLite, "rooms" keeps nothing."""

import os

import rig
from lib.prosody import DOMAIN, Prosody

ARCHIVE = """
Component "archived.localhost" "muc"
    restrict_room_creation = false
    modules_enabled = { "muc_mam" }
    muc_log_by_default = true
    storage = { muc_log = "sql" }
    sql = { driver = "SQLite3", database = "muc.sqlite" }
"""


def measure(args, folder):
    messages, seconds = (200, 5) if args.quick else (1500, 20)
    os.makedirs(os.path.join(folder, "prosody"))
    prosody = Prosody(os.path.join(folder, "prosody"))
    with open(prosody.config, "a", encoding="utf-8") as config:
        config.write(ARCHIVE)
    daemon = rig.Daemon(os.path.join(folder, "parley"), prosody)
    for name in ("agent0", "agent1"):
        daemon.add_agent(prosody.add_account(name), f"Clerk {name[-1]}")
    rig.fill(daemon, 1, waiting=1)
    target = daemon.chat_targets(1)
    rows = []
    try:
        prosody.start()
        daemon.start()
        for service in ("rooms.localhost", "archived.localhost"):
            found = rig.program("path", "-x", prosody.c2s_port, "-r", f"bench@{service}", "-n",
                                messages, "-s", seconds)
            rows.append({"way": service.partition(".")[0], **found["muc"]})
        found = rig.program("path", "-x", prosody.c2s_port, "-r", f"{rig.chat_id(0)}@{DOMAIN}",
                            "-a", daemon.where, "-t", target, "-n", messages, "-s", seconds)
        rows += [{"way": "customer>agent", **found["in"]}, {"way": "agent>customer", **found["out"]}]
    finally:
        daemon.kill()
        prosody.kill()
    for row in rows:
        for percent in ("p50", "p99"):
            row[f"{percent}_of_archived"] = row[f"{percent}_us"] / rows[1][f"{percent}_us"]
    return rows


def show(rows):
    return rig.table("One message at a time, microseconds from sending to arriving",
                     (("way", "s"), ("p50_us", ".0f"), ("p99_us", ".0f"), ("max_us", ".0f"),
                      ("p50_of_archived", ".2f"), ("p99_of_archived", ".2f")), rows)


rig.main(__doc__, measure, show)
