/** What the loader hands over: settings of its script, and commands that were given before. */
import { ParleyChat } from "./element.js";

type Run = (...command: [name: string, ...values: unknown[]]) => unknown;
type Command = (element: ParleyChat, first: unknown, second: unknown) => unknown;

const members = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);

function setAttributes(element: ParleyChat, given: unknown): void {
  for (const [name, value] of Object.entries(members(given))) {
    if (name !== "name" && name !== "email" && name !== "page") console.error(`Parley: there is no attribute "${name}"`);
    else if (text(value)) element.visitor[name] = String(value);
    else delete element.visitor[name];
  }
}

function listen(element: ParleyChat, name: unknown, hear: unknown): () => void {
  if (typeof hear !== "function") throw new TypeError("on needs a name and a function");
  const heard = (event: Event) => (hear as (detail: unknown) => void)((event as CustomEvent).detail);
  element.addEventListener("chat:" + String(name), heard);
  return () => element.removeEventListener("chat:" + String(name), heard);
}

const commands: Record<string, Command> = {
  open: (element) => void (element.open = true),
  close: (element) => void (element.open = false),
  toggle: (element) => void (element.open = !element.open),
  show: (element) => void (element.hidden = false),
  hide: (element) => void (element.hidden = true),
  reset: (element) => element.reset(),
  destroy: (element) => element.remove(),
  startChat: (element, given) => {
    const first = text(members(given).text);
    element.open = true;
    if (first) void element.chat?.send(first);
  },
  escalate: (element, given) => {
    element.open = true;
    return element.chat?.escalate(text(members(given).reason)).then(() => undefined,
      (error: unknown) => console.error("Parley:", (error as Error).message));
  },
  setAttributes,
  setUser: (element, given) => {
    element.visitor.userToken = text(members(given).token) ?? "";
  },
  setLocale: (element, locale) => element.setAttribute("locale", text(locale) ?? "auto"),
  on: listen,
};

/** The page's own element, or one at its end. */
function elementOf(base: string, data: DOMStringMap): ParleyChat {
  const own = document.querySelector<ParleyChat>("parley-chat");
  const element = own ?? (document.createElement("parley-chat") as ParleyChat);
  for (const [name, value] of Object.entries({ ...data, base }))
    if (/^(base|site|locale|position|scheme)$/.test(name) && value && !element.hasAttribute(name))
      element.setAttribute(name, value);
  if (!own) document.body.append(element);
  return element;
}

export function attach(base: string, data: DOMStringMap): Run {
  const element = elementOf(base, data);
  return (name, ...values) => {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) console.error(`Parley: there is no command "${name}"`);
    else if (!element.isConnected) console.error(`Parley: "${name}" came after "destroy"`);
    else {
      try {
        return command(element, values[0], values[1]);
      } catch (error) {
        console.error(`Parley: "${name}":`, (error as Error).message);
      }
    }
    return undefined;
  };
}

export { ParleyChat };
