/** Server-sent events read by fetch, so that the token stays out of addresses; they come back by
 *  themselves and resume behind the last id. */
import { type Api, backoff, pause, Problem, problemOf } from "./api.js";

export interface StreamEvent {
  name: string;
  /** resume point; "" for what is not stored */
  id: string;
  data: string;
}

/** Splits what arrives into events. https://html.spec.whatwg.org/#event-stream-interpretation */
export class EventParser {
  #rest = "";
  #event: StreamEvent = { name: "", id: "", data: "" };
  readonly #emit: (event: StreamEvent) => void;

  constructor(emit: (event: StreamEvent) => void) {
    this.#emit = emit;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === "") {
      const event = this.#event;
      this.#event = { name: "", id: "", data: "" };
      if (event.data) this.#emit({ ...event, name: event.name || "message" });
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event.name = value;
    else if (field === "id") this.#event.id = value;
    else if (field === "data") this.#event.data += (this.#event.data ? "\n" : "") + value;
  }
}

export type StreamState = "online" | "reconnecting" | "ended" | "refused";

export interface StreamOptions {
  api: Api;
  path: string;
  /** where to go on; "" from where the server begins */
  lastEventId: () => string;
  onEvent: (event: StreamEvent) => void;
  /** refused: with what the server said */
  onState: (state: StreamState, status: number, problem?: Problem) => void;
  /** a proxy that holds the stream back gives no first event in this time */
  firstEventMs?: number;
  /** told when nothing arrived in that time; the caller may poll instead */
  onSilent?: () => void;
  /** a new one for each pause between two tries: ends that pause */
  hurry?: () => AbortController;
  signal: AbortSignal;
}

/** The daemon writes something every 15 s: a connection that is silent for longer is dead. */
const SILENCE_MS = 40_000;

/** One connection, until it is cut. null: all is told (204). */
async function readOnce(o: StreamOptions, onFirst: () => void): Promise<Problem | null> {
  const headers = o.api.headers({ Accept: "text/event-stream" });
  const last = o.lastEventId();
  if (last) headers["Last-Event-ID"] = last;
  const over = new AbortController();
  const stop = () => over.abort();
  o.signal.addEventListener("abort", stop);
  let first = true;
  let timer = setTimeout(() => {
    o.onSilent?.();
    stop();
  }, o.firstEventMs ?? 15_000);
  try {
    const answer = await o.api.fetch(o.path, { headers, signal: over.signal, cache: "no-store" });
    if (answer.status === 204) return null;
    if (answer.status !== 200 || !answer.body) return await problemOf(answer);
    const parser = new EventParser((event) => {
      if (o.signal.aborted) return;
      if (first) onFirst();
      first = false;
      o.onEvent(event);
    });
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || o.signal.aborted) return new Problem(0);
      parser.push(decoder.decode(value, { stream: true }));
      if (first) continue;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS);
    }
  } finally {
    clearTimeout(timer);
    o.signal.removeEventListener("abort", stop);
    stop();
  }
}

/* As long as the server asks for; or else until somebody is in a hurry. */
async function rest(retryMs: number, tries: number, o: StreamOptions): Promise<void> {
  if (retryMs) return pause(Math.max(retryMs, backoff(tries)), o.signal);
  const hurry = o.hurry?.() ?? new AbortController();
  const stop = () => hurry.abort();
  o.signal.addEventListener("abort", stop);
  await pause(backoff(tries), hurry.signal);
  o.signal.removeEventListener("abort", stop);
}

/** Reads until the signal fires, the server says that all is told (204), or refuses for good. */
export async function readStream(o: StreamOptions): Promise<void> {
  for (let tries = 0; !o.signal.aborted; tries++) {
    let problem: Problem | null = new Problem(0);
    try {
      problem = await readOnce(o, () => {
        tries = 0;
        o.onState("online", 200);
      });
    } catch {
      /* cut, or no network: the loop comes back */
    }
    if (o.signal.aborted) return;
    if (!problem) return o.onState("ended", 204);
    if (problem.gone) return o.onState("refused", problem.status, problem);
    o.onState("reconnecting", problem.status);
    await rest(problem.retryMs, tries, o);
  }
}
