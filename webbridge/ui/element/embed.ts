/** What the loader hands over: settings of its script, and commands that were given before. */
import { ParleyChat } from "./element.js";

type Command = (...command: [name: string, ...values: unknown[]]) => unknown;

export function attach(base: string, data: DOMStringMap, waiting: ArrayLike<unknown>[]): Command {
  const element = document.createElement("parley-chat") as ParleyChat;
  element.setAttribute("base", base);
  for (const name of ["site", "locale", "position", "scheme"]) {
    const value = data[name];
    if (value) element.setAttribute(name, value);
  }
  document.body.append(element);
  const run: Command = (name) => {
    if (name === "open") element.open = true;
    else if (name === "close") element.open = false;
    else if (name === "toggle") element.open = !element.open;
    else if (name === "show") element.hidden = false;
    else if (name === "hide") element.hidden = true;
    else if (name === "destroy") element.remove();
    else console.error(`Parley: there is no command "${name}"`);
    return undefined;
  };
  for (const command of waiting) run(...(Array.from(command) as Parameters<Command>));
  return run;
}

export { ParleyChat };
