/** The agents' console: one page, its views by address. */
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Api, Problem } from "../core/api.js";
import type { Chat } from "../core/types.js";
import { speechOf } from "../view/words.js";
import { ChatView } from "./chat.js";
import { QueueFeed } from "./feed.js";
import { Login } from "./login.js";
import { Queue, useQueue } from "./queue.js";
import { go, useAddress } from "./route.js";
import type { Me } from "./types.js";

const api = new Api({ baseUrl: "", token: () => "" });
const speech = speechOf(navigator.language.startsWith("en") ? navigator.language : "en", {});

/** A switch that this browser remembers. */
function useSetting(name: string): [boolean, (on: boolean) => void] {
  const key = "parley:console:" + name;
  const [on, setOn] = useState(localStorage.getItem(key) === "1");
  return [on, (value) => {
    localStorage.setItem(key, value ? "1" : "0");
    setOn(value);
  }];
}

function beep(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.1;
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.2);
}

function Settings(p: { sound: boolean; onSound: (on: boolean) => void; keys: boolean; onKeys: (on: boolean) => void }) {
  const [notify, setNotify] = useState(globalThis.Notification?.permission ?? "denied");
  return (
    <details class="settings">
      <summary>Settings</summary>
      <label><input type="checkbox" checked={p.sound} onChange={() => p.onSound(!p.sound)} /> Sound when a chat waits</label>
      <label><input type="checkbox" checked={p.keys} onChange={() => p.onKeys(!p.keys)} /> Keyboard shortcuts: j and k move, a assigns, r replies</label>
      {notify === "default" && <button type="button" class="quiet" onClick={() => void Notification.requestPermission().then(setNotify)}>
        Allow notifications</button>}
    </details>
  );
}

function Inside({ me, onOut }: { me: Me; onOut: () => void }) {
  const address = useAddress();
  const feed = useMemo(() => new QueueFeed(api), []);
  const state = useQueue(feed);
  const [sound, setSound] = useSetting("sound");
  const [keys, setKeys] = useSetting("keys");
  const [, id = ""] = /^\/app\/chats\/([^/?]+)/.exec(address) ?? [];
  useEffect(() => {
    feed.onRefused = onOut;
    void feed.start().catch(() => undefined);
    return () => feed.close();
  }, [feed]);
  useEffect(() => {
    feed.onUrgent = (chat: Chat) => {
      if (sound) beep();
      if (globalThis.Notification?.permission !== "granted" || document.visibilityState === "visible") return;
      const note = new Notification(`${chat.customer.name ?? "A customer"} waits`,
        { body: chat.escalationReason ?? "", tag: chat.id });
      note.onclick = () => {
        window.focus();
        go("/app/chats/" + chat.id);
      };
    };
  }, [feed, sound]);
  useEffect(() => {
    const waiting = state.counts.needsResponse;
    document.title = `${waiting ? `(${waiting}) ` : ""}Chats`;
  }, [state.counts]);
  const out = () => void api.post("/api/auth/logout", {}).then(onOut, () => undefined);
  return (
    <div class={id ? "console with-chat" : "console"}>
      <header class="top">
        <h1>Chats</h1>
        <span role="status" class="link">{state.connection === "reconnecting" ? "Reconnecting…" : ""}</span>
        <Settings sound={sound} onSound={setSound} keys={keys} onKeys={setKeys} />
        <span>{me.name}</span>
        <button type="button" class="quiet" onClick={out}>Sign out</button>
      </header>
      <main>
        <Queue feed={feed} current={id} keys={keys} />
        {id && <ChatView key={id} api={api} me={me} id={id} row={state.rows.get(id)} speech={speech} keys={keys} />}
      </main>
    </div>
  );
}

function App() {
  const address = useAddress();
  const [me, setMe] = useState<Me | null | undefined>(undefined);
  useEffect(() => {
    api.get<{ agent: Me }>("/api/me").then((answer) => setMe(answer.agent), (error: unknown) => {
      if (error instanceof Problem && !error.passing) setMe(null);
    });
  }, []);
  if (me === undefined) return null;
  if (me === null) {
    const [, token = ""] = /^\/login\/([^?]+)/.exec(address) ?? [];
    return <Login api={api} token={token} onIn={(agent) => {
      setMe(agent);
      if (address.startsWith("/login")) go("/app/chats");
    }} />;
  }
  if (!address.startsWith("/app/")) go("/app/chats");
  return <Inside me={me} onOut={() => setMe(null)} />;
}

render(<App />, document.body);
