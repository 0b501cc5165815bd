import type { Timer } from '../ports/clock.js';
import type { Frame } from '../protocol/message.js';
import type { ConnSettings } from './settings.js';
import { TokenBucket } from './token-bucket.js';

/** A frame that a handler is to see. */
export type HandledFrame = Extract<Frame, { kind: 'message' | 'native' }>;

interface Waiting {
  readonly frame: HandledFrame;
  readonly bytes: number;
}

/** How many handlers may run at once while each of them waits for an ask of its own. @source SignalR and Centrifugo bound theirs alike */
const MAX_NESTED_HANDLERS = 16;

/** While handlers wait for replies, reading goes on until this many times the limits wait: the replies must get through. */
const HARD_LIMIT_FACTOR = 4;

/** What a running handler occupies: a namespace, or with `undefined` none in particular. */
type Lane = string | undefined;

const laneOf = (frame: HandledFrame): string => (frame.kind === 'native' ? '' : frame.message.namespace);
const isAsk = (frame: HandledFrame): boolean => frame.kind === 'message' && frame.message.wait !== '';

interface QueueEvents {
  /** Handles one frame. Must not throw or reject. */
  handle(frame: HandledFrame): void | Promise<void>;
  /** Asks of this side that wait for replies. */
  pendingAsks(): number;
  pause(): void;
  resume(): void;
}

/**
 * The frames of one connection that wait for a handler: handled one after the other, in order of arrival.
 *
 * One exception keeps two ends from waiting for each other: while a handler runs and this side waits for replies, frames of
 * other namespaces go on, and the other side's asks do, too.
 *
 * What waits is bounded by pausing the reading.
 */
export class HandlerQueue {
  readonly #settings: ConnSettings;
  readonly #events: QueueEvents;
  readonly #bucket: TokenBucket | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  readonly #running: Lane[] = [];
  #heldNamespaces: string[] | undefined;
  #throttle: Timer | undefined;
  #isPaused = false;
  #isClosed = false;
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  constructor(settings: ConnSettings, events: QueueEvents) {
    const { messagesPerSecond, messageBurst } = settings.limits;
    this.#settings = settings;
    this.#events = events;
    if (Number.isFinite(messagesPerSecond)) {
      this.#bucket = new TokenBucket(settings.scheduler, messagesPerSecond, Math.max(1, messageBurst));
    }
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  push(frame: HandledFrame, bytes: number): void {
    if (this.#isClosed) return;
    this.#waiting.push({ frame, bytes });
    this.#waitingBytes += bytes;
    this.#drain();
    this.#updateReading();
  }

  /** Lets nothing else be handled until `work` has ended. For what is no frame: the hook that runs before the handshake. */
  async occupy(work: () => Promise<void>): Promise<void> {
    await this.#run(undefined, work);
  }

  /** Holds back the frames of a namespace that is being connected from here, until the function returned is called. */
  hold(namespace: string): () => void {
    this.#heldNamespaces ??= [];
    this.#heldNamespaces.push(namespace);
    return () => {
      const held = this.#heldNamespaces ?? [];
      held.splice(held.indexOf(namespace), 1);
      this.#drain();
      this.#updateReading();
    };
  }

  /** The number of pending asks has changed: a handler that waits for its ask frees its place. */
  asksChanged(): void {
    this.#updateReading();
    // Not within the call of whoever asks: handlers do not run in the middle of other handlers' statements.
    if (this.#waiting.length > 0 && this.#running.length > 0) queueMicrotask(() => this.#drain());
  }

  #updateReading(): void {
    if (this.#isClosed) return;
    const { maxInboxFrames, maxInboxBytes } = this.#settings.limits;
    const factor = this.#events.pendingAsks() > 0 && !this.#throttle ? HARD_LIMIT_FACTOR : 1;
    const isFull = this.#waiting.length > maxInboxFrames * factor || this.#waitingBytes > maxInboxBytes * factor;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.#events.pause();
    else this.#events.resume();
  }

  /** Drops what waits; nothing is handled any more. Fulfilled when no handler runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#throttle?.cancel();
    if (this.#running.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #drain(): void {
    // A handler that ends at once would otherwise come back here for each frame, one stack frame deeper each time.
    if (this.#isDraining || this.#isClosed) return;
    this.#isDraining = true;
    for (let index = this.#nextIndex(); index >= 0; index = this.#nextIndex()) {
      if (this.#isThrottled()) break;
      const { frame, bytes } = this.#waiting[index] as Waiting; // nextIndex has found it
      if (index === 0) this.#waiting.shift();
      else this.#waiting.splice(index, 1);
      this.#waitingBytes -= bytes;
      const result = this.#events.handle(frame);
      if (result) void this.#run(laneOf(frame), () => result);
    }
    this.#isDraining = false;
  }

  /** The first frame that may be handled now, or -1. */
  #nextIndex(): number {
    if (this.#waiting.length === 0) return -1;
    if (this.#running.length === 0 && !this.#heldNamespaces?.length) return 0;
    if (this.#running.length > 0) {
      if (this.#events.pendingAsks() === 0 || this.#running.length >= MAX_NESTED_HANDLERS) return -1;
    }
    return this.#waiting.findIndex(({ frame }) => this.#mayRun(frame));
  }

  #mayRun(frame: HandledFrame): boolean {
    const lane = laneOf(frame);
    if (this.#heldNamespaces?.includes(lane)) return false;
    return isAsk(frame) || !this.#running.includes(lane);
  }

  #isThrottled(): boolean {
    if (this.#throttle) return true;
    const waitMs = this.#bucket?.take() ?? 0;
    if (waitMs === 0) return false;
    this.#throttle = this.#settings.scheduler.after(waitMs, () => {
      this.#throttle = undefined;
      this.#drain();
      this.#updateReading();
    });
    return true;
  }

  async #run(lane: Lane, work: () => void | Promise<void>): Promise<void> {
    this.#running.push(lane);
    await work();
    this.#running.splice(this.#running.indexOf(lane), 1);
    if (this.#running.length === 0) this.#onIdle?.();
    if (this.#isClosed) return;
    this.#drain();
    this.#updateReading();
  }
}
