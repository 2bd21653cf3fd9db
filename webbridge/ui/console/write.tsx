/** Messages to the customer, or notes that only staff see: told apart by more than colour. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatClient } from "../core/chat.js";
import { Composer } from "../view/composer.js";
import type { TakeFile } from "../view/files.js";
import type { Speech } from "../view/words.js";
import { isFocusLost } from "./route.js";

export interface WriteProps {
  chat: ChatClient;
  speech: Speech;
  /** false: only notes */
  canReply: boolean;
  onNote: (text: string) => Promise<void>;
  onFile: TakeFile | null;
}

export function Write(p: WriteProps) {
  const [note, setNote] = useState(!p.canReply);
  const drafts = useRef({ reply: "", note: "" });
  /* a draft that comes back makes the composer anew */
  const [turn, setTurn] = useState(0);
  const mode = note ? "note" : "reply";
  const label = note ? "Internal note, not shown to the customer" : "Reply to the customer";
  useEffect(() => {
    if (isFocusLost()) document.getElementById("text")?.focus();
  }, [turn, mode]);
  /* what is being written as a note never turns into a reply by itself */
  useEffect(() => {
    if (!p.canReply) setNote(true);
    else if (!drafts.current.note) setNote(false);
  }, [p.canReply]);
  const submit = (text: string) => {
    if (!note) {
      void p.chat.send(text);
      return;
    }
    p.onNote(text).catch(() => {
      drafts.current.note = text;
      setTurn((n) => n + 1);
    });
  };
  return (
    <div class={note ? "write noting" : "write"}>
      <div class="modes" role="radiogroup" aria-label="What is written">
        <label><input type="radio" name="mode" checked={!note} disabled={!p.canReply} onChange={() => setNote(false)} /> Reply</label>
        <label><input type="radio" name="mode" checked={note} onChange={() => setNote(true)} /> Internal note</label>
      </div>
      <Composer key={mode + turn} speech={p.speech} draft={drafts.current[mode]} label={label} action={note ? "Add note" : "Send"}
        onFile={note ? null : p.onFile} onSend={submit} onInput={(text) => {
          drafts.current[mode] = text;
          if (!note) p.chat.typing(text !== "");
        }} />
    </div>
  );
}
