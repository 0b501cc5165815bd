import type { Scheduler } from '../../ports/clock.js';
import type { BrokerSession, Packet } from './broker.js';
import { Turns } from './turns.js';

/** How many channels one command is about: whoever has very many needs more time for all of them, and not for one command. */
const CHANNELS_A_COMMAND = 10_000;

type Leave = (error: Error) => void;

/** A session whose commands fail when they take too long, and when it is closed. */
export class TimedSession implements BrokerSession {
  readonly #session: BrokerSession;
  readonly #scheduler: Scheduler;
  readonly #turns: Turns;
  readonly #waiting = new Set<Leave>();
  #isClosed = false;

  constructor(session: BrokerSession, scheduler: Scheduler) {
    this.#session = session;
    this.#turns = session.turns ?? new Turns();
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
    this.#turns.leave();
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
    const { answered, leave } = this.#turns.wait(done, this.#scheduler);
    if (this.#isClosed) leave(new Error('the session has been closed'));
    else this.#waiting.add(leave);
    const forget = (): void => void this.#waiting.delete(leave);
    answered.then(forget, forget);
    return answered;
  }
}
