/** The agents' console: one page, its views by address. */
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Api, backoff, pause, Problem } from "../core/api.js";
import { speechOf } from "../view/words.js";
import { armSound, ring } from "./bell.js";
import { CannedList } from "./canned.js";
import { ChatView } from "./chat.js";
import { QueueFeed } from "./feed.js";
import { Login } from "./login.js";
import { Queue, useQueue } from "./queue.js";
import { go, Title, useAddress } from "./route.js";
import { Help, Settings, useSetting } from "./settings.js";
import type { Me } from "./types.js";

const api = new Api({ baseUrl: "", token: () => "" });
const speech = speechOf(navigator.language.startsWith("en") ? navigator.language : "en", {});

function Inside({ me, onOut }: { me: Me; onOut: () => void }) {
  const address = useAddress();
  const feed = useMemo(() => new QueueFeed(api, me.id), []);
  const canned = useMemo(() => new CannedList(api), []);
  const state = useQueue(feed);
  const [sound, setSound] = useSetting("sound", false);
  const [notify, setNotify] = useSetting("notify", false);
  const [keys, setKeys] = useSetting("keys", true);
  const [, id = ""] = /^\/app\/chats\/([^/?]+)/.exec(address) ?? [];
  useEffect(() => {
    feed.onRefused = onOut;
    void feed.start().catch(() => undefined);
    return () => feed.close();
  }, [feed]);
  useEffect(() => {
    feed.onCall = (call) => ring(call, { sound, notify });
    return sound ? armSound() : undefined;
  }, [feed, sound, notify]);
  useEffect(() => {
    const waiting = state.counts.needsResponse;
    document.title = `${waiting ? `(${waiting}) ` : ""}Chats`;
  }, [state.counts]);
  const [alert, setAlert] = useState("");
  const out = () => {
    setAlert("");
    api.post("/api/auth/logout", {}).then(onOut, (error: Problem) => {
      if (error.gone) onOut();
      else setAlert("You are still signed in: the service did not answer.");
    });
  };
  return (
    <div class={id ? "console with-chat" : "console"}>
      <header class="top">
        <Title level={1}>Chats</Title>
        <span role="status" class="link">{state.connection === "reconnecting" ? "Reconnecting…" : ""}</span>
        {alert && <p role="alert" class="alert">{alert}</p>}
        <Settings sound={sound} onSound={setSound} notify={notify} onNotify={setNotify} keys={keys} onKeys={setKeys} />
        <span class="name">{me.name}</span>
        <button type="button" class="quiet" onClick={out}>Sign out</button>
      </header>
      <main>
        <Queue feed={feed} me={me.id} current={id} keys={keys} />
        {id && <ChatView key={id} api={api} me={me} id={id} row={state.rows.get(id)} canned={canned} speech={speech} keys={keys} />}
      </main>
      <Help keys={keys} />
    </div>
  );
}

/** null: nobody. */
async function whoIsIn(onAway: () => void): Promise<Me | null> {
  for (let tries = 0; ; tries++) {
    try {
      return (await api.get<{ agent: Me }>("/api/me")).agent;
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing) return null;
      onAway();
      await pause(Math.max(error.retryMs, backoff(tries)));
    }
  }
}

function App() {
  const address = useAddress();
  const [me, setMe] = useState<Me | null | undefined>(undefined);
  const [away, setAway] = useState(false);
  useEffect(() => {
    void whoIsIn(() => setAway(true)).then(setMe);
  }, []);
  if (me === undefined) return away ? <main class="door"><p role="status">Reconnecting…</p></main> : null;
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
