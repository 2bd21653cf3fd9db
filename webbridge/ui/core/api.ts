/** Requests to the HTTP API: JSON in and out, every failure a `Problem`. */

/** A refusal (RFC 9457), or no answer: then `status` is 0. */
export class Problem extends Error {
  readonly status: number;
  /** stable word to branch on, "" when there was no answer */
  readonly code: string;
  /** when to come again, in milliseconds; 0: unknown */
  readonly retryMs: number;
  /** the whole problem document */
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown> = {}, retryMs = 0) {
    super(typeof body.detail === "string" ? body.detail : "The server did not answer.");
    this.name = "Problem";
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : "";
    this.retryMs = retryMs;
    this.body = body;
  }

  /** Nothing is known to be wrong with the request: send it again, with the same key. What did not come
   *  from the daemon (a proxy's or a hotspot's page) has no code, and says nothing about the request. */
  get passing(): boolean {
    return this.status === 429 || this.status >= 500 || (this.code === "" && this.status !== 413);
  }

  /** The daemon does not know this chat, or this asker (any more). */
  get gone(): boolean {
    return this.code !== "" && (this.status === 401 || this.status === 403 || this.status === 404);
  }
}

/** Longer than the daemon takes for anything; a connection that died in silence ends here. */
const ANSWER_MS = 30_000;
/** The daemon waits for a body that comes at least so fast, in bytes. */
const READ_PER_MS = 16;

/* RFC 9110, field.retry-after: seconds or a date. */
function retryMsOf(value: string | null): number {
  const ms = /^\d+$/.test(value ?? "") ? 1000 * Number(value) : Date.parse(value ?? "") - Date.now();
  return ms > 0 ? ms : 0;
}

/** What a refusal says. An answer that is not our JSON keeps its status, and has no code. */
export async function problemOf(answer: Response): Promise<Problem> {
  const json: unknown = await answer.json().catch(() => null);
  return new Problem(answer.status, json && typeof json === "object" ? json as Record<string, unknown> : {},
    retryMsOf(answer.headers.get("Retry-After")));
}

export interface ApiOptions {
  /** origin of the daemon, without a slash at the end; "" is the page's own */
  baseUrl: string;
  /** bearer token; "" when there is none (an agent's page has a cookie) */
  token: () => string;
  fetch?: typeof fetch;
}

export class Api {
  readonly options: ApiOptions;

  constructor(options: ApiOptions) {
    this.options = options;
  }

  headers(more: Record<string, string> = {}): Record<string, string> {
    const token = this.options.token();
    return token ? { ...more, Authorization: "Bearer " + token } : more;
  }

  fetch(path: string, init: RequestInit): Promise<Response> {
    const call = this.options.fetch ?? globalThis.fetch;
    return call(this.options.baseUrl + path, {
      ...init,
      credentials: this.options.token() ? "omit" : "same-origin",
    });
  }

  async call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const stop = new AbortController();
    const given = () => stop.abort(signal?.reason);
    const timer = setTimeout(() => stop.abort(), ANSWER_MS);
    signal?.addEventListener("abort", given);
    if (signal?.aborted) given();
    try {
      const init: RequestInit = { method, headers: this.headers(), cache: "no-store", signal: stop.signal };
      if (body !== undefined) {
        init.headers = this.headers({ "Content-Type": "application/json" });
        init.body = JSON.stringify(body);
      }
      const answer = await this.fetch(path, init);
      if (!answer.ok) throw await problemOf(answer);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof Problem ? error : new Problem(0);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", given);
    }
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.call<T>("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>("POST", path, body);
  }

  /** Bytes as they are. progress: the part that has gone, up to 1; where the platform tells it. */
  async upload<T>(path: string, bytes: Blob, key: string, progress: (part: number) => void): Promise<T> {
    const headers = this.headers({ "Content-Type": "application/octet-stream", "Idempotency-Key": key });
    if (this.options.fetch || typeof XMLHttpRequest === "undefined") {
      const answer = await this.fetch(path, { method: "POST", headers, body: bytes }).catch(() => null);
      if (!answer?.ok) throw answer ? await problemOf(answer) : new Problem(0);
      return await answer.json() as T;
    }
    return new Promise((done, fail) => {
      const x = new XMLHttpRequest();
      x.open("POST", this.options.baseUrl + path);
      for (const name in headers) x.setRequestHeader(name, headers[name] ?? "");
      x.responseType = "json";
      x.timeout = ANSWER_MS + bytes.size / READ_PER_MS;
      x.upload.onprogress = (event) => progress(event.loaded / event.total);
      x.onloadend = () => x.status > 199 && x.status < 300 ? done(x.response as T)
        : fail(new Problem(x.status, (x.response ?? {}) as Record<string, unknown>, retryMsOf(x.getResponseHeader("Retry-After"))));
      x.send(bytes);
    });
  }
}

/** 128 random bits: a key that makes sending again safe. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Resolves after so many milliseconds, or at once when the signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}

/** Full jitter over the upper half: 0.5 s to `mostMs`, doubling with each try. */
export function backoff(tries: number, mostMs = 30_000): number {
  const most = Math.min(mostMs, 1000 * 2 ** tries);
  return most / 2 + (Math.random() * most) / 2;
}
