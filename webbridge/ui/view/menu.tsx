/** What is seldom needed: a button that shows a list of buttons. */
import { useEffect, useRef, useState } from "preact/hooks";

export interface MenuProps {
  label: string;
  items: readonly { name: string; run: () => void }[];
}

export function Menu({ label, items }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (box.current && !event.composedPath().includes(box.current)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const key = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    button.current?.focus();
  };
  const left = (event: FocusEvent) => {
    const to = event.relatedTarget as Node | null;
    if (to && !box.current?.contains(to)) setOpen(false);
  };
  return (
    <div class="menu" ref={box} onKeyDown={key} onFocusOut={left} hidden={!items.length}>
      <button type="button" class="quiet icon" part="menu" ref={button} aria-label={label} aria-expanded={open}
        onClick={() => setOpen(!open)}>⋯</button>
      <ul hidden={!open}>
        {items.map((item) => (
          <li><button type="button" class="quiet" onClick={() => {
            setOpen(false);
            button.current?.focus();
            item.run();
          }}>{item.name}</button></li>
        ))}
      </ul>
    </div>
  );
}
