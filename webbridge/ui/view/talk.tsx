/** A conversation as both sides see it: how the connection is, what was said, who writes, what went wrong, and
 *  where one writes. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatClient, ChatState, Problem } from "../core/index.js";
import { Composer } from "./composer.js";
import { dropped, sizeText, type TakeFile } from "./files.js";
import { Log, type LogProps } from "./log.js";
import { Typing } from "./typing.js";
import type { Speech } from "./words.js";

export interface Alert {
  text: string;
  /** "": nothing is wrong any more */
  set: (text: string) => void;
  /** what is asked of the service; if it fails, that is told */
  act: (what: Promise<unknown>, then?: () => void) => Promise<void>;
}

export function useAlert(chat: ChatClient, { messages }: ChatState, { say }: Speech): Alert {
  const [text, set] = useState("");
  const failed = messages.some((m) => m.delivery === "failed");
  useEffect(() => chat.on("error", (problem) => set(problem.status === 0
    ? say("failed.network") : say("failed.other", { detail: problem.message }))), [chat, say]);
  useEffect(() => {
    if (!failed) set("");
  }, [failed]);
  return {
    text,
    set,
    act: (what, then) => what.then(() => {
      set("");
      then?.();
    }, (error: Problem) => set(error.status ? error.message : say("busy"))),
  };
}

export interface TalkProps {
  chat: ChatClient;
  state: ChatState;
  speech: Speech;
  mine: LogProps["mine"];
  alert: Alert;
  /** the history is there: what comes now is news */
  ready: boolean;
  /** files may be sent */
  files: boolean;
  onAction: LogProps["onAction"];
  /** what the box holds when it is first drawn, or drawn anew because there is another round */
  draft?: string;
  round?: number;
  onDraft?: (text: string) => void;
  /** something else is asked at the moment */
  asking?: boolean;
  /** the box's id, in a page that has others */
  id?: string | undefined;
  head: ComponentChildren;
  /** before the box */
  first?: ComponentChildren;
  /** between what was said and where one writes */
  children?: ComponentChildren;
}

/* That an agent was asked for stands in the log. */
function statusOf({ state, speech: { say }, mine }: TalkProps): string {
  const { connection, status, queue } = state;
  if (connection === "offline" || connection === "reconnecting") return say(connection);
  if (status !== "waiting" || mine === "AGENT") return "";
  const parts: string[] = [];
  if (queue?.position) parts.push(say("position", { n: queue.position }));
  if (queue?.agentsOnline === 0) parts.push(say("nobody"));
  return parts.join(" ");
}

/* Beside the status: it changes too often to be read out each time. */
function estimateOf({ state, speech: { count }, mine }: TalkProps): string {
  const wait = state.status === "waiting" && mine === "USER" && state.connection === "online" && state.queue?.estimatedWaitSeconds;
  return wait ? count("estimate", Math.max(1, Math.round(wait / 60))) : "";
}

/** Puts the focus where one writes, in this part of a page. */
export function write(part: ParentNode | null): void {
  part?.querySelector<HTMLElement>("[part=composer] textarea")?.focus();
}

export function Talk(p: TalkProps) {
  const { chat, state, speech, alert } = p;
  const box = useRef<HTMLDivElement>(null);
  const most = p.files ? state.chat?.maxFileBytes : null;
  const attach: TakeFile | null = most ? (file) => {
    alert.set(file.size > most ? speech.say("file.large", { size: sizeText(most, speech) }) : "");
    if (file.size <= most) void chat.sendFile(file);
  } : null;
  return (
    <div class="inside" ref={box} lang={speech.locale} dir={speech.rtl ? "rtl" : "ltr"} {...dropped(attach)}>
      <header class="head" part="header">{p.head}</header>
      <div class="status" part="status">
        <p role="status">{statusOf(p)}</p>
        <p>{estimateOf(p)}</p>
      </div>
      <Log speech={speech} messages={state.messages} saying={state.saying} mine={p.mine} seenSeq={state.seenSeq} more={state.more}
        loading={!p.ready} onOlder={() => chat.older()} onDiscard={(key) => {
          chat.discard(key);
          write(box.current);
        }}
        onRetry={(key) => {
          void chat.retry(key);
          write(box.current);
        }}
        onAction={p.onAction} />
      <Typing state={state} speech={speech} />
      <p class="alert" role="alert">{alert.text}</p>
      {p.children}
      <div hidden={p.asking}>
        <Composer key={p.round} id={p.id} speech={speech} draft={p.draft ?? ""} onFile={attach}
          onSend={(text) => {
            alert.set("");
            void chat.send(text);
          }}
          onInput={(text) => {
            p.onDraft?.(text);
            chat.typing(text !== "");
          }}>{p.first}</Composer>
      </div>
    </div>
  );
}
