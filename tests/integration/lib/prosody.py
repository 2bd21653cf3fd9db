"""A real Prosody with its own ports and data, and accounts written as data files."""

import os
import re

from lib.process import Program, free_port, port_open

HOST = "localhost"
DOMAIN = "support.localhost"
UPLOAD = "upload.localhost"
SECRET = "prosody-and-parley"

CONFIG = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
plugin_paths = {{}}
modules_enabled = {{ "disco"; "roster"; "saslauth"; "ping"; "carbons"; "private"; "pep";
    "vcard_legacy"; }}
modules_disabled = {{ "s2s"; }}
interfaces = {{ "127.0.0.1" }}
component_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s_port} }}
component_ports = {{ {component_port} }}
s2s_ports = {{}}
http_ports = {{}}
https_ports = {{}}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
gc = {{ mode = "incremental", threshold = 200 }}
log = {{ {{ levels = {{ min = "info" }}, to = "file", filename = "{log}", timestamps = true }} }}

VirtualHost "localhost"

Component "support.localhost"
    component_secret = "{secret}"
    component_conflict_resolve = "kick_old"

Component "upload.localhost"
    component_secret = "{secret}"
    component_conflict_resolve = "kick_old"

Component "rooms.localhost" "muc"
    restrict_room_creation = false
"""


class Prosody(Program):
    name = "prosody"

    def __init__(self, folder):
        super().__init__(folder)
        self.c2s_port = free_port()
        self.component_port = free_port()
        self.server_log = os.path.join(folder, "prosody-server.log")
        self.config = os.path.join(folder, "prosody.cfg.lua")
        self.accounts = os.path.join(folder, "data", HOST, "accounts")
        os.makedirs(self.accounts)
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(folder=folder, c2s_port=self.c2s_port, log=self.server_log,
                                    component_port=self.component_port, secret=SECRET))

    def argv(self):
        return ["prosody", "-F", "--config", self.config]

    def is_ready(self):
        return port_open(self.c2s_port) and port_open(self.component_port)

    def add_account(self, local, password="secret"):
        """Accounts may be added while Prosody runs: it reads them at login."""
        assert re.fullmatch("[a-z0-9]+", local)
        with open(os.path.join(self.accounts, local + ".dat"), "w", encoding="utf-8") as out:
            out.write('return { ["password"] = "%s"; };\n' % password)
        return f"{local}@{HOST}"

    def _log_count(self, text):
        try:
            with open(self.server_log, encoding="utf-8", errors="replace") as log:
                return log.read().count(text)
        except FileNotFoundError:
            return 0

    def component_connects(self):
        """How often the component has authenticated since the data folder was made."""
        return self._log_count("External component successfully authenticated")

    def component_attempts(self):
        return self._log_count("Incoming Jabber component connection")
