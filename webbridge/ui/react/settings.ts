/** Where the chats are, and who asks. */
import { browserShelf, ChatClient, memoryShelf } from "parley-client";

export interface Settings {
  /** origin of the daemon, without a slash at the end; "" is the page's own */
  baseUrl?: string;
  /** the chat's token, when the page got it from elsewhere; else what this browser holds is used */
  token?: string;
  /** the site's name, as in the widget's `data-site` */
  space?: string;
  /** who is at this end; without it: customer, where there is a token, else agent (by the console's cookie) */
  side?: "customer" | "agent";
  /** language of the interfaces: en, de, fr, es, ar, or what the browser prefers ("auto") */
  locale?: string;
}

let general: Settings = {};

/** What holds where no `ParleyProvider` says something else. */
export function configure(settings: Settings): void {
  general = { ...settings };
}

export function configured(): Settings {
  return general;
}

export interface Taken {
  chat: ChatClient;
  agent: boolean;
  /** resolves after the first try to read the history */
  start: () => Promise<void>;
  /** ends it; a later `start` needs another one */
  stop: () => void;
}

function taken(chat: ChatClient, agent: boolean, begin: () => Promise<void>): Taken {
  const wake = () => chat.wake();
  return {
    chat,
    agent,
    start: () => {
      addEventListener("online", wake);
      document.addEventListener("visibilitychange", wake);
      return begin();
    },
    stop: () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      chat.close();
    },
  };
}

/** A client for this chat, or without an id for the customer's own. It reads nothing before `start`. */
export function takeUp(settings: Settings, chatId = ""): Taken {
  const space = settings.space ?? "default";
  const shelf = browserShelf(space);
  const mine = !chatId || ChatClient.heldBy(shelf)?.id === chatId;
  const agent = settings.side === "agent" || (settings.side === undefined && !mine && !settings.token);
  const base = { baseUrl: settings.baseUrl ?? "" };
  if (agent) {
    const chat = new ChatClient({ ...base, side: "agent", space: "agent:" + chatId });
    return taken(chat, agent, () => chat.watch(chatId, false));
  }
  if (!mine) {
    const chat = new ChatClient({ ...base, space: "chat:" + chatId, shelf: memoryShelf() });
    return taken(chat, agent, () => chat.adopt(chatId, settings.token ?? ""));
  }
  const visitor = () => ({
    locale: navigator.language,
    page: location.origin + location.pathname,
    ...(settings.space ? { organization: space } : {}),
  });
  const chat = new ChatClient({ ...base, space, shelf, visitor });
  return taken(chat, agent, () => chat.start());
}
