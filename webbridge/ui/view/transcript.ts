/** The conversation as a text file, made in the browser. */
import type { ChatClient, History, Message } from "../core/index.js";
import { nameOf, wordsOf } from "./log.js";
import type { Speech } from "./words.js";

const PAGE = 200;

/** All messages, also those that are not shown yet. */
async function whole(chat: ChatClient): Promise<Message[]> {
  let all: Message[] = chat.state.messages.filter((m) => m.delivery === "sent");
  let more = chat.state.more;
  while (more && all[0]) {
    const { items, nextCursor } = await chat.api.get<History>(
      `/api/chats/${chat.state.chatId}/messages?before=${all[0].seq}&limit=${PAGE}`);
    all = [...items, ...all];
    more = nextCursor !== null;
  }
  return all;
}

export async function transcriptOf(chat: ChatClient, speech: Speech): Promise<string> {
  const lines = (await whole(chat)).map((m) => {
    const stamp = m.createdAt.slice(0, 16).replace("T", " ");
    const who = m.role === "SYSTEM" ? "*" : nameOf({ ...m, delivery: "sent" }, "USER", speech) + ":";
    return `[${stamp}] ${who} ${wordsOf(m, speech)}`;
  });
  return [speech.say("transcript.head", { site: location.host }), "", ...lines, ""].join("\r\n");
}

export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
