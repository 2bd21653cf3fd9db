/** What the other side is told of this one beside messages: that one writes, and has read. */

const TOLD_MS = 3000;
const IDLE_MS = 5000;

export class Signs {
  #at = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #readUpTo = "";
  readonly #tell: (what: "/typing" | "/read", body: unknown) => void;

  constructor(tell: (what: "/typing" | "/read", body: unknown) => void) {
    this.#tell = tell;
  }

  /** open: there is a chat to write in */
  typing(on: boolean, open: boolean): void {
    clearTimeout(this.#idle);
    if (!open || (!on && !this.#at)) return;
    if (on) this.#idle = setTimeout(() => this.typing(false, true), IDLE_MS);
    if (on && Date.now() - this.#at < TOLD_MS) return;
    this.#at = on ? Date.now() : 0;
    this.#tell("/typing", { isTyping: on });
  }

  read(messageId: string): void {
    if (messageId === this.#readUpTo) return;
    this.#readUpTo = messageId;
    this.#tell("/read", { messageId });
  }

  /** Of another chat nothing is told yet. */
  clear(): void {
    clearTimeout(this.#idle);
    this.#at = 0;
    this.#readUpTo = "";
  }
}
