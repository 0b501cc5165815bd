import type { Scheduler, Timer } from '../ports/clock.js';
import type { Random } from '../ports/random.js';

/** How often connections are pinged, and how long they may be silent then. */
export interface HeartbeatOptions {
  /** How often every connection is pinged, in milliseconds. @default 25000 */
  readonly pingMs: number;
  /** How long the pong may take, in milliseconds. @default 8000 */
  readonly pongMs: number;
}

/**
 * Every 25 s, with 8 s for the pong.
 *
 * @source Centrifugo's defaults; below the 60 s after which nginx and most load balancers drop an idle connection
 */
export const DEFAULT_HEARTBEAT: HeartbeatOptions = { pingMs: 25_000, pongMs: 8_000 };

/** What a heartbeat goes by. */
export interface HeartbeatTiming extends HeartbeatOptions {
  /** How long what is sent before a ping may take to leave, in milliseconds, while it does. @default any time */
  readonly messageTimeoutMs?: number;
}

/** What is kept alive. It carries what the heartbeat notes of it, so that a frame that comes costs no look-up. */
export abstract class Beating {
  nextPingMs = 0;
  /** By when something must have come; 0 while nothing is awaited. */
  deadlineMs = 0;
  /** How far it had come, in both directions, when this was last looked at. */
  seenBytes = 0;

  abstract ping(): void;
  /** What has come of a message that is not whole: no pong can pass it. */
  abstract unfinishedBytes(): number;
  /** What has to leave before the ping can: until then there is nothing to be answered. */
  abstract bytesBeforePing(): number;
  /** Whether this side does not read at the moment: the pong may be there and not be seen. */
  abstract isReadingPaused(): boolean;
  /** Nothing has come from the peer since it was pinged. */
  abstract onLost(): void;

  /** Something has come from the peer: it is there. */
  heard(): void {
    this.deadlineMs = 0;
  }
}

/** How exactly deadlines are met, in milliseconds. */
const TICK_MS = 1_000;

/**
 * Finds peers that have vanished without a word: within `pingMs + pongMs`, and a tick. One timer for all connections, which
 * are pinged spread over the period and not all at once.
 */
export class Heartbeat {
  readonly #options: HeartbeatTiming;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #beating = new Set<Beating>();
  readonly #tickMs: number;
  #timer: Timer | undefined;
  #lastTickMs = 0;

  constructor(options: HeartbeatTiming, scheduler: Scheduler, random: Random) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#tickMs = Math.min(TICK_MS, options.pingMs / 4, options.pongMs / 4);
  }

  get size(): number {
    return this.#beating.size;
  }

  add(beating: Beating): void {
    // The first ping comes between half a period and a whole one: connections that came together are pinged apart.
    const first = this.#options.pingMs * (1 - this.#random.fraction() / 2);
    beating.nextPingMs = this.#scheduler.nowMs() + first;
    beating.deadlineMs = 0;
    this.#beating.add(beating);
    if (!this.#timer) this.#tickLater();
  }

  remove(beating: Beating): void {
    this.#beating.delete(beating);
    if (this.#beating.size === 0) this.stop();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tickLater(): void {
    this.#lastTickMs = this.#scheduler.nowMs();
    this.#timer = this.#scheduler.after(this.#tickMs, () => this.#tick());
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.#scheduler.nowMs();
    // A process that stood still could not read the pongs that came meanwhile: its own delay is nobody's fault.
    const sinceMs = now - this.#lastTickMs;
    const stallMs = sinceMs > this.#tickMs + this.#options.pongMs / 2 ? sinceMs : 0;
    for (const beating of this.#beating) this.#check(beating, now, stallMs);
    // Who is lost may have been followed by somebody new, who has started the timer already.
    if (this.#beating.size > 0 && !this.#timer) this.#tickLater();
  }

  #check(beating: Beating, now: number, stallMs: number): void {
    if (beating.deadlineMs > 0) {
      if (beating.isReadingPaused()) {
        beating.deadlineMs += now - this.#lastTickMs;
        this.#pingUnread(beating, now);
      } else {
        beating.deadlineMs += stallMs;
      }
      if (now < beating.deadlineMs) return;
      if (this.#isMoving(beating, now)) {
        beating.deadlineMs = now + this.#options.pongMs;
        return;
      }
      this.#beating.delete(beating);
      beating.onLost();
    } else if (now >= beating.nextPingMs) {
      beating.nextPingMs = now + this.#options.pingMs;
      beating.deadlineMs = now + this.#options.pongMs;
      beating.ping();
      beating.seenBytes = movedBytes(beating);
    }
  }

  /**
   * Pings on where no pong is read: the system says of a peer that has gone only to who writes to it, and its end stands behind
   * what is not read.
   */
  #pingUnread(beating: Beating, now: number): void {
    if (now < beating.nextPingMs || beating.bytesBeforePing() > 0) return;
    beating.nextPingMs = now + this.#options.pingMs;
    beating.ping();
  }

  /**
   * Whether more of an unfinished message has come since the last look, or more of what stands before the ping has left: a peer
   * that is gone takes no more than the buffers of the system. How long a message may take to come is looked after where it is read.
   */
  #isMoving(beating: Beating, now: number): boolean {
    const { pingMs, messageTimeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    const before = beating.seenBytes;
    beating.seenBytes = movedBytes(beating);
    const pingedMs = beating.nextPingMs - pingMs;
    if (beating.bytesBeforePing() > 0 && now - pingedMs > messageTimeoutMs) return false;
    return beating.seenBytes > before;
  }
}

/** Grows with what comes, and with what leaves. */
const movedBytes = (beating: Beating): number => beating.unfinishedBytes() - beating.bytesBeforePing();
