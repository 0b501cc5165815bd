import type { Record } from './packet-codec.js';
import type { ChannelCount, Sequence } from './record.js';
import type { SentCounts } from './sent-counts.js';

/** What is written with one call of the broker's client at most, unless a single message is larger. */
const MAX_BATCH_BYTES = 256 * 1024;

/** How many sessions one message may end: a broker that refuses it, or never has it, would get nothing else any more. */
const MAX_TRIES = 5;

/** A message on its way out. */
export interface Outgoing {
  readonly channel: string;
  readonly record: Record;
  /** Whether it waits for a broker that is down, and is sent again where the broker has not said that it has it. */
  readonly isKept: boolean;
  /** Given when it is sent for the first time, to one that is kept. */
  sequence: Sequence | undefined;
  /** How many sessions have ended with it as the next that the broker should have confirmed. */
  tries?: number;
  /** Told of one that is not kept: whether the broker has it. */
  readonly settle?: (error?: unknown) => void;
}

/** What waits to be sent, in order, and what was sent and is not known to have arrived. */
export class SendQueue {
  readonly #counts: SentCounts;
  #waiting: Outgoing[] = [];
  readonly #underWay: (readonly Outgoing[])[] = [];
  #bytes = 0;

  constructor(counts: SentCounts) {
    this.#counts = counts;
  }

  /** What waits or is under way, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#underWay.length === 0;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get batchesUnderWay(): number {
    return this.#underWay.length;
  }

  add(item: Outgoing): void {
    this.#waiting.push(item);
    this.#bytes += item.record.length;
  }

  /** The next that are sent together: numbered, and under way from here on. */
  takeBatch(nowMs: number): readonly Outgoing[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#waiting) {
      if (count > 0 && bytes + record.length > MAX_BATCH_BYTES) break;
      bytes += record.length;
      count += 1;
    }
    const batch = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count);
    for (const item of batch) this.#number(item, nowMs);
    this.#underWay.push(batch);
    return batch;
  }

  /** The broker has a batch. */
  arrived(batch: readonly Outgoing[]): void {
    const index = this.#underWay.indexOf(batch);
    if (index < 0) return;
    this.#underWay.splice(index, 1);
    for (const { record, settle } of batch) {
      this.#bytes -= record.length;
      settle?.();
    }
  }

  /**
   * The broker is gone: what is kept waits from the beginning, in order, and the rest has failed.
   *
   * @returns how many that were kept are given up, as they were tried too often
   */
  rewind(error: unknown): number {
    // What has gone wrong, where it was a message, was in the first of them.
    for (const item of this.#underWay[0] ?? []) item.tries = (item.tries ?? 0) + 1;
    const underWay = this.#underWay.splice(0).flat();
    for (const item of underWay.toReversed()) {
      const count = countOf(item);
      if (count) this.#counts.takeBack(count);
    }
    const all = [...underWay, ...this.#waiting];
    const kept = all.filter(({ isKept }) => isKept);
    this.#waiting = kept.filter(({ tries = 0 }) => tries < MAX_TRIES);
    this.#bytes = this.#waiting.reduce((sum, { record }) => sum + record.length, 0);
    for (const { isKept, settle } of all) if (!isKept) settle?.(error);
    return kept.length - this.#waiting.length;
  }

  /** Gives up what is left. @returns how many of them were kept until now */
  clear(error: unknown): number {
    const length = this.rewind(error) + this.#waiting.length;
    this.#waiting = [];
    this.#bytes = 0;
    return length;
  }

  #number(item: Outgoing, nowMs: number): void {
    const count = countOf(item);
    if (count) this.#counts.again(count);
    else if (item.isKept) item.sequence = this.#counts.next(item.channel, nowMs);
  }
}

const countOf = ({ channel, sequence }: Outgoing): ChannelCount | undefined => sequence && { channel, ...sequence };
