/** Messages on their way: kept until the server has them, sent one after the other in the order in which
 *  they were written, each always with the same key. */
import { backoff, pause, Problem } from "./api.js";
import type { Shelf } from "./shelf.js";

export interface Letter {
  key: string;
  /** of a file, its name */
  content: string;
  at: number;
  /** is not kept: a reload forgets it */
  file?: Blob;
}

/** After so many tries without an answer the page shows that it did not go. */
const TRIES = 5;

interface Waiting {
  letter: Letter;
  done: ((problem: Problem | null) => void)[];
}

export interface OutboxOptions {
  shelf: Shelf;
  deliver: (letter: Letter) => Promise<void>;
  failed: (letter: Letter, problem: Problem) => void;
  /** another try for what had failed */
  again: (letter: Letter) => void;
  /** ends everything; what was not sent stays on the shelf */
  signal: AbortSignal;
}

export class Outbox {
  readonly #o: OutboxOptions;
  #queue: Waiting[] = [];
  #busy = false;
  #hurry = new AbortController();

  constructor(options: OutboxOptions) {
    this.#o = options;
    options.signal.addEventListener("abort", () => this.#hurry.abort(), { once: true });
  }

  /** What an earlier page left unsent, oldest first. */
  kept(): Letter[] {
    const letters: Letter[] = [];
    for (const name of this.#o.shelf.list("out:")) {
      try {
        letters.push(JSON.parse(this.#o.shelf.get(name) ?? "") as Letter);
      } catch {
        this.#o.shelf.set(name, null);
      }
    }
    return letters.sort((a, b) => a.at - b.at);
  }

  /** Keep it, and send it in its turn. Resolves when it is delivered (null), or given up for now. */
  send(letter: Letter): Promise<Problem | null> {
    if (!letter.file) this.#o.shelf.set("out:" + letter.key, JSON.stringify(letter));
    return new Promise((done) => {
      const old = this.#queue.find((w) => w.letter.key === letter.key);
      if (old) old.done.push(done);
      else this.#queue.push({ letter, done: [done] });
      this.wake();
    });
  }

  /** It is stored, or nobody wants it any more. */
  drop(key: string): void {
    this.#o.shelf.set("out:" + key, null);
    const gone = this.#queue.filter((w) => w.letter.key === key);
    this.#queue = this.#queue.filter((w) => w.letter.key !== key);
    for (const waiting of gone) settle(waiting, null);
  }

  has(key: string): boolean {
    return this.#queue.some((w) => w.letter.key === key);
  }

  clear(): void {
    for (const name of this.#o.shelf.list("out:")) this.#o.shelf.set(name, null);
    for (const { letter } of [...this.#queue]) this.drop(letter.key);
  }

  /** Try now what waits or was given up, in its order. */
  wake(): void {
    this.#hurry.abort();
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (const { letter } of this.#queue) this.#o.again(letter);
    let stuck: Problem | null = null;
    while (this.#queue[0] && !stuck && !this.#o.signal.aborted) stuck = await this.#attempt(this.#queue[0]);
    this.#busy = false;
    if (this.#o.signal.aborted) {
      for (const waiting of this.#queue) settle(waiting, new Problem(0));
      return;
    }
    if (!stuck) return;
    /* What comes behind may not overtake. */
    for (const waiting of this.#queue) {
      this.#o.failed(waiting.letter, stuck);
      settle(waiting, stuck);
    }
  }

  /** null: on with the next. A problem: nothing goes for now. */
  async #attempt(waiting: Waiting): Promise<Problem | null> {
    const { letter } = waiting;
    for (let tries = 1; ; tries++) {
      try {
        await this.#o.deliver(letter);
        this.drop(letter.key);
        return null;
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0);
        if (this.#queue[0] !== waiting || this.#o.signal.aborted) return null;
        if (!problem.passing) {
          this.#queue.shift();
          this.#o.failed(letter, problem);
          settle(waiting, problem);
          return null;
        }
        if (tries >= TRIES) return problem;
        this.#hurry = new AbortController();
        await pause(Math.max(problem.retryMs, backoff(tries - 1, 8000)), problem.retryMs ? this.#o.signal : this.#hurry.signal);
        if (this.#queue[0] !== waiting || this.#o.signal.aborted) return null;
      }
    }
  }
}

function settle(waiting: Waiting, problem: Problem | null): void {
  for (const done of waiting.done.splice(0)) done(problem);
}
