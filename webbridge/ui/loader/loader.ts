/** /widget.js: small, so that the page that embeds it is not held up; brings the element when the page
 *  is idle. Commands that were given before wait in `Parley.q`. */
declare const ELEMENT_FILE: string;

type Command = [name: string, ...values: unknown[]];
interface Queue {
  (...command: Command): unknown;
  q?: ArrayLike<unknown>[];
}

(() => {
  const script = document.currentScript as HTMLScriptElement | null;
  const base = new URL(script?.src ?? location.href).origin;
  const page = window as unknown as { Parley?: Queue };
  const waiting: Queue["q"] = page.Parley?.q ?? [];
  const queue: Queue = (...command) => {
    waiting.push(command);
  };
  queue.q = waiting;
  page.Parley = queue;
  const data = { ...script?.dataset };
  const begin = () => {
    import(base + "/assets/" + ELEMENT_FILE).then(
      (module: { attach: (base: string, data: DOMStringMap, queue: ArrayLike<unknown>[]) => Queue }) => {
        page.Parley = module.attach(base, data, waiting);
      },
      () => console.error("Parley: the chat could not be loaded from " + base),
    );
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
