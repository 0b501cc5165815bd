/** Tokens that count no longer although their time has not passed: those of who has signed out. In memory. */
export class RevokedTokens {
  readonly #endsAtMs = new Map<string, number>();

  /** @param endsAtMs when the token would have ended anyway, as `Date.now()` counts: from then on it is forgotten here */
  add(id: string, endsAtMs: number): void {
    for (const [known, endedAtMs] of this.#endsAtMs) if (endedAtMs < Date.now()) this.#endsAtMs.delete(known);
    this.#endsAtMs.set(id, endsAtMs);
  }

  has(id: string): boolean {
    return this.#endsAtMs.has(id);
  }
}
