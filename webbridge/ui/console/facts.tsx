/** What is known of the customer. Name and address can be set right. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../core/types.js";

const when = (iso: string | null) => iso && new Date(iso).toLocaleString();

/** Only web addresses become links. */
function Page({ address }: { address: string }) {
  return /^https?:\/\//.test(address) ? <a href={address} target="_blank" rel="noopener noreferrer nofollow">{address}</a> : <>{address}</>;
}

function Edit(p: { chat: Chat; onSave: (change: { name: string; email: string }) => Promise<void>; onDone: () => void }) {
  const [name, setName] = useState(p.chat.customer.name ?? "");
  const [email, setEmail] = useState(p.chat.customer.email ?? "");
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    p.onSave({ name, email }).then(p.onDone, () => first.current?.focus());
  };
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && p.onDone()}>
      <label for="customer-name">Name</label>
      <input id="customer-name" ref={first} maxLength={64} autocomplete="off" value={name}
        onInput={(event) => setName((event.target as HTMLInputElement).value)} />
      <label for="customer-email">E-mail</label>
      <input id="customer-email" maxLength={254} autocomplete="off" value={email}
        onInput={(event) => setEmail((event.target as HTMLInputElement).value)} />
      <div class="buttons">
        <button type="submit">Save</button>
        <button type="button" class="quiet" onClick={p.onDone}>Cancel</button>
      </div>
    </form>
  );
}

export interface FactsProps {
  chat: Chat;
  onSave: (change: { name: string; email: string }) => Promise<void>;
}

export function Facts({ chat, onSave }: FactsProps) {
  const { customer } = chat;
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const back = useRef(false);
  useEffect(() => {
    if (back.current && !editing) edit.current?.focus();
    back.current = editing;
  }, [editing]);
  const facts: [string, string | null][] = [
    ["Reason", chat.escalationReason], ["Begun", when(chat.createdAt)], ["Waiting since", when(chat.waitingSince)],
    ["With", chat.assignedTo?.name ?? null],
    ["Rating", chat.rating && `${chat.rating.score} of 5`], ["Comment", chat.rating?.comment ?? null], ["Language", customer.locale],
  ];
  return (
    <aside class="facts" aria-label="Customer">
      <details open={matchMedia("(min-width: 60rem)").matches}>
        <summary>Customer</summary>
        {editing ? <Edit chat={chat} onSave={onSave} onDone={() => setEditing(false)} /> : <>
          <dl>
            {customer.externalId && <><dt>Verified as</dt><dd dir="auto">{customer.externalId}</dd></>}
            <dt>Name</dt><dd dir="auto">{customer.name ?? "unknown"}</dd>
            <dt>E-mail</dt><dd dir="auto">{customer.email ?? "unknown"}</dd>
          </dl>
          {chat.escalationRequested && !customer.verified && <button type="button" class="quiet" ref={edit} onClick={() => setEditing(true)}>Change name or e-mail</button>}
        </>}
        <dl>
          {customer.page && <><dt>Page</dt><dd><Page address={customer.page} /></dd></>}
          {facts.map(([name, value]) => value && <><dt>{name}</dt><dd dir="auto">{value}</dd></>)}
        </dl>
        {chat.xmppUri && <p><a href={chat.xmppUri}>Open in an XMPP client</a></p>}
      </details>
    </aside>
  );
}
