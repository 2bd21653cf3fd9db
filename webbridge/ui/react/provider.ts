/** Settings by context, and the client of an interface. */
import type { ChatState } from "parley-client";
import { createContext, createElement, type ReactNode, useContext, useEffect, useState } from "react";
import { configured, type Settings, takeUp, type Taken } from "./settings.js";

const Context = createContext<Settings | null>(null);

/** Settings for all that is inside. */
export function ParleyProvider({ children, ...settings }: Settings & { children?: ReactNode }) {
  return createElement(Context.Provider, { value: settings }, children);
}

export function useSettings(): Settings {
  return useContext(Context) ?? configured();
}

/** The client of this chat while it is on the page, and its state; null before the first effect. */
export function useTaken(chatId: string, wanted: Settings["side"]): { taken: Taken; state: ChatState } | null {
  const settings = useSettings();
  const side = wanted ?? settings.side ?? "customer";
  const { baseUrl = "", token = "", space = "" } = settings;
  const [now, setNow] = useState<{ taken: Taken; state: ChatState } | null>(null);
  useEffect(() => {
    const taken = takeUp({ baseUrl, side, ...(token ? { token } : {}), ...(space ? { space } : {}) }, chatId);
    setNow({ taken, state: taken.chat.state });
    taken.chat.on("change", (state) => setNow({ taken, state }));
    taken.start();
    return () => {
      taken.stop();
      setNow(null);
    };
  }, [chatId, side, baseUrl, token, space]);
  return now;
}
