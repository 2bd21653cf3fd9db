/** Shapes of the HTTP API as they travel; docs/API.md is their reference. */

export type Role = "USER" | "ASSISTANT" | "AGENT" | "SYSTEM";
export type Status = "assistant" | "waiting" | "live" | "closed";

export interface Person {
  id: string;
  name: string;
  email?: string | null;
  avatar: string | null;
}

export interface Action {
  type: string;
  label: string;
  reason?: string;
}

export interface Attachment {
  url: string;
  name: string;
  type: string;
  size: number;
}

export interface Message {
  id: string;
  content: string;
  role: Role;
  createdAt: string;
  sender: Person;
  seq: number;
  clientId?: string | null;
  actions?: Action[];
  attachments?: Attachment[];
  editedAt?: string | null;
  deletedAt?: string | null;
  /** what happened, when it is no message: `agent_joined`, `note` … */
  event?: string;
}

/** The customer's; the comment is for agents. */
export interface Rating {
  score: number;
  ratedAt: string;
  comment?: string | null;
}

export interface Chat {
  id: string;
  organization: string;
  status: Status;
  escalationRequested: boolean;
  escalationReason: string | null;
  escalationRequestedAt: string | null;
  assignedToId: string | null;
  assignedAt: string | null;
  assignedTo: Person | null;
  /** agents: asked to take the chat over */
  offeredTo?: Person | null;
  customer: {
    id: string;
    name: string | null;
    email: string | null;
    /** whom the site's signature says it is; then name and email are the site's word too */
    externalId: string | null;
    verified: boolean;
    locale: string | null;
    page: string | null;
  };
  createdAt: string;
  lastMessageAt: string | null;
  waitingSince: string | null;
  closedAt: string | null;
  rating: Rating | null;
  queuePosition: number | null;
  /** customers, while they wait */
  estimatedWaitSeconds?: number | null;
  agentsOnline?: number | null;
  /** how large a file may be; null: none are taken */
  maxFileBytes: number | null;
  lastSeq: number;
  /** agents: opens the room in an XMPP client, once people were asked for */
  xmppUri?: string;
}

export interface Escalation {
  chatId: string;
  reason: string | null;
  requestedAt: string;
  position: number | null;
  estimatedWaitSeconds: number | null;
  agentsOnline: number;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface History extends Page<Message> {
  lastEventId: string;
}

export interface Agent {
  agentId: string;
  agentName: string;
}

/** Something that happened and is no message. */
export interface Happening {
  id: string;
  seq: number;
  timestamp: string;
  text: string;
  reason?: string;
  agentId?: string;
  agentName?: string;
  /** of `rated` */
  score?: number;
}

export interface Typing {
  userId: string;
  userName: string;
  role: Role;
  isTyping: boolean;
}

export interface Read {
  userId: string;
  userName: string;
  role: Role;
  messageId: string;
}

export interface Updated {
  id: string;
  content: string;
  editedAt: string;
  seq: number;
}

/** A piece of what the assistant writes; the message will have this id. */
export interface Delta {
  messageId: string;
  /** the assistant's */
  name: string;
  text: string;
}

export interface Deleted {
  id: string;
  deletedAt: string;
  seq: number;
}
