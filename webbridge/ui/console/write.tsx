/** Messages to the customer, or notes that only staff see: told apart by more than colour. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ChatClient } from "../core/chat.js";
import { Composer } from "../view/composer.js";
import type { TakeFile } from "../view/files.js";
import type { Speech } from "../view/words.js";
import { CannedDialog, type CannedList, SuggestionList, useSuggestions } from "./canned.js";
import type { Kept } from "./kept.js";
import { isFocusLost } from "./route.js";

export interface WriteProps {
  chat: ChatClient;
  speech: Speech;
  canned: CannedList;
  drafts: Kept["drafts"];
  /** false: only notes */
  canReply: boolean;
  onNote: (text: string) => Promise<void>;
  onFile: TakeFile | null;
}

export function Write(p: WriteProps) {
  const { drafts } = p;
  const [note, setNote] = useState(!p.canReply || (drafts.note !== "" && !drafts.reply));
  /* a draft that comes back makes the composer anew */
  const [turn, setTurn] = useState(0);
  const [typed, setTyped] = useState("");
  const [managing, setManaging] = useState(false);
  const mode = note ? "note" : "reply";
  /* as it was when the composer was made: what is typed since then is the composer's */
  const draft = useMemo(() => drafts[mode], [mode, turn]);
  const label = note ? "Internal note, not shown to the customer" : "Reply to the customer";
  useEffect(() => {
    if (isFocusLost()) document.getElementById("text")?.focus();
    setTyped(drafts[mode]);
  }, [turn, mode]);
  /* what is being written as a note never turns into a reply by itself */
  useEffect(() => {
    if (!p.canReply) setNote(true);
    else if (!drafts.note) setNote(false);
  }, [p.canReply]);
  const { found, keys, take } = useSuggestions(p.canned, note ? "" : typed, (content) => {
    drafts.reply = content;
    setTyped(content);
    setTurn((n) => n + 1);
  });
  const submit = (text: string) => {
    if (!note) {
      void p.chat.send(text);
      return;
    }
    p.onNote(text).catch(() => {
      drafts.note = text;
      setTurn((n) => n + 1);
    });
  };
  return (
    <div class={note ? "write noting" : "write"}>
      <div class="modes" role="radiogroup" aria-label="What is written">
        <label><input type="radio" name="mode" checked={!note} disabled={!p.canReply} onChange={() => setNote(false)} /> Reply</label>
        <label><input type="radio" name="mode" checked={note} onChange={() => setNote(true)} /> Internal note</label>
      </div>
      <button type="button" class="quiet manage" onClick={() => setManaging(true)}>Canned replies…</button>
      {managing && <CannedDialog list={p.canned} onClose={() => setManaging(false)} />}
      <SuggestionList found={found} onTake={take} />
      <Composer key={mode + turn} speech={p.speech} draft={draft} label={label} action={note ? "Add note" : "Send"}
        onKey={keys} box={{
          "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": found.items.length ? "canned" : undefined,
          "aria-activedescendant": found.items.length ? `canned-${found.at}` : undefined,
        }}
        onFile={note ? null : p.onFile} onSend={submit} onInput={(text) => {
          drafts[mode] = text;
          setTyped(text);
          if (!note) p.chat.typing(text !== "");
        }} />
    </div>
  );
}
