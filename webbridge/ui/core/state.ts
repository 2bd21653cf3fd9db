/** What a page shows of one chat, as values: every change makes a new object. */
import type { Problem } from "./api.js";
import type { Letter } from "./outbox.js";
import type {
  Agent, Chat, Deleted, Delta, Escalation, Happening, History, Message, Person, Read, Role, Status, Typing, Updated,
} from "./types.js";

export type Delivery = "sending" | "sent" | "failed";

export interface Shown extends Message {
  delivery: Delivery;
  /** why it was not sent */
  problem?: Problem;
  /** a file on its way: its bytes, and the part of them that has gone */
  file?: Blob;
  progress?: number;
}

/** What the assistant has written so far of the message that will have this id. */
export interface Saying {
  id: string;
  /** the assistant's */
  name: string;
  text: string;
}

export type Connection = "idle" | "online" | "reconnecting" | "offline";

/** Place in the queue; `agentsOnline` null: unknown. */
export interface Waiting extends Pick<Escalation, "position" | "estimatedWaitSeconds"> {
  agentsOnline: number | null;
}

export interface ChatState {
  chatId: string;
  /** "" before the first message */
  status: Status | "";
  escalated: boolean;
  /** in the log's order; what is not sent yet stands at the end */
  messages: readonly Shown[];
  /** older messages than the first of these are on the server */
  more: boolean;
  /** stands behind the messages until it is one of them, or comes to nothing */
  saying: Saying | null;
  typing: readonly Person[];
  agent: Person | null;
  /** the chat as it was when it was last read whole; null before */
  chat: Chat | null;
  connection: Connection;
  queue: Waiting | null;
  /** the other side has read up to this `seq` */
  seenSeq: number;
  /** the customer's, 1 to 5; 0 none */
  rating: number;
  unread: number;
}

export const emptyState: ChatState = {
  chatId: "", status: "", escalated: false, messages: [], more: false, saying: null, typing: [], agent: null, chat: null,
  connection: "idle", queue: null, seenSeq: 0, rating: 0, unread: 0,
};

const UNSENT = Number.MAX_SAFE_INTEGER;

/** Put in or replace, by id or by the key it was sent with; keeps the order. */
export function withMessage(state: ChatState, message: Shown): ChatState {
  const twin = (other: Shown) =>
    other.id === message.id || (Boolean(message.clientId) && other.clientId === message.clientId);
  const old = state.messages.find(twin);
  if (old && old.delivery === "sent" && message.delivery !== "sent") return state;
  const rest = old ? state.messages.filter((other) => !twin(other)) : [...state.messages];
  let at = rest.length;
  while (at > 0 && (rest[at - 1] as Shown).seq > message.seq) at--;
  rest.splice(at, 0, message);
  return unsaid({ ...state, messages: rest }, message.id);
}

function unsaid(state: ChatState, id: string | undefined): ChatState {
  return state.saying && state.saying.id === (id ?? state.saying.id) ? { ...state, saying: null } : state;
}

function withDelta(state: ChatState, { messageId, name, text }: Delta): ChatState {
  /* the history may have been faster */
  if (state.messages.some((m) => m.id === messageId)) return state;
  const before = state.saying?.id === messageId ? state.saying.text : "";
  return { ...state, saying: { id: messageId, name, text: before + text } };
}

export function sent(message: Message): Shown {
  return { ...message, delivery: "sent" };
}

export function unsent({ key, content, at, file }: Letter, sender: Person, role: Role): Shown {
  return {
    id: key, clientId: key, content, role, createdAt: new Date(at).toISOString(), sender,
    seq: UNSENT, delivery: "sending",
    ...(file ? { file, attachments: [{ url: "", name: content, type: file.type, size: file.size }] } : {}),
  };
}

export function changed(state: ChatState, id: string, change: (m: Shown) => Shown): ChatState {
  return { ...state, messages: state.messages.map((m) => (m.id === id ? change(m) : m)) };
}

export function withChat(state: ChatState, chat: Chat): ChatState {
  const waiting = chat.status === "waiting";
  return {
    ...state,
    chat,
    chatId: chat.id,
    status: chat.status,
    saying: chat.status === "assistant" ? state.saying : null,
    escalated: chat.escalationRequested,
    rating: chat.rating?.score ?? 0,
    agent: chat.status === "live" ? chat.assignedTo : null,
    queue: waiting
      ? { position: chat.queuePosition, estimatedWaitSeconds: chat.estimatedWaitSeconds ?? null,
          agentsOnline: chat.agentsOnline ?? null }
      : null,
  };
}

/** older: the page before what is shown. Otherwise the newest; where it does not reach what is shown, that
 *  goes, so that the log has no hole. */
export function withHistory(state: ChatState, page: History, older: boolean): ChatState {
  const more = page.nextCursor !== null;
  const put = (to: ChatState) => page.items.reduce((s, message) => withMessage(s, sent(message)), to);
  if (older) return { ...put(state), more };
  const shown = state.messages.filter((m) => m.delivery === "sent");
  const [first] = shown;
  const hole = more && (shown.at(-1)?.seq ?? -1) < (page.items[0]?.seq ?? 0) - 1;
  if (!first || hole) return { ...put({ ...state, messages: unsentOf(state) }), more };
  return { ...put(state), more: first.seq < (page.items[0]?.seq ?? 0) ? state.more : more };
}

export function unsentOf(state: ChatState): readonly Shown[] {
  return state.messages.filter((m) => m.delivery !== "sent");
}

/** The same as the event that its line in the history stands for. */
export function happeningOf(m: Message, chat: Chat): Happening {
  const who = chat.assignedTo;
  return { id: m.id, seq: m.seq, timestamp: m.createdAt, text: m.content,
    ...(who ? { agentId: who.id, agentName: who.name } : {}) };
}

export function withTyping(state: ChatState, typing: Typing): ChatState {
  const others = state.typing.filter((p) => p.id !== typing.userId);
  const who = { id: typing.userId, name: typing.userName, avatar: null };
  return { ...state, typing: typing.isTyping ? [...others, who] : others };
}

function silent(state: ChatState, userId: string): ChatState {
  return state.typing.some((p) => p.id === userId)
    ? { ...state, typing: state.typing.filter((p) => p.id !== userId) }
    : state;
}

/** A line that says what happened. */
function notice(state: ChatState, name: string, what: Happening): ChatState {
  return withMessage(state, {
    id: what.id, content: what.text, role: "SYSTEM", createdAt: what.timestamp, seq: what.seq,
    sender: { id: "system", name: "System", avatar: null }, event: name, delivery: "sent",
  });
}

export function agentOf(what: Happening): Agent {
  return { agentId: what.agentId ?? "", agentName: what.agentName ?? "" };
}

function happened(state: ChatState, name: string, what: Happening): ChatState {
  const next = notice(state, name, what);
  const { agentId, agentName } = agentOf(what);
  switch (name) {
    case "escalated":
      return { ...next, saying: null, escalated: true, status: "waiting" };
    case "agent_joined":
      return { ...next, status: "live", queue: null,
        agent: { id: agentId, name: agentName, avatar: null } };
    case "agent_left":
      return silent(agentId === next.agent?.id ? { ...next, agent: null, status: "waiting" } : next,
        agentId);
    case "closed":
      return { ...next, status: "closed", saying: null, typing: [], queue: null };
    case "reopened":
      return { ...next, status: next.escalated ? "waiting" : "assistant", rating: 0 };
    case "rated":
      return { ...next, rating: what.score ?? 0 };
    default:
      return next;
  }
}

/** One event of the stream. Names that are not known change nothing. */
export function withEvent(state: ChatState, name: string, payload: unknown): ChatState {
  switch (name) {
    case "message":
    case "note": {
      const message = payload as Message;
      return silent(withMessage(state, sent(message)), message.sender.id);
    }
    case "message_updated": {
      const edit = payload as Updated;
      return changed(state, edit.id, (m) => ({ ...m, content: edit.content, editedAt: edit.editedAt }));
    }
    case "message_deleted": {
      const gone = payload as Deleted;
      return changed(state, gone.id, (m) => ({ ...m, content: "", deletedAt: gone.deletedAt }));
    }
    case "ai_delta":
      return withDelta(state, payload as Delta);
    case "ai_error":
      return unsaid(state, (payload as Delta).messageId);
    case "ready": /* what is being said comes again, from its beginning */
      return unsaid(state, undefined);
    case "escalated":
    case "agent_joined":
    case "agent_left":
    case "closed":
    case "reopened":
    case "rated":
      return happened(state, name, payload as Happening);
    case "queue":
      return state.status === "waiting" ? { ...state, queue: payload as Waiting } : state;
    case "typing":
      return withTyping(state, payload as Typing);
    case "read": {
      const read = payload as Read;
      const seq = state.messages.find((m) => m.id === read.messageId)?.seq ?? 0;
      return seq > state.seenSeq ? { ...state, seenSeq: seq } : state;
    }
    default:
      return state;
  }
}
