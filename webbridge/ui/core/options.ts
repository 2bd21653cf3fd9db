/** What a conversation is given, what it tells, and what its tabs tell each other. */
import type { Problem } from "./api.js";
import type { Shelf } from "./shelf.js";
import type { ChatState, Connection, Saying } from "./state.js";
import type { StreamEvent } from "./stream.js";
import type { Agent, Happening, Message, Typing } from "./types.js";

/** What is said of the customer when the chat begins. */
export interface Visitor {
  organization?: string;
  name?: string;
  email?: string;
  /** signed by the site: takes the place of name and email */
  userToken?: string;
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
  /** a stream that gives nothing in this time is held back by something between: it is polled instead */
  firstEventMs?: number;
}

export interface ChatEvents {
  change: ChatState;
  message: Message;
  agentJoined: Agent;
  agentLeft: Agent;
  escalated: Happening;
  closed: Happening;
  typing: Typing;
  rated: { score: number };
  error: Problem;
}

/** Between the tabs; `chat` says of which one is spoken. */
export type News = { chat: string } & (
  | { kind: "event"; event: StreamEvent }
  | { kind: "connection"; connection: Connection }
  | { kind: "saying"; saying: Saying | null }
  /** a tab has come and asks the leader for connection and what is being said */
  | { kind: "who" }
  /** the log has news that came without events */
  | { kind: "changed" }
  /** with the chat itself: a tab of another process may not see it on the shelf yet */
  | { kind: "begun"; held: { id: string; token: string } }
  | { kind: "forgotten"; letters: boolean });

export type Told = News extends infer N ? N extends { kind: unknown } ? Omit<N, "chat"> : never : never;
