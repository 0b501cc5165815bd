import type { Clock } from '../ports/clock.js';

/**
 * How many malformed frames within the window end a connection, on the last of them. Our choice: a client with a fault
 * sends one or two, when it meets the case; a program that probes, or speaks another language, sends nothing else.
 */
const MAX_STRIKES = 3;

/** How long a malformed frame is remembered: what a long connection does wrong now and then does not add up. */
const WINDOW_MS = 60_000;

/** Counts the malformed frames of one connection: a mistake is forgiven, a habit is not. */
export class Strikes {
  readonly #clock: Clock;
  #times: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more, and says whether that was one too many. */
  add(): boolean {
    const now = this.#clock.nowMs();
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    this.#times.push(now);
    return this.#times.length >= MAX_STRIKES;
  }
}
