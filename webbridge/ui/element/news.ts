/** What the element tells the page it is in, as events `chat:NAME`. */
import type { ChatClient, ChatState, Message } from "../core/index.js";

export interface News {
  ready: null;
  open: null;
  close: null;
  "message:sent": Told;
  "message:received": Told;
  escalated: { reason: string | null };
  agent_joined: { name: string };
  agent_left: { name: string };
  typing: { name: string; isTyping: boolean };
  unread: { count: number };
  connection: { state: string };
  ended: null;
  rating: { score: number };
  error: { code: string; status: number; message: string };
}

export interface Told {
  id: string;
  content: string;
  role: Message["role"];
  sender: string;
  createdAt: string;
}

export type Tell = <K extends keyof News>(name: K, detail: News[K]) => void;

const newest = (state: ChatState) => state.messages.findLast((m) => m.delivery === "sent")?.seq ?? 0;

/** Call it when the history is there: what stands in it is not news. */
export function tellNews(chat: ChatClient, tell: Tell): void {
  let { chatId: id, connection, chat: read } = chat.state;
  let before = newest(chat.state);
  const told = new Set<string>();
  const changed = (state: ChatState) => {
    if (state.chatId !== id) {
      id = state.chatId;
      before = 0;
    } else if (!read) before = newest(state); /* the history comes at last */
    read = state.chat;
    for (const m of state.messages) {
      if (m.delivery !== "sent" || m.seq <= before || m.role === "SYSTEM" || told.has(m.id)) continue;
      told.add(m.id);
      tell(m.role === "USER" ? "message:sent" : "message:received",
        { id: m.id, content: m.content, role: m.role, sender: m.sender.name, createdAt: m.createdAt });
    }
    if (state.connection !== connection) tell("connection", { state: connection = state.connection });
  };
  chat.on("change", changed);
  chat.on("escalated", (what) => tell("escalated", { reason: what.reason ?? null }));
  chat.on("agentJoined", (agent) => tell("agent_joined", { name: agent.agentName }));
  chat.on("agentLeft", (agent) => tell("agent_left", { name: agent.agentName }));
  chat.on("typing", (typing) => tell("typing", { name: typing.userName, isTyping: typing.isTyping }));
  chat.on("closed", () => tell("ended", null));
  chat.on("rated", tell.bind(null, "rating"));
  chat.on("error", (problem) =>
    tell("error", { code: problem.code, status: problem.status, message: problem.message }));
}
