/** Who listens to what. */

type Listener<T> = (value: T) => void;

export class Listeners<Events> {
  readonly #sets = new Map<keyof Events, Set<Listener<never>>>();

  /** Returns what ends the listening. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const set = this.#sets.get(name) ?? new Set();
    set.add(listener as Listener<never>);
    this.#sets.set(name, set);
    return () => set.delete(listener as Listener<never>);
  }

  protected emit<K extends keyof Events>(name: K, value: Events[K]): void {
    for (const listener of [...(this.#sets.get(name) ?? [])]) {
      try {
        (listener as Listener<Events[K]>)(value);
      } catch (error) {
        /* its own mistake, which must not stop ours or the others' work */
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  protected deafen(): void {
    this.#sets.clear();
  }
}
