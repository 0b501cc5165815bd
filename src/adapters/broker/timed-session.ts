import type { Scheduler, Timer } from '../../ports/clock.js';
import type { BrokerSession, Packet, Turns } from './broker.js';

/** How long a broker may take for the next of what it was told to do before it is given up. */
const COMMAND_TIMEOUT_MS = 2_000;

/** How many channels one command is about: whoever has very many needs more time for all of them, and not for one command. */
const CHANNELS_A_COMMAND = 10_000;

/**
 * A session whose commands fail when they take too long. Brokers carry out one after the other, so the time of a command begins
 * when those before it are done: one that is slow, and gets on, is not taken for one that stands still.
 */
export class TimedSession implements BrokerSession {
  readonly #session: BrokerSession;
  readonly #scheduler: Scheduler;
  readonly #turns: Turns;
  /** Told when the session is closed: a client may leave who waits for an answer without one. */
  readonly #waiting = new Set<(error: Error) => void>();
  #isClosed = false;

  constructor(session: BrokerSession, scheduler: Scheduler) {
    this.#session = session;
    this.#turns = session.turns ?? { last: Promise.resolve() };
    this.#scheduler = scheduler;
  }

  get maxPacketBytes(): number {
    return this.#session.maxPacketBytes ?? Number.POSITIVE_INFINITY;
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#inParts(channels, (part) => this.#session.subscribe(part));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#inParts(channels, (part) => this.#session.unsubscribe(part));
  }

  publish(packets: readonly Packet[]): Promise<void> {
    return this.#inTurn(this.#session.publish(packets));
  }

  ping(): Promise<void> {
    return this.#inTurn(this.#session.ping());
  }

  close(): void {
    this.#isClosed = true;
    this.#session.close();
    for (const leave of this.#waiting) leave(new Error('the session has been closed'));
  }

  /** All are on their way at once: what is told to the broker afterwards comes after them. */
  async #inParts(channels: readonly string[], command: (part: readonly string[]) => Promise<void>): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let at = 0; at < channels.length; at += CHANNELS_A_COMMAND) {
      parts.push(this.#inTurn(command(channels.slice(at, at + CHANNELS_A_COMMAND))));
    }
    await Promise.all(parts);
  }

  #inTurn(done: Promise<void>): Promise<void> {
    const before = this.#turns.last;
    const inTime = this.#inTime(done, before);
    // Without what they have come to: each would hold all before it.
    this.#turns.last = Promise.allSettled([before, inTime]).then(() => undefined);
    return inTime;
  }

  async #inTime(done: Promise<void>, before: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    let leave: ((error: Error) => void) | undefined;
    let isOver = false;
    try {
      await new Promise<void>((resolve, reject) => {
        leave = reject;
        this.#waiting.add(reject);
        const giveUp = (): void => reject(new Error(`the broker has not answered within ${COMMAND_TIMEOUT_MS} ms`));
        done.then(resolve, reject);
        void before.then(() => {
          if (isOver || this.#isClosed) return;
          // Where this process has stood still, timers come first: an answer that has arrived meanwhile is read before this.
          timer = this.#scheduler.after(COMMAND_TIMEOUT_MS, () => setImmediate(giveUp));
        });
      });
    } finally {
      isOver = true;
      timer?.cancel();
      if (leave) this.#waiting.delete(leave);
    }
  }
}
