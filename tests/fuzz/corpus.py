"""Writes the seeds of the fuzzers: the stanzas of the transcripts, one file each and all of a
transcript, as their world would name the rooms. corpus.py FOLDER"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
# The ids of tests/scenarios/world.c count; fuzz_room's chats are the first two after its agents.
ROOMS = {"c": "aaaaaaaaaaaaaaaaaaaaaaaaaf", "d": "aaaaaaaaaaaaaaaaaaaaaaaaah"}
ENTRY = "aaaaaaaaaaaaaaaaaaaaaaaaaj"  # one of the second chat's
DOMAIN = "support.example.org"
JIDS = ["mallory@example.org", "", "@", "a@b/c", "sarah@example.org/Büro", "a" * 1100 + "@b"]
JSONS = ['{"content":"hi"}', '{"a":[1,2.5,null,true,"\\u00e9"]}', "{}", '{"a":"\\ud83d\\ude00"}']


def fill(text):
    def value(match):
        name, slash, resource = match[1].partition("/")
        if name.endswith("!id"):
            return ROOMS.get(name[:-3], ROOMS["c"])
        if name == "domain":
            return DOMAIN
        if name in ("sarah", "tom", "nina", "eve", "mallory"):
            return f"{name}@example.org{slash}{resource}"
        if name == "r":
            return f"team-r@{DOMAIN}{slash}{resource}"
        if name in ROOMS:
            return f"{ROOMS['d']}@{DOMAIN}{slash}{resource}"
        return ENTRY

    return re.sub(r"\{([^=}][^}]*)\}", value, text)


JOIN = "<presence to='{}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"


def stanzas():
    """Each of a transcript alone, then all of it."""
    for path in sorted((HERE.parent / "scenarios").glob("*.txt")):
        text = re.sub(r"\n[ \t]+", "", path.read_text())
        found = []
        for line in text.splitlines():
            if line.startswith(("> ", "+ ")):
                who, _, stanza = line[2:].partition(" ")
                sender = fill("{%s}" % who)
                stanza = JOIN.format(stanza) if line[0] == "+" else stanza
                found.append(re.sub(r"^<(\w+)", rf"<\1 from='{sender}'", fill(stanza)))
        yield from found
        yield "".join(found)


def main(folder):
    seeds = {"room": list(stanzas()), "stream": list(stanzas()), "jid": JIDS, "json": JSONS}
    for name, texts in seeds.items():
        place = pathlib.Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        for n, text in enumerate(texts):
            (place / f"seed{n}").write_text(text)


main(sys.argv[1])
