/** The conversation on a page. Elements carry classes `parley-…` and no style. */
import type { ChatState, Shown } from "parley-client";
import * as React from "react";
import { type FormEvent, type KeyboardEvent, useEffect, useState } from "react";
import type { Taken } from "./settings.js";
import { useTaken } from "./provider.js";

export interface ChatFeatures {
  /** told to the page as `data-mode`. The server routes: to people as soon as they were asked for */
  realtimeMode?: boolean;
  /** offer to ask for a person (true) */
  escalation?: boolean;
  /** the agent's side */
  supportView?: boolean;
}

export interface ChatConfig {
  type?: "chatbot" | "support";
  /** accepted, and not used: an organization has one assistant */
  chatbotId?: string;
  /** without it: the chat that this browser holds, or a new one with the first message */
  chatId?: string;
  features?: ChatFeatures;
}

const NOTICES: Record<string, string> = {
  reconnecting: "Reconnecting…", offline: "You are offline.", waiting: "⏱️ Connecting you to a support agent. Please wait...",
};

function Item({ m, mine, onRetry }: { m: Shown; mine: boolean; onRetry: () => void }) {
  if (m.role === "SYSTEM") return <p className="parley-notice" dir="auto">{m.content}</p>;
  return (
    <article className={`parley-message parley-${m.role.toLowerCase()} ${mine ? "parley-mine" : "parley-theirs"}`}>
      <header>{m.sender.name}</header>
      <p dir="auto" style={{ whiteSpace: "pre-wrap" }}>{m.deletedAt ? "This message was removed." : m.content}</p>
      {m.delivery === "sending" && <small>Sending…</small>}
      {m.delivery === "failed" && <small>Not sent. <button type="button" onClick={onRetry}>Try again</button></small>}
    </article>
  );
}

function Composer({ onSend, onInput }: { onSend: (text: string) => void; onInput: (text: string) => void }) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    onSend(text.trim());
    setText("");
  };
  return (
    <form className="parley-composer" onSubmit={submit}>
      <label>Your message<textarea value={text} maxLength={16_000} dir="auto"
        onChange={(event) => {
          setText(event.target.value);
          onInput(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
        }} /></label>
      <button type="submit">Send</button>
    </form>
  );
}

function offered(state: ChatState): boolean {
  const last = [...state.messages].reverse().find((m) => m.role === "ASSISTANT");
  return Boolean(last?.actions?.some((action) => action.type === "escalate"));
}

function Conversation({ taken, state, features }: { taken: Taken; state: ChatState; features: ChatFeatures }) {
  const { chat, agent } = taken;
  const [alert, setAlert] = useState("");
  useEffect(() => chat.on("error", (problem) => setAlert(problem.message)), [chat]);
  useEffect(() => {
    if (document.visibilityState === "visible") chat.read();
  }, [chat, state.messages]);
  const tell = (work: Promise<unknown>) => {
    work.then(() => setAlert(""), (error: unknown) => setAlert(error instanceof Error ? error.message : ""));
  };
  const open = !state.escalated && state.status !== "closed" && features.escalation !== false && !agent;
  const mode = features.realtimeMode || state.escalated ? "realtime" : "assistant";
  const notice = NOTICES[state.connection] ?? (agent ? "" : NOTICES[state.status] ?? "");
  return (
    <section className="parley-chat" data-mode={mode} data-status={state.status} aria-label="Chat">
      <p className="parley-status" role="status">{notice}</p>
      {agent && state.status === "waiting" &&
        <button type="button" onClick={() => tell(chat.api.post(`/api/chats/${state.chatId}/assign`))}>Assign to Me</button>}
      <div className="parley-log" role="log" aria-label="Messages" tabIndex={0}>
        {state.more && <button type="button" onClick={() => tell(chat.older())}>Earlier messages</button>}
        {state.messages.map((m) => <Item key={m.clientId ?? m.id} m={m} mine={m.role === (agent ? "AGENT" : "USER")}
          onRetry={() => void chat.retry(m.clientId ?? "")} />)}
      </div>
      {open && <button type="button" className="parley-escalate" onClick={() => tell(chat.escalate())}
        style={offered(state) ? { background: "#1d4ed8", color: "#fff" } : undefined}>
        {offered(state) ? "Connect with Customer Support" : "Talk to a human"}</button>}
      <p className="parley-typing" aria-hidden="true">
        {state.typing.length > 0 && `${state.typing.map((p) => p.name).join(", ")} is typing…`}</p>
      <p className="parley-alert" role="alert">{alert}</p>
      <Composer onSend={(text) => {
        setAlert("");
        void chat.send(text);
      }} onInput={(text) => chat.typing(text !== "")} />
    </section>
  );
}

/** A chat with the assistant, and in the same place with people. */
export function UniversalChatInterface({ config }: { config: ChatConfig }) {
  const { features = {}, chatId = "" } = config;
  const now = useTaken(chatId, features.supportView ? "agent" : undefined);
  return now && <Conversation key={chatId} {...now} features={features} />;
}

/** One chat that exists; isSupportView: as an agent sees it. Real-time as soon as people were asked for. */
export function TraditionalChatInterface({ chatId, isSupportView = false }: { chatId: string; isSupportView?: boolean }) {
  return <UniversalChatInterface config={{ type: "support", chatId, features: { supportView: isSupportView } }} />;
}
