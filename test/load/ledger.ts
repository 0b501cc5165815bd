/** What has been made, and how often it has been let go. */
export class Ledger {
  readonly wrong: string[] = [];
  readonly #made = new Map<object, number>();

  make(what: object): void {
    this.#made.set(what, 0);
  }

  letGo(what: object): void {
    this.#made.set(what, (this.#made.get(what) ?? 1) + 1);
  }

  isAlive(what: object): boolean {
    return this.#made.get(what) === 0;
  }

  check(what: object, text: string): void {
    if (!this.isAlive(what)) this.wrong.push(text);
  }

  /** The names of those that have not been let go exactly once. */
  get unbalanced(): string[] {
    return [...this.#made]
      .filter(([, times]) => times !== 1)
      .map(([what, times]) => `${what.constructor.name} ${times}`);
  }
}
