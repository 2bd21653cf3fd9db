/** One conversation. A customer's is begun with the first message, kept through reloads, and the same in
 *  all tabs; an agent's is one of the service's, taken up by its id. */
import { Api, newKey, pause, Problem } from "./api.js";
import { type Letter, Outbox } from "./outbox.js";
import { memoryShelf, type Shelf } from "./shelf.js";
import {
  agentOf, type ChatState, type Connection, emptyState, sent, type Shown, unsent, withChat, withEvent,
  withHistory, withMessage, withTyping,
} from "./state.js";
import { readStream, type StreamEvent } from "./stream.js";
import { openTabs, type Tabs } from "./tabs.js";
import type { Agent, Chat, Escalation, Happening, History, Message, Role, Typing } from "./types.js";

const PAGE = 100;
const TYPING_SHOWN_MS = 6000;
const TYPING_TOLD_MS = 3000;
const TYPING_IDLE_MS = 5000;
const POLL_MS = 3000;

/** What is said of the customer when the chat begins. */
export interface Visitor {
  organization?: string;
  name?: string;
  email?: string;
  locale?: string;
  page?: string;
}

export interface ChatOptions {
  /** origin of the daemon; "" is the page's own */
  baseUrl?: string;
  /** tells this chat from others of the same origin: the site's name */
  space?: string;
  shelf?: Shelf;
  visitor?: () => Visitor;
  fetch?: typeof fetch;
  /** who is at this end (customer). An agent is known by its cookie, and takes a chat up by `watch` */
  side?: "customer" | "agent";
}

export interface ChatEvents {
  change: ChatState;
  message: Message;
  agentJoined: Agent;
  agentLeft: Agent;
  escalated: Happening;
  closed: Happening;
  typing: Typing;
  error: Problem;
}

type Listener<T> = (value: T) => void;
type News =
  | { kind: "event"; event: StreamEvent }
  | { kind: "connection"; connection: Connection }
  | { kind: "begun" }
  | { kind: "forgotten" };

interface Held {
  id: string;
  token: string;
}

export class ChatClient {
  state: ChatState = emptyState;
  readonly api: Api;
  private readonly shelf: Shelf;
  private readonly visitor: () => Visitor;
  private readonly mine: Role;
  private joined = false;
  private readonly tabs: Tabs<News>;
  private readonly outbox: Outbox;
  private readonly listeners = new Map<string, Set<Listener<never>>>();
  private readonly typists = new Map<string, ReturnType<typeof setTimeout>>();
  private held: Held | null = null;
  private last = "";
  private reading: AbortController | null = null;
  private loading = false;
  /** events that came while the history was being read */
  private early: StreamEvent[] = [];
  private told = { at: 0, idle: undefined as ReturnType<typeof setTimeout> | undefined };
  private readUpTo = "";
  private readonly dropped = new AbortController();

  constructor(options: ChatOptions = {}) {
    const space = options.space ?? "default";
    this.shelf = options.shelf ?? memoryShelf();
    this.visitor = options.visitor ?? (() => ({}));
    this.mine = options.side === "agent" ? "AGENT" : "USER";
    this.api = new Api({
      baseUrl: options.baseUrl ?? "",
      token: () => this.held?.token ?? "",
      ...(options.fetch ? { fetch: options.fetch } : {}),
    });
    this.tabs = openTabs<News>("chat:" + space, (news) => this.hear(news));
    this.outbox = new Outbox(this.shelf, (letter) => this.deliver(letter),
      (letter, problem) => this.failed(letter, problem));
  }

  /* ---- who listens ---------------------------------------------------------------------- */

  /** Returns what ends the listening. */
  on<K extends keyof ChatEvents>(name: K, listener: Listener<ChatEvents[K]>): () => void {
    const set = this.listeners.get(name) ?? new Set();
    set.add(listener as Listener<never>);
    this.listeners.set(name, set);
    return () => set.delete(listener as Listener<never>);
  }

  private emit<K extends keyof ChatEvents>(name: K, value: ChatEvents[K]): void {
    for (const listener of this.listeners.get(name) ?? []) (listener as Listener<ChatEvents[K]>)(value);
  }

  private set(state: ChatState): void {
    if (state === this.state) return;
    this.state = state;
    this.emit("change", state);
  }

  /* ---- beginning and ending ------------------------------------------------------------- */

  /** Take up the chat that this browser has, if it has one. */
  async start(): Promise<void> {
    this.held = this.readHeld();
    for (const letter of this.outbox.kept()) {
      this.showLetter(letter);
      void this.outbox.send(letter);
    }
    if (this.held) await this.reload();
  }

  /** Take up this chat, whose token is known from elsewhere. */
  async adopt(id: string, token: string): Promise<void> {
    this.hold({ id, token });
    await this.reload();
  }

  /** An agent reads this chat; joined: as one who is in its room, as with an XMPP client. */
  async watch(id: string, joined: boolean): Promise<void> {
    if (this.held?.id === id && this.joined === joined) return;
    this.reading?.abort();
    this.reading = null;
    this.joined = joined;
    const same = this.held?.id === id;
    this.held = { id, token: "" };
    if (same) this.connect();
    else await this.reload();
  }

  private readHeld(): Held | null {
    try {
      const held = JSON.parse(this.shelf.get("chat") ?? "null") as Held | null;
      return held?.id && held.token ? held : null;
    } catch {
      return null;
    }
  }

  private hold(held: Held): void {
    this.held = held;
    this.shelf.set("chat", JSON.stringify(held));
  }

  private begun: Promise<void> | null = null;

  private begin(): Promise<void> {
    if (this.held) return Promise.resolve();
    this.begun ??= this.tabs.alone("begin", async () => {
      this.held = this.readHeld();
      if (this.held) return; /* another tab was first */
      const answer = await this.api.post<{ chat: Chat; token: string }>("/api/chats", this.visitor());
      this.hold({ id: answer.chat.id, token: answer.token });
      this.tabs.tell({ kind: "begun" });
      this.set(withChat(this.state, answer.chat));
    }).finally(() => {
      this.begun = null;
      if (this.held) this.connect();
    });
    return this.begun;
  }

  /** Forget the chat in this browser. On the server it stays as it is. */
  forget(): void {
    this.drop();
    this.outbox.clear();
    this.shelf.set("chat", null);
    this.tabs.tell({ kind: "forgotten" });
  }

  private drop(): void {
    this.reading?.abort();
    this.reading = null;
    this.held = null;
    this.last = "";
    this.early = [];
    for (const timer of this.typists.values()) clearTimeout(timer);
    this.typists.clear();
    this.set(emptyState);
  }

  /** Stop everything; the chat stays in this browser. */
  close(): void {
    this.dropped.abort();
    this.reading?.abort();
    this.tabs.close();
    clearTimeout(this.told.idle);
    for (const timer of this.typists.values()) clearTimeout(timer);
    this.listeners.clear();
  }

  /* ---- history -------------------------------------------------------------------------- */

  private at(rest: string): string {
    return `/api/chats/${this.held?.id ?? ""}${rest}`;
  }

  /** The newest page; then the stream from behind it. */
  private async reload(): Promise<void> {
    this.loading = true;
    try {
      const [chat, page] = await Promise.all([
        this.api.get<Chat>(this.at("")),
        this.api.get<History>(this.at(`/messages?newest=1&limit=${PAGE}`)),
      ]);
      this.set(withHistory(withChat(this.state, chat), page, false));
      this.last = page.lastEventId;
    } catch (error) {
      if (error instanceof Problem && error.gone) {
        this.forget();
        return;
      }
      this.set({ ...this.state, chatId: this.held?.id ?? "", connection: "reconnecting" });
    } finally {
      this.loading = false;
    }
    const early = this.early;
    this.early = [];
    for (const event of early) this.apply(event);
    this.connect();
  }

  /** One page further back; false when there is none. */
  async older(): Promise<boolean> {
    const first = this.state.messages.find((m) => m.delivery === "sent");
    if (!this.state.more || !first) return false;
    const page = await this.api.get<History>(this.at(`/messages?before=${first.seq}&limit=${PAGE}`));
    this.set(withHistory(this.state, page, true));
    return page.nextCursor !== null;
  }

  /* ---- the stream ----------------------------------------------------------------------- */

  private connect(): void {
    if (this.reading || !this.held || this.dropped.signal.aborted) return;
    const mine = (this.reading = new AbortController());
    this.tabs.lead(async (signal) => {
      signal.addEventListener("abort", () => mine.abort());
      if (!mine.signal.aborted) await this.follow(mine);
    });
  }

  private async follow(mine: AbortController): Promise<void> {
    let silent = 0;
    await readStream({
      api: this.api,
      path: this.at(this.joined ? "/events?join=1" : "/events"),
      lastEventId: () => this.last,
      onEvent: (event) => {
        silent = 0;
        this.tabs.tell({ kind: "event", event });
        this.happened(event);
      },
      onState: (state, status) => {
        if (state === "refused" && status !== 0) this.forget();
        else if (state === "ended") this.ended(mine);
        else this.connection(state === "online" ? "online" : "reconnecting");
      },
      onSilent: () => {
        if (++silent > 1) void this.poll(mine.signal);
      },
      signal: mine.signal,
    });
  }

  /** Try again now: the network is back, or the page is in sight again. */
  wake(): void {
    if (!this.reading || this.state.connection === "online") return;
    this.reading.abort();
    this.reading = null;
    this.connect();
  }

  private ended(mine: AbortController): void {
    mine.abort();
    if (this.reading === mine) this.reading = null;
    this.connection("idle");
  }

  private connection(connection: Connection): void {
    const offline = connection === "reconnecting" && globalThis.navigator?.onLine === false;
    const now = offline ? "offline" : connection;
    this.tabs.tell({ kind: "connection", connection: now });
    if (this.state.connection !== now) this.set({ ...this.state, connection: now });
  }

  /** Where something between holds streams back: the history again and again. */
  private async poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.state.connection !== "online") {
      try {
        const page = await this.api.get<History>(this.at(`/messages?newest=1&limit=${PAGE}`), signal);
        this.set(withHistory(withChat(this.state, await this.api.get<Chat>(this.at(""), signal)), page, false));
      } catch {
        /* the stream's own state says what is wrong */
      }
      await pause(POLL_MS, signal);
    }
  }

  private hear(news: News): void {
    if (news.kind === "event") {
      this.happened(news.event);
      if (this.state.status !== "closed") this.connect();
    } else if (news.kind === "connection") this.set({ ...this.state, connection: news.connection });
    else if (news.kind === "forgotten") this.drop();
    else if (!this.held && (this.held = this.readHeld())) void this.reload();
  }

  private happened(event: StreamEvent): void {
    if (this.loading) this.early.push(event);
    else this.apply(event);
  }

  /** A stored event's number; the part before it changes when a backup is restored. */
  private known(id: string): boolean {
    const [epoch, number] = id.split("-");
    const [ours, last] = this.last.split("-");
    return epoch === ours && Number(number) <= Number(last);
  }

  private apply(event: StreamEvent): void {
    if (event.name === "reset") {
      this.last = "";
      this.set({ ...this.state, messages: this.state.messages.filter((m) => m.delivery !== "sent") });
      void this.reload();
      return;
    }
    if (event.id) {
      if (this.known(event.id)) return;
      this.last = event.id;
    }
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    const payload = (data as { payload?: unknown }).payload ?? data;
    this.set(withEvent(this.state, event.name, payload));
    this.announce(event.name, payload);
  }

  private announce(name: string, payload: unknown): void {
    if (name === "message") this.heard(payload as Message);
    else if (name === "agent_joined") this.emit("agentJoined", agentOf(payload as Happening));
    else if (name === "agent_left") this.emit("agentLeft", agentOf(payload as Happening));
    else if (name === "escalated") this.emit("escalated", payload as Happening);
    else if (name === "closed") this.emit("closed", payload as Happening);
    else if (name === "typing") this.typist(payload as Typing);
    if (name === "closed") this.ended(this.reading ?? new AbortController());
  }

  private heard(message: Message): void {
    if (message.clientId) this.outbox.drop(message.clientId);
    if (message.role !== this.mine) this.set({ ...this.state, unread: this.state.unread + 1 });
    this.emit("message", message);
  }

  private typist(typing: Typing): void {
    clearTimeout(this.typists.get(typing.userId));
    this.typists.delete(typing.userId);
    if (typing.isTyping) {
      this.typists.set(typing.userId, setTimeout(() => {
        this.typists.delete(typing.userId);
        this.set(withTyping(this.state, { ...typing, isTyping: false }));
      }, TYPING_SHOWN_MS));
    }
    this.emit("typing", typing);
  }

  /* ---- what the customer does ----------------------------------------------------------- */

  /** Shown at once. Resolves when it is stored, or given up: then `retry` sends it again. */
  send(content: string): Promise<void> {
    const letter = { key: newKey(), content, at: Date.now() };
    this.typing(false);
    this.showLetter(letter);
    return this.outbox.send(letter);
  }

  retry(key: string): Promise<void> {
    const old = this.state.messages.find((m) => m.clientId === key && m.delivery === "failed");
    if (!old) return Promise.resolve();
    const letter = { key, content: old.content, at: Date.parse(old.createdAt) };
    this.showLetter(letter);
    return this.outbox.send(letter);
  }

  /** Give up a message that could not be sent. */
  discard(key: string): void {
    this.outbox.drop(key);
    this.set({ ...this.state, messages: this.state.messages.filter((m) => m.clientId !== key || m.delivery === "sent") });
  }

  private showLetter(letter: Letter): void {
    const me = { id: this.held?.id ?? "", name: "", avatar: null };
    this.set(withMessage(this.state, unsent(letter.key, letter.content, me, letter.at, this.mine)));
  }

  private async deliver(letter: Letter): Promise<void> {
    await this.begin();
    const closed = this.state.status === "closed";
    const rest = this.mine === "AGENT" ? "/messages/send" : "/messages";
    const answer = await this.api.post<{ message: Message }>(this.at(rest),
      { content: letter.content, clientId: letter.key });
    this.set(withMessage(this.state, sent(answer.message)));
    if (closed) await this.reload();
  }

  private failed(letter: Letter, problem: Problem): void {
    const old = this.state.messages.find((m) => m.clientId === letter.key);
    if (old) this.set(withMessage(this.state, { ...old, delivery: "failed", problem } as Shown));
    if (problem.code === "chat-closed") this.set({ ...this.state, status: "closed" });
    this.emit("error", problem);
  }

  /** Ask for a person. */
  async escalate(reason?: string): Promise<Escalation> {
    await this.begin();
    const answer = await this.api.post<{ chat: Chat; escalation: Escalation }>("/api/escalations",
      reason ? { chatId: this.held?.id, reason } : { chatId: this.held?.id });
    this.set({ ...withChat(this.state, answer.chat), queue: answer.chat.status === "waiting" ? answer.escalation : null });
    return answer.escalation;
  }

  async end(): Promise<void> {
    if (!this.held) return;
    const answer = await this.api.post<{ chat: Chat }>(this.at("/close"));
    this.set(withChat(this.state, answer.chat));
  }

  /** The customer writes, or has stopped. Told at most every few seconds. */
  typing(on: boolean): void {
    clearTimeout(this.told.idle);
    if (!this.held || this.state.status === "closed" || (!on && !this.told.at)) return;
    if (on) this.told.idle = setTimeout(() => this.typing(false), TYPING_IDLE_MS);
    if (on && Date.now() - this.told.at < TYPING_TOLD_MS) return;
    this.told.at = on ? Date.now() : 0;
    this.api.post(this.at("/typing"), { isTyping: on }).catch(() => undefined);
  }

  /** All that is shown has been seen. */
  read(): void {
    const theirs = this.mine === "AGENT" ? "USER" : "AGENT";
    const seen = this.state.messages.findLast((m) => m.role === theirs && m.delivery === "sent");
    if (this.state.unread) this.set({ ...this.state, unread: 0 });
    if (!this.held || !this.state.escalated || !seen || seen.id === this.readUpTo) return;
    this.readUpTo = seen.id;
    this.api.post(this.at("/read"), { messageId: seen.id }).catch(() => undefined);
  }
}
