/** The queue as it changes: rows of chats, kept up to date by one stream for all tabs. */
import { type Api } from "../core/api.js";
import { type Connection } from "../core/state.js";
import { readStream, type StreamEvent } from "../core/stream.js";
import { openTabs, type Tabs } from "../core/tabs.js";
import type { Chat, Message } from "../core/types.js";
import type { Call } from "./bell.js";
import type { ChatPage, Counts, Filter } from "./types.js";

export interface QueueState {
  rows: ReadonlyMap<string, Chat>;
  counts: Counts;
  connection: Connection;
  /** where the list of this filter goes on; null at its end */
  cursors: Readonly<Record<Filter, string | null>>;
}

interface Snapshot extends ChatPage {
  asOf: string;
}

interface QueueNews {
  event: "chat_updated" | "chat_removed" | "counts";
  chat?: Chat;
  counts?: Counts;
}

/** Of a search: chats that are shown, and calls that are made for them, before somebody asks for more. */
const FOUND = 50;
const CALLS = 20;

type News = { kind: "event"; event: StreamEvent } | { kind: "connection"; connection: Connection };

export const nameOf = (chat: Chat) => chat.customer.name ?? "Customer";

export function matches(chat: Chat, filter: Filter): boolean {
  if (filter === "needs_response") return chat.status === "waiting";
  if (filter === "assigned") return chat.status === "live";
  return true;
}

const rank = (chat: Chat) => (chat.status === "waiting" ? 0 : chat.status === "live" ? 1 : 2);
const newest = (chat: Chat) => chat.lastMessageAt ?? chat.createdAt;

/** Unassigned escalations first, the longest wait first; then the assigned; then others, newest first. */
export function inOrder(rows: Iterable<Chat>): Chat[] {
  return [...rows].sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    if (rank(a) === 0) return (a.waitingSince ?? "").localeCompare(b.waitingSince ?? "");
    return newest(b).localeCompare(newest(a));
  });
}

export class QueueFeed {
  state: QueueState = {
    rows: new Map(), counts: { all: 0, needsResponse: 0, assigned: 0 }, connection: "idle",
    cursors: { all: null, needs_response: null, assigned: null },
  };
  private readonly api: Api;
  private readonly me: string;
  private readonly tabs: Tabs<News>;
  private readonly listeners = new Set<(state: QueueState) => void>();
  private readonly stop = new AbortController();
  /** of each list that is on its way: the chats the stream told of meanwhile, "" for the counts */
  private readonly loading = new Set<Set<string>>();
  /** up to where the rows show what happened; the stream goes on behind it */
  private place = "";
  /** the rows are not worth anything: the next snapshot is all there is */
  private lost = false;
  /** a chat begins to wait, or my customer writes; told in one tab of a browser */
  onCall: (call: Call) => void = () => undefined;
  onRefused: () => void = () => undefined;

  /** me: the agent's id */
  constructor(api: Api, me: string) {
    this.api = api;
    this.me = me;
    this.tabs = openTabs<News>("queue", (news) => {
      if (news.kind === "event") this.happened(news.event);
      else this.set({ connection: news.connection });
    });
  }

  subscribe(listener: (state: QueueState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(more: Partial<QueueState>): void {
    this.state = { ...this.state, ...more };
    for (const listener of this.listeners) listener(this.state);
  }

  async start(): Promise<void> {
    this.tabs.lead(() => this.follow());
    await this.load("all");
  }

  close(): void {
    this.stop.abort();
    this.tabs.close();
    this.listeners.clear();
  }

  /** The first page of a filter, or the next one. */
  async load(filter: Filter, more = false): Promise<void> {
    const cursor = more ? this.state.cursors[filter] : null;
    if (more && cursor === null) return;
    const newer = new Set<string>();
    this.loading.add(newer);
    const page = await this.page({ filter }, cursor, this.stop.signal)
      .finally(() => this.loading.delete(newer));
    const rows = new Map(this.state.rows);
    for (const chat of page.items) if (!newer.has(chat.id)) rows.set(chat.id, chat);
    const counts = newer.has("") ? this.state.counts : page.counts;
    this.set({ rows, counts, cursors: { ...this.state.cursors, [filter]: page.nextCursor } });
  }

  private page(query: Record<string, string>, cursor: string | null, signal: AbortSignal): Promise<ChatPage> {
    return this.api.get<ChatPage>(`/api/chats?${new URLSearchParams(cursor ? { ...query, cursor } : query)}`, signal);
  }

  /** Chats that have these words; they are not rows of the queue. One call looks at a part of all chats only, and
   *  most of them find nothing when the words are common but seldom together. */
  async find(filter: Filter, text: string, depth: number, signal: AbortSignal): Promise<{ chats: Chat[]; more: boolean }> {
    const chats: Chat[] = [];
    let cursor: string | null = null;
    let calls = 0;
    do {
      const page: ChatPage = await this.page({ filter, q: text }, cursor, signal);
      chats.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor && chats.length < FOUND * depth && ++calls < CALLS * depth);
    return { chats, more: cursor !== null };
  }

  /** A list that was read before this was told may arrive after it: what it says of these is old. */
  private outdate(...ids: string[]): void {
    for (const newer of this.loading) for (const id of ids) newer.add(id);
  }

  /** The first connection begins with a snapshot of the present, later ones with what came meanwhile. */
  private follow(): Promise<void> {
    return readStream({
      api: this.api,
      path: "/api/events",
      lastEventId: () => this.place,
      onEvent: (event) => {
        this.tabs.tell({ kind: "event", event });
        this.call(event);
        this.happened(event);
      },
      onState: (state) => {
        if (state === "refused") this.onRefused();
        const connection = state === "online" ? "online" : "reconnecting";
        this.tabs.tell({ kind: "connection", connection });
        this.set({ connection });
      },
      signal: this.stop.signal,
    });
  }

  private call(event: StreamEvent): void {
    if (event.name !== "queue" && event.name !== "message") return;
    const { channel, payload } = JSON.parse(event.data) as { channel: string; payload: unknown };
    if (event.name === "message") {
      const { role, content } = payload as Message;
      const chat = this.state.rows.get(channel.split(":")[1] ?? "");
      if (role === "USER" && chat?.assignedToId === this.me)
        this.onCall({ chat, title: nameOf(chat), text: content });
      return;
    }
    const { chat } = payload as QueueNews;
    const before = chat && this.state.rows.get(chat.id);
    if (chat?.offeredTo?.id === this.me && before?.offeredTo?.id !== this.me)
      this.onCall({ chat, title: `${nameOf(chat)} is offered to you`, text: chat.escalationReason ?? "" });
    else if (chat?.status === "waiting" && before?.status !== "waiting")
      this.onCall({ chat, title: `${nameOf(chat)} waits`, text: chat.escalationReason ?? "" });
  }

  private happened(event: StreamEvent): void {
    if (event.name === "snapshot") this.snapshot(JSON.parse(event.data) as Snapshot);
    else if (event.name === "reset") {
      this.lost = true;
      this.place = "";
    } else if (event.name === "queue") this.changed((JSON.parse(event.data) as { payload: QueueNews }).payload);
    if (event.id) this.place = event.id;
  }

  private snapshot(page: Snapshot): void {
    const rows = new Map(this.state.rows);
    this.outdate("", ...rows.keys(), ...page.items.map((chat) => chat.id));
    /* what waited or was talked to, and is on this page no more, has changed while nobody looked */
    for (const [id, { status }] of rows)
      if (this.lost || (status !== "assistant" && status !== "closed")) rows.delete(id);
    for (const chat of page.items) rows.set(chat.id, chat);
    this.set({ rows, counts: page.counts });
    this.place = page.asOf;
    if (this.lost) void this.load("all").catch(() => undefined);
    this.lost = false;
  }

  private changed(news: QueueNews): void {
    const { rows } = this.state;
    if (news.counts) {
      this.outdate("");
      this.set({ counts: news.counts });
    }
    if (!news.chat) return;
    this.outdate(news.chat.id);
    const now = new Map(rows);
    if (news.event === "chat_removed") now.delete(news.chat.id);
    else now.set(news.chat.id, news.chat);
    this.set({ rows: now });
  }
}
