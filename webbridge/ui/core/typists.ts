/** Who is shown as writing: each for a while after the last sign of it. */
import type { Typing } from "./types.js";

const SHOWN_MS = 6000;

export class Typists {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #over: (typing: Typing) => void;

  /** over: no sign came any more, as if it had stopped */
  constructor(over: (typing: Typing) => void) {
    this.#over = over;
  }

  heard(typing: Typing): void {
    clearTimeout(this.#timers.get(typing.userId));
    this.#timers.delete(typing.userId);
    if (!typing.isTyping) return;
    this.#timers.set(typing.userId, setTimeout(() => {
      this.#timers.delete(typing.userId);
      this.#over({ ...typing, isTyping: false });
    }, SHOWN_MS));
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
