/** Chats found by words: the box, and what was found. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../core/api.js";
import type { Chat } from "../core/types.js";
import type { QueueFeed } from "./feed.js";
import { go, isTyped } from "./route.js";
import type { Filter } from "./types.js";

const TYPED_MS = 250;
/** What was found is looked for again when anything happened, at most so often. */
const AGAIN_MS = 2000;

/** What the address asks for. */
export const textOf = (search: string) => new URLSearchParams(search).get("q")?.trim() ?? "";

export interface Found {
  /** what it was found by; another one than asked for: not known yet */
  text: string;
  filter: Filter;
  chats: readonly Chat[];
  more: boolean;
  /** why nothing can be said */
  problem: string;
}

const NOTHING: Found = { text: "", filter: "all", chats: [], more: false, problem: "" };

/** depth: 1, and one more each time that more is wanted. */
export function useSearch(feed: QueueFeed, filter: Filter, text: string, depth: number): Found {
  const [found, setFound] = useState(NOTHING);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!text) {
      setFound(NOTHING);
      return undefined;
    }
    const stop = new AbortController();
    feed.find(filter, text, depth, stop.signal).then((page) => setFound({ text, filter, problem: "", ...page }),
      (error: unknown) => {
        if (!stop.signal.aborted)
          setFound({ ...NOTHING, text, filter, problem: error instanceof Problem ? error.message : "Something went wrong." });
      });
    return () => stop.abort();
  }, [feed, filter, text, depth, turn]);
  useEffect(() => {
    if (!text) return undefined;
    let timer = 0;
    const off = feed.subscribe(() => {
      timer ||= setTimeout(() => setTurn(turn + 1), AGAIN_MS);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [feed, text, turn]);
  return text ? found : NOTHING;
}

/** The search that begins makes an entry of the history, and so does its end; what is typed on does not. */
function lookFor(text: string): void {
  const query = new URLSearchParams(location.search);
  const before = query.has("q");
  if (text) query.set("q", text);
  else query.delete("q");
  const search = query.toString();
  go(location.pathname + (search && "?" + search), Boolean(before && text));
}

/** onEnter: to the first chat, when this has been found. */
export function SearchBox({ text, keys, onEnter }: { text: string; keys: boolean; onEnter: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const box = useRef<HTMLInputElement>(null);
  const from = useRef<HTMLElement | null>(null);
  const sent = useRef(text);
  const look = (wanted: string) => {
    if (sent.current === wanted) return;
    sent.current = wanted;
    lookFor(wanted);
  };
  /* another address: by Back, or a link */
  useEffect(() => {
    if (text === sent.current) return;
    sent.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => {
    const timer = setTimeout(() => look(typed.trim()), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (!keys) return undefined;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyped(event)) return;
      event.preventDefault();
      if (box.current?.offsetParent === null) go("/app/chats" + location.search); /* a narrow page shows the chat only */
      requestAnimationFrame(() => box.current?.select());
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [keys]);
  const enter = () => {
    look(typed.trim());
    onEnter(typed.trim());
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      enter();
    } else if (event.key === "Escape") {
      event.preventDefault();
      setTyped("");
      look("");
      (from.current?.isConnected ? from.current : document.querySelector<HTMLElement>("h1"))?.focus();
    }
  };
  return (
    <form role="search" class="search" onSubmit={(event) => {
      event.preventDefault();
      enter();
    }}>
      <label class="unseen" for="search">Search chats</label>
      <input ref={box} id="search" type="search" value={typed} placeholder="Name, e-mail, reason or id" maxLength={256}
        autocomplete="off" spellcheck={false} aria-keyshortcuts={keys ? "/" : undefined}
        onInput={(event) => setTyped(event.currentTarget.value)} onKeyDown={pressed}
        onFocus={(event) => { from.current = event.relatedTarget as HTMLElement | null; }} />
    </form>
  );
}

/** What there is to say of a search that has come back. */
export function words(found: Found, shown: number): string {
  if (found.problem) return found.problem;
  if (shown === 0) return found.more ? `Nothing found so far for “${found.text}”.` : `Nothing found for “${found.text}”.`;
  const chats = shown === 1 ? "1 chat" : `${shown} chats`;
  return found.more ? `${chats} found, and there may be more` : `${chats} found`;
}
