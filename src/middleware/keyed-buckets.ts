import { TokenBucket } from '../core/token-bucket.js';
import type { Clock } from '../ports/clock.js';

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
  readonly maxKeys: number;
  readonly clock: Clock;
}

/** Of the keys that are remembered, the part that is forgotten at once, so that one search makes room for many new keys. */
const FORGOTTEN_PART = 1 / 16;

/**
 * One token bucket a key, for `maxKeys` of them at most. Full buckets are forgotten first, which loses nothing: a new one is
 * full as well. Only where there are none it is those that are nearest to full.
 */
export class KeyedBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  of(key: string): TokenBucket {
    const known = this.#buckets.get(key);
    if (known) return known;
    const { perSecond, burst, maxKeys, clock } = this.#rate;
    if (this.#buckets.size >= maxKeys) this.#makeRoom();
    const bucket = new TokenBucket(clock, perSecond, burst);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #makeRoom(): void {
    const byMissing = [...this.#buckets]
      .map(([key, { missing }]) => ({ key, missing }))
      .sort((a, b) => a.missing - b.missing);
    const least = Math.ceil(this.#rate.maxKeys * FORGOTTEN_PART);
    for (const [index, { key, missing }] of byMissing.entries()) {
      if (index >= least && missing > 0) return;
      this.#buckets.delete(key);
    }
  }
}
