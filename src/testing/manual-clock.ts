import { WsError } from '../errors.js';
import type { Scheduler, Timer } from '../ports/clock.js';
import { stir, untilQuiet } from './quiet.js';

interface Alarm {
  readonly atMs: number;
  readonly task: () => void;
}

/** Between two alarms everything gets so many turns that nothing happens in. */
const TURNS_BETWEEN = 4;

/**
 * A clock that stands still until it is told to move. It is the clock of a test's server and of its clients: time limits of
 * asks and handlers, heartbeats and rate limits go by it. `Date` and `setTimeout` do not.
 */
export class ManualClock implements Scheduler {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();

  /** How many timers are set. @internal */
  get timers(): number {
    return this.#alarms.size;
  }

  /** Milliseconds since the clock was made. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `task` once, when the clock has been moved by `delayMs` from now. */
  after(delayMs: number, task: () => void): Timer {
    const alarm = { atMs: this.#nowMs + delayMs, task };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /**
   * Moves on by `ms`. What is due on the way runs at its own moment, in order, and what follows from it by promises and by
   * messages has happened before the clock moves on to the next. So it is for what was under way before, and in the end.
   * Whoever waits for an event meanwhile goes on waiting.
   *
   * @throws {OPTION_INVALID} for what is no number from 0 on
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && Number.isFinite(ms))) {
      throw new WsError('OPTION_INVALID', { option: 'ms of advance()', value: ms, expected: 'a number from 0 on' });
    }
    const endMs = this.#nowMs + ms;
    stir();
    await untilQuiet(TURNS_BETWEEN);
    while (this.#runNext(endMs)) {
      stir();
      await untilQuiet(TURNS_BETWEEN);
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
    await untilQuiet();
  }

  /** Moves on, and runs what is due on the way, in order, within this turn. @internal */
  advanceMs(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.#runNext(endMs));
    this.#nowMs = endMs;
  }

  /** Moves on as a process that stood still: what was due runs late, all at once. @internal */
  stallMs(ms: number): void {
    this.#nowMs += ms;
    this.advanceMs(0);
  }

  /** @returns whether anything was due by then */
  #runNext(endMs: number): boolean {
    const [next] = [...this.#alarms].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
    if (!next) return false;
    this.#alarms.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.task();
    return true;
  }
}
