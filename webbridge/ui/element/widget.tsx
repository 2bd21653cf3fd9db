/** Launcher and panel. */
import { useEffect, useRef } from "preact/hooks";
import { useChat } from "../view/use_chat.js";
import { Panel, type PanelProps } from "./panel.js";

export interface WidgetProps extends Omit<PanelProps, "visible" | "onClose"> {
  mode: "floating" | "inline";
  open: boolean;
  hidden: boolean;
  onOpen: (open: boolean) => void;
}

export function Widget(p: WidgetProps) {
  const state = useChat(p.chat);
  const launcher = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const was = useRef(false);
  useEffect(() => {
    if (p.open && !was.current) panel.current?.querySelector("textarea")?.focus();
    if (!p.open && was.current) launcher.current?.focus();
    was.current = p.open;
  }, [p.open]);
  const { onOpen, open, mode, hidden, ...rest } = p;
  if (mode === "inline") return <div class="panel inline" part="panel"><Panel {...rest} visible onClose={null} /></div>;
  const label = p.speech.say(open ? "close" : "open");
  const unread = state.unread && !open ? `, ${p.speech.count("unread", state.unread)}` : "";
  return (
    <div class="floating" hidden={hidden} dir={p.speech.rtl ? "rtl" : "ltr"}>
      <div class="panel" part="panel" id="panel" role="dialog" aria-labelledby="title" hidden={!open} ref={panel}
        onKeyDown={(event) => {
          if (event.key === "Escape") onOpen(false);
        }}>
        <Panel {...rest} visible={open} onClose={() => onOpen(false)} />
      </div>
      <button type="button" class="launcher" part="launcher" ref={launcher} aria-expanded={open} aria-controls="panel"
        aria-label={label + unread} onClick={() => onOpen(!open)}>
        <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
          <path fill="currentColor" d="M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z" />
        </svg>
        {unread && <span class="badge" aria-hidden="true">{state.unread}</span>}
      </button>
    </div>
  );
}
