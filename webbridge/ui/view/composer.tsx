/** Where one writes: Enter sends, Shift and Enter makes a line; a draft is kept. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Speech } from "./words.js";

export interface ComposerProps {
  speech: Speech;
  draft: string;
  /** false: what is written stays in the box */
  onSend: (text: string) => boolean | void;
  onInput: (text: string) => void;
  disabled?: boolean;
  label?: string;
  /** of the button */
  action?: string;
  children?: ComponentChildren;
}

const MOST = 16_000;

export function Composer(p: ComposerProps) {
  const [text, setText] = useState(p.draft);
  const box = useRef<HTMLTextAreaElement>(null);
  const { say } = p.speech;
  useEffect(() => setText(p.draft), [p.draft]);
  const submit = (event: Event) => {
    event.preventDefault();
    const content = text.trim();
    if (content && p.onSend(content) !== false) {
      setText("");
      p.onInput("");
    }
    box.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    /* 229: Safari ends the composition before the key that confirmed it */
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  const input = (event: Event) => {
    const value = (event.target as HTMLTextAreaElement).value;
    setText(value);
    p.onInput(value);
  };
  return (
    <form class="composer" part="composer" noValidate onSubmit={submit}>
      {p.children}
      <label for="text" class="unseen">{p.label ?? say("message")}</label>
      <textarea id="text" rows={2} maxLength={MOST} placeholder={say("placeholder")} aria-describedby="hint"
        ref={box} value={text} onInput={input} onKeyDown={key} disabled={p.disabled} dir={text ? "auto" : undefined} />
      <button type="submit" part="send" disabled={p.disabled}>{p.action ?? say("send")}</button>
      <p id="hint" class="unseen">{say("hint")}</p>
    </form>
  );
}
