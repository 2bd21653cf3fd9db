/** A question before the page goes on. Escape ends it; the focus goes back to what opened it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Dialog(p: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const el = box.current;
    if (el && !el.open) el.showModal();
    return () => el?.close();
  }, []);
  return (
    <dialog ref={box} class="dialog" aria-labelledby="dialog" onClose={p.onClose}>
      <h2 id="dialog">{p.title}</h2>
      {p.children}
    </dialog>
  );
}
