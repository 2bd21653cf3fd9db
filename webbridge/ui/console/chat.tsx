/** One chat: all that was said, with the assistant and with people, and what an agent can do. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Api, newKey, Problem } from "../core/api.js";
import { ChatClient } from "../core/chat.js";
import type { Chat } from "../core/types.js";
import { Composer } from "../view/composer.js";
import { dropped, sizeText, type TakeFile } from "../view/files.js";
import { Log } from "../view/log.js";
import { type Speech } from "../view/words.js";
import { useChat } from "../view/use_chat.js";
import { Link } from "./route.js";
import type { Me } from "./types.js";

interface Props {
  api: Api;
  me: Me;
  id: string;
  /** the row of the queue, which is newer than what was read once */
  row: Chat | undefined;
  speech: Speech;
  keys: boolean;
}

function Facts({ chat }: { chat: Chat }) {
  const { customer } = chat;
  const facts: [string, string | null][] = [
    ["E-mail", customer.email], ["Page", customer.page], ["Language", customer.locale],
    ["Reason", chat.escalationReason], ["Since", new Date(chat.createdAt).toLocaleString()],
    ["Waiting since", chat.waitingSince && new Date(chat.waitingSince).toLocaleString()],
    ["With", chat.assignedTo?.name ?? null],
  ];
  return (
    <aside class="facts" aria-label="Customer">
      <dl>{facts.map(([name, value]) => value && <><dt>{name}</dt><dd dir="auto">{value}</dd></>)}</dl>
      {chat.xmppUri && <p><a href={chat.xmppUri}>Open in an XMPP client</a></p>}
    </aside>
  );
}

/** Messages to the customer, or notes that only staff see: told apart by more than colour. */
function Write(p: { chat: ChatClient; speech: Speech; onNote: (text: string) => Promise<void>; canWrite: boolean;
  onFile: TakeFile | null }) {
  const [note, setNote] = useState(false);
  const [draft, setDraft] = useState("");
  const label = note ? "Internal note, not shown to the customer" : "Reply to the customer";
  const submit = (text: string) => {
    if (!note) {
      void p.chat.send(text);
      return;
    }
    p.onNote(text).catch(() => setDraft(text));
  };
  return (
    <div class={note ? "write noting" : "write"}>
      <div class="modes" role="radiogroup" aria-label="What is written">
        <label><input type="radio" name="mode" checked={!note} onChange={() => setNote(false)} /> Reply</label>
        <label><input type="radio" name="mode" checked={note} onChange={() => setNote(true)} /> Internal note</label>
      </div>
      <Composer speech={p.speech} draft={draft} label={label} action={note ? "Add note" : "Send"}
        onFile={note ? null : p.onFile} disabled={!note && !p.canWrite} onSend={submit} onInput={(text) => {
          if (!note) p.chat.typing(text !== "");
        }} />
    </div>
  );
}

export function ChatView({ api, me, id, row, speech, keys }: Props) {
  const client = useMemo(() => new ChatClient({ side: "agent", space: "agent:" + id }), [id]);
  const state = useChat(client);
  const [alert, setAlert] = useState("");
  const chat = row ?? state.chat;
  const mine = chat?.assignedToId === me.id;
  useEffect(() => () => client.close(), [client]);
  useEffect(() => {
    void client.watch(id, mine);
  }, [client, mine]);
  useEffect(() => {
    if (document.visibilityState === "visible") client.read();
  }, [state.messages]);
  const act = (path: string, body: unknown = {}) =>
    api.post(`/api/chats/${id}${path}`, body).then(() => setAlert(""), (error: unknown) => {
      setAlert(error instanceof Problem ? error.message : "Something went wrong.");
      throw error;
    });
  const assign = () => void act("/assign").catch(() => undefined);
  useEffect(() => {
    if (!keys) return undefined;
    const pressed = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      if (event.key === "a" && chat?.status === "waiting") assign();
      if (event.key === "r") {
        event.preventDefault();
        document.getElementById("text")?.focus();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [keys, chat?.status, id]);
  if (!chat) return <section class="chat" aria-busy="true"><p class="empty">{state.chatId === "" ? "There is no such chat." : "…"}</p></section>;
  const waiting = chat.status === "waiting";
  const most = mine || waiting ? chat.maxFileBytes : null;
  const attach: TakeFile | null = most ? (file) => {
    setAlert(file.size > most ? speech.say("file.large", { size: sizeText(most, speech) }) : "");
    if (file.size <= most) void client.sendFile(file);
  } : null;
  const names = state.typing.map((p) => p.name).join(", ");
  return (
    <section class="chat" aria-label={`Chat with ${chat.customer.name ?? "Customer"}`} {...dropped(attach)}>
      <header class="head">
        <Link href={"/app/chats" + location.search} class="back">Back to the queue</Link>
        <h2 dir="auto">{chat.customer.name ?? "Customer"}</h2>
        {waiting && <button type="button" onClick={assign}>Assign to Me</button>}
        {chat.status === "live" && !mine && <span class="badge assigned">{chat.assignedTo?.name}</span>}
        {chat.status === "closed" && <button type="button" class="quiet" onClick={() => void act("/reopen").catch(() => undefined)}>Reopen</button>}
        {(mine || waiting) && <button type="button" class="quiet" onClick={() => void act("/close").catch(() => undefined)}>Close chat</button>}
      </header>
      <p role="alert" class="alert">{alert}</p>
      <div class="columns">
        <Log speech={speech} messages={state.messages} mine="AGENT" seenSeq={state.seenSeq} more={state.more}
          onOlder={() => client.older()} onRetry={(key) => void client.retry(key)} onDiscard={(key) => client.discard(key)}
          onAction={null} />
        <Facts chat={chat} />
      </div>
      <p class="typing" aria-hidden="true">{names && `${names} is typing…`}</p>
      {chat.escalationRequested && chat.status !== "closed" &&
        <Write chat={client} speech={speech} canWrite={mine || waiting} onFile={attach}
          onNote={(content) => act("/notes", { content, clientId: newKey() }).then(() => undefined)} />}
    </section>
  );
}
