import type { Scheduler, Timer } from '../ports/clock.js';

interface DeadlineEvents {
  /** When it is due, as things stand now; `undefined` while nothing is awaited. */
  dueMs(): number | undefined;
  /** It is past, and nothing has happened. */
  missed(): void;
}

/**
 * A deadline that keeps moving away, with one timer at a time: whatever happens meanwhile costs nothing here, and how far it has
 * moved is found when the timer fires.
 */
export class MovingDeadline {
  readonly #scheduler: Scheduler;
  readonly #events: DeadlineEvents;
  #timer: Timer | undefined;
  #timerDueMs = 0;
  #isLastLook = false;

  constructor(scheduler: Scheduler, events: DeadlineEvents) {
    this.#scheduler = scheduler;
    this.#events = events;
  }

  /** To be called when it is first awaited, and whenever it may have come nearer. */
  update(): void {
    const dueMs = this.#events.dueMs();
    if (dueMs === undefined || (this.#timer && dueMs >= this.#timerDueMs)) return;
    this.stop();
    this.#setTimer(dueMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isLastLook = false;
  }

  #setTimer(dueMs: number): void {
    this.#timerDueMs = dueMs;
    this.#timer = this.#scheduler.after(Math.max(0, dueMs - this.#scheduler.nowMs()), () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const dueMs = this.#events.dueMs();
    const isPast = dueMs !== undefined && dueMs <= this.#scheduler.nowMs();
    if (isPast && this.#isLastLook) return this.#events.missed();
    // A process that stood still has not seen yet what came and went meanwhile: it does within one turn of its event loop.
    this.#isLastLook = isPast;
    if (dueMs !== undefined) this.#setTimer(dueMs);
  }
}
