/** The conversation: a log that screen readers follow (WAI-ARIA log role). */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message, Saying, Shown } from "../core/index.js";
import { FileView } from "./files.js";
import { Text } from "./text.js";
import { type Speech, translated } from "./words.js";

/** A drawing that was asked for is on the screen by then. */
export const DRAWN_MS = 100;

export interface LogProps {
  speech: Speech;
  messages: readonly Shown[];
  /** what the assistant is writing */
  saying: Saying | null;
  /** whose messages stand on the right */
  mine: "USER" | "AGENT";
  seenSeq: number;
  more: boolean;
  /** the history is not there yet: what appears is no news */
  loading?: boolean;
  onOlder: () => Promise<unknown>;
  onRetry: (key: string) => void;
  onDiscard: (key: string) => void;
  /** the button of an offer; null when it is over */
  onAction: ((reason?: string) => void) | null;
}

export function nameOf(m: Shown, mine: LogProps["mine"], { say }: Speech): string {
  if (m.role === mine && m.delivery !== "failed" && mine === "USER") return say("you");
  if (m.role === "ASSISTANT") return say("assistant", { name: m.sender.name });
  return m.role === mine && !m.sender.name ? say("you") : m.sender.name || say("you");
}

/* XEP-0245: what begins with "/me " tells what its author does. */
export function wordsOf(m: Message, { say }: Speech): string {
  if (m.deletedAt) return say("deleted");
  if (m.role === "SYSTEM") return translated(m.content, say);
  return m.role === "AGENT" && m.content.startsWith("/me ")
    ? `* ${m.sender.name}${m.content.slice(3)}` : m.content;
}

function Fate(p: LogProps & { message: Shown; last: boolean }) {
  const { message: m, speech: { say } } = p;
  if (m.delivery === "sending") return <p class="state" aria-live="off">{say("sending")}</p>;
  if (m.delivery === "failed") {
    return (
      <p class="state failed">{say("failed")}{" "}
        <button type="button" class="quiet" onClick={() => p.onRetry(m.clientId ?? "")}>{say("retry")}</button>{" "}
        <button type="button" class="quiet" onClick={() => p.onDiscard(m.clientId ?? "")}>{say("discard")}</button>
      </p>
    );
  }
  if (p.last && m.role === p.mine && p.seenSeq >= m.seq) return <p class="state" aria-live="off">{say("seen")}</p>;
  return m.editedAt && !m.deletedAt ? <p class="state" aria-live="off">{say("edited")}</p> : null;
}

function Item(p: LogProps & { message: Shown; last: boolean }) {
  const { message: m, speech } = p;
  const text = wordsOf(m, speech);
  if (m.role === "SYSTEM") return <div class="notice" part="notice"><Text text={text} notice /></div>;
  const name = nameOf(m, p.mine, speech);
  const side = m.role === p.mine ? "mine" : "theirs";
  return (
    <article class={`${side} ${m.role.toLowerCase()} ${m.event ?? ""}`} part={`message ${side}`}
      aria-label={`${name}, ${speech.time(m.createdAt)}`}>
      <header aria-hidden="true">{name} <time dateTime={m.createdAt}>{speech.time(m.createdAt)}</time></header>
      {!m.deletedAt && m.attachments?.length
        ? m.attachments.map((file) => <FileView file={file} speech={speech}
          progress={m.delivery === "sending" ? m.progress : undefined} />)
        : <Text text={text} />}
      <Fate {...p} />
      {p.onAction && m.actions?.filter((a) => a.type === "escalate").map((a) => (
        <button type="button" class="escalate" part="escalate" onClick={() => p.onAction?.(a.reason)}>{translated(a.label, speech.say)}</button>
      ))}
    </article>
  );
}

/** Grows outside of the log, which tells of it once, when it is whole. */
function Growing({ saying, speech }: LogProps) {
  if (!saying) return null;
  const label = speech.say("assistant", { name: saying.name });
  return (
    <article class="theirs assistant saying" part="message theirs" aria-label={label} aria-busy="true">
      <header aria-hidden="true">{label}</header>
      <Text text={saying.text} />
    </article>
  );
}

export function Log(p: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useRef<HTMLDivElement>(null);
  /* the end is in sight, and shall stay so */
  const near = useRef(true);
  const [busy, setBusy] = useState(false);
  /* at the last look: from what is in sight to the end, and the first message */
  const below = useRef(0);
  const first = useRef<string>(undefined);
  const measure = () => {
    const el = box.current;
    if (!el) return;
    below.current = el.scrollHeight - el.scrollTop;
    near.current = below.current - el.clientHeight < 80;
  };
  useEffect(() => {
    const el = box.current as HTMLElement;
    const size = new ResizeObserver(() => {
      if (near.current) el.scrollTop = el.scrollHeight;
    });
    size.observe(el);
    return () => size.disconnect();
  }, []);
  useLayoutEffect(() => {
    const el = box.current as HTMLElement;
    if (near.current || p.messages.at(-1)?.delivery === "sending") el.scrollTop = el.scrollHeight;
    /* not by the difference: a browser that anchors what is in sight has moved it already */
    else if (p.messages[0]?.id !== first.current) el.scrollTop = el.scrollHeight - below.current;
    first.current = p.messages[0]?.id;
    measure();
  }, [p.messages, p.saying]);
  const older = async () => {
    if (busy) return;
    setBusy(true);
    measure();
    await p.onOlder().catch(() => undefined);
    setBusy(false);
    lines.current?.focus();
  };
  const lastMine = p.messages.findLast((m) => m.role === p.mine && m.delivery === "sent");
  return (
    <div class="log" part="log" ref={box} onScroll={measure}>
      <div class="lines" role="log" aria-label={p.speech.say("log")} aria-busy={busy || Boolean(p.loading)} tabIndex={0} ref={lines}>
        {p.more && <button type="button" class="quiet older" onClick={() => void older()}>
          {p.speech.say("older")}</button>}
        {p.messages.map((m) => <Item key={m.clientId ?? m.id} {...p} message={m} last={m === lastMine} />)}
      </div>
      <Growing {...p} />
    </div>
  );
}
