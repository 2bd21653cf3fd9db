/** The view's elements, made by React: what `preact/jsx-runtime` is to the widget. Classes get a name that no
 *  other part of a page has, and handlers the browser's own events. */
import { createElement, Fragment, type ReactNode } from "react";

/** What stands before each class, here and in style.css. */
const OWN = "parley-";
const NAMES: Record<string, string> = { class: "className", for: "htmlFor", "stroke-width": "strokeWidth", onInput: "onChange", onFocusOut: "onBlur" };

type Props = Record<string, unknown>;
type Handler = (event: Event) => unknown;

function adapted(name: string, value: unknown): unknown {
  if (name === "class") return String(value).replace(/\S+/g, OWN + "$&");
  return typeof value === "function" && name.startsWith("on")
    ? (event: { nativeEvent: Event }) => (value as Handler)(event.nativeEvent) : value;
}

function jsx(type: string, { children, ...props }: Props, key?: string) {
  const given: Props = key === undefined ? {} : { key };
  for (const [name, value] of Object.entries(props)) {
    if (typeof type === "string") given[NAMES[name] ?? name] = adapted(name, value);
    else given[name] = value;
  }
  /* a list inside is one child, with or without keys: React asks for keys of what is given as a list */
  const inside = (Array.isArray(children) ? children : [children]).map((child: ReactNode) =>
    Array.isArray(child) ? createElement(Fragment, null, ...child) : child);
  return createElement(type, given, ...inside);
}

export { Fragment, jsx, jsx as jsxs };
