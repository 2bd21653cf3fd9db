/** Addresses within the console: links that do not load a page. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

export function go(path: string): void {
  history.pushState(null, "", path);
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

export function Link(p: { href: string; current?: boolean; class?: string; children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(p.href);
  };
  return <a href={p.href} class={p.class} aria-current={p.current ? "page" : undefined} onClick={follow}>{p.children}</a>;
}
