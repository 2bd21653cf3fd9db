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

  /** Nothing is known to be wrong with the request: send it again, with the same key. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** This chat, or this asker, is not known here (any more). */
  get gone(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404;
  }
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
    const init: RequestInit = { method, headers: this.headers(), cache: "no-store" };
    if (body !== undefined) {
      init.headers = this.headers({ "Content-Type": "application/json" });
      init.body = JSON.stringify(body);
    }
    if (signal) init.signal = signal;
    let answer: Response;
    let json: unknown;
    try {
      answer = await this.fetch(path, init);
      json = answer.status === 204 ? undefined : await answer.json();
    } catch {
      if (signal?.aborted) throw signal.reason;
      throw new Problem(0);
    }
    if (answer.ok) return json as T;
    const after = Number(answer.headers.get("Retry-After")) || 0;
    const problem = json && typeof json === "object" ? json : {};
    throw new Problem(answer.status, problem as Record<string, unknown>, 1000 * after);
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.call<T>("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>("POST", path, body);
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
