/** What a reload must not lose, and what the tabs of one browser share. */

export interface Shelf {
  /** other tabs of this browser see the same */
  readonly shared?: boolean;
  get(name: string): string | null;
  set(name: string, value: string | null): void;
  /** names that begin so, in no order */
  list(prefix: string): string[];
}

/** As long as the page, or the process, lives. */
export function memoryShelf(): Shelf {
  const held = new Map<string, string>();
  return {
    get: (name) => held.get(name) ?? null,
    set: (name, value) => {
      if (value === null) held.delete(name);
      else held.set(name, value);
    },
    list: (prefix) => [...held.keys()].filter((name) => name.startsWith(prefix)),
  };
}

/** localStorage under a prefix; memory where a browser gives none. */
export function browserShelf(space: string): Shelf {
  let storage: Storage;
  try {
    storage = localStorage;
    storage.getItem(space);
  } catch {
    return memoryShelf();
  }
  const full = (name: string) => `parley:${space}:${name}`;
  return {
    shared: true,
    get: (name) => storage.getItem(full(name)),
    set: (name, value) => {
      try {
        if (value === null) storage.removeItem(full(name));
        else storage.setItem(full(name), value);
      } catch {
        /* full: what is shown goes on, a reload forgets it */
      }
    },
    list: (prefix) =>
      Object.keys(storage)
        .filter((name) => name.startsWith(full(prefix)))
        .map((name) => name.slice(full("").length)),
  };
}
