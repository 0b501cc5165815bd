import type { Scheduler } from '../ports/clock.js';
import type { Socket } from '../ports/socket.js';
import { MovingDeadline } from './moving-deadline.js';

/**
 * How long the other side may be silent. Its clock stands still while this side does not read. Whoever is in the middle of a message is
 * not silent as long as more of it comes: that is looked at when the time is over, so that it costs a message nothing.
 */
export class ReadDeadline {
  readonly #scheduler: Scheduler;
  readonly #socket: Pick<Socket, 'unfinishedBytes'>;
  readonly #missed: () => void;
  readonly #deadline: MovingDeadline;
  #timeoutMs: number | undefined;
  #silentSinceMs = 0;
  /** Set while this side does not read. */
  #pausedSinceMs: number | undefined;
  /** What had come of an unfinished message when the time was over last. */
  #seenBytes = 0;

  /** @param missed called once, when it has been silent for too long */
  constructor(scheduler: Scheduler, socket: Pick<Socket, 'unfinishedBytes'>, missed: () => void) {
    this.#scheduler = scheduler;
    this.#socket = socket;
    this.#missed = missed;
    this.#deadline = new MovingDeadline(scheduler, { dueMs: () => this.#dueMs(), missed: () => this.#isOver() });
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

  #isOver(): void {
    const { unfinishedBytes } = this.#socket;
    const isReceiving = unfinishedBytes > 0 && unfinishedBytes !== this.#seenBytes;
    this.#seenBytes = unfinishedBytes;
    if (!isReceiving) return this.#missed();
    this.heard();
    this.#deadline.update();
  }

  #dueMs(): number | undefined {
    if (this.#timeoutMs === undefined || this.#pausedSinceMs !== undefined) return undefined;
    return this.#silentSinceMs + this.#timeoutMs;
  }
}
