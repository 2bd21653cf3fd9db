/** What stands in the widget's panel. */
import { useEffect, useState } from "preact/hooks";
import { type ChatClient, type ChatState, Problem } from "../core/index.js";
import { Composer } from "../view/composer.js";
import { Log } from "../view/log.js";
import { useChat } from "../view/use_chat.js";
import type { Speech } from "../view/words.js";

export interface PanelProps {
  chat: ChatClient;
  speech: Speech;
  draft: string;
  onDraft: (text: string) => void;
  visible: boolean;
  /** null: there is nothing to close (the panel is part of the page) */
  onClose: (() => void) | null;
}

function statusOf(state: ChatState, { say, count }: Speech): string {
  if (state.connection === "offline") return say("offline");
  if (state.connection === "reconnecting") return say("reconnecting");
  if (state.status !== "waiting") return "";
  const wait = state.queue?.estimatedWaitSeconds;
  const parts = [say("waiting")];
  if (state.queue?.position) parts.push(say("position", { n: state.queue.position }));
  if (wait) parts.push(count("estimate", Math.max(1, Math.round(wait / 60))));
  return parts.join(" ");
}

function Typing({ state, speech }: { state: ChatState; speech: Speech }) {
  const names = state.typing.map((p) => p.name);
  const list = new Intl.ListFormat(speech.locale).format(names);
  const text = names.length ? speech.say(names.length > 1 ? "typing.other" : "typing.one", { name: list }) : "";
  return <p class="typing" aria-hidden="true">{text}</p>;
}

export function Panel(p: PanelProps) {
  const { chat, speech } = p;
  const { say } = speech;
  const state = useChat(chat);
  const [alert, setAlert] = useState("");
  useEffect(() => chat.on("error", (problem) => setAlert(problem.status === 0
    ? say("failed.network") : say("failed.other", { detail: problem.message }))), [chat, speech]);
  useEffect(() => {
    if (p.visible) chat.read();
  }, [p.visible, state.messages]);
  const escalate = (reason?: string) => {
    chat.escalate(reason).then(() => setAlert(""),
      (error: unknown) => setAlert(error instanceof Problem && error.status ? error.message : say("busy")));
  };
  const closed = state.status === "closed";
  return (
    <div class="inside">
      <header class="head" part="header">
        <h2 id="title">{say("title")}</h2>
        {!state.escalated && !closed && <button type="button" class="quiet" onClick={() => escalate()}>{say("human")}</button>}
        {p.onClose && <button type="button" class="quiet icon" aria-label={say("close")} onClick={p.onClose}>×</button>}
      </header>
      <p class="status" part="status" role="status">{statusOf(state, speech)}</p>
      <Log speech={speech} messages={state.messages} mine="USER" seenSeq={state.seenSeq} more={state.more}
        onOlder={() => chat.older()} onRetry={(key) => void chat.retry(key)} onDiscard={(key) => chat.discard(key)}
        onAction={state.escalated || closed ? null : escalate} />
      <Typing state={state} speech={speech} />
      <p class="alert" role="alert">{alert}</p>
      <Composer speech={speech} draft={p.draft}
        onSend={(text) => {
          setAlert("");
          void chat.send(text);
        }}
        onInput={(text) => {
          p.onDraft(text);
          chat.typing(text !== "");
        }}>
        {closed && <button type="button" class="quiet fresh" onClick={() => chat.forget()}>{say("fresh")}</button>}
      </Composer>
    </div>
  );
}
