/** A value that changes, for pages to show. Svelte's store contract; `useSyncExternalStore` and signals take it as well. */
export interface Readable<T> {
  readonly value: T;
  /** Calls `run` at once and at each change. Call what it returns to stop. */
  subscribe(run: (value: T) => void): () => void;
}

/** The value, with whoever sets it. */
export class Store<T> implements Readable<T> {
  #value: T;
  readonly #runs = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  subscribe(run: (value: T) => void): () => void {
    const own = (value: T): void => run(value); // the same function may subscribe twice
    this.#runs.add(own);
    run(this.#value);
    return () => void this.#runs.delete(own);
  }

  set(value: T): void {
    this.#value = value;
    for (const run of [...this.#runs]) {
      try {
        run(this.#value); // which whoever came before may have changed again
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
