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

/** What is kept alive. */
export interface Beating {
  ping(): void;
  /** Whether this side does not read at the moment: the pong may be there and not be seen. */
  isReadingPaused(): boolean;
  /** Nothing has come from the peer since it was pinged. */
  onLost(): void;
}

interface Entry {
  nextPingMs: number;
  /** By when something must have come; 0 while nothing is awaited. */
  deadlineMs: number;
}

/** How exactly deadlines are met, in milliseconds. */
const TICK_MS = 1_000;

/**
 * Finds peers that have vanished without a word: within `pingMs + pongMs`, and a tick. One timer for all connections, which
 * are pinged spread over the period and not all at once.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #entries = new Map<Beating, Entry>();
  readonly #tickMs: number;
  #timer: Timer | undefined;
  #lastTickMs = 0;

  constructor(options: HeartbeatOptions, scheduler: Scheduler, random: Random) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#tickMs = Math.min(TICK_MS, options.pingMs / 4, options.pongMs / 4);
  }

  get size(): number {
    return this.#entries.size;
  }

  add(beating: Beating): void {
    // The first ping comes between half a period and a whole one: connections that came together are pinged apart.
    const first = this.#options.pingMs * (1 - this.#random.fraction() / 2);
    this.#entries.set(beating, { nextPingMs: this.#scheduler.nowMs() + first, deadlineMs: 0 });
    if (!this.#timer) this.#tickLater();
  }

  remove(beating: Beating): void {
    this.#entries.delete(beating);
    if (this.#entries.size === 0) this.stop();
  }

  /** Something has come from the peer: it is there. */
  heard(beating: Beating): void {
    const entry = this.#entries.get(beating);
    if (entry) entry.deadlineMs = 0;
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
    for (const [beating, entry] of this.#entries) this.#check(beating, entry, now, stallMs);
    // Who is lost may have been followed by somebody new, who has started the timer already.
    if (this.#entries.size > 0 && !this.#timer) this.#tickLater();
  }

  #check(beating: Beating, entry: Entry, now: number, stallMs: number): void {
    if (entry.deadlineMs > 0) {
      if (beating.isReadingPaused()) entry.deadlineMs += now - this.#lastTickMs;
      else entry.deadlineMs += stallMs;
      if (now < entry.deadlineMs) return;
      this.#entries.delete(beating);
      beating.onLost();
    } else if (now >= entry.nextPingMs) {
      entry.nextPingMs = now + this.#options.pingMs;
      entry.deadlineMs = now + this.#options.pongMs;
      beating.ping();
    }
  }
}
