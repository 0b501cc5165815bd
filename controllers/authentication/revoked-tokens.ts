/** Tokens that count no longer although their time has not passed: those of who has signed out. */
export interface Revocations {
  /** @param endsAtMs when the token would have ended anyway, as `Date.now()` counts: from then on it may be forgotten */
  add(id: string, endsAtMs: number): void;
  has(id: string): boolean;
}

/** In memory: right where a restart makes a new secret, with which all tokens end. */
export class RevokedTokens implements Revocations {
  readonly #endsAtMs = new Map<string, number>();

  add(id: string, endsAtMs: number): void {
    for (const [known, endedAtMs] of this.#endsAtMs) if (endedAtMs < Date.now()) this.#endsAtMs.delete(known);
    this.#endsAtMs.set(id, endsAtMs);
  }

  has(id: string): boolean {
    return this.#endsAtMs.has(id);
  }
}
