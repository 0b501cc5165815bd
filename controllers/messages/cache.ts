/** Remembers what was costly to find out, for at most so many keys: the one that nobody asked for longest makes room. */
export class Cache<Key, Value> {
  readonly #maxKeys: number;
  readonly #values = new Map<Key, Value>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** What is remembered, or else what `find` gives, which is remembered from then on. */
  get(key: Key, find: () => Value): Value {
    const value = this.#values.has(key) ? (this.#values.get(key) as Value) : find(); // it has the key
    this.#values.delete(key);
    this.#values.set(key, value); // the last one in the order of the map
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#maxKeys) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  /** Forgets everything: what was found out is not true any more. */
  clear(): void {
    this.#values.clear();
  }
}
