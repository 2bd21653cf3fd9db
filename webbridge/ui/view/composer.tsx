/** Where one writes: Enter sends, Shift and Enter makes a line; a draft is kept. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TakeFile } from "./files.js";
import type { Speech } from "./words.js";

export interface ComposerProps {
  speech: Speech;
  draft: string;
  /** false: what is written stays in the box */
  onSend: (text: string) => boolean | void;
  onInput: (text: string) => void;
  /** null: files are not taken */
  onFile?: TakeFile | null;
  disabled?: boolean;
  label?: string;
  /** of the button */
  action?: string;
  /** true: the key has done its work */
  onKey?: (event: KeyboardEvent) => boolean;
  /** more attributes of the box */
  box?: Record<`aria-${string}`, string | undefined>;
  /** of the box, in a page that has others */
  id?: string | undefined;
  children?: ComponentChildren;
}

const MOST = 16_000;

export function Composer(p: ComposerProps) {
  const [text, setText] = useState(p.draft);
  const box = useRef<HTMLTextAreaElement>(null);
  const pick = useRef<HTMLInputElement>(null);
  const { say } = p.speech;
  const id = p.id ?? "text";
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
    if (p.onKey?.(event)) return;
    /* 229: Safari ends the composition before the key that confirmed it */
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  const input = (event: Event) => {
    const value = (event.target as HTMLTextAreaElement).value;
    setText(value);
    p.onInput(value);
  };
  const take = (files: Iterable<File> | null | undefined) => {
    for (const file of files ?? []) p.onFile?.(file);
  };
  /* What was copied in an office program is a text too, and rather that is meant. */
  const paste = (event: ClipboardEvent) => {
    const data = event.clipboardData;
    if (!p.onFile || !data?.files.length || data.getData("text/plain")) return;
    event.preventDefault();
    take(data.files);
  };
  return (
    <form class="composer" part="composer" noValidate onSubmit={submit}>
      {p.children}
      <label for={id} class="unseen">{p.label ?? say("message")}</label>
      <textarea id={id} rows={2} maxLength={MOST} placeholder={say("placeholder")} aria-describedby={id + "-hint"}
        ref={box} value={text} onInput={input} onKeyDown={key} onPaste={paste} disabled={p.disabled} dir={text ? "auto" : undefined} {...p.box} />
      {p.onFile && <>
        <input type="file" multiple hidden ref={pick} onChange={(event) => {
          const at = event.target as HTMLInputElement;
          take(at.files);
          at.value = ""; /* the same file may be chosen again */
          box.current?.focus();
        }} />
        <button type="button" class="quiet icon attach" part="attach" aria-label={say("attach")} onClick={() => pick.current?.click()}>
          <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <path fill="none" stroke="currentColor" stroke-width="2" d="M21 11l-9 9a6 6 0 0 1-8-8l9-9a4 4 0 0 1 6 6l-9 9a2 2 0 0 1-3-3l8-8" />
          </svg>
        </button>
      </>}
      <button type="submit" part="send" disabled={p.disabled}>{p.action ?? say("send")}</button>
      <p id={id + "-hint"} class="unseen">{say("hint")}</p>
    </form>
  );
}
