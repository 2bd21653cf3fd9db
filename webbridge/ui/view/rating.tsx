/** What the customer thinks of the chat, when it is over: a number, and words who likes. */
import { useState } from "preact/hooks";
import type { Speech } from "./words.js";

export interface RatingProps {
  speech: Speech;
  /** resolves when it is stored or was refused */
  onRate: (score: number, comment: string) => Promise<unknown>;
}

export function Rating({ speech: { say }, onRate }: RatingProps) {
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const send = (event: Event) => {
    event.preventDefault();
    if (!score || busy) return;
    setBusy(true);
    void onRate(score, comment.trim()).finally(() => setBusy(false));
  };
  return (
    <form class="rating" part="rating" onSubmit={send}>
      <fieldset>
        <legend>{say("rate")}</legend>
        {[1, 2, 3, 4, 5].map((n) => (
          <label key={n}><input type="radio" name="score" checked={score === n} onChange={() => setScore(n)} /> {n}</label>
        ))}
      </fieldset>
      {score > 0 && <>
        <label>{say("rate.comment")}
          <textarea rows={2} maxLength={1000} dir="auto" value={comment}
            onInput={(event) => setComment((event.target as HTMLTextAreaElement).value)} /></label>
        <button type="submit">{say("rate.send")}</button>
      </>}
    </form>
  );
}
