import type { Clock } from '../ports/clock.js';

/** Lets through `perSecond` things a second on average, and `burst` of them at once. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = clock.nowMs();
  }

  /** Takes one and gives 0, or takes none and gives the milliseconds until there is one. */
  take(): number {
    this.#fill();
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / this.#perMs);
    this.#tokens -= 1;
    return 0;
  }

  /** How many it lacks. One that lacks none is as good as new. */
  get missing(): number {
    this.#fill();
    return this.#burst - this.#tokens;
  }

  #fill(): void {
    const now = this.#clock.nowMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledMs) * this.#perMs);
    this.#filledMs = now;
  }
}
