/** How many messages the customer has not seen: the same in all tabs, and after a reload. */
import type { ChatClient, Shelf } from "../core/index.js";

export class Unread {
  count = 0;
  readonly #chat: ChatClient;
  readonly #shelf: Shelf;
  #title = "";

  constructor(chat: ChatClient, shelf: Shelf) {
    this.#chat = chat;
    this.#shelf = shelf;
  }

  /** The number of the newest message that was seen of this chat. */
  #seen(): number {
    const [chat, seq] = (this.#shelf.get("seen") ?? "").split(":");
    return chat === this.#chat.state.chatId ? Number(seq) : 0;
  }

  /** After a change of the chat, or of what is in sight. True: the count is another one. */
  update(visible: boolean): boolean {
    const { messages, chatId } = this.#chat.state;
    const seen = this.#seen();
    const fresh = messages.filter((m) => m.seq > seen && (m.role === "AGENT" || m.role === "ASSISTANT"));
    const newest = fresh.at(-1);
    if (visible && newest) this.#shelf.set("seen", `${chatId}:${newest.seq}`);
    if (visible) this.#chat.read();
    const count = visible ? 0 : fresh.length;
    const other = count !== this.count;
    this.count = count;
    this.#showTitle();
    return other;
  }

  /** While the page is out of sight its title says how many wait. */
  #showTitle(): void {
    const wanted = document.hidden && this.count ? `(${this.count}) ` : "";
    if (wanted === this.#title) return;
    const bare = document.title.startsWith(this.#title) ? document.title.slice(this.#title.length) : document.title;
    document.title = wanted + bare;
    this.#title = wanted;
  }
}
