/** The conversation on a page: the widget's own, without its frame. */
import { createElement, type FunctionComponent, type ReactElement, useEffect, useState } from "react";
import { loadSpeech } from "../view/locales.js";
import { Panel } from "../view/panel.js";
import { useChat } from "../view/use_chat.js";
import { type Speech, speechOf } from "../view/words.js";
import { AgentPanel } from "./agent_panel.js";
import { useSettings, useTaken } from "./provider.js";
import type { Taken } from "./settings.js";

export interface ChatFeatures {
  /** told to the page as `data-mode`. The server routes: to people as soon as they were asked for */
  realtimeMode?: boolean;
  /** offer to ask for a person (true) */
  escalation?: boolean;
  /** the agent's side */
  supportView?: boolean;
}

export interface ChatConfig {
  type?: "chatbot" | "support";
  /** accepted, and not used: an organization has one assistant */
  chatbotId?: string;
  /** without it: the chat that this browser holds, or a new one with the first message */
  chatId?: string;
  features?: ChatFeatures;
}

/* The view is written for Preact's types, and runs with React's functions (jsx.ts). */
const made = <P,>(component: (props: P) => unknown) => component as unknown as FunctionComponent<P>;
const CustomerView = made(Panel);
const AgentView = made(AgentPanel);

let interfaces = 0;

function useSpeech(locale: string): Speech {
  const [speech, setSpeech] = useState(() => speechOf("en", {}));
  useEffect(() => {
    let wanted = true;
    void loadSpeech(locale).then((found) => wanted && setSpeech(found));
    return () => {
      wanted = false;
    };
  }, [locale]);
  return speech;
}

/* What is in sight has been read. */
function useRead({ chat }: Taken, messages: unknown): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") chat.read();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [chat, messages]);
}

function Conversation(p: { taken: Taken; ready: boolean; own: boolean; features: ChatFeatures; locale: string }) {
  const { taken: { chat, agent }, ready, features } = p;
  const state = useChat(chat);
  const speech = useSpeech(p.locale);
  const [id] = useState(() => `parley-text-${++interfaces}`);
  useRead(p.taken, state.messages);
  const common = { chat, speech, ready, id };
  return createElement("section", {
    className: "parley-chat", "aria-label": speech.say("title"), "data-status": state.status,
    "data-mode": features.realtimeMode || state.escalated ? "realtime" : "assistant",
  }, agent ? createElement(AgentView, common) : createElement(CustomerView, {
    ...common, escalation: features.escalation !== false, onClose: null, onReset: p.own ? () => chat.forget() : null,
  }));
}

/** A chat with the assistant, and in the same place with people. */
export function UniversalChatInterface({ config }: { config: ChatConfig }): ReactElement | null {
  const { features = {}, chatId = "" } = config;
  const { locale = "auto" } = useSettings();
  const now = useTaken(chatId, features.supportView ? "agent" : undefined);
  return now && createElement(Conversation, { key: chatId, ...now, own: !chatId, features, locale });
}

/** One chat that exists; isSupportView: as an agent sees it. Real-time as soon as people were asked for. */
export function TraditionalChatInterface({ chatId, isSupportView = false }: { chatId: string; isSupportView?: boolean }): ReactElement {
  return createElement(UniversalChatInterface, { config: { type: "support", chatId, features: { supportView: isSupportView } } });
}
