"""A real ejabberd with its own ports and data; it stands where lib.prosody's Prosody does. Accounts
are whoever knows the password: an external program says so, so that none has to be written."""

import glob
import os
import re

from lib.process import Program, free_port, port_open
from lib.prosody import HOST, SECRET

CONFIG = """
hosts: ["localhost"]
loglevel: info
auth_method: external
extauth_program: "/usr/bin/python3 {folder}/auth.py {folder}/accounts"
auth_use_cache: false
s2s_access: none
acl: {{local: {{user_regexp: ""}}}}
access_rules: {{local: {{allow: local}}}}
shaper: {{}}
listen:
  - {{port: {c2s_port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144,
      access: local, zlib: false}}
  - port: {component_port}
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    global_routes: false
    hosts:
      "support.localhost": {{password: "{secret}"}}
      "upload.localhost": {{password: "{secret}"}}
modules:
  mod_disco: {{extra_domains: ["support.localhost"]}}
  mod_roster: {{}}
  mod_private: {{}}
  mod_carboncopy: {{}}
  mod_ping: {{}}
  mod_vcard: {{}}
"""

AUTH = '''
import struct
import sys

while head := sys.stdin.buffer.read(2):
    words = sys.stdin.buffer.read(struct.unpack(">H", head)[0]).decode().split(":", 3)
    known = dict(line.split() for line in open(sys.argv[1], encoding="utf-8"))
    good = words[0] == "isuser" and words[1] in known
    good = good or words[0] == "auth" and known.get(words[1]) == words[3]
    sys.stdout.buffer.write(struct.pack(">HH", 2, int(good)))
    sys.stdout.buffer.flush()
'''


class Ejabberd(Program):
    name = "ejabberd"

    def __init__(self, folder):
        super().__init__(folder)
        self.c2s_port = free_port()
        self.component_port = free_port()
        self.server_log = os.path.join(folder, "server.log")
        self.accounts = os.path.join(folder, "accounts")
        config = os.path.join(folder, "ejabberd.yml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(folder=folder, c2s_port=self.c2s_port, secret=SECRET,
                                    component_port=self.component_port))
        with open(os.path.join(folder, "auth.py"), "w", encoding="utf-8") as out:
            out.write(AUTH)
        open(self.accounts, "w", encoding="utf-8").close()
        [code] = glob.glob("/usr/lib/*/ejabberd-*/ebin")[:1]
        self.env.update(EJABBERD_CONFIG_PATH=config, EJABBERD_LOG_PATH=self.server_log,
                        ERL_LIBS=os.path.dirname(os.path.dirname(code)), HOME=folder,
                        ERL_CRASH_DUMP=os.path.join(folder, "crash.dump"))

    def argv(self):
        return ["erl", "-noinput", "-mnesia", "dir", f'"{self.folder}/mnesia"', "-s", "ejabberd"]

    def is_ready(self):
        return port_open(self.c2s_port) and port_open(self.component_port)

    def add_account(self, local, password="secret"):
        assert re.fullmatch("[a-z0-9]+", local)
        with open(self.accounts, "a", encoding="utf-8") as out:
            out.write(f"{local} {password}\n")
        return f"{local}@{HOST}"

    def _log_count(self, text):
        try:
            with open(self.server_log, encoding="utf-8", errors="replace") as log:
                return log.read().count(text)
        except FileNotFoundError:
            return 0

    def component_connects(self):
        return self._log_count("Accepted external component handshake authentication")

    def component_attempts(self):
        return self._log_count(f"-> 127.0.0.1:{self.component_port}")
