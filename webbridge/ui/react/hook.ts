/** `useRealtimeChat` for anything that has React's hooks. */
import type { Agent, ChatClient, Message } from "parley-client";
import { Problem } from "parley-client";
import { type Settings, takeUp } from "./settings.js";

/** Of these four the hook is made. */
export interface Hooks {
  useState<T>(first: T): [T, (next: T) => void];
  useEffect(effect: () => void | (() => void), needs?: readonly unknown[]): void;
  useRef<T>(first: T): { current: T };
  useCallback<F extends (...values: never[]) => unknown>(f: F, needs: readonly unknown[]): F;
}

export interface RealtimeChatOptions {
  chatId: string;
  /** false: not connected (true) */
  enabled?: boolean;
  /** every message that comes, one's own too: compare `id` */
  onMessage?: (message: Message) => void;
  onAgentJoined?: (agent: Agent) => void;
  onTyping?: (userId: string, isTyping: boolean) => void;
  onError?: (error: Problem) => void;
}

export interface RealtimeChat {
  /** Resolves when the message is stored, rejects with a `Problem` when it is given up. `role` must be one's own:
   *  USER of a customer, ASSISTANT or AGENT of an agent. */
  sendMessage: (content: string, role?: "USER" | "ASSISTANT" | "AGENT") => Promise<void>;
  isConnected: boolean;
  error: Problem | null;
}

function refusal(detail: string): Problem {
  return new Problem(403, { code: "forbidden", detail });
}

/** The hook, out of the hooks of React or of what is like it. `settings` is called
 *  while it renders, and may be a hook itself. */
export function createUseRealtimeChat({ useState, useEffect, useRef, useCallback }: Hooks, settings: () => Settings) {
  return function useRealtimeChat(options: RealtimeChatOptions): RealtimeChat {
    const { chatId, enabled = true } = options;
    const now = settings();
    const { baseUrl, token, space, side } = now;
    const [isConnected, setConnected] = useState(false);
    const [error, setError] = useState<Problem | null>(null);
    const handlers = useRef(options);
    const client = useRef<{ chat: ChatClient; agent: boolean } | null>(null);
    useEffect(() => {
      handlers.current = options;
    });
    useEffect(() => {
      if (!enabled || !chatId) return undefined;
      const { chat, agent, start, stop } = takeUp(now, chatId);
      client.current = { chat, agent };
      setError(null);
      chat.on("change", (state) => setConnected(state.connection === "online"));
      chat.on("message", (message) => handlers.current.onMessage?.(message));
      chat.on("agentJoined", (who) => handlers.current.onAgentJoined?.(who));
      chat.on("typing", (typing) => handlers.current.onTyping?.(typing.userId, typing.isTyping));
      chat.on("error", (problem) => {
        setError(problem);
        handlers.current.onError?.(problem);
      });
      void start();
      return () => {
        stop();
        client.current = null;
        setConnected(false);
      };
    }, [chatId, enabled, baseUrl, token, space, side]);
    const sendMessage = useCallback(async (content: string, role?: "USER" | "ASSISTANT" | "AGENT") => {
      const taken = client.current;
      if (!taken) throw refusal("This chat is not connected.");
      if (role && (role === "USER") === taken.agent) throw refusal("The role belongs to the other side.");
      const problem = await taken.chat.send(content);
      if (problem) throw problem;
      setError(null);
    }, []);
    return { sendMessage, isConnected, error };
  };
}
