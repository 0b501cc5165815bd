import type { Scheduler } from '../ports/clock.js';
import { MovingDeadline } from './moving-deadline.js';

/** How long the other side may be silent. Its clock stands still while this side does not read. */
export class ReadDeadline {
  readonly #scheduler: Scheduler;
  readonly #deadline: MovingDeadline;
  #timeoutMs: number | undefined;
  #silentSinceMs = 0;
  /** Set while this side does not read. */
  #pausedSinceMs: number | undefined;

  /** @param missed called once, when it has been silent for too long */
  constructor(scheduler: Scheduler, missed: () => void) {
    this.#scheduler = scheduler;
    this.#deadline = new MovingDeadline(scheduler, { dueMs: () => this.#dueMs(), missed });
  }

  /** From now on it may be silent for so long; `undefined`: for ever. */
  limitTo(timeoutMs: number | undefined): void {
    if (timeoutMs === this.#timeoutMs) return;
    const wasWatched = this.#timeoutMs !== undefined;
    this.#timeoutMs = timeoutMs;
    if (!wasWatched) this.heard();
    if (timeoutMs === undefined) this.#deadline.stop();
    else this.#deadline.update();
  }

  /** A frame has come. Reads the clock, and no more. */
  heard(): void {
    if (this.#timeoutMs === undefined) return;
    // What had been read before the pause may still be handed over: no time has passed since.
    this.#silentSinceMs = this.#pausedSinceMs ?? this.#scheduler.nowMs();
  }

  pause(): void {
    this.#pausedSinceMs ??= this.#scheduler.nowMs();
    this.#deadline.stop();
  }

  resume(): void {
    if (this.#pausedSinceMs === undefined) return;
    this.#silentSinceMs += this.#scheduler.nowMs() - this.#pausedSinceMs;
    this.#pausedSinceMs = undefined;
    this.#deadline.update();
  }

  stop(): void {
    this.#timeoutMs = undefined;
    this.#deadline.stop();
  }

  #dueMs(): number | undefined {
    if (this.#timeoutMs === undefined || this.#pausedSinceMs !== undefined) return undefined;
    return this.#silentSinceMs + this.#timeoutMs;
  }
}
