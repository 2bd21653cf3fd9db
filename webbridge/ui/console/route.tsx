/** Addresses within the console: links that do not load a page. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** The address as it is now. */
export function useAddress(): string {
  const [address, setAddress] = useState(location.pathname + location.search);
  useEffect(() => {
    const changed = () => setAddress(location.pathname + location.search);
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);
  return address;
}

/** No keyboard command: it is typed text, or one of the browser's own. */
export function isTyped(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  return event.ctrlKey || event.metaKey || event.altKey || isField(at) || Boolean(at.closest("dialog"));
}

const isField = (at: Element | null) => /^(INPUT|TEXTAREA|SELECT)$/.test(at?.tagName ?? "");

/** What had the focus is gone: keys would begin at the top of the page. */
export const isFocusLost = () => !document.activeElement || document.activeElement === document.body;

/** A heading that takes the focus when its part of the page appears, and what had it is gone; or always, but not from
 *  where somebody writes meanwhile. */
export function Title(p: { level: 1 | 2; always?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const Heading: "h1" | "h2" = `h${p.level}`;
  useLayoutEffect(() => {
    if (isFocusLost() || (p.always && !isField(document.activeElement))) heading.current?.focus({ preventScroll: true });
  }, []);
  return <Heading ref={heading} tabIndex={-1} dir="auto">{p.children}</Heading>;
}

export function Link(p: { href: string; current?: boolean; class?: string; "aria-label"?: string; children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(p.href);
  };
  return <a href={p.href} class={p.class} aria-label={p["aria-label"]} aria-current={p.current ? "page" : undefined} onClick={follow}>{p.children}</a>;
}
