import type { Scheduler, Timer } from '../../src/ports/clock.js';

interface Alarm {
  readonly atMs: number;
  readonly task: () => void;
}

/** A clock that stands still until it is told to move. */
export class ManualClock implements Scheduler {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();

  get timers(): number {
    return this.#alarms.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const alarm = { atMs: this.#nowMs + delayMs, task };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** Moves on, and runs what is due on the way, in order. */
  advanceMs(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
    }
    this.#nowMs = endMs;
  }

  /** Moves on as a process that stood still: what was due runs late, all at once. */
  stallMs(ms: number): void {
    this.#nowMs += ms;
    this.advanceMs(0);
  }

  #next(endMs: number): Alarm | undefined {
    return [...this.#alarms].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}
