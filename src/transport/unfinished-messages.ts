/** Whoever receives a message in parts. */
export interface Receiving {
  /** What has come of the messages of all is too much, and this one is the oldest. It is not counted any more. */
  onCrowded(): void;
}

/**
 * Counts what has come of messages that are not whole, over all connections of a server: each may be as large as the largest message,
 * and whoever opens thousands of connections and finishes nothing would fill the memory. Where they are too much the oldest
 * gives way: who finishes what they begin is never that for long.
 */
export class UnfinishedMessages {
  readonly #maxBytes: number;
  /** What has come of each, the oldest first. */
  readonly #bytes = new Map<Receiving, number>();
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What has come of all of them. */
  get bytes(): number {
    return this.#total;
  }

  /** More of a message has come. May tell others, or the same one, that they are too many. */
  add(receiving: Receiving, bytes: number): void {
    this.#bytes.set(receiving, (this.#bytes.get(receiving) ?? 0) + bytes);
    this.#total += bytes;
    for (const [oldest] of this.#bytes) {
      if (this.#total <= this.#maxBytes) return;
      this.delete(oldest);
      oldest.onCrowded();
    }
  }

  /** The message is whole, or its connection has ended. */
  delete(receiving: Receiving): void {
    this.#total -= this.#bytes.get(receiving) ?? 0;
    this.#bytes.delete(receiving);
  }
}
