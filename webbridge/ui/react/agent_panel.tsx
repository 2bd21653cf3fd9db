/** The agent's side of a conversation. */
import { Talk, type TalkProps, useAlert } from "../view/talk.js";
import { useChat } from "../view/use_chat.js";

export function AgentPanel(p: Pick<TalkProps, "chat" | "speech" | "ready" | "id">) {
  const { chat, speech: { say } } = p;
  const state = useChat(chat);
  const alert = useAlert(chat, state, p.speech);
  const assign = () => void alert.act(chat.api.post(`/api/chats/${state.chatId}/assign`));
  return (
    <Talk {...p} state={state} mine="AGENT" alert={alert} files={state.status === "live"} onAction={null}
      head={<>
        <h2 dir="auto">{state.chat?.customer.name ?? say("title")}</h2>
        {state.status === "waiting" && <button type="button" onClick={assign}>{say("assign")}</button>}
      </>} />
  );
}
