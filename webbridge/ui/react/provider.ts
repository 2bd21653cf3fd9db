/** Settings by context, and the client of an interface. */
import { createContext, createElement, type ReactNode, useContext, useEffect, useState } from "react";
import { DRAWN_MS } from "../view/log.js";
import { configured, type Settings, takeUp, type Taken } from "./settings.js";

const Context = createContext<Settings | null>(null);

/** Settings for all that is inside. */
export function ParleyProvider({ children, ...settings }: Settings & { children?: ReactNode }) {
  return createElement(Context.Provider, { value: settings }, children);
}

export function useSettings(): Settings {
  return useContext(Context) ?? configured();
}

/** The client of this chat while it is on the page; null before the first effect. ready: what comes is news. */
export function useTaken(chatId: string, wanted: Settings["side"]): { taken: Taken; ready: boolean } | null {
  const settings = useSettings();
  const side = wanted ?? settings.side ?? "customer";
  const { baseUrl = "", token = "", space = "" } = settings;
  const [now, setNow] = useState<{ taken: Taken; ready: boolean } | null>(null);
  useEffect(() => {
    const taken = takeUp({ baseUrl, side, ...(token ? { token } : {}), ...(space ? { space } : {}) }, chatId);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    setNow({ taken, ready: false });
    void taken.start().then(() => {
      if (!gone) timer = setTimeout(() => setNow({ taken, ready: true }), DRAWN_MS);
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      taken.stop();
      setNow(null);
    };
  }, [chatId, side, baseUrl, token, space]);
  return now;
}
