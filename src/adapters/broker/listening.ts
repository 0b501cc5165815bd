import type { BrokerSession } from './broker.js';
import type { KeptSession } from './kept-session.js';

/** The channels that are subscribed, in this session and in those to come. What one turn of the event loop changes is one command. */
export class Listening {
  readonly #session: KeptSession;
  readonly #wanted = new Set<string>();
  /** What this session was asked for. */
  #applied = new Set<string>();
  readonly #touched = new Set<string>();
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(session: KeptSession) {
    this.#session = session;
  }

  has(channel: string): boolean {
    return this.#wanted.has(channel);
  }

  /** Fulfilled when what is published there from now on arrives; without a session at once. */
  add(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#wanted.add(channel);
    return this.#change(channels);
  }

  remove(channels: readonly string[]): void {
    for (const channel of channels) this.#wanted.delete(channel);
    void this.#change(channels);
  }

  /** Subscribes a new session to all there is. What was wanted first comes last: by then nothing that is told there is missing here. */
  async restore(session: BrokerSession): Promise<void> {
    this.#applied = new Set(this.#wanted);
    await session.subscribe([...this.#applied].reverse());
  }

  /** A session is in use: what has changed while it was made ready is made good. */
  resume(): void {
    void this.#change([...this.#wanted, ...this.#applied]);
  }

  #change(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#touched.add(channel);
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = undefined;
        this.#last = this.#apply(this.#last);
        void this.#last.then(resolve);
      });
    });
    return this.#next;
  }

  async #apply(before: Promise<void>): Promise<void> {
    // One that is being made ready was asked for what was wanted before. Others send what waits as soon as they hear of it.
    await this.#session.preparing?.catch(() => {});
    const touched = [...this.#touched];
    this.#touched.clear();
    if (!this.#session.isUp) return;
    const fresh = touched.filter((channel) => this.#wanted.has(channel) && !this.#applied.has(channel));
    const stale = touched.filter((channel) => !this.#wanted.has(channel) && this.#applied.has(channel));
    for (const channel of fresh) this.#applied.add(channel);
    for (const channel of stale) this.#applied.delete(channel);
    const changes = [
      before,
      ...(fresh.length > 0 ? [this.#session.run((session) => session.subscribe(fresh))] : []),
      ...(stale.length > 0 ? [this.#session.run((session) => session.unsubscribe(stale))] : []),
    ];
    // One that fails ends the session, and the next begins with all that is wanted.
    await Promise.allSettled(changes);
  }
}
