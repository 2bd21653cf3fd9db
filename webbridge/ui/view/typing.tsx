/** Who writes at the moment: shown, not announced. */
import type { ChatState } from "../core/index.js";
import type { Speech } from "./words.js";

export function Typing({ state, speech }: { state: ChatState; speech: Speech }) {
  const names = state.typing.map((p) => p.name);
  const list = new Intl.ListFormat(speech.locale).format(names);
  const text = names.length ? speech.say(names.length > 1 ? "typing.other" : "typing.one", { name: list }) : "";
  return <p class="typing" aria-hidden="true">{text}</p>;
}
