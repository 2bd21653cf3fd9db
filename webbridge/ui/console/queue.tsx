/** Who waits, and who is talked to. */
import { useEffect, useState } from "preact/hooks";
import type { Api } from "../core/api.js";
import type { ChatPage, Me } from "./types.js";

export function Queue({ api, me, onOut }: { api: Api; me: Me; onOut: () => void }) {
  const [page, setPage] = useState<ChatPage | null>(null);
  useEffect(() => {
    void api.get<ChatPage>("/api/chats").then(setPage);
  }, []);
  const out = () => void api.post("/api/auth/logout", {}).then(onOut);
  return (
    <main>
      <header class="head"><h1>Chats</h1><span>{me.name}</span>
        <button type="button" class="quiet" onClick={out}>Sign out</button></header>
      <ul>{page?.items.map((chat) => <li>{chat.customer.name ?? "Customer"} {chat.status}</li>)}</ul>
    </main>
  );
}
