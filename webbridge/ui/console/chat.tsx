/** One chat: all that was said, with the assistant and with people, and what an agent can do. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Api, newKey, Problem } from "../core/api.js";
import { ChatClient } from "../core/chat.js";
import type { ChatState } from "../core/state.js";
import type { Chat } from "../core/types.js";
import { dropped, sizeText, type TakeFile } from "../view/files.js";
import { Log } from "../view/log.js";
import { useAlert } from "../view/talk.js";
import { Typing } from "../view/typing.js";
import { type Speech } from "../view/words.js";
import { useChat } from "../view/use_chat.js";
import { nameOf } from "./feed.js";
import type { CannedList } from "./canned.js";
import { Facts } from "./facts.js";
import { keptOf } from "./kept.js";
import { isFocusLost, isTyped, Link, Title } from "./route.js";
import { Transfer } from "./transfer.js";
import type { Me } from "./types.js";
import { Write } from "./write.js";

interface Props {
  api: Api;
  me: Me;
  id: string;
  /** the row of the queue, which is newer than what was read once */
  row: Chat | undefined;
  canned: CannedList;
  speech: Speech;
  keys: boolean;
}

/** An offer to a colleague that is not answered yet. */
function Offer(p: { chat: Chat; me: Me; onTake: () => void; onEnd: () => void }) {
  const to = p.chat.offeredTo;
  if (!to) return null;
  const mine = to.id === p.me.id;
  const by = p.chat.assignedTo?.name;
  return (
    <div class="offer">
      <span dir="auto">{mine ? (by ? `${by} offers you this chat.` : "This chat is offered to you.")
        : `Offered to ${to.name}, who has not answered yet.`}</span>
      {mine && <button type="button" onClick={p.onTake}>Take the chat</button>}
      <button type="button" class="quiet" onClick={p.onEnd}>{mine ? "Decline" : "Withdraw"}</button>
    </div>
  );
}

/** What is on its way goes on, while the agent looks at another chat. What was refused is over: it would be sent when
 *  the chat is opened again, whenever that is. */
function leave(client: ChatClient): void {
  const look = ({ messages }: ChatState) => {
    if (messages.some((m) => m.delivery === "sending")) return;
    off();
    for (const m of messages) if (m.problem && !m.problem.passing) client.discard(m.clientId ?? "");
    client.close();
  };
  const off = client.on("change", look);
  look(client.state);
}

export function ChatView({ api, me, id, row, canned, speech, keys }: Props) {
  const { shelf, drafts } = keptOf(me.id, id);
  const client = useMemo(() => new ChatClient({ side: "agent", space: "agent:" + id, shelf }), [id]);
  const state = useChat(client);
  const alert = useAlert(client, state, speech);
  const [transfer, setTransfer] = useState(false);
  /* a note whose answer did not come is perhaps there: the same text again is the same note */
  const unsure = useRef<{ content: string; clientId: string } | null>(null);
  const [unknown, setUnknown] = useState(false);
  const chat = row ?? state.chat;
  const mine = chat?.assignedToId === me.id;
  useEffect(() => {
    client.on("error", (problem) => {
      const lost = client.state.chatId === ""; /* else it is about a message */
      setUnknown(lost);
      if (lost) alert.set(problem.message);
    });
    return () => leave(client);
  }, [client]);
  useEffect(() => {
    void client.watch(id, mine);
  }, [client, mine]);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") client.read();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [state.messages]);
  const act = (method: string, path: string, body: unknown = {}) =>
    api.call(method, `/api/chats/${id}${path}`, body).then(() => alert.set(""), (error: unknown) => {
      alert.set(error instanceof Problem ? error.message : "Something went wrong.");
      throw error;
    });
  const just = (method: string, path: string, body?: unknown) => void act(method, path, body).catch(() => undefined);
  const assign = () => just("POST", "/assign");
  const note = (content: string) => {
    const sent = unsure.current?.content === content ? unsure.current : { content, clientId: newKey() };
    unsure.current = null;
    return act("POST", "/notes", sent).catch((error: unknown) => {
      unsure.current = sent;
      throw error;
    });
  };
  useEffect(() => {
    if (!keys) return undefined;
    const pressed = (event: KeyboardEvent) => {
      if (isTyped(event)) return;
      if (event.key === "a" && chat?.status === "waiting") assign();
      if (event.key === "r") {
        event.preventDefault();
        document.getElementById("text")?.focus();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [keys, chat?.status, id]);
  /* a button that did its work is gone: on to where one writes, or to the chat's name */
  useLayoutEffect(() => {
    if (chat && isFocusLost()) (document.getElementById("text") ?? document.querySelector<HTMLElement>(".chat h2"))?.focus();
  }, [chat?.status, mine, chat?.offeredTo?.id]);
  if (!chat) return <section class="chat" aria-busy="true"><p class="empty">{unknown ? "There is no such chat." : "…"}</p></section>;
  const waiting = chat.status === "waiting";
  const open = waiting || chat.status === "live";
  const most = mine || waiting ? chat.maxFileBytes : null;
  const attach: TakeFile | null = most ? (file) => {
    alert.set(file.size > most ? speech.say("file.large", { size: sizeText(most, speech) }) : "");
    if (file.size <= most) void client.sendFile(file);
  } : null;
  return (
    <section class="chat" aria-label={`Chat with ${nameOf(chat)}`} {...dropped(attach)}>
      <header class="head">
        <Link href={"/app/chats" + location.search} class="back" aria-label="Back to the queue"><span aria-hidden="true">‹</span> Queue</Link>
        <Title level={2} always>{nameOf(chat)}</Title>
        {waiting && <button type="button" onClick={assign}>Assign to Me</button>}
        {chat.status === "live" && !mine && <span class="badge assigned">{chat.assignedTo?.name}</span>}
        {chat.status === "closed" && chat.escalationRequested &&
          <button type="button" class="quiet" onClick={() => just("POST", "/reopen")}>Reopen</button>}
        {open && (mine || waiting || me.role === "supervisor") && <>
          <button type="button" class="quiet" onClick={() => setTransfer(true)}>Transfer…</button>
          <button type="button" class="quiet" onClick={() => just("POST", "/close")}>Close chat</button>
        </>}
      </header>
      <p role="alert" class="alert">{alert.text}</p>
      {open && <Offer chat={chat} me={me} onTake={assign} onEnd={() => just("DELETE", "/transfer")} />}
      <div class="columns">
        <Log speech={speech} messages={state.messages} saying={state.saying} mine="AGENT" seenSeq={state.seenSeq} more={state.more}
          onOlder={() => client.older()} onRetry={(key) => void client.retry(key)} onDiscard={(key) => client.discard(key)}
          onAction={null} />
        <Facts chat={chat} onSave={(change) => act("PATCH", "", change)} />
      </div>
      <Typing state={state} speech={speech} />
      {open && <Write chat={client} drafts={drafts} speech={speech} canned={canned} canReply={mine || waiting} onFile={attach} onNote={note} />}
      {transfer && <Transfer api={api} me={me} chat={chat} onClose={() => setTransfer(false)}
        onOffer={(agentId, note) => {
          setTransfer(false);
          just("POST", "/transfer", { agentId, note });
        }}
        onRelease={(reason) => {
          setTransfer(false);
          just("DELETE", "/assign", { reason });
        }} />}
    </section>
  );
}
