import type { Chat, Page } from "../core/types.js";

export interface Me {
  id: string;
  name: string;
  email: string;
  organization: string;
  role: "agent" | "supervisor";
  availability: string;
  maxChats: number;
}

export interface Colleague extends Me {
  /** held at the moment */
  chats: number;
}

export type Filter = "all" | "needs_response" | "assigned";

export interface Counts {
  all: number;
  needsResponse: number;
  assigned: number;
}

export interface ChatPage extends Page<Chat> {
  counts: Counts;
}
