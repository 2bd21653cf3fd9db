#!/usr/bin/env -S /usr/bin/python3 -B
"""One room with 2, 10 and 100 occupants: Parley's rooms and Prosody's own MUC behind the same Prosody,
under the same load from the same clients, in one run.

    tests/bench/rooms.py [--seconds S] [--rounds R] [--occupants 2,10,100] [--json FILE]

One occupant speaks. "one at a time": the next line leaves when all have the last one; the time is
from sending to the last occupant's copy. "eight in flight": how many copies a second arrive. CPU is
of the room service's process and of the server's, per 1,000 copies. Of several rounds the table
shows the median of each figure. All rooms have names of the same length.

    muc            Prosody's own, which keeps nothing
    muc, archive   the same with its archive in SQLite
    least          tests/bench/least.c: a component that only reflects: what the server costs
    least, stored  the same, with a commit in SQLite before each batch is shown: the floor
    parley         stores before it shows"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from lib.parley import BINARY, Parley  # noqa: E402
from lib.prosody import DOMAIN, SECRET, Prosody  # noqa: E402
from lib.web import Customer, Web  # noqa: E402

ARCHIVE = """
Component "archived.localhost" "muc"
    restrict_room_creation = false
    modules_enabled = { "muc_mam" }
    muc_log_by_default = true
    storage = { muc_log = "sql" }
    sql = { driver = "SQLite3", database = "muc.sqlite" }

Component "least.localhost"
    component_secret = "%s"
"""
SERVICES = ("muc", "muc, archive", "least", "least, stored", "parley")
LEAST = os.path.join(os.path.dirname(BINARY), "tests", "bench_least")
ROOM = "a" * 26
LINE = re.compile(rb"<body>m(\d+)</body>")
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Client(asyncio.Protocol):
    """The least of an XMPP client: it logs in, joins, and counts numbered lines as bytes."""

    def __init__(self, local):
        self.local = local
        self.seen = b""
        self.changed = asyncio.Event()
        self.on_line = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.on_line is None:
            self.seen += data
            self.changed.set()
            return
        data = self.seen + data
        end = 0
        for found in LINE.finditer(data):
            self.on_line(int(found[1]))
            end = found.end()
        self.seen = data[max(end, len(data) - 64):]

    async def expect(self, *patterns):
        while not any(p in self.seen for p in patterns):
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 20)
        self.seen = b""

    def send(self, text):
        self.transport.write(text.encode())

    async def login(self, port):
        head = ("<?xml version='1.0'?><stream:stream to='localhost' version='1.0' "
                "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
        self.send(head)
        await self.expect(b"</stream:features>")
        secret = base64.b64encode(f"\0{self.local}\0secret".encode()).decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                  f"{secret}</auth>")
        await self.expect(b"<success")
        self.send(head)
        await self.expect(b"</stream:features>")
        self.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>b</resource></bind></iq>")
        await self.expect(b"</iq>")
        self.send("<presence/>")
        return self

    async def join(self, room):
        self.send(f"<presence to='{room}/{self.local}'><x xmlns='http://jabber.org/protocol/muc'>"
                  "<history maxstanzas='0'/></x></presence>")
        await self.expect(b"</subject>", b"<subject/>", b"<subject></subject>")

    def say(self, room, number):
        self.send(f"<message type='groupchat' to='{room}' id='m{number}'>"
                  f"<body>m{number}</body></message>")


class Least:
    """The floor's process, on a stream that is authenticated here (XEP-0114)."""

    def __init__(self, port, *database):
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"<stream:stream xmlns='jabber:component:accept' to='least.localhost' "
                      b"xmlns:stream='http://etherx.jabber.org/streams'>")
            head = self.read(s, rb" id='([^']+)'[^>]*>")
            proof = hashlib.sha1(head[1] + SECRET.encode()).hexdigest()
            s.sendall(f"<handshake>{proof}</handshake>".encode())
            self.read(s, rb"<handshake/>")
            self.process = subprocess.Popen([LEAST, str(s.fileno()), "least.localhost", *database],
                                            pass_fds=[s.fileno()])

    @staticmethod
    def read(s, pattern):
        seen = b""
        while not (found := re.search(pattern, seen)):
            piece = s.recv(4096)
            assert piece, seen
            seen += piece
        return found

    def end(self):
        self.process.kill()
        self.process.wait()


class Load:
    """Sends numbered lines from the first client and takes the time of every copy."""

    def __init__(self, clients, room):
        self.clients = clients
        self.room = room
        self.number = 0
        self.sent = {}
        self.left = {}
        self.took = []
        self.copies = 0
        self.whole = asyncio.Event()
        for c in clients:
            c.on_line = self.on_line

    def on_line(self, number):
        if number not in self.left:
            return
        self.copies += 1
        self.left[number] -= 1
        if self.left[number] == 0:
            del self.left[number]
            self.took.append(time.perf_counter() - self.sent.pop(number))
            self.whole.set()

    def say(self):
        self.number += 1
        self.left[self.number] = len(self.clients)
        self.sent[self.number] = time.perf_counter()
        self.clients[0].say(self.room, self.number)

    async def run(self, seconds, in_flight):
        self.took, self.copies = [], 0
        begin = time.perf_counter()
        while time.perf_counter() < begin + seconds:
            while len(self.left) < in_flight:
                self.say()
            self.whole.clear()
            await asyncio.wait_for(self.whole.wait(), 20)
        while self.left:
            self.whole.clear()
            await asyncio.wait_for(self.whole.wait(), 20)
        return time.perf_counter() - begin


async def measure(clients, room, seconds, pids):
    load = Load(clients, room)
    await load.run(0.5, 1)
    await load.run(seconds, 1)
    took = sorted(load.took)
    row = {"p50_ms": 1000 * statistics.median(took),
           "p99_ms": 1000 * took[int(len(took) * 0.99)]}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    span = await load.run(seconds, 8)
    row["copies_per_second"] = load.copies / span
    for name, pid in pids.items():
        row[f"cpu_ms_{name}"] = 1e6 * (cpu_seconds(pid) - before[name]) / load.copies
    return row


async def log_in(prosody, names):
    clients = []
    for at in range(0, len(names), 20):
        clients += await asyncio.gather(*(Client(n).login(prosody.c2s_port)
                                          for n in names[at:at + 20]))
    return clients


async def one(prosody, parley, service, n, seconds, folder):
    clients = await log_in(prosody, [f"agent{i}" for i in range(n)])
    pids = {"server": prosody.process.pid}
    least = None
    if service == "parley":
        customer = await Customer.begin(Web(parley.address))
        await customer.escalate("bench")
        room = f"{customer.chat}@{DOMAIN}"
        pids["service"] = parley.process.pid
    elif service.startswith("least"):
        stored = [os.path.join(folder, f"least{time.monotonic_ns()}.db")]
        least = Least(prosody.component_port, *(stored if service != "least" else []))
        room = f"{ROOM}@least.localhost"
        pids["service"] = least.process.pid
    else:
        room = f"{ROOM}@{'rooms' if service == 'muc' else 'archived'}.localhost"
    await clients[0].join(room)
    if service.startswith("muc"):  # a new room is locked until its owner has configured it
        clients[0].send(f"<iq type='set' id='o' to='{room}'><query xmlns="
                        "'http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' "
                        "type='submit'/></query></iq>")
        await clients[0].expect(b"id='o'")
    for c in clients[1:]:
        await c.join(room)
    row = {"service": service, "occupants": n, **await measure(clients, room, seconds, pids)}
    for c in clients:
        c.transport.abort()
    if least:
        least.end()
    return row


COLUMNS = [["service", ""], ["occupants", ".0f"], ["p50_ms", ".2f"], ["p99_ms", ".2f"],
           ["copies_per_second", ".0f"], ["cpu_ms_service", ".1f"], ["cpu_ms_server", ".1f"]]


def median(rows):
    """Of rows that differ in their figures only."""
    return {name: value if name == "service" else statistics.median(r[name] for r in rows)
            for name, value in rows[0].items()}


def show(rows):
    print(f"{'service':22}{'occupants':>10}{'p50 ms':>9}{'p99 ms':>9}{'copies/s':>10}"
          f"{'CPU service':>13}{'CPU server':>12}   (CPU: ms per 1,000 copies)")
    for r in rows:
        own = f"{r['cpu_ms_service']:.1f}" if "cpu_ms_service" in r else "-"
        print(f"{r['service']:22}{r['occupants']:>10}{r['p50_ms']:>9.2f}{r['p99_ms']:>9.2f}"
              f"{r['copies_per_second']:>10.0f}{own:>13}{r['cpu_ms_server']:>12.1f}")


async def bench(args, folder):
    counts = [int(n) for n in args.occupants.split(",")]
    for name in ("prosody", "parley"):
        os.makedirs(os.path.join(folder, name))
    prosody = Prosody(os.path.join(folder, "prosody"))
    with open(prosody.config, "a", encoding="utf-8") as config:
        config.write(ARCHIVE % SECRET)
    parley = Parley(os.path.join(folder, "parley"), prosody)
    jids = [prosody.add_account(f"agent{i}") for i in range(max(counts))]
    for i, jid in enumerate(jids):
        parley.add_agent(jid, f"Clerk {i:03}")
    rows = []
    archive = os.path.join(folder, "prosody", "data", "muc.sqlite")
    try:
        prosody.start()
        parley.start()
        for n in counts:
            rounds = [[await one(prosody, parley, service, n, args.seconds, folder)
                       for service in SERVICES] for _ in range(args.rounds)]
            rows += [median(of_one) for of_one in zip(*rounds)]
            assert os.path.getsize(archive) > 0, "Prosody has no archive: install lua-dbi-sqlite3"
            show(rows[-len(SERVICES):])
    finally:
        parley.kill()
        prosody.kill()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--occupants", default="2,10,100")
    parser.add_argument("--json", help="write the figures there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(bench(args, folder))
    print()
    show(rows)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"columns": COLUMNS, "rows": rows}, out, indent=1)


main()
