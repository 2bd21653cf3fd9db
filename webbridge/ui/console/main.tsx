/** The agents' console: one page, its views by address. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Api, Problem } from "../core/api.js";
import { Login } from "./login.js";
import { Queue } from "./queue.js";
import type { Me } from "./types.js";

const api = new Api({ baseUrl: "", token: () => "" });

function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

function usePath(): string {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const changed = () => setPath(location.pathname);
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);
  return path;
}

function App() {
  const path = usePath();
  const [me, setMe] = useState<Me | null | undefined>(undefined);
  useEffect(() => {
    api.get<{ agent: Me }>("/api/me").then((answer) => setMe(answer.agent), (error: unknown) => {
      if (error instanceof Problem && !error.passing) setMe(null);
    });
  }, []);
  if (me === undefined) return null;
  if (me === null) {
    const [, token = ""] = /^\/login\/(.+)$/.exec(path) ?? [];
    return <Login api={api} token={token} onIn={(agent) => {
      setMe(agent);
      if (path.startsWith("/login")) go("/app/chats");
    }} />;
  }
  return <Queue api={api} me={me} onOut={() => setMe(null)} />;
}

render(<App />, document.body);
