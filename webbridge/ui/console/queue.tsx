/** Who waits, and who is talked to. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../core/types.js";
import { inOrder, matches, nameOf, type QueueFeed, type QueueState } from "./feed.js";
import { isFocusLost, isTyped, Link } from "./route.js";
import { SearchBox, textOf, useSearch, words } from "./search.js";
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

function Badge({ chat, me }: { chat: Chat; me: string }) {
  if (chat.offeredTo?.id === me) return <span class="badge urgent">Offered to you</span>;
  if (chat.status === "waiting") {
    return <span class="badge urgent"><span aria-hidden="true">🚨</span> Needs response</span>;
  }
  if (chat.status === "live") return <span class="badge assigned">{chat.assignedTo?.name ?? "Assigned"}</span>;
  return <span class="badge">{chat.status === "closed" ? "Closed" : "With the assistant"}</span>;
}

/** found: with the address it may have been found by. */
function Row({ chat, me, now, current, found }: { chat: Chat; me: string; now: number; current: boolean; found: boolean }) {
  const since = chat.escalationRequestedAt ?? chat.lastMessageAt ?? chat.createdAt;
  return (
    <li class={`row ${chat.status}`} data-chat={chat.id}>
      <Link href={`/app/chats/${chat.id}${location.search}`} current={current}>
        <span class="name" dir="auto">{nameOf(chat)}</span>
        <Badge chat={chat} me={me} />
        {found && chat.customer.email && <span class="reason" dir="auto">{chat.customer.email}</span>}
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
      const step = { j: 1, k: -1 }[event.key];
      if (!step || isTyped(event)) return;
      const links = [...document.querySelectorAll<HTMLElement>(".rows a")];
      const here = links.findIndex((link) => link === document.activeElement);
      const from = here < 0 ? links.findIndex((link) => link.ariaCurrent === "page") : here;
      (links[from + step] ?? links[step > 0 ? 0 : links.length - 1])?.focus();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [on]);
}

/** A row that goes away with the focus leaves it to the one that comes in its place; a chat that is left,
 *  to its row. */
function useFocusKept(ids: readonly string[], current: string) {
  const list = useRef<HTMLUListElement>(null);
  const held = useRef({ id: "", at: 0 });
  const open = useRef(current);
  const focused = (event: FocusEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-chat]");
    const id = list.current?.contains(row) ? row?.dataset.chat ?? "" : "";
    held.current = { id, at: ids.indexOf(id) };
  };
  useEffect(() => {
    document.addEventListener("focusin", focused);
    return () => document.removeEventListener("focusin", focused);
  });
  useLayoutEffect(() => {
    const left = open.current !== current && !current ? open.current : "";
    open.current = current;
    if (!isFocusLost()) return;
    const gone = held.current.id !== "" && !ids.includes(held.current.id);
    const at = left ? ids.indexOf(left) : gone ? Math.min(held.current.at, ids.length - 1) : -1;
    if (!left && !gone) return;
    const next = at < 0 ? document.querySelector<HTMLElement>(".tabs a[aria-current]")
      : list.current?.querySelectorAll<HTMLElement>(".row a")[at];
    next?.focus();
  });
  return list;
}

export function Queue({ feed, me, current, keys }: { feed: QueueFeed; me: string; current: string; keys: boolean }) {
  const state = useQueue(feed);
  const now = useNow();
  const filter = filterOf(location.search);
  const text = textOf(location.search);
  const [depth, setDepth] = useState(1);
  const found = useSearch(feed, filter, text, depth);
  const shown = found.text !== "";
  const done = found.text === text && (!text || found.filter === filter);
  const jump = useRef<string | null>(null);
  useEffect(() => {
    feed.load(filter).catch(() => undefined);
  }, [filter]);
  useEffect(() => setDepth(1), [filter, text]);
  useKeys(keys);
  const chats = shown ? found.chats.map((chat) => state.rows.get(chat.id) ?? chat) : state.rows.values();
  const rows = inOrder(chats).filter((chat) => matches(chat, filter));
  const list = useFocusKept(rows.map((chat) => chat.id), current);
  const toRow = (at: number) => list.current?.querySelectorAll<HTMLElement>(".row a")[at]?.focus();
  const more = () => {
    if (shown) setDepth(depth + 1);
    else void feed.load(filter, true).catch(() => undefined).then(() => toRow(rows.length));
  };
  const arrive = () => {
    jump.current = null;
    toRow(0);
  };
  const enter = (wanted: string) => {
    jump.current = wanted;
    if (done && text === wanted) arrive();
  };
  useEffect(() => {
    if (done && text === jump.current) arrive();
  }, [done, text]);
  const waiting = state.counts.needsResponse;
  const kept = text && `&q=${encodeURIComponent(text)}`;
  return (
    <section class="queue" aria-label="Chats">
      <SearchBox text={text} keys={keys} onEnter={enter} />
      <nav class="tabs" aria-label="Filter">
        {TABS.map(([name, label, count]) => (
          <Link href={`${location.pathname}?filter=${name}${kept}`} current={name === filter}>
            {label} <span class="count">{state.counts[count]}</span>
          </Link>
        ))}
      </nav>
      <p class="unseen" role="status">{waiting === 1 ? "1 chat needs a response" : `${waiting} chats need a response`}</p>
      <p class="found" role="status">{shown && done && words(found, rows.length)}</p>
      {rows.length === 0 && !shown && <p class="empty">{filter === "needs_response" ? "Nobody waits." : "There are no chats here."}</p>}
      <ul class="rows" ref={list}>
        {rows.map((chat) => <Row key={chat.id} chat={chat} me={me} now={now} current={chat.id === current} found={shown} />)}
      </ul>
      {(shown ? found.more : state.cursors[filter]) && (
        <button type="button" class="quiet" onClick={more}>{rows.length === 0 ? "Search on" : "Show more"}</button>
      )}
    </section>
  );
}
