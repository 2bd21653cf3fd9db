/** One stream for all tabs of a browser: browsers open six connections to an origin, and a seventh
 *  stream would stall every request. The tab that holds the lock reads and tells the others. */

export interface Tabs<T> {
  tell(news: T): void;
  /** run once this tab is the one that leads; the signal fires when it stops doing so */
  lead(run: (signal: AbortSignal) => Promise<void>): void;
  /** run alone among all tabs */
  alone<R>(name: string, run: () => Promise<R>): Promise<R>;
  close(): void;
}

/** Where there are no locks (Node, old browsers), or nothing to share, every caller leads for itself. */
export function openTabs<T>(name: string, hear: (news: T) => void, share = true): Tabs<T> {
  const locks = globalThis.navigator?.locks;
  const shared = share && Boolean(locks) && typeof BroadcastChannel === "function";
  const channel = shared ? new BroadcastChannel("parley:" + name) : null;
  const closed = new AbortController();
  if (channel) channel.onmessage = (event) => hear(event.data as T);
  return {
    tell: (news) => {
      if (!closed.signal.aborted) channel?.postMessage(news);
    },
    lead: (run) => {
      if (!shared) {
        void run(closed.signal);
        return;
      }
      locks.request(`parley:${name}:lead`, { signal: closed.signal }, () =>
        closed.signal.aborted ? undefined : run(closed.signal)).catch(() => undefined);
    },
    alone: (what, run) =>
      shared ? (locks.request(`parley:${name}:${what}`, run) as Promise<Awaited<ReturnType<typeof run>>>) : run(),
    close: () => {
      closed.abort();
      channel?.close();
    },
  };
}
