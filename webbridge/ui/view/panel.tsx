/** The customer's side of a conversation, with all that can be done there. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatClient } from "../core/index.js";
import { Menu } from "./menu.js";
import { Rating } from "./rating.js";
import { Talk, type TalkProps, useAlert, write } from "./talk.js";
import { download, transcriptOf } from "./transcript.js";
import { useChat } from "./use_chat.js";
import type { Speech } from "./words.js";

export interface PanelProps extends Pick<TalkProps, "speech" | "ready" | "draft" | "round" | "onDraft" | "id"> {
  chat: ChatClient;
  /** false: people are asked for elsewhere */
  escalation?: boolean;
  /** forget the chat in this browser; null: it is not the browser's */
  onReset: (() => void) | null;
  /** null: there is nothing to close (the panel is part of the page) */
  onClose: (() => void) | null;
}

/** Asks before the chat is ended. */
function Sure({ speech: { say }, onAnswer }: { speech: Speech; onAnswer: (yes: boolean) => void }) {
  const no = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => no.current?.focus(), []);
  return (
    <div class="sure" part="confirm" role="group" aria-label={say("end.sure")} onKeyDown={(event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onAnswer(false);
    }}>
      <p>{say("end.sure")}</p>
      <button type="button" onClick={() => onAnswer(true)}>{say("yes")}</button>
      <button type="button" class="quiet" ref={no} onClick={() => onAnswer(false)}>{say("no")}</button>
    </div>
  );
}

export function Panel({ escalation = true, onReset, onClose, ...p }: PanelProps) {
  const { chat, speech } = p;
  const { say } = speech;
  const state = useChat(chat);
  const alert = useAlert(chat, state, speech);
  const [sure, setSure] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  /* Buttons that go away when they are pressed leave the focus in the box. */
  const toBox = () => write(title.current?.closest("[dir]") ?? null);
  const closed = state.status === "closed";
  const escalate = !escalation || state.escalated || closed ? null
    : (reason?: string) => alert.act(chat.escalate(reason), toBox);
  const save = async () => download(`chat-${new Date().toISOString().slice(0, 10)}.txt`, await transcriptOf(chat, speech));
  const items = [];
  if (state.messages.length) items.push({ name: say("transcript"), run: () => alert.act(save()) });
  if (state.chatId && !closed) items.push({ name: say("end"), run: () => setSure(true) });
  return (
    <Talk {...p} state={state} mine="USER" alert={alert} files={state.escalated && !closed} onAction={escalate} asking={sure}
      head={<>
        <h2 ref={title}>{say("title")}</h2>
        {escalate && <button type="button" class="quiet human" part="human" onClick={() => escalate()}>{say("human")}</button>}
        <Menu label={say("menu")} items={items} />
        {onClose && <button type="button" class="quiet icon" aria-label={say("close")} onClick={onClose}>×</button>}
      </>}
      first={closed && onReset && <button type="button" class="quiet fresh" onClick={() => {
        onReset();
        setTimeout(toBox);
      }}>{say("fresh")}</button>}>
      {sure && <Sure speech={speech} onAnswer={(yes) => {
        setSure(false);
        if (yes) alert.act(chat.end());
        setTimeout(toBox);
      }} />}
      {closed && !state.rating && state.chat && <Rating key={state.chatId} speech={speech}
        onRate={(score, comment) => alert.act(chat.rate(score, comment), toBox)} />}
    </Talk>
  );
}
