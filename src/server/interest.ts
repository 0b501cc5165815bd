import type { Adapter } from '../ports/adapter.js';
import { keyOf, type Topic } from '../ports/topic.js';

interface Entry {
  readonly topic: Topic;
  /** How many connections of this server need it, or are about to. */
  count: number;
  /** Pending while the adapter is asked for it. */
  ready: Promise<void> | undefined;
}

/** What this server is subscribed to: a topic for as long as one of its connections needs it. */
export class Interest {
  readonly #adapter: Adapter;
  readonly #onFailed: (error: unknown, doing: string) => void;
  readonly #entries = new Map<string, Entry>();

  constructor(adapter: Adapter, onFailed: (error: unknown, doing: string) => void) {
    this.#adapter = adapter;
    this.#onFailed = onFailed;
  }

  /**
   * Once more for one connection. `undefined` where broadcasts under all of these topics arrive already, else fulfilled when they
   * do; rejected, and nothing entered, when the adapter fails.
   */
  enter(topics: readonly Topic[]): undefined | Promise<void> {
    const fresh: Entry[] = [];
    const entries = topics.map((topic) => {
      const there = this.#entries.get(keyOf(topic));
      const entry = there ?? { topic, count: 0, ready: undefined };
      entry.count += 1;
      if (!there) {
        this.#entries.set(keyOf(topic), entry);
        fresh.push(entry);
      }
      return entry;
    });
    if (fresh.length > 0) this.#begin(fresh);
    const pending = entries.flatMap(({ ready }) => ready ?? []);
    return pending.length === 0 ? undefined : this.#wait(topics, pending);
  }

  /** Once less. The last one unsubscribes. */
  leave(topics: readonly Topic[]): void {
    const unneeded = topics.filter((topic) => {
      const entry = this.#entries.get(keyOf(topic));
      if (!entry) return false;
      entry.count -= 1;
      return entry.count === 0 && this.#entries.delete(keyOf(topic));
    });
    if (unneeded.length === 0) return;
    try {
      this.#adapter.unsubscribe(unneeded);
    } catch (error) {
      // Whoever leaves has left all the same.
      this.#onFailed(error, 'unsubscribe');
    }
  }

  /** One call of the adapter for all topics that are new. */
  #begin(fresh: readonly Entry[]): void {
    const ready = this.#subscribe(fresh.map(({ topic }) => topic));
    for (const entry of fresh) entry.ready = ready;
    const settled = (): void => {
      for (const entry of fresh) entry.ready = undefined;
    };
    // Whoever comes after a failure finds nothing: those who waited for it have left.
    ready.then(settled, () => {});
  }

  async #subscribe(topics: readonly Topic[]): Promise<void> {
    try {
      await this.#adapter.subscribe(topics);
    } catch (error) {
      this.#onFailed(error, 'subscribe');
      throw error;
    }
  }

  async #wait(topics: readonly Topic[], pending: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all(pending);
    } catch (error) {
      this.leave(topics);
      throw error;
    }
  }
}
