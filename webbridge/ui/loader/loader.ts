/** /widget.js: small, so that the page that embeds it is not held up; brings the element when the page
 *  has been read. Commands that are given before wait in `Parley.q`. */
declare const ELEMENT_FILE: string;

type Run = (...command: [name: string, ...values: unknown[]]) => unknown;
interface Waiting extends ArrayLike<unknown> {
  /** what ended the listening, once the command has run */
  off?: unknown;
}
interface Queue extends Run {
  q?: { push: (command: Waiting) => unknown } & Iterable<Waiting>;
  loaded?: true;
}

(() => {
  const page = window as unknown as { Parley?: Queue };
  if (page.Parley?.loaded) {
    console.error("Parley: widget.js is in this page twice");
    return;
  }
  const script = document.currentScript as HTMLScriptElement | null;
  const base = new URL(script?.src ?? location.href).origin;
  const data = { ...script?.dataset };
  let waiting: Waiting[] = [...(page.Parley?.q ?? [])];
  let run: Run | null = null;
  const queue: Queue = (...command) => {
    if (run) return run(...command);
    const entry: Waiting = command;
    waiting.push(entry);
    return () => {
      if (typeof entry.off === "function") entry.off();
      else waiting = waiting.filter((other) => other !== entry);
    };
  };
  const call = (command: Waiting) => queue(...(Array.from(command) as Parameters<Run>));
  /* A page that kept the function it had before this script still reaches us by its array. */
  if (page.Parley?.q) page.Parley.q.push = call;
  queue.q = { push: call, [Symbol.iterator]: () => waiting[Symbol.iterator]() };
  queue.loaded = true;
  page.Parley = queue;
  const begin = () => {
    import(base + "/assets/" + ELEMENT_FILE).then(
      (module: { attach: (base: string, data: DOMStringMap) => Run }) => {
        run = module.attach(base, data);
        for (const entry of waiting) entry.off = call(entry);
      },
      () => console.error("Parley: the chat could not be loaded from " + base),
    );
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
