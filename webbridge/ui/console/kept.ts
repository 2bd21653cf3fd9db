/** What an agent has written in a chat and not sent: it outlives the view of the chat and a session that ran out, as
 *  long as the page lives. */
import { memoryShelf, type Shelf } from "../core/shelf.js";

export interface Kept {
  /** messages on their way */
  shelf: Shelf;
  drafts: { reply: string; note: string };
}

const all = new Map<string, Kept>();

/** Nobody else who signs in here finds it. */
export function keptOf(agent: string, chat: string): Kept {
  const name = `${agent} ${chat}`;
  const kept = all.get(name) ?? { shelf: memoryShelf(), drafts: { reply: "", note: "" } };
  all.set(name, kept);
  return kept;
}
