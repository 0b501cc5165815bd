/** How long a server may be silent before it is taken for dead: three beats, and less than the 12 s that are promised. */
const SILENT_MS = 10_000;

/** More servers than anybody has: whoever forges names cannot fill the memory. */
const MAX_PEERS = 4_096;

/** Who else takes part. */
export class Membership {
  /** When each was heard last. */
  readonly #heardAtMs = new Map<string, number>();

  get names(): readonly string[] {
    return [...this.#heardAtMs.keys()];
  }

  /** @returns `false` for one too many, who is not taken */
  heard(serverId: string, nowMs: number): boolean {
    if (this.#heardAtMs.size >= MAX_PEERS && !this.#heardAtMs.has(serverId)) return false;
    this.#heardAtMs.set(serverId, nowMs);
    return true;
  }

  /** @returns whether it was there */
  left(serverId: string): boolean {
    return this.#heardAtMs.delete(serverId);
  }

  /** Nobody could be heard until now: all have their time anew. */
  excuse(nowMs: number): void {
    for (const serverId of this.#heardAtMs.keys()) this.#heardAtMs.set(serverId, nowMs);
  }

  /** Forgets who has been silent for too long. @returns their names */
  expire(nowMs: number): readonly string[] {
    const dead = [...this.#heardAtMs].flatMap(([serverId, atMs]) => (nowMs - atMs >= SILENT_MS ? [serverId] : []));
    for (const serverId of dead) this.#heardAtMs.delete(serverId);
    return dead;
  }
}
