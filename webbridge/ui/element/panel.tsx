/** What stands in the widget's panel. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ChatClient, type ChatState, Problem } from "../core/index.js";
import { Composer } from "../view/composer.js";
import { dropped, sizeText, type TakeFile } from "../view/files.js";
import { Log } from "../view/log.js";
import { useChat } from "../view/use_chat.js";
import type { Speech } from "../view/words.js";
import { Menu } from "./menu.js";
import { Rating } from "./rating.js";
import { download, transcriptOf } from "./transcript.js";

export interface PanelProps {
  chat: ChatClient;
  speech: Speech;
  /** what the box holds when it is first drawn, or drawn anew because there is another round */
  draft: string;
  round: number;
  onDraft: (text: string) => void;
  /** forget the chat in this browser */
  onReset: () => void;
  /** the history is there: what comes now is news */
  ready: boolean;
  /** null: there is nothing to close (the panel is part of the page) */
  onClose: (() => void) | null;
}

/* That an agent was asked for stands in the log. */
function statusOf(state: ChatState, { say }: Speech): string {
  if (state.connection === "offline") return say("offline");
  if (state.connection === "reconnecting") return say("reconnecting");
  if (state.status !== "waiting") return "";
  const parts: string[] = [];
  if (state.queue?.position) parts.push(say("position", { n: state.queue.position }));
  if (state.queue?.agentsOnline === 0) parts.push(say("nobody"));
  return parts.join(" ");
}

/* Beside the status: it changes too often to be read out each time. */
function estimateOf(state: ChatState, { count }: Speech): string {
  const wait = state.status === "waiting" && state.connection === "online" && state.queue?.estimatedWaitSeconds;
  return wait ? count("estimate", Math.max(1, Math.round(wait / 60))) : "";
}

function Typing({ state, speech }: { state: ChatState; speech: Speech }) {
  const names = state.typing.map((p) => p.name);
  const list = new Intl.ListFormat(speech.locale).format(names);
  const text = names.length ? speech.say(names.length > 1 ? "typing.other" : "typing.one", { name: list }) : "";
  return <p class="typing" aria-hidden="true">{text}</p>;
}

/** Asks before the chat is ended. */
function Sure({ speech: { say }, onAnswer }: { speech: Speech; onAnswer: (yes: boolean) => void }) {
  const no = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => no.current?.focus(), []);
  return (
    <div class="sure" part="confirm" role="group" aria-labelledby="sure" onKeyDown={(event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onAnswer(false);
    }}>
      <p id="sure">{say("end.sure")}</p>
      <button type="button" onClick={() => onAnswer(true)}>{say("yes")}</button>
      <button type="button" class="quiet" ref={no} onClick={() => onAnswer(false)}>{say("no")}</button>
    </div>
  );
}

export function Panel(p: PanelProps) {
  const { chat, speech } = p;
  const { say } = speech;
  const state = useChat(chat);
  const [alert, setAlert] = useState("");
  const [sure, setSure] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => chat.on("error", (problem) => setAlert(problem.status === 0
    ? say("failed.network") : say("failed.other", { detail: problem.message }))), [chat, speech]);
  const write = () => box.current?.querySelector<HTMLElement>("#text")?.focus();
  const act = (what: Promise<unknown>, then = () => {}) =>
    what.then(() => {
      setAlert("");
      then();
    },
      (error: unknown) => setAlert(error instanceof Problem && error.status ? error.message : say("busy")));
  const closed = state.status === "closed";
  /* Buttons that go away when they are pressed leave the focus in the box. */
  const escalate = (reason?: string) => act(chat.escalate(reason), write);
  const save = async () => download(`chat-${new Date().toISOString().slice(0, 10)}.txt`, await transcriptOf(chat, speech));
  const most = state.escalated && !closed ? state.chat?.maxFileBytes : null;
  const attach: TakeFile | null = most ? (file) => {
    setAlert(file.size > most ? say("file.large", { size: sizeText(most, speech) }) : "");
    if (file.size <= most) void chat.sendFile(file);
  } : null;
  const items = [];
  if (state.messages.length) items.push({ name: say("transcript"), run: () => act(save()) });
  if (state.chatId && !closed) items.push({ name: say("end"), run: () => setSure(true) });
  return (
    <div class="inside" ref={box} lang={speech.locale} dir={speech.rtl ? "rtl" : "ltr"} {...dropped(attach)}>
      <header class="head" part="header">
        <h2 id="title">{say("title")}</h2>
        {!state.escalated && !closed &&
          <button type="button" class="quiet human" part="human" onClick={() => escalate()}>{say("human")}</button>}
        <Menu label={say("menu")} items={items} />
        {p.onClose && <button type="button" class="quiet icon" aria-label={say("close")} onClick={p.onClose}>×</button>}
      </header>
      <div class="status" part="status">
        <p role="status">{statusOf(state, speech)}</p>
        <p>{estimateOf(state, speech)}</p>
      </div>
      <Log speech={speech} messages={state.messages} mine="USER" seenSeq={state.seenSeq} more={state.more}
        loading={!p.ready} onOlder={() => chat.older()} onDiscard={(key) => {
          setAlert("");
          chat.discard(key);
          write();
        }}
        onRetry={(key) => {
          setAlert("");
          void chat.retry(key);
          write();
        }}
        onAction={state.escalated || closed ? null : escalate} />
      <Typing state={state} speech={speech} />
      <p class="alert" role="alert">{alert}</p>
      {sure && <Sure speech={speech} onAnswer={(yes) => {
        setSure(false);
        if (yes) act(chat.end());
        setTimeout(write);
      }} />}
      {closed && !state.rating && state.chat && <Rating key={state.chatId} speech={speech}
        onRate={(score, comment) => act(chat.rate(score, comment), write)} />}
      <div hidden={sure}>
        <Composer key={p.round} speech={speech} draft={p.draft} onFile={attach}
          onSend={(text) => {
            setAlert("");
            void chat.send(text);
          }}
          onInput={(text) => {
            p.onDraft(text);
            chat.typing(text !== "");
          }}>
          {closed && <button type="button" class="quiet fresh" onClick={() => {
            p.onReset();
            setTimeout(write);
          }}>{say("fresh")}</button>}
        </Composer>
      </div>
    </div>
  );
}
