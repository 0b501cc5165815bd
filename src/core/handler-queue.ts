import type { Timer } from '../ports/clock.js';
import type { Concurrency } from '../ports/namespace-options.js';
import type { WireMessage } from '../protocol/message.js';
import type { EventTable } from './event-table.js';
import { type HandledFrame, isAsk, isDisconnect, isRequest, laneOf } from './handled-frame.js';
import type { ConnSettings } from './settings.js';
import { TokenBucket } from './token-bucket.js';

interface Waiting {
  readonly frame: HandledFrame;
  readonly bytes: number;
}

/** While handlers wait for replies, reading goes on until this many times the limits wait: the replies must get through. */
const HARD_LIMIT_FACTOR = 4;

/** How many handlers of one namespace run at a time. */
function mostAtATime(concurrency: Concurrency): number {
  if (concurrency === 'serial') return 1;
  return concurrency === 'parallel' ? Number.POSITIVE_INFINITY : concurrency;
}

/** By table, which all connections of a server have in common. */
const ownQueues = new WeakMap<EventTable, boolean>();

/** Whether any namespace is not in the queue of all. */
function hasOwnQueues(table: EventTable): boolean {
  const known = ownQueues.get(table);
  if (known !== undefined) return known;
  const found = [...table.values()].some(({ concurrency = 'serial' }) => concurrency !== 'serial');
  ownQueues.set(table, found);
  return found;
}

/** Something takes effect in a namespace: what was asked for there, and has been acknowledged. */
interface Hold {
  readonly namespace: string;
  mayPass(asked: WireMessage): boolean;
}

/** What a queue needs of its connection. */
export interface QueueEvents {
  /** Handles one frame. Must not throw or reject. */
  handle(frame: HandledFrame): void | Promise<void>;
  /** Whether an ask of the other side may be handled while the handler of another frame of its namespace runs. */
  mayPass(running: HandledFrame, asked: WireMessage): boolean;
  /** Asks of this side that wait for replies. */
  pendingAsks(): number;
  pause(): void;
  resume(): void;
}

/**
 * The frames of one connection that wait for a handler: handled one after the other, in order of arrival. A namespace may
 * ask for a queue of its own, in which one or several are handled at a time, or for none.
 *
 * One exception keeps two ends from waiting for each other: while a handler runs and this side waits for replies, frames of
 * other namespaces go on, and the other side's asks do, too, unless they depend on what runs.
 *
 * What waits is bounded by pausing the reading.
 */
export class HandlerQueue {
  readonly #settings: ConnSettings;
  readonly #events: QueueEvents;
  readonly #bucket: TokenBucket | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** What handlers run for: a frame, or with `undefined` the hook of the connection. */
  readonly #running: (HandledFrame | undefined)[] = [];
  #holds: Set<Hold> | undefined;
  #throttle: Timer | undefined;
  #isPaused = false;
  #isClosed = false;
  #isDraining = false;
  /** Nothing that waits may be handled, as long as nothing else changes; and the requests among it. */
  #isStuck = false;
  #stuckRequests: HandledFrame[] = [];
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
    // Most frames find nobody before them, and do not wait at all.
    if (this.#isFree && !this.#isThrottled()) return this.#handleAtOnce(frame);
    this.#waiting.push({ frame, bytes });
    this.#waitingBytes += bytes;
    if (!this.#isStuck || this.#mayGo(frame)) this.#drain();
    this.#updateReading();
  }

  /** Lets nothing else be handled until `work` has ended. For what is no frame: the hook that runs before the handshake. */
  async occupy(work: () => Promise<void>): Promise<void> {
    await this.#run(undefined, work);
  }

  /**
   * Holds back the frames of a namespace in which something takes effect, until the function returned is called.
   *
   * @param mayPass the asks that go on all the same while this side waits for replies
   */
  hold(namespace: string, mayPass: (asked: WireMessage) => boolean): () => void {
    const hold = { namespace, mayPass };
    this.#holds ??= new Set();
    const holds = this.#holds.add(hold);
    return () => {
      holds.delete(hold);
      this.#goOn();
    };
  }

  /** The number of pending asks has changed: a handler that waits for its ask frees its place. */
  asksChanged(): void {
    this.#updateReading();
    // Not within the call of whoever asks: handlers do not run in the middle of other handlers' statements.
    if (this.#waiting.length > 0 && !this.#isIdle) queueMicrotask(() => this.#drain());
  }

  /** Whether no handler runs, neither for a frame nor for something that takes effect. */
  get #isIdle(): boolean {
    return this.#running.length === 0 && !this.#holds?.size;
  }

  /** Whether a frame that comes now is the next. */
  get #isFree(): boolean {
    return this.#waiting.length === 0 && this.#isIdle && !this.#isDraining && !this.#isClosed;
  }

  #handleAtOnce(frame: HandledFrame): void {
    this.#isDraining = true;
    this.#handle(frame);
    this.#isDraining = false;
    if (this.#waiting.length > 0) this.#drain();
    if (this.#waiting.length > 0 || this.#isPaused) this.#updateReading();
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
    // A handler that closes before its first await is not known to run until it has returned its promise.
    await Promise.resolve();
    if (this.#isIdle) return;
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
      this.#handle(frame);
    }
    this.#isDraining = false;
  }

  #handle(frame: HandledFrame): void {
    const result = this.#events.handle(frame);
    if (result) void this.#run(frame, () => result);
  }

  /** The first frame that may be handled now, or -1. */
  #nextIndex(): number {
    this.#isStuck = false;
    if (this.#waiting.length === 0) return -1;
    if (this.#isIdle) return 0;
    this.#stuckRequests = [];
    const index = this.#mayAnyRun ? this.#waiting.findIndex(({ frame }) => this.#mayGo(frame)) : -1;
    this.#isStuck = index < 0;
    return index;
  }

  /** Whether anything at all may run beside what runs. */
  get #mayAnyRun(): boolean {
    const { length: runningCount } = this.#running;
    if (runningCount >= this.#settings.limits.maxRunningHandlers) return false;
    return runningCount === 0 || this.#events.pendingAsks() > 0 || hasOwnQueues(this.#settings.table);
  }

  /** Whether a frame may be handled before all that waits and could not. A request that may not is remembered. */
  #mayGo(frame: HandledFrame): boolean {
    if (
      this.#mayAnyRun &&
      this.#mayRun(frame) &&
      this.#stuckRequests.every((request) => this.#mayOvertake(request, frame))
    ) {
      return true;
    }
    if (isRequest(frame)) this.#stuckRequests.push(frame);
    return false;
  }

  /** What comes after a request of its namespace counts on it. */
  #mayOvertake(request: HandledFrame, frame: HandledFrame): boolean {
    if (laneOf(request) !== laneOf(frame)) return true;
    return isAsk(frame) && this.#events.mayPass(request, frame.message);
  }

  #mayRun(frame: HandledFrame): boolean {
    const lane = laneOf(frame);
    for (const { namespace, mayPass } of this.#holds ?? []) {
      if (namespace !== lane) continue;
      if (!isAsk(frame) || this.#events.pendingAsks() === 0 || !mayPass(frame.message)) return false;
    }
    return this.#mayRunBesideOthers(lane) && this.#mayRunBesideItsOwn(frame, lane);
  }

  /** Beside the handlers of other namespaces, and the hook of the connection. */
  #mayRunBesideOthers(lane: string): boolean {
    if (this.#events.pendingAsks() > 0) return true;
    const isSerial = this.#concurrencyOf(lane) === 'serial';
    return this.#running.every((running) => {
      if (running === undefined) return false;
      const other = laneOf(running);
      return other === lane || !isSerial || this.#concurrencyOf(other) !== 'serial';
    });
  }

  /** Beside the handlers of the same namespace. */
  #mayRunBesideItsOwn(frame: HandledFrame, lane: string): boolean {
    const asked = isAsk(frame) && this.#events.pendingAsks() > 0 ? frame.message : undefined;
    let mostOthers = mostAtATime(this.#concurrencyOf(lane)) - 1;
    for (const running of this.#running) {
      if (running === undefined || laneOf(running) !== lane) continue;
      if (asked && this.#events.mayPass(running, asked)) continue;
      // Requests change what the others count on, and whoever disconnects lets the handlers end first.
      if (mostOthers === 0 || isRequest(running) || isDisconnect(frame)) return false;
      mostOthers -= 1;
    }
    return true;
  }

  #concurrencyOf(lane: string): Concurrency {
    return this.#settings.table.get(lane)?.concurrency ?? 'serial';
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

  async #run(frame: HandledFrame | undefined, work: () => void | Promise<void>): Promise<void> {
    this.#running.push(frame);
    await work();
    this.#running.splice(this.#running.indexOf(frame), 1);
    this.#goOn();
  }

  /** A handler has ended, and what waited for it may run. */
  #goOn(): void {
    if (this.#isIdle) this.#onIdle?.();
    this.#drain();
    this.#updateReading();
  }
}
