"""The doors to commands beside the room: chat with queue@, and ad-hoc commands (XEP-0050)."""

from xml.sax.saxutils import escape, quoteattr

from lib.prosody import DOMAIN

QUEUE = f"queue@{DOMAIN}"
COMMANDS = "http://jabber.org/protocol/commands"
FORM = "jabber:x:data"


def supervisor(site, local="vera"):
    """Makes the account and the agent on the first call; returns the local part."""
    if local not in site.jids:
        site.jids[local] = site.prosody.add_account(local)
        site.parley.add_agent(site.jids[local], local.capitalize(), "--role", "supervisor")
    return local


def words(stanza):
    return stanza.kind == "message" and stanza.type == "chat" and stanza.body is not None


async def ask(agent, text):
    """Writes to queue@ and returns the text of the next answer."""
    after = agent.mark
    agent.send(f"<message to='{QUEUE}' type='chat' id='{agent.new_id()}'>"
               f"<body>{escape(text)}</body></message>")
    answer = await agent.wait(lambda s: words(s) and s.sender == QUEUE and s.to == agent.jid, after,
                              what=f"the answer of queue@ to {text!r}")
    return answer.body


async def told(agent, after, part=""):
    """A message from queue@ that holds this."""
    return await agent.wait(lambda s: words(s) and s.sender == QUEUE
                            and part in s.body, after, what=f"words of queue@ with {part!r}")


async def notice(agent, room, after):
    """What the room itself tells this client."""
    return (await agent.wait(lambda s: s.line and s.sender == room, after, what="a notice")).body


async def shout(agent, room, command):
    """A command in the room: waits for its echo and returns the notice that answers it."""
    after = agent.mark
    number = agent.start_say(room, command)
    echo = await agent.answer(number, after)
    assert echo.type == "groupchat", echo
    return await notice(agent, room, echo.index)


class Form:
    """An answer to a command, taken apart."""

    def __init__(self, stanza):
        self.stanza = stanza
        self.error = stanza.error
        self.command = stanza.xml.find("{%s}command" % COMMANDS)
        get = (lambda name: None) if self.command is None else self.command.get
        self.status, self.session = get("status"), get("sessionid")
        self.note = next((e.text for e in stanza.xml.iter("{%s}note" % COMMANDS)), None)
        self.specific = next((e.tag.split("}")[1] for e in stanza.xml.iter()
                              if e.tag.startswith("{%s}" % COMMANDS)
                              and e is not self.command), None)
        self.fields = {f.get("var"): [o.findtext("{%s}value" % FORM)
                                      for o in f.findall("{%s}option" % FORM)]
                       for f in stanza.xml.iter("{%s}field" % FORM)}
        self.items = [[f.findtext("{%s}value" % FORM) for f in item]
                      for item in stanza.xml.iter("{%s}item" % FORM)]


async def execute(who, to, node, session=None, action=None, **values):
    """One step of a command; values make a submitted form."""
    attributes = f"node={quoteattr(node)}"
    if session is not None:
        attributes += f" sessionid={quoteattr(session)}"
    if action is not None:
        attributes += f" action={quoteattr(action)}"
    form = ""
    if values:
        form = "<x xmlns='%s' type='submit'>%s</x>" % (FORM, "".join(
            f"<field var={quoteattr(var.replace('_', '-'))}><value>{escape(value)}</value></field>"
            for var, value in values.items()))
    return Form(await who.iq("set", to, f"<command xmlns='{COMMANDS}' {attributes}>{form}"
                                          "</command>"))


async def submit(who, to, node, **values):
    """Asks for the form and sends it back filled in."""
    form = await execute(who, to, node)
    assert form.status == "executing", form.stanza
    return await execute(who, to, node, form.session, "complete", **values)


async def nodes(agent, to):
    answer = await agent.iq("get", to, "<query xmlns='http://jabber.org/protocol/disco#items'"
                                       f" node='{COMMANDS}'/>")
    return answer, {e.get("node") for e in answer.xml.iter() if e.get("node")
                    and e.tag.endswith("}item")}
