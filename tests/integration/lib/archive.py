"""A room's archive (XEP-0313) as clients ask for it."""

from lib.agent import CLIENT, DELAY, RSM

MAM = "urn:xmpp:mam:2"
FORWARD = "{urn:xmpp:forward:0}"


class Line:
    """One result: what was said, and when."""

    def __init__(self, stanza):
        result = stanza.xml.find("{%s}result" % MAM)
        self.id = result.get("id")
        self.queryid = result.get("queryid")
        self.stamp = result.find(f"{FORWARD}forwarded/{DELAY}delay").get("stamp")
        self.message = result.find(f"{FORWARD}forwarded/{CLIENT}message")
        self.body = self.message.findtext(CLIENT + "body")
        self.sender = self.message.get("from")
        self.index = stanza.index

    def find(self, path):
        return self.message.find(path)


class Page:
    def __init__(self, lines, answer):
        self.lines = lines
        self.answer = answer
        self.error = answer.error
        fin = answer.xml.find("{%s}fin" % MAM)
        if fin is None:
            return
        self.complete = fin.get("complete") == "true"
        rsm = fin.find("{%s}set" % RSM)
        self.first = rsm.findtext("{%s}first" % RSM)
        self.last = rsm.findtext("{%s}last" % RSM)
        self.count = int(rsm.findtext("{%s}count" % RSM))
        first = rsm.find("{%s}first" % RSM)
        self.index = None if first is None else int(first.get("index"))

    @property
    def bodies(self):
        return [line.body for line in self.lines]

    @property
    def ids(self):
        return [line.id for line in self.lines]


def field(name, *values):
    return (f"<field var='{name}'>" + "".join(f"<value>{v}</value>" for v in values) + "</field>")


def form(**fields):
    inside = "".join(field(name.replace("_", "-"), *(v if isinstance(v, list) else [v]))
                     for name, v in fields.items())
    return f"<x xmlns='jabber:x:data' type='submit'>{field('FORM_TYPE', MAM)}{inside}</x>"


def rsm(inside):
    return f"<set xmlns='{RSM}'>{inside}</set>"


async def ask(agent, room, inside="", queryid="q"):
    after = agent.mark
    answer = await agent.iq("set", room, f"<query xmlns='{MAM}' queryid='{queryid}'>{inside}"
                                         "</query>")
    results = [s for s in agent.received[after:answer.index]
               if s.kind == "message" and s.xml.find("{%s}result" % MAM) is not None]
    return Page([Line(s) for s in results], answer)


async def whole(agent, room, size=100):
    """Every line, page by page, as a client fetches that has nothing yet."""
    lines, after = [], ""
    while True:
        page = await ask(agent, room, rsm(f"<max>{size}</max>{after}"))
        assert page.error is None, page.error
        lines += page.lines
        if page.complete:
            return lines
        after = f"<after>{page.last}</after>"
