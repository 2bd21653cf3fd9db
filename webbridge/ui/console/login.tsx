/** The way in: the agent says over XMPP that it is the one who asks. No password is typed here. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Api, pause, Problem } from "../core/api.js";
import { Title } from "./route.js";
import type { Me } from "./types.js";

interface Begun {
  loginId: string;
  code: string;
  expiresIn: number;
}

interface Polled {
  state: "pending" | "approved" | "denied";
  agent?: Me;
}

const POLL_MS = 1000;

export interface LoginProps {
  api: Api;
  /** of the address /login/TOKEN; "" none */
  token: string;
  onIn: (me: Me) => void;
}

async function wait(api: Api, begun: Begun, signal: AbortSignal): Promise<Me | null> {
  for (;;) {
    await pause(POLL_MS, signal);
    if (signal.aborted) return null;
    try {
      const now = await api.get<Polled>("/api/auth/login/" + begun.loginId, signal);
      if (now.state === "approved" && now.agent) return now.agent;
      if (now.state === "denied") throw new Problem(403, { code: "denied", detail: "The login was refused." });
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Problem) || !error.passing) throw error;
    }
  }
}

/** A link: it is used up by the button only, so that programs that look at links do no harm. */
function Link({ api, token, onIn }: LoginProps) {
  const [alert, setAlert] = useState("");
  const use = () => {
    api.post<{ agent: Me }>("/api/auth/link", { token }).then((answer) => onIn(answer.agent),
      (error: unknown) => setAlert(error instanceof Problem && error.passing ? "The server did not answer. Try again."
        : "This link is used up, or too old, or it was made for another browser."));
  };
  return (
    <main class="door">
      <Title level={1}>Web console</Title>
      <p>You followed a link that opens the console.</p>
      <button type="button" onClick={use}>Sign in</button>
      <p role="alert" class="alert">{alert}</p>
      <p><a href="/login">Sign in another way</a></p>
    </main>
  );
}

export function Login(p: LoginProps) {
  const [jid, setJid] = useState("");
  const [begun, setBegun] = useState<Begun | null>(null);
  const [alert, setAlert] = useState("");
  const address = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!begun) address.current?.focus();
  }, [begun]);
  useEffect(() => {
    if (!begun) return undefined;
    const stop = new AbortController();
    wait(p.api, begun, stop.signal).then((me) => {
      if (me) p.onIn(me);
    }, (error: Problem) => {
      setBegun(null);
      setAlert(error.status === 404 ? "Nobody answered in time. Try again." : error.message);
    });
    return () => stop.abort();
  }, [begun]);
  if (p.token) return <Link {...p} />;
  const submit = (event: Event) => {
    event.preventDefault();
    setAlert("");
    p.api.post<Begun>("/api/auth/login", { jid }).then(setBegun, (error: Problem) => setAlert(error.message));
  };
  if (begun) {
    return (
      <main class="door">
        <Title level={1}>Web console</Title>
        <p role="status">We sent a message to <b>{jid}</b>, if that is an agent's address. Answer it in your XMPP
          client:</p>
        <p class="code"><code>ok {begun.code}</code></p>
        <p>or open the link in it here. This page goes on by itself.</p>
        <button type="button" class="quiet" onClick={() => setBegun(null)}>Cancel</button>
      </main>
    );
  }
  return (
    <main class="door">
      <h1>Web console</h1>
      <form onSubmit={submit}>
        <label for="jid">Your XMPP address</label>
        <input id="jid" ref={address} type="email" autocomplete="username" required value={jid}
          onInput={(event) => setJid((event.target as HTMLInputElement).value)} />
        <button type="submit">Sign in</button>
        <p role="alert" class="alert">{alert}</p>
      </form>
    </main>
  );
}
