/** Who waits, and who is talked to. */
import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../core/types.js";
import { inOrder, matches, type QueueFeed, type QueueState } from "./feed.js";
import { Link } from "./route.js";
import type { Filter } from "./types.js";

const TABS: [Filter, string, "all" | "needsResponse" | "assigned"][] = [
  ["all", "All Chats", "all"],
  ["needs_response", "Needs Response", "needsResponse"],
  ["assigned", "Assigned Chats", "assigned"],
];

/** "5m ago", as the specification shows it. */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}

export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function useQueue(feed: QueueFeed): QueueState {
  const [state, setState] = useState(feed.state);
  useEffect(() => {
    setState(feed.state);
    return feed.subscribe(setState);
  }, [feed]);
  return state;
}

function Badge({ chat }: { chat: Chat }) {
  if (chat.status === "waiting") {
    return <span class="badge urgent"><span aria-hidden="true">🚨</span> Needs response</span>;
  }
  if (chat.status === "live") return <span class="badge assigned">{chat.assignedTo?.name ?? "Assigned"}</span>;
  return <span class="badge">{chat.status === "closed" ? "Closed" : "With the assistant"}</span>;
}

function Row({ chat, now, current }: { chat: Chat; now: number; current: boolean }) {
  const since = chat.escalationRequestedAt ?? chat.lastMessageAt ?? chat.createdAt;
  return (
    <li class={`row ${chat.status}`} data-chat={chat.id}>
      <Link href={`/app/chats/${chat.id}${location.search}`} current={current}>
        <span class="name" dir="auto">{chat.customer.name ?? "Customer"}</span>
        <Badge chat={chat} />
        {chat.escalationReason && <span class="reason" dir="auto">{chat.escalationReason}</span>}
        <time dateTime={since} title={new Date(since).toLocaleString()}>{ago(since, now)}</time>
      </Link>
    </li>
  );
}

export function filterOf(search: string): Filter {
  const wanted = new URLSearchParams(search).get("filter");
  return wanted === "needs_response" || wanted === "assigned" ? wanted : "all";
}

/** j and k move, Enter opens (a link does so by itself). */
function useKeys(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const pressed = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      const step = { j: 1, k: -1 }[event.key];
      if (!step) return;
      const links = [...document.querySelectorAll<HTMLElement>(".rows a")];
      const next = links[links.indexOf(document.activeElement as HTMLElement) + step] ?? links[step > 0 ? 0 : links.length - 1];
      next?.focus();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [on]);
}

export function Queue({ feed, current, keys }: { feed: QueueFeed; current: string; keys: boolean }) {
  const state = useQueue(feed);
  const now = useNow();
  const filter = filterOf(location.search);
  useEffect(() => {
    feed.load(filter).catch(() => undefined);
  }, [filter]);
  useKeys(keys);
  const rows = inOrder(state.rows.values()).filter((chat) => matches(chat, filter));
  const waiting = state.counts.needsResponse;
  return (
    <section class="queue" aria-label="Chats">
      <nav class="tabs" aria-label="Filter">
        {TABS.map(([name, label, count]) => (
          <Link href={`${location.pathname}?filter=${name}`} current={name === filter}>
            {label} <span class="count">{state.counts[count]}</span>
          </Link>
        ))}
      </nav>
      <p class="unseen" role="status">{waiting === 1 ? "1 chat needs a response" : `${waiting} chats need a response`}</p>
      {rows.length === 0 && <p class="empty">{filter === "needs_response" ? "Nobody waits." : "There are no chats here."}</p>}
      <ul class="rows">{rows.map((chat) => <Row key={chat.id} chat={chat} now={now} current={chat.id === current} />)}</ul>
      {state.cursors[filter] && (
        <button type="button" class="quiet" onClick={() => void feed.load(filter, true)}>Show more</button>
      )}
    </section>
  );
}
