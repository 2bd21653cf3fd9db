/** What agents of an organization say again and again: found by "/" and a name, kept by all of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Api, Problem } from "../core/api.js";
import { Dialog } from "./dialog.js";

export interface Canned {
  id: string;
  shortcut: string;
  content: string;
}

const PATH = "/api/canned-responses";
const SHOWN = 8;
const FRESH_MS = 30_000;

/** The list, asked for when it is wanted, and again when it is old. */
export class CannedList {
  items: readonly Canned[] = [];
  private at = 0;
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  async load(force = false): Promise<readonly Canned[]> {
    if (force || Date.now() - this.at > FRESH_MS) {
      this.items = (await this.api.get<{ items: Canned[] }>(PATH)).items;
      this.at = Date.now();
    }
    return this.items;
  }

  async save(one: Canned): Promise<void> {
    const { id, shortcut, content } = one;
    await this.api.call(id ? "PUT" : "POST", id ? `${PATH}/${id}` : PATH, { shortcut, content });
    await this.load(true);
  }

  async remove(id: string): Promise<void> {
    await this.api.call("DELETE", `${PATH}/${id}`, {});
    await this.load(true);
  }
}

export interface Suggestions {
  items: readonly Canned[];
  /** index of the one that Enter takes */
  at: number;
}

const NONE: Suggestions = { items: [], at: 0 };

/** What fits a text like "/hel". onTake: its content stands for the text. */
export function useSuggestions(list: CannedList, text: string, onTake: (content: string) => void) {
  const [found, setFound] = useState<Suggestions>(NONE);
  const wanted = useRef("");
  /* the text that `found` is about */
  const answered = useRef("");
  const [, word] = /^\/([^\s/]*)$/.exec(text) ?? [];
  useEffect(() => {
    wanted.current = text;
    if (word === undefined) {
      setFound(NONE);
      return;
    }
    list.load().catch(() => list.items).then((all) => {
      if (wanted.current !== text) return;
      const fits = (c: Canned) => c.shortcut.toLowerCase().startsWith(word.toLowerCase());
      answered.current = text;
      setFound({ items: all.filter(fits).slice(0, SHOWN), at: 0 });
    });
  }, [text]);
  const take = (one: Canned | undefined) => {
    if (one) onTake(one.content);
  };
  const keys = (event: KeyboardEvent): boolean => {
    const { items, at } = found;
    if (event.isComposing) return false;
    if (word !== undefined && event.key === "Enter" && answered.current !== text) {
      event.preventDefault(); /* what it stands for is not known yet: the name itself is no reply */
      return true;
    }
    if (!items.length) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp")
      setFound({ items, at: (at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length });
    else if (event.key === "Enter" && !event.shiftKey) take(items[at]);
    else if (event.key === "Escape") setFound(NONE);
    else return false;
    event.preventDefault();
    return true;
  };
  return { found, keys, take };
}

export function SuggestionList({ found, onTake }: { found: Suggestions; onTake: (one: Canned) => void }) {
  const { items, at } = found;
  return (
    <>
      <p class="unseen" role="status">{items.length > 0 && `${items.length} canned ${items.length === 1 ? "reply" : "replies"}: arrows choose, Enter takes.`}</p>
      {items.length > 0 && <ul id="canned" class="canned" role="listbox" aria-label="Canned replies">
        {items.map((c, n) => (
          <li key={c.id} id={`canned-${n}`} role="option" aria-selected={n === at} onMouseDown={(event) => {
            event.preventDefault();
            onTake(c);
          }}><b dir="auto">/{c.shortcut}</b> <span dir="auto">{c.content}</span></li>
        ))}
      </ul>}
    </>
  );
}

const FRESH: Canned = { id: "", shortcut: "", content: "" };

export function CannedDialog({ list, onClose }: { list: CannedList; onClose: () => void }) {
  const [items, setItems] = useState(list.items);
  const [one, setOne] = useState(FRESH);
  const [alert, setAlert] = useState("");
  const first = useRef<HTMLInputElement>(null);
  const failed = (error: unknown) => setAlert(error instanceof Problem ? error.message : "Something went wrong.");
  const done = (work: Promise<unknown>) => work.then(() => {
    setItems(list.items);
    setOne(FRESH);
    setAlert("");
    first.current?.focus();
  }, failed);
  /* what is being typed meanwhile stays */
  useEffect(() => void list.load(true).then(setItems, failed), []);
  const edit = (c: Canned) => {
    setOne(c);
    first.current?.focus();
  };
  return (
    <Dialog title="Canned replies" onClose={onClose}>
      {items.length === 0 && <p>There are none yet. All agents of your organization share them.</p>}
      <ul class="kept">{items.map((c) => (
        <li key={c.id}>
          <span><b dir="auto">/{c.shortcut}</b> <span dir="auto">{c.content}</span></span>
          <button type="button" class="quiet" aria-label={`Edit ${c.shortcut}`} onClick={() => edit(c)}>Edit</button>
          <button type="button" class="quiet" aria-label={`Delete ${c.shortcut}`} onClick={() => void done(list.remove(c.id))}>Delete</button>
        </li>
      ))}</ul>
      <form onSubmit={(event) => {
        event.preventDefault();
        void done(list.save(one));
      }}>
        <label for="shortcut">{one.id ? "Name" : "Name of a new one"}</label>
        <input id="shortcut" ref={first} required maxLength={32} autocomplete="off" value={one.shortcut}
          onInput={(event) => setOne({ ...one, shortcut: (event.target as HTMLInputElement).value.replace(/^\//, "") })} />
        <label for="content">Text</label>
        <textarea id="content" required rows={3} maxLength={4000} value={one.content}
          onInput={(event) => setOne({ ...one, content: (event.target as HTMLTextAreaElement).value })} />
        <p role="alert" class="alert">{alert}</p>
        <div class="buttons">
          <button type="submit">Save</button>
          <button type="button" class="quiet" onClick={onClose}>Close</button>
        </div>
      </form>
    </Dialog>
  );
}
