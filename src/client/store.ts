import { undisturbed } from './undisturbed.js';

/** A value that changes, for pages to show. Svelte's store contract; `useSyncExternalStore` and signals take it as well. */
export interface Readable<T> {
  readonly value: T;
  /** Calls `run` at once and at each change. Call what it returns to stop. */
  subscribe(run: (value: T) => void): () => void;
}

/** The value, with whoever sets it. */
export interface Store<T> extends Readable<T> {
  set(value: T): void;
}

/** A value that tells of its changes. What a subscriber throws disturbs nobody else, and is thrown where nobody catches it. */
export function createStore<T>(value: T): Store<T> {
  const runs = new Set<() => void>();
  const store = {
    value,
    subscribe(run: (value: T) => void) {
      let told: T | undefined;
      const tell = (): void => {
        if (told === store.value) return; // while others were told
        told = store.value;
        run(told);
      };
      runs.add(tell);
      tell();
      return () => void runs.delete(tell);
    },
    set(next: T) {
      store.value = next;
      for (const tell of runs) undisturbed(tell);
    },
  };
  return store;
}
