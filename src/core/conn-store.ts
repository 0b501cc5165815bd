/** Values that an application keeps with a connection. */
export class ConnStore {
  readonly #values = new Map<string, unknown>();

  get(key: string): unknown {
    return this.#values.get(key);
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  /** Adds to a number, which is 0 as long as it is none, and gives the sum. */
  add(key: string, by: number): number {
    const value = this.get(key);
    const sum = (typeof value === 'number' ? value : 0) + by;
    this.set(key, sum);
    return sum;
  }
}
