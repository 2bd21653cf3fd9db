"""The daemon: its configuration file, its life, its management commands."""

import http.client
import os
import sqlite3
import subprocess

from lib.process import Program, free_port
from lib.prosody import DOMAIN, SECRET

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
BINARY = os.environ.get("PARLEY_BIN") or os.path.join(ROOT, "build", "release", "parley")

MANY = 100000
# Tests that are not about limits must not meet them.
LIMITS = {
    "chats_per_minute": MANY,
    "messages_per_minute": MANY,
    "messages_burst": MANY,
    "escalations_per_hour": MANY,
    "streams_per_chat": 1000,
    "streams_per_address": 1000000,
    "bad_tokens_per_minute": MANY,
    "logins_per_minute": MANY,
    "connections": MANY,
}


def setting(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 1 << 31 else f"{value}L"
    if isinstance(value, list):
        return "( " + ", ".join(map(setting, value)) + " )"
    if isinstance(value, dict):
        return "{\n" + "".join(f"    {n} = {setting(v)};\n" for n, v in value.items()) + "}"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Parley(Program):
    name = "parley"

    def __init__(self, folder, prosody=None, settings=None):
        super().__init__(folder)
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.config = os.path.join(folder, "parley.conf")
        self.store = os.path.join(folder, "parley.db")
        self.settings = {
            "http": {"listen": f"127.0.0.1:{self.port}"},
            "store": {"path": self.store},
            "limits": dict(LIMITS),
            "log": {"level": "info"},
        }
        if prosody is not None:
            self.settings["xmpp"] = {"host": "127.0.0.1", "port": prosody.component_port,
                                     "domain": DOMAIN, "secret": SECRET,
                                     "pause_max_ms": 2000}
        for group, values in (settings or {}).items():
            if isinstance(values, dict):
                self.settings.setdefault(group, {}).update(values)
            else:
                self.settings[group] = values
        self.write_config()
        self.wants = 200

    def write_config(self):
        text = "".join(f"{group}: {setting(values)};\n" for group, values in self.settings.items())
        handle = os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)

    def argv(self):
        return [BINARY, "serve", "--config", self.config]

    def ready_status(self):
        """What /readyz says; 0 when nobody answers."""
        connection = http.client.HTTPConnection(*self.address, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def is_ready(self):
        return self.ready_status() == self.wants

    def start(self, wait=True, wants=200):
        """wants: the status /readyz shall have; 503 is a daemon without its XMPP server."""
        self.wants = wants
        return super().start(wait)

    def wait_status(self, status):
        """Until /readyz says so; 503 is when the end of the XMPP server was noticed."""
        self.wants = status
        self.wait_ready()
        self.wants = 200

    def command(self, *words, check=True):
        """Runs `parley words…` and returns its output."""
        done = subprocess.run([BINARY, *words, "--config", self.config], capture_output=True,
                              text=True, timeout=30, check=False, cwd=self.folder)
        if check:
            assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def add_agent(self, jid, name, *options):
        self.command("agent", "add", jid, "--name", name, *options)

    def add_key(self, jid):
        """An API token for the agent."""
        return self.command("key", "add", jid).strip()

    def unconfirmed(self):
        """Entries that the XMPP server is not known to have read: what a restart sends again."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            return store.execute("SELECT (SELECT max(lastGid) FROM room) - value FROM meta "
                                 "WHERE key = 'xmppConfirmed'").fetchone()[0]

    def wait_confirmed(self, seconds=20):
        self.until(lambda: self.unconfirmed() == 0, seconds, "the server's reading all entries", 0.02)

    def check_store(self):
        """The file is whole, and the counts it keeps are those of its chats."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            found = [row[0] for row in store.execute("PRAGMA integrity_check")]
            kept, fresh = (dict(store.execute(
                f"SELECT organization || section, {n} AS n FROM {table} GROUP BY 1 HAVING n <> 0"))
                for n, table in (("sum(chats)", "tally"), ("count(*)", "chat")))
        assert found == ["ok"], found
        assert kept == fresh, f"counts kept {kept}, chats there {fresh}"
