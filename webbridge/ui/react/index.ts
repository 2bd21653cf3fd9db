import { useCallback, useEffect, useRef, useState } from "react";
import { createUseRealtimeChat, type RealtimeChat, type RealtimeChatOptions } from "./hook.js";
import { useSettings } from "./provider.js";

export { createUseRealtimeChat } from "./hook.js";
export type { Hooks, RealtimeChat, RealtimeChatOptions } from "./hook.js";
export { TraditionalChatInterface, UniversalChatInterface } from "./interface.js";
export type { ChatConfig, ChatFeatures } from "./interface.js";
export { ParleyProvider } from "./provider.js";
export { configure } from "./settings.js";
export type { Settings } from "./settings.js";
export type { Agent, Message, Problem } from "parley-client";

/** One chat's events, and a way to write into it. */
export const useRealtimeChat: (options: RealtimeChatOptions) => RealtimeChat =
  createUseRealtimeChat({ useState, useEffect, useRef, useCallback }, useSettings);
