import type { Scheduler } from '../ports/clock.js';
import type { Socket } from '../ports/socket.js';
import { MovingDeadline } from './moving-deadline.js';

/** All that was sent until a moment. */
interface Mark {
  /** When the first of what is counted together was sent. */
  readonly sinceMs: number;
  sentMs: number;
  sentBytes: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** What is sent within this part of the timeout is counted together, as sent with the last of it: never closed too early. */
const MARKS_A_TIMEOUT = 8;

/** What a frame adds to its payload, in bytes. @source RFC 6455, section 5.2 */
export const headerBytes = (payloadBytes: number): number => (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);

type WatchedSocket = Pick<Socket, 'bufferedBytes' | 'heldBytes' | 'droppedBytes'>;

/**
 * How long what is sent may stay in this process. Messages leave in the order in which they are sent, so what was sent before a
 * moment has left when no more is buffered than was sent after it. What has been dropped neither leaves nor is buffered, and counts as
 * never sent.
 */
export class WriteDeadline {
  readonly #scheduler: Scheduler;
  readonly #socket: WatchedSocket;
  readonly #deadline: MovingDeadline;
  #timeoutMs = NEVER;
  #sentBytes = 0;
  /** What of the dropped has been taken out of the sent. */
  #droppedBytes = 0;
  /** Oldest first; a few at most. Empty while nothing is buffered. */
  #marks: Mark[] = [];

  /** @param missed called once, when something has not left in time */
  constructor(scheduler: Scheduler, socket: WatchedSocket, missed: () => void) {
    this.#scheduler = scheduler;
    this.#socket = socket;
    this.#deadline = new MovingDeadline(scheduler, { dueMs: () => this.#dueMs(), missed });
  }

  /** From now on what is sent may take so long; `undefined`: for ever. */
  limitTo(timeoutMs: number = NEVER): void {
    if (timeoutMs === this.#timeoutMs) return;
    if (timeoutMs === NEVER) return this.stop();
    if (this.#timeoutMs === NEVER) this.#droppedBytes = this.#socket.droppedBytes ?? 0;
    this.#timeoutMs = timeoutMs;
    if (this.#marks.length === 0) this.#watch();
    this.#deadline.update();
  }

  /** Something was handed to the socket. */
  sent(payloadBytes: number): void {
    if (this.#timeoutMs === NEVER) return;
    this.#sentBytes += payloadBytes + headerBytes(payloadBytes);
    this.#takeOutDropped();
    this.#watch();
    this.#deadline.update();
  }

  stop(): void {
    this.#timeoutMs = NEVER;
    this.#marks = [];
    this.#deadline.stop();
  }

  /** Only what is held can be dropped: what stands before it has to leave as ever. */
  #takeOutDropped(): void {
    const { droppedBytes = 0, heldBytes = 0 } = this.#socket;
    const bytes = droppedBytes - this.#droppedBytes;
    if (bytes === 0) return;
    this.#droppedBytes = droppedBytes;
    this.#sentBytes -= bytes;
    const firstHeld = this.#sentBytes - heldBytes;
    for (const mark of this.#marks) {
      if (mark.sentBytes > firstHeld) mark.sentBytes = Math.max(firstHeld, mark.sentBytes - bytes);
    }
  }

  #watch(): void {
    if (this.#socket.bufferedBytes === 0) {
      this.#marks = [];
      return;
    }
    const nowMs = this.#scheduler.nowMs();
    const last = this.#marks.at(-1);
    if (!last || nowMs - last.sinceMs >= this.#timeoutMs / MARKS_A_TIMEOUT) {
      this.#marks.push({ sinceMs: nowMs, sentMs: nowMs, sentBytes: this.#sentBytes });
    } else {
      last.sentMs = nowMs;
      last.sentBytes = this.#sentBytes;
    }
  }

  /** When the oldest has to have left that has not left yet. */
  #dueMs(): number | undefined {
    const leftBytes = this.#sentBytes - this.#socket.bufferedBytes;
    while (this.#marks[0] && this.#marks[0].sentBytes <= leftBytes) this.#marks.shift();
    const [oldest] = this.#marks;
    return oldest && oldest.sentMs + this.#timeoutMs;
  }
}
