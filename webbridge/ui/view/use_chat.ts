import { useEffect, useState } from "preact/hooks";
import type { ChatClient, ChatState } from "../core/index.js";

/** The client's state, as it changes. */
export function useChat(chat: ChatClient): ChatState {
  const [state, setState] = useState(chat.state);
  useEffect(() => {
    setState(chat.state);
    return chat.on("change", setState);
  }, [chat]);
  return state;
}
