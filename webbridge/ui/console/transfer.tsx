/** A chat goes to a colleague, who is asked first, or back to the queue. */
import { useEffect, useState } from "preact/hooks";
import type { Api } from "../core/api.js";
import type { Chat } from "../core/types.js";
import { Dialog } from "./dialog.js";
import type { Colleague, Me } from "./types.js";

const QUEUE = "queue";
const NOTE_MAX = 500;

export interface TransferProps {
  api: Api;
  me: Me;
  chat: Chat;
  onOffer: (agentId: string, note: string) => void;
  onRelease: (reason: string) => void;
  onClose: () => void;
}

const states: Record<string, string> = { available: "available", away: "away" };

function choices(all: readonly Colleague[], p: TransferProps): Colleague[] {
  return all.filter((c) => c.id !== p.me.id && c.id !== p.chat.assignedToId && c.availability in states)
    .sort((a, b) => a.availability.localeCompare(b.availability) * -1 || a.chats - b.chats || a.name.localeCompare(b.name));
}

export function Transfer(p: TransferProps) {
  const [all, setAll] = useState<Colleague[] | null>(null);
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  useEffect(() => {
    p.api.get<{ items: Colleague[] }>("/api/agents").then((answer) => setAll(answer.items), () => setAll([]));
  }, []);
  const list = choices(all ?? [], p);
  const live = p.chat.status === "live";
  const submit = (event: Event) => {
    event.preventDefault();
    if (to === QUEUE) p.onRelease(note);
    else if (to) p.onOffer(to, note);
  };
  const choice = (value: string, name: string, more: string) => (
    <label key={value}><input type="radio" name="to" required checked={to === value} onChange={() => setTo(value)} />
      {" "}<span dir="auto">{name}</span> <span class="soft">{more}</span></label>
  );
  return (
    <Dialog title="Transfer this chat" onClose={p.onClose}>
      <form onSubmit={submit}>
        <fieldset>
          <legend>To whom?</legend>
          {all && !list.length && <p>No colleague is available.</p>}
          {list.map((c) => choice(c.id, c.name, `${states[c.availability]}, ${c.chats === 1 ? "1 chat" : `${c.chats} chats`}`))}
          {live && choice(QUEUE, "Back to the queue", "waits for anybody")}
        </fieldset>
        <label for="why">Note for the colleague</label>
        <input id="why" maxLength={NOTE_MAX} value={note} onInput={(event) => setNote((event.target as HTMLInputElement).value)} />
        <div class="buttons">
          {(live || list.length > 0) && <button type="submit">{to === QUEUE ? "Give back" : "Offer"}</button>}
          <button type="button" class="quiet" onClick={p.onClose}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
