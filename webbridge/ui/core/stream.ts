/** Server-sent events read by fetch, so that the token stays out of addresses; they come back by
 *  themselves and resume behind the last id. */
import { type Api, backoff, pause } from "./api.js";

export interface StreamEvent {
  name: string;
  /** resume point; "" for what is not stored */
  id: string;
  data: string;
}

/** Splits what arrives into events. https://html.spec.whatwg.org/#event-stream-interpretation */
export class EventParser {
  private rest = "";
  private event: StreamEvent = { name: "", id: "", data: "" };
  private readonly emit: (event: StreamEvent) => void;

  constructor(emit: (event: StreamEvent) => void) {
    this.emit = emit;
  }

  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === "") {
      const event = this.event;
      this.event = { name: "", id: "", data: "" };
      if (event.name || event.data) this.emit({ ...event, name: event.name || "message" });
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event.name = value;
    else if (field === "id") this.event.id = value;
    else if (field === "data") this.event.data += (this.event.data ? "\n" : "") + value;
  }
}

export type StreamState = "online" | "reconnecting" | "ended" | "refused";

export interface StreamOptions {
  api: Api;
  path: string;
  /** where to go on; "" from where the server begins */
  lastEventId: () => string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: StreamState, status: number) => void;
  /** a proxy that holds the stream back gives no first event in this time */
  firstEventMs?: number;
  /** told when nothing arrived in that time; the caller may poll instead */
  onSilent?: () => void;
  signal: AbortSignal;
}

/** One connection; resolves with the status when it is over, 0 when it was cut. */
async function readOnce(o: StreamOptions, onFirst: () => void): Promise<number> {
  const headers = o.api.headers({ Accept: "text/event-stream" });
  const last = o.lastEventId();
  if (last) headers["Last-Event-ID"] = last;
  const silence = new AbortController();
  const stop = () => silence.abort();
  o.signal.addEventListener("abort", stop);
  const timer = setTimeout(() => {
    o.onSilent?.();
    stop();
  }, o.firstEventMs ?? 15_000);
  try {
    const answer = await o.api.fetch(o.path, { headers, signal: silence.signal, cache: "no-store" });
    if (answer.status !== 200 || !answer.body) return answer.status;
    const parser = new EventParser((event) => {
      clearTimeout(timer);
      onFirst();
      o.onEvent(event);
    });
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 0;
      parser.push(decoder.decode(value, { stream: true }));
      if (o.signal.aborted) return 0;
    }
  } finally {
    clearTimeout(timer);
    o.signal.removeEventListener("abort", stop);
    silence.abort();
  }
}

/** Reads until the signal fires, the server says that all is told (204), or refuses for good. */
export async function readStream(o: StreamOptions): Promise<void> {
  for (let tries = 0; !o.signal.aborted; tries++) {
    let status = 0;
    try {
      status = await readOnce(o, () => {
        tries = 0;
        o.onState("online", 200);
      });
    } catch {
      /* cut, or no network: the loop comes back */
    }
    if (o.signal.aborted) return;
    if (status === 204) return o.onState("ended", status);
    if (status === 401 || status === 403 || status === 404) return o.onState("refused", status);
    o.onState("reconnecting", status);
    await pause(backoff(tries), o.signal);
  }
}
