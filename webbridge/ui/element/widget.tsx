/** Launcher and panel. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isolate } from "./modal.js";
import { Panel, type PanelProps } from "../view/panel.js";

export interface WidgetProps extends Omit<PanelProps, "onClose"> {
  /** the element that all this is in */
  host: HTMLElement;
  mode: "floating" | "inline";
  open: boolean;
  hidden: boolean;
  unread: number;
  onOpen: (open: boolean) => void;
}

/* The same condition stands in element.css. */
const SMALL = "(max-width: 667px), (max-height: 480px)";

function useSmall(): boolean {
  const [query] = useState(() => matchMedia(SMALL));
  const [small, setSmall] = useState(query.matches);
  useEffect(() => {
    const changed = () => setSmall(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return small;
}

export function Widget(p: WidgetProps) {
  const launcher = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  /* where the focus was before the panel had it; null: the panel was not open */
  const from = useRef<HTMLElement | null>(null);
  const small = useSmall();
  const { onOpen, open, mode, hidden, unread, host, ...rest } = p;
  const floating = mode === "floating";
  const modal = floating && small && open && !hidden;
  /* Before the next key comes: what is typed goes where the focus is said to be. */
  useLayoutEffect(() => (modal ? isolate(host) : undefined), [modal]);
  useLayoutEffect(() => {
    if (!floating) return;
    if (open) {
      const at = document.activeElement as HTMLElement | null;
      from.current = at && at !== document.body && at !== host ? at : launcher.current;
      panel.current?.querySelector<HTMLElement>("#text")?.focus();
    } else if (from.current) {
      from.current.focus();
      from.current = null;
    }
  }, [open]);
  if (!floating) return <div class="panel inline" part="panel"><Panel {...rest} onClose={null} /></div>;
  const { say, count, rtl, locale } = p.speech;
  const waiting = unread && !open ? `, ${count("unread", unread)}` : "";
  return (
    <div class="floating" hidden={hidden} dir={rtl ? "rtl" : "ltr"} lang={locale}>
      <div class="panel" part="panel" id="panel" role="dialog" aria-label={say("title")} aria-modal={modal ? "true" : undefined}
        hidden={!open} ref={panel}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.isComposing) onOpen(false);
        }}>
        <Panel {...rest} onClose={() => onOpen(false)} />
      </div>
      <button type="button" class="launcher" part="launcher" ref={launcher} aria-expanded={open} aria-controls="panel"
        hidden={modal} aria-label={say(open ? "close" : "open") + waiting} onClick={() => onOpen(!open)}>
        <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
          <path fill="currentColor" d="M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z" />
        </svg>
        {waiting && <span class="badge" part="badge" aria-hidden="true">{unread > 99 ? "99+" : unread}</span>}
      </button>
    </div>
  );
}
