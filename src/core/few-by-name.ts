/**
 * Values by name, in the order in which they were set, for where there is mostly one: that one needs no map, which would take
 * 184 bytes a connection (`npm run bench -- idle`, Node 20.20, November 2026).
 */
export class FewByName<T extends object> {
  #onlyName = '';
  #only: T | undefined;
  /** Made with the second. */
  #all: Map<string, T> | undefined;

  get size(): number {
    if (this.#all) return this.#all.size;
    return this.#only ? 1 : 0;
  }

  get(name: string): T | undefined {
    if (this.#all) return this.#all.get(name);
    return this.#only && this.#onlyName === name ? this.#only : undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: T): void {
    if (this.#all) {
      this.#all.set(name, value);
    } else if (this.#only && this.#onlyName !== name) {
      this.#all = new Map([[this.#onlyName, this.#only]]).set(name, value);
      this.#only = undefined;
    } else {
      this.#onlyName = name;
      this.#only = value;
    }
  }

  /** @returns whether it was there */
  delete(name: string): boolean {
    if (!this.has(name)) return false;
    this.#only = undefined;
    this.#onlyName = '';
    this.#all?.delete(name);
    if (this.#all?.size === 0) this.#all = undefined;
    return true;
  }

  /** All of them as they are now. */
  values(): readonly T[] {
    if (this.#all) return [...this.#all.values()];
    return this.#only ? [this.#only] : [];
  }
}
