/** Messages on their way: kept until the server has them, sent one after the other, each always with
 *  the same key. */
import { backoff, pause, Problem } from "./api.js";
import type { Shelf } from "./shelf.js";

export interface Letter {
  key: string;
  content: string;
  at: number;
}

const TRIES = 5;

export class Outbox {
  private line: Promise<void> = Promise.resolve();
  private readonly shelf: Shelf;
  private readonly deliver: (letter: Letter) => Promise<void>;
  private readonly failed: (letter: Letter, problem: Problem) => void;

  constructor(shelf: Shelf, deliver: (letter: Letter) => Promise<void>,
    failed: (letter: Letter, problem: Problem) => void) {
    this.shelf = shelf;
    this.deliver = deliver;
    this.failed = failed;
  }

  /** What an earlier page left unsent, oldest first. */
  kept(): Letter[] {
    const letters: Letter[] = [];
    for (const name of this.shelf.list("out:")) {
      try {
        letters.push(JSON.parse(this.shelf.get(name) ?? "") as Letter);
      } catch {
        this.shelf.set(name, null);
      }
    }
    return letters.sort((a, b) => a.at - b.at);
  }

  /** Keep it, and send it in its turn. Resolves when it is delivered or given up. */
  send(letter: Letter): Promise<void> {
    this.shelf.set("out:" + letter.key, JSON.stringify(letter));
    this.line = this.line.then(() => this.attempt(letter));
    return this.line;
  }

  drop(key: string): void {
    this.shelf.set("out:" + key, null);
  }

  clear(): void {
    for (const name of this.shelf.list("out:")) this.shelf.set(name, null);
  }

  private async attempt(letter: Letter): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.deliver(letter);
        this.drop(letter.key);
        return;
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0);
        if (!problem.passing || tries + 1 >= TRIES) {
          this.failed(letter, problem);
          return;
        }
        await pause(Math.max(problem.retryMs, backoff(tries, 8000)));
      }
    }
  }
}
