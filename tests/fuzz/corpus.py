"""Writes the seeds of the fuzzers: the stanzas of the transcripts, one file each and all of a
transcript, in the terms of fuzz_room.c. corpus.py FOLDER"""

import pathlib
import re
import sys
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
DOMAIN = "support.example.org"
PEOPLE = ("sarah", "tom", "nina", "eve", "mallory")
CHATS = {"live": "d", "waiting": "cf", "assistant": "e"}  # fuzz_room's, by state
JIDS = ["mallory@example.org", "", "@", "a@b/c", "sarah@example.org/Büro", "a" * 1100 + "@b"]
JSONS = ['{"content":"hi"}', '{"a":[1,2.5,null,true,"\\u00e9"]}', "{}", '{"a":"\\ud83d\\ude00"}']

TOKENS = ['{"alg":"HS256","typ":"JWT"}\n{"sub":"7","name":"Ada","email":"ada@example.com","exp":1800000600}',
          '{"alg":"HS256"}\n{"sub":"7","exp":1800000600,"nbf":1799999999}', '{"alg":"none"}\n{"sub":"7"}',
          "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.AAAA", "..", '{"alg":"HS256","crit":["exp"]}\n{}']


COMPLETIONS = ['\x07data: {"choices":[{"delta":{"content":"<think>a</think>b\\ud83d\\u0000"}}]}\r\n\r\ndata: [DONE]\n\n',
               '\x00: x\ndata: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":'
               '{"name":"search_faq","arguments":"{"}}]},"finish_reason":"tool_calls"}]}\n\n',
               ' {"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}', ' {"error":{}}']


def an_id(letter):
    return letter * 26


class Transcript:
    """Its chats are those of the fuzzer's world that are in the same state."""

    def __init__(self, path):
        self.lines = re.sub(r"\n[ \t]+", "", path.read_text()).splitlines()
        self.chats = {}
        self.kept = {}
        used = set()
        for line in self.lines:
            word, _, rest = line.partition(" ")
            if word == "chat":
                name, state = rest.split()[:2]
                self.chats[name] = next((c for c in CHATS[state] if c not in used), "c")
                used.add(self.chats[name])
            for before, name in re.findall(r"<([^<]*)'\{=(\w+)\}'", line):
                self.kept[name] = "q" if before.startswith("iq") else \
                    "s" if "sessionid" in before else "l"

    def fill(self, text):
        def value(match):
            name, slash, resource = match[1].partition("/")
            if name.endswith("!id"):
                return an_id(self.chats[name[:-3]])
            if name == "domain":
                return DOMAIN + slash + resource
            if name in PEOPLE:
                return f"{name}@example.org{slash}{resource}"
            if name in self.chats:
                return f"{an_id(self.chats[name])}@{DOMAIN}{slash}{resource}"
            if name in self.kept:
                return an_id(self.kept[name])
            return f"team-{name}@{DOMAIN}{slash}{resource}"

        return re.sub(r"\{([^=}][^}]*)\}", value, text)

    def stanza(self, line):
        """None: nothing is sent."""
        verb, _, rest = line.partition(" ")
        who, _, rest = rest.partition(" ")
        if verb == "~":
            return f"<presence from='time@example.org/{who}' to='{DOMAIN}'/>"
        if verb == "restart":
            return f"<presence from='restart@example.org' to='{DOMAIN}'/>"
        if verb == ".":
            verb, _, text = rest.partition(" ")
            return self.fill(f"<message from='customer@example.org/{verb}' to='{{{who}}}'>"
                             f"<body>{escape(text)}</body></message>")
        if verb == "+":
            rest = JOIN.format(rest)
        elif verb != ">":
            return None
        sender = self.fill("{%s}" % who)
        return re.sub(r"^<(\w+)", rf"<\1 from='{sender}'", self.fill(rest))

    def stanzas(self):
        return [s for s in map(self.stanza, self.lines) if s]


JOIN = "<presence to='{}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"


def stanzas():
    """Each of a transcript alone, then all of it in a new world."""
    for path in sorted((HERE.parent / "scenarios").glob("*.txt")):
        found = Transcript(path).stanzas()
        yield from found
        yield "\n" + "".join(found)


def main(folder):
    seeds = {"room": list(stanzas()), "stream": list(stanzas()), "jid": JIDS, "json": JSONS,
             "identity": TOKENS, "completion": COMPLETIONS}
    for name, texts in seeds.items():
        place = pathlib.Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        for n, text in enumerate(texts):
            (place / f"seed{n}").write_text(text)


main(sys.argv[1])
