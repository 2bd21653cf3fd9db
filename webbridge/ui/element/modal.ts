/** A panel that fills the screen is modal: nothing behind it can be reached. */

/** Makes all of the page inert that is not this element or around it; returns what undoes it. */
export function isolate(element: Element): () => void {
  const still: HTMLElement[] = [];
  let node: Element | null = element;
  while (node && node !== document.documentElement) {
    const around: ParentNode | null = node.parentNode;
    for (const other of around?.children ?? [])
      if (other !== node && other instanceof HTMLElement && !other.inert && other.tagName !== "HEAD") {
        other.inert = true;
        still.push(other);
      }
    node = around instanceof ShadowRoot ? around.host : (around as Element | null);
  }
  return () => {
    for (const other of still) other.inert = false;
  };
}
