/** What an agent sets for this browser, which remembers it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { browserShelf } from "../core/shelf.js";
import { isTyped } from "./route.js";

const shelf = browserShelf("console");

/** A switch. */
export function useSetting(name: string, first: boolean): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState((shelf.get(name) ?? (first ? "1" : "0")) === "1");
  return [on, (value) => {
    shelf.set(name, value ? "1" : "0");
    setOn(value);
  }];
}

export interface SettingsProps {
  sound: boolean;
  onSound: (on: boolean) => void;
  notify: boolean;
  onNotify: (on: boolean) => void;
  keys: boolean;
  onKeys: (on: boolean) => void;
}

export function Settings(p: SettingsProps) {
  const [refused, setRefused] = useState(false);
  const notify = async () => {
    const granted = !p.notify && await globalThis.Notification?.requestPermission() === "granted";
    setRefused(!p.notify && !granted);
    p.onNotify(granted);
  };
  return (
    <details class="settings">
      <summary>Settings</summary>
      <div>
        <label><input type="checkbox" checked={p.notify} onChange={() => void notify()} /> Notify me while this page is hidden</label>
        <p role="status">{refused && "This browser allows no notifications of this page."}</p>
        <label><input type="checkbox" checked={p.sound} onChange={() => p.onSound(!p.sound)} /> Sound while this page is hidden</label>
        <label><input type="checkbox" checked={p.keys} onChange={() => p.onKeys(!p.keys)} /> Keyboard shortcuts (press ? to see them)</label>
      </div>
    </details>
  );
}

const KEYS: [string, string][] = [
  ["j", "next chat"], ["k", "chat before"], ["Enter", "open the chat"], ["a", "assign the chat to me"], ["r", "write a reply"],
  ["/", "search"], ["?", "this help"], ["Esc", "close this help"],
];

/** Closing gives the focus back to what had it. */
export function Help({ keys }: { keys: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!keys) return undefined;
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTyped(event)) box.current?.showModal();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [keys]);
  return (
    <dialog ref={box} class="help" aria-labelledby="help">
      <h2 id="help">Keyboard shortcuts</h2>
      <dl>{KEYS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <button type="button" onClick={() => box.current?.close()}>Close</button>
    </dialog>
  );
}
