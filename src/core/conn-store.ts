/** Values that an application keeps with a connection. Takes no memory until the first is set. */
export class ConnStore {
  #values: Map<string, unknown> | undefined;

  get(key: string): unknown {
    return this.#values?.get(key);
  }

  set(key: string, value: unknown): void {
    this.#values ??= new Map();
    this.#values.set(key, value);
  }

  /** Adds to a number, which is 0 as long as it is none, and gives the sum. */
  add(key: string, by: number): number {
    const value = this.get(key);
    const sum = (typeof value === 'number' ? value : 0) + by;
    this.set(key, sum);
    return sum;
  }

  clear(): void {
    this.#values = undefined;
  }
}
