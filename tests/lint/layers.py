"""Who may include what. A layer is a folder; a third-party header has one owner."""

import fnmatch
import os
import re

import tree

# The first matching file pattern says which of our headers it may see.
SEES = [
    ("core/base/*", ["core/base/"]),
    ("core/*", ["core/"]),
    ("component/main.c", [""]),
    ("component/xml/*", ["component/xml/", "core/base/"]),
    ("component/muc/*", ["component/muc/", "component/xml/", "core/base/"]),
    ("component/*", ["component/", "core/"]),
    ("webbridge/*", ["webbridge/", "core/"]),
    ("db/*", ["db/", "core/"]),
    ("config/*", ["config/", "core/base/"]),
    ("tests/*", [""]),
]

# Header pattern -> who may include it. True: only one .c file of those.
OWNERS = [
    ("strophe.h", "component/stream.c", True),
    ("microhttpd.h", "webbridge/http.c", True),
    ("sqlite3.h", "db/*.c", True),
    ("sqlite3.h", "tests/fault/store/vfs.c", True),  # the disk that fails on demand
    ("microhttpd.h", "tests/bench/*", False),  # the floors are measured on the library alone
    ("sqlite3.h", "tests/bench/*", False),
    ("cjson/*", "core/base/json.c", True),
    ("sodium.h", "core/base/crypto.c", True),
    ("idna.h", "component/xml/jid.c", True),
    ("stringprep.h", "component/xml/jid.c", True),
    ("libconfig.h", "config/config.c", True),
    ("curl/*", "component/fetch.c", True),
    ("magic.h", "db/*.c", True),
    ("uthash.h", "core/base/map.c", True),
    ("uni*.h", "core/base/text.c", True),
    ("sanitizer/*", "core/base/arena.c", True),
    ("malloc.h", "core/base/json.c", True),
    ("uv.h", "component/*", False),
    ("uv.h", "webbridge/*", False),
    ("uv.h", "db/*", False),
    ("uv.h", "tests/*", False),
    ("pthread.h", "db/*", False),
    ("pthread.h", "tests/*", False),
    ("cmocka.h", "tests/*", False),
]

PURE = ("core/*", "component/muc/*", "component/xml/*")

ANYWHERE = """assert ctype errno float inttypes iso646 limits math setjmp stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string strings sys/queue""".split()
# Clock, files, sockets, processes: not where only values go in and out.
NOT_PURE = """arpa/inet dirent fcntl getopt grp netdb netinet/in netinet/tcp poll pwd signal spawn
    sys/epoll sys/eventfd sys/file sys/mman sys/ptrace sys/random sys/resource sys/select sys/socket
    sys/stat sys/statvfs sys/syscall sys/time sys/types sys/uio sys/un sys/wait syslog sysexits termios
    time unistd""".split()
# The calendar is arithmetic; its clock is not called.
EXCUSED = {("core/base/stamp.c", "time.h")}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_pure(path):
    return any(fnmatch.fnmatch(path, p) for p in PURE)


def check_own(report, base, path, line, header):
    sees = next((s for p, s in SEES if fnmatch.fnmatch(path, p)), None)
    if sees is None:
        report.add(path, line, "no layer has this file: add it to SEES")
    elif not any(header.startswith(s) for s in sees):
        report.add(path, line, f'"{header}" is forbidden here (allowed: {", ".join(sees)})')
    elif not os.path.exists(os.path.join(base, header)):
        report.add(path, line, f'"{header}" is not a file seen from the root')


def check_system(report, path, line, header, users):
    name = header[:-2] if header.endswith(".h") else header
    if name in ANYWHERE or (path, header) in EXCUSED:
        return
    if name in NOT_PURE:
        if is_pure(path):
            report.add(path, line, f"<{header}> is forbidden in pure code")
        return
    owners = [(o, alone) for h, o, alone in OWNERS if fnmatch.fnmatch(header, h)]
    if not owners:
        report.add(path, line, f"<{header}> has no owner: add it to OWNERS")
        return
    if is_pure(path) and header in ("uv.h", "pthread.h"):
        report.add(path, line, f"<{header}> is forbidden in pure code")
    elif not any(fnmatch.fnmatch(path, o) for o, _ in owners):
        report.add(path, line, f"<{header}> belongs to {', '.join(o for o, _ in owners)}")
    for owner, alone in owners:
        if alone and fnmatch.fnmatch(path, owner):
            users.setdefault((header, owner), []).append((path, line))


def main():
    base, report, users = tree.root(), tree.Report(), {}
    for path in tree.c_files(base):
        for number, text in enumerate((tree.read(base, path) or "").split("\n"), 1):
            found = INCLUDE.match(text)
            if not found:
                continue
            if found.group(1) == '"':
                check_own(report, base, path, number, found.group(2))
            else:
                check_system(report, path, number, found.group(2), users)
    for (header, _), where in sorted(users.items()):
        for path, line in where[1:]:
            report.add(path, line, f"<{header}> is included by {where[0][0]} already")
    report.end()


main()
