/** One conversation. A customer's is begun with the first message, kept through reloads, and the same in
 *  all tabs; an agent's is one of the service's, taken up by its id. */
import { Api, backoff, newKey, pause, Problem } from "./api.js";
import type { ChatEvents, ChatOptions, News, Told, Visitor } from "./options.js";
import { Listeners } from "./listeners.js";
import { type Letter, Outbox } from "./outbox.js";
import { memoryShelf, type Shelf } from "./shelf.js";
import { Signs } from "./signs.js";
import {
  agentOf, changed, type ChatState, type Connection, emptyState, happeningOf, sent, type Shown, unsent, unsentOf, withChat,
  withEvent, withHistory, withMessage, withTyping,
} from "./state.js";
import { readStream, type StreamEvent } from "./stream.js";
import { openTabs, type Tabs } from "./tabs.js";
import { Typists } from "./typists.js";
import type { Chat, Escalation, Happening, History, Message, Role, Typing } from "./types.js";

const PAGE = 100;
const POLL_MS = 3000;
const FIRST_EVENT_MS = 15_000;

interface Held {
  id: string;
  token: string;
}

export class ChatClient extends Listeners<ChatEvents> {
  state: ChatState = emptyState;
  readonly api: Api;
  readonly #shelf: Shelf;
  readonly #visitor: () => Visitor;
  readonly #mine: Role;
  readonly #firstEventMs: number;
  #joined = false;
  readonly #tabs: Tabs<News>;
  readonly #outbox: Outbox;
  readonly #typists = new Typists((typing) => {
    this.#set(withTyping(this.state, typing));
    this.emit("typing", typing);
  });
  /** a new object for each chat that is taken up: what comes for another is too late */
  #held: Held | null = null;
  #last = "";
  #reading: AbortController | null = null;
  #leading = false;
  #polling = false;
  #loading: Held | null = null;
  #loaded = false;
  /** the log is another one since `reset` */
  #stale = false;
  /** events that came while the history was being read */
  #early: StreamEvent[] = [];
  readonly #signs = new Signs((what, body) => void this.api.post(this.#at(what), body).catch(() => undefined));
  #begun: Promise<void> | null = null;
  /** ends a pause between two tries */
  #hurry = new AbortController();
  readonly #dropped = new AbortController();

  constructor(options: ChatOptions = {}) {
    super();
    const space = options.space ?? "default";
    this.#shelf = options.shelf ?? memoryShelf();
    this.#visitor = options.visitor ?? (() => ({}));
    this.#mine = options.side === "agent" ? "AGENT" : "USER";
    this.#firstEventMs = options.firstEventMs ?? FIRST_EVENT_MS;
    this.api = new Api({
      baseUrl: options.baseUrl ?? "",
      token: () => this.#held?.token ?? "",
      ...(options.fetch ? { fetch: options.fetch } : {}),
    });
    this.#tabs = openTabs<News>("chat:" + space, (news) => this.#hear(news),
      this.#mine === "AGENT" || this.#shelf.shared === true);
    this.#outbox = new Outbox({
      shelf: this.#shelf,
      deliver: (letter) => this.#deliver(letter),
      failed: (letter, problem) => this.#failed(letter, problem),
      again: (letter) => this.#showLetter(letter),
      signal: this.#dropped.signal,
    });
  }

  #set(state: ChatState): void {
    if (state === this.state) return;
    this.state = state;
    this.emit("change", state);
  }

  /* ---- beginning and ending ------------------------------------------------------------- */

  /** Take up the chat that this browser has, if it has one, and what was not sent. */
  async start(): Promise<void> {
    const held = this.#readHeld();
    if (held) this.#turnTo(held);
    for (const letter of this.#outbox.kept()) void this.#outbox.send(letter);
    await this.#reload();
  }

  /** Take up this chat, whose token is known from elsewhere. */
  async adopt(id: string, token: string): Promise<void> {
    if (this.#held?.id === id && this.#held.token === token) return;
    this.#turnTo({ id, token });
    this.#hold({ id, token });
    await this.#reload();
  }

  /** An agent reads this chat; joined: as one who is in its room, as with an XMPP client. */
  async watch(id: string, joined: boolean): Promise<void> {
    if (this.#held?.id === id && this.#joined === joined) return;
    this.#joined = joined;
    if (this.#held?.id !== id) {
      this.#turnTo({ id, token: "" });
      await this.start();
      return;
    }
    this.#reading?.abort();
    this.#reading = null;
    this.#connect();
  }

  /** What this browser holds: the chat's id and token. null: none. */
  static heldBy(shelf: Shelf): { id: string; token: string } | null {
    try {
      const held = JSON.parse(shelf.get("chat") ?? "null") as Held | null;
      return held?.id && held.token ? held : null;
    } catch {
      return null;
    }
  }

  #readHeld(): Held | null {
    return ChatClient.heldBy(this.#shelf);
  }

  #turnTo(held: Held): void {
    if (this.#held) {
      this.#outbox.clear();
      this.#drop();
    }
    this.#held = held;
  }

  #hold(held: Held): void {
    this.#held = held;
    this.#shelf.set("chat", JSON.stringify(held));
    this.#tell({ kind: "begun", held });
  }

  #begin(): Promise<void> {
    if (this.#held) return Promise.resolve();
    const begun: Promise<void> = this.#begun ??= this.#tabs.alone("begin", async () => {
      const held = this.#readHeld();
      if (held) { /* another tab was first */
        this.#held = held;
        void this.#reload();
        return;
      }
      const answer = await this.api.post<{ chat: Chat; token: string }>("/api/chats", this.#visitor());
      if (this.#begun !== begun) throw new Problem(0); /* forgotten meanwhile */
      this.#hold({ id: answer.chat.id, token: answer.token });
      this.#loaded = true;
      this.#set(withChat(this.state, answer.chat));
      this.#connect();
    }).finally(() => {
      if (this.#begun === begun) this.#begun = null;
    });
    return begun;
  }

  /** Forget the chat in this browser, and what was not sent. On the server it stays as it is. */
  forget(): void {
    this.#outbox.clear();
    this.#leave(true);
  }

  /** The server does not know it any more: what was not sent begins a new one. */
  #lost(problem: Problem): void {
    this.#leave(false);
    this.emit("error", problem);
  }

  #leave(letters: boolean): void {
    const chat = this.#held?.id ?? "";
    this.#drop();
    if (this.#readHeld()?.id === chat) this.#shelf.set("chat", null);
    this.#tell({ kind: "forgotten", letters }, chat);
  }

  #drop(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.#held = this.#begun = this.#loading = null;
    this.#loaded = this.#stale = false;
    this.#last = "";
    this.#early = [];
    this.#hush();
    this.#set({ ...emptyState, messages: unsentOf(this.state).filter((m) => this.#outbox.has(m.clientId ?? "")) });
  }

  #hush(): void {
    this.#signs.clear();
    this.#typists.clear();
  }

  /** Stop everything; the chat stays in this browser. */
  close(): void {
    this.#dropped.abort();
    this.#reading?.abort();
    this.#hurry.abort();
    this.#tabs.close();
    this.#hush();
    this.deafen();
  }

  /* ---- history -------------------------------------------------------------------------- */

  #at(rest: string): string {
    return `/api/chats/${this.#held?.id ?? ""}${rest}`;
  }

  /** The newest page; then the stream from behind it. Resolves after the first try. */
  async #reload(): Promise<void> {
    const held = this.#held;
    if (!held || this.#loading === held) return;
    this.#loading = held;
    await this.#load(held, 0);
  }

  async #load(held: Held, tries: number): Promise<void> {
    try {
      await this.#refresh(held, this.#dropped.signal);
    } catch (error) {
      if (this.#held !== held || this.#dropped.signal.aborted) return;
      const problem = error instanceof Problem ? error : new Problem(0);
      if (problem.gone) {
        this.#lost(problem);
        return;
      }
      this.#set({ ...this.state, chatId: held.id });
      if (!this.#reading) this.#connection("reconnecting");
      this.#hurry = new AbortController();
      void pause(Math.max(problem.retryMs, backoff(tries)), this.#hurry.signal).then(() =>
        this.#held === held && !this.#dropped.signal.aborted ? this.#load(held, tries + 1) : undefined);
      return;
    }
    if (this.#held !== held) return;
    this.#loading = null;
    for (const event of this.#early.splice(0)) this.#happened(event);
    this.#connect();
  }

  /** Read chat and newest page; what is new in it is announced, but not what was there at first. */
  async #refresh(held: Held, signal: AbortSignal): Promise<void> {
    const page = await this.api.get<History>(this.#at(`/messages?newest=1&limit=${PAGE}`), signal);
    if (this.#held !== held) return;
    /* after the page: what is in that is not told again */
    const chat = await this.api.get<Chat>(this.#at(""), signal);
    if (this.#held !== held || signal.aborted) return;
    const shown = new Set(this.state.messages.map((m) => m.id));
    const base = this.#stale ? { ...this.state, messages: unsentOf(this.state), seenSeq: 0, saying: null } : this.state;
    const fresh = this.#loaded ? page.items.filter((m) => !shown.has(m.id)) : [];
    this.#set(withHistory(withChat(base, chat), page, false));
    this.#loaded = true;
    this.#stale = false;
    if (!this.#known(page.lastEventId)) this.#last = page.lastEventId;
    for (const m of fresh) {
      if (m.role === "SYSTEM") this.#announce(m.event ?? "", happeningOf(m, chat));
      else this.#announce("message", m);
    }
  }

  /** One page further back; false when there is none. */
  async older(): Promise<boolean> {
    const first = this.state.messages.find((m) => m.delivery === "sent");
    if (!this.state.more || !first) return false;
    const held = this.#held;
    const page = await this.api.get<History>(this.#at(`/messages?before=${first.seq}&limit=${PAGE}`));
    if (this.#held !== held) return false;
    this.#set(withHistory(this.state, page, true));
    return page.nextCursor !== null;
  }

  /* ---- the stream ----------------------------------------------------------------------- */

  #connect(): void {
    if (this.#reading || this.#loading || !this.#held || this.#dropped.signal.aborted) return;
    const mine = (this.#reading = new AbortController());
    this.#tabs.lead(async (signal) => {
      if (mine.signal.aborted) return;
      signal.addEventListener("abort", () => mine.abort(), { once: true, signal: mine.signal });
      this.#leading = true;
      await this.#follow(mine);
      this.#leading = false;
    });
    this.#tell({ kind: "who" });
  }

  async #follow(mine: AbortController): Promise<void> {
    let silent = 0;
    await readStream({
      api: this.api,
      path: this.#at(this.#joined ? "/events?join=1" : "/events"),
      lastEventId: () => this.#last,
      firstEventMs: this.#firstEventMs,
      onEvent: (event) => {
        const said = event.name === "ai_delta";
        if (!said) this.#tell({ kind: "event", event });
        this.#happened(event);
        if (said) this.#tellSaid();
      },
      onState: (state, status, problem) => {
        if (state === "refused") this.#lost(problem ?? new Problem(status));
        else if (state === "ended") this.#ended(mine);
        else if (state === "online" || !this.#polling) this.#connection(state);
        if (state === "online") {
          this.#polling = false;
          silent = 0;
          this.#outbox.wake();
        }
      },
      onSilent: () => {
        if (++silent > 1 && !this.#polling) void this.#poll(mine.signal);
      },
      hurry: () => (this.#hurry = new AbortController()),
      signal: mine.signal,
    });
  }

  /** Try again now: the network is back, or the page is in sight again. */
  wake(): void {
    this.#hurry.abort();
    if (this.#held && this.state.connection === "online") return;
    this.#outbox.wake();
    this.#reading?.abort();
    this.#reading = null;
    this.#connect();
  }

  #ended(mine = this.#reading): void {
    mine?.abort();
    if (this.#reading === mine) this.#reading = null;
    this.#connection("idle");
  }

  #connection(connection: Connection): void {
    const offline = connection === "reconnecting" && globalThis.navigator?.onLine === false;
    const now = offline ? "offline" : connection;
    if (this.state.connection === now) return;
    this.#set({ ...this.state, connection: now });
    if (this.#leading) this.#tell({ kind: "connection", connection: now });
  }

  /** Where something between holds streams back: the history again and again, until a stream comes through. */
  async #poll(signal: AbortSignal): Promise<void> {
    this.#polling = true;
    this.#set({ ...this.state, saying: null });
    while (this.#polling && !signal.aborted && this.#held) {
      const last = this.#last;
      try {
        await this.#refresh(this.#held, signal);
        this.#connection("online");
        this.#outbox.wake();
        if (this.#last !== last) this.#tell({ kind: "changed" });
      } catch {
        if (!signal.aborted) this.#connection("reconnecting");
      }
      await pause(POLL_MS, signal);
    }
    this.#polling = false;
  }

  #tell(news: Told, chat = this.#held?.id ?? ""): void {
    this.#tabs.tell({ ...news, chat } as News);
  }

  /* Whole each time: a tab may have come in the middle. */
  #tellSaid(): void {
    this.#tell({ kind: "saying", saying: this.state.saying });
  }

  #hear(news: News): void {
    const held = this.#held;
    if (news.kind === "begun") {
      if (news.held.id === held?.id || this.#mine === "AGENT") return;
      this.#turnTo(news.held);
      void this.#reload();
    } else if (!held || held.id !== news.chat) return;
    else if (news.kind === "event") {
      this.#happened(news.event);
      if (this.state.status !== "closed") this.#connect();
    } else if (news.kind === "connection") {
      if (this.state.connection === news.connection) return;
      this.#set({ ...this.state, connection: news.connection });
      if (news.connection === "online") this.#outbox.wake();
    } else if (news.kind === "who") {
      if (!this.#leading) return;
      this.#tell({ kind: "connection", connection: this.state.connection });
      this.#tellSaid();
    } else if (news.kind === "saying") this.#set({ ...this.state, saying: news.saying });
    else if (news.kind === "changed") void this.#refresh(held, this.#dropped.signal).catch(() => undefined);
    else {
      if (news.letters) this.#outbox.clear();
      this.#drop();
    }
  }

  #happened(event: StreamEvent): void {
    if (this.#loading) this.#early.push(event);
    else this.#apply(event);
  }

  /** A stored event's number; the part before it changes when a backup is restored. */
  #known(id: string): boolean {
    const [epoch, number] = id.split("-");
    const [ours, last] = this.#last.split("-");
    return epoch === ours && Number(number) <= Number(last);
  }

  #apply(event: StreamEvent): void {
    if (event.name === "reset") {
      this.#last = "";
      this.#stale = true;
      void this.#reload();
      return;
    }
    if (event.id) {
      if (this.#known(event.id)) return;
      this.#last = event.id;
    }
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    const payload = (data as { payload?: unknown }).payload ?? data;
    this.#set(withEvent(this.state, event.name, payload));
    this.#announce(event.name, payload);
  }

  #announce(name: string, payload: unknown): void {
    if (name === "message") this.#heard(payload as Message);
    else if (name === "agent_joined") this.emit("agentJoined", agentOf(payload as Happening));
    else if (name === "agent_left") this.emit("agentLeft", agentOf(payload as Happening));
    else if (name === "escalated") this.emit("escalated", payload as Happening);
    else if (name === "closed") this.emit("closed", payload as Happening);
    else if (name === "rated") this.emit("rated", { score: this.state.rating });
    else if (name === "typing") this.#typist(payload as Typing);
    if (name === "closed") {
      this.#ended();
      /* opened again already */
      if (this.state.messages.some((m) => m.seq > (payload as Happening).seq)) this.#connect();
    }
  }

  #heard(message: Message): void {
    if (message.clientId) this.#outbox.drop(message.clientId);
    if (message.role !== this.#mine) this.#set({ ...this.state, unread: this.state.unread + 1 });
    this.emit("message", message);
  }

  #typist(typing: Typing): void {
    this.#typists.heard(typing);
    this.emit("typing", typing);
  }

  /* ---- what the customer does ----------------------------------------------------------- */

  /** Shown at once. Resolves with null when it is stored; with the problem when it is given up: then it
   *  goes with the next that is sent, by `retry`, or when the connection is back. */
  send(content: string): Promise<Problem | null> {
    this.typing(false);
    return this.#put({ key: newKey(), content, at: Date.now() });
  }

  /** A file, as a message of its own; once people were asked for, and up to `chat.maxFileBytes`. As `send`, but a
   *  reload forgets what was not sent. */
  sendFile(file: Blob, name = (file as File).name ?? "file"): Promise<Problem | null> {
    return this.#put({ key: newKey(), content: name, at: Date.now(), file });
  }

  #put(letter: Letter): Promise<Problem | null> {
    this.#showLetter(letter);
    return this.#outbox.send(letter);
  }

  retry(key: string): Promise<Problem | null> {
    const old = this.state.messages.find((m) => m.clientId === key && m.delivery === "failed");
    if (!old) return Promise.resolve(null);
    const reused = old.problem?.code === "key-reused";
    if (reused) this.discard(key);
    return this.#put({ key: reused ? newKey() : key, content: old.content, at: Date.parse(old.createdAt),
      ...(old.file ? { file: old.file } : {}) });
  }

  /** Give up a message that could not be sent. */
  discard(key: string): void {
    this.#outbox.drop(key);
    this.#set({ ...this.state,
      messages: this.state.messages.filter((m) => m.clientId !== key || m.delivery === "sent") });
  }

  #showLetter(letter: Letter): void {
    const me = { id: this.#held?.id ?? "", name: "", avatar: null };
    this.#set(withMessage(this.state, unsent(letter, me, this.#mine)));
  }

  async #deliver(letter: Letter): Promise<void> {
    await this.#begin();
    const held = this.#held;
    const { content, file, key } = letter;
    try {
      const answer = await (file
        ? this.api.upload<{ message: Message }>(`/api/attachments?chatId=${held?.id}&name=${encodeURIComponent(content)}`,
          file, key, (progress) => this.#set(changed(this.state, key, (m) => ({ ...m, progress }))))
        : this.api.post<{ message: Message }>(this.#at(this.#mine === "AGENT" ? "/messages/send" : "/messages"),
          { content, clientId: key }));
      this.#hurry.abort(); /* the server is back: what waits for it need not wait on */
      if (this.#held !== held) return;
      this.#set(withMessage(this.state, sent(answer.message)));
    } catch (error) {
      /* 403: known here, and shut out: another chat is not the answer to that */
      const unknown = error instanceof Problem && error.gone && error.status !== 403;
      if (this.#mine === "AGENT" || file || !unknown) throw error;
      if (this.#held === held) this.#lost(error);
      throw new Problem(0); /* the next try begins a chat */
    }
    /* It is open again: from where it had ended, so that the other tabs hear of that too. */
    if (this.state.status === "closed") this.#connect();
  }

  #failed(letter: Letter, problem: Problem): void {
    const old = this.state.messages.find((m) => m.clientId === letter.key);
    if (old) this.#set(withMessage(this.state, { ...old, delivery: "failed", problem } as Shown));
    if (problem.code === "chat-closed") this.#set({ ...this.state, status: "closed" });
    this.emit("error", problem);
  }

  /** Ask for a person. */
  async escalate(reason?: string): Promise<Escalation> {
    await this.#begin();
    const held = this.#held;
    const { chat, escalation } = await this.api.post<{ chat: Chat; escalation: Escalation }>("/api/escalations",
      { chatId: held?.id, reason: reason || undefined });
    if (this.#held === held) this.#set({ ...withChat(this.state, chat), queue: chat.status === "waiting" ? escalation : null });
    return escalation;
  }

  async end(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    const { chat } = await this.api.post<{ chat: Chat }>(this.#at("/close"));
    if (this.#held === held) this.#set(withChat(this.state, chat));
  }

  /** What the customer thinks of the chat, 1 to 5: once, while an agent has it or when it is over. */
  async rate(score: number, comment = ""): Promise<void> {
    const held = this.#held;
    if (!held) return;
    try {
      await this.api.post(this.#at("/rating"), { score, clientId: newKey(), ...(comment ? { comment } : {}) });
    } catch (error) {
      /* an earlier try, or another tab, may have done it */
      if (!(error instanceof Problem) || error.code !== "conflict") throw error;
      await this.#refresh(held, this.#dropped.signal);
      if (this.#held === held && !this.state.rating) throw error;
    }
    if (this.#held === held) await this.#refresh(held, this.#dropped.signal).catch(() => undefined);
    this.#tell({ kind: "changed" });
  }

  /** The customer writes, or has stopped. Told at most every few seconds. */
  typing(on: boolean): void {
    this.#signs.typing(on, this.#held !== null && this.state.status !== "closed");
  }

  /** All that is shown has been seen. */
  read(): void {
    const theirs = this.#mine === "AGENT" ? "USER" : "AGENT";
    const seen = this.state.messages.findLast((m) => m.role === theirs && m.delivery === "sent");
    if (this.state.unread) this.#set({ ...this.state, unread: 0 });
    if (this.#held && this.state.escalated && seen) this.#signs.read(seen.id);
  }
}
