import type { ChannelCount, Sequence } from './record.js';

/** How long a channel that nothing is sent on is remembered: an outage of that length is counted to the message. */
const KEPT_MS = 5 * 60_000;

/** The most channels that are remembered. */
const MAX_CHANNELS = 100_000;

interface Entry {
  readonly epoch: number;
  /** The number that was given last. */
  n: number;
  /** How far the broker has been given them, in order. */
  sent: number;
  usedAtMs: number;
}

/** Numbers what is sent, on each channel by itself. */
export class SentCounts {
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #epochs = 0;

  /** The number of the next message on a channel, which is sent now. */
  next(channel: string, nowMs: number): Sequence {
    let entry = this.#entries.get(channel);
    if (entry) this.#entries.delete(channel);
    else entry = { epoch: ++this.#epochs, n: 0, sent: 0, usedAtMs: nowMs };
    this.#entries.set(channel, entry);
    entry.n += 1;
    entry.sent = entry.n;
    entry.usedAtMs = nowMs;
    return { epoch: entry.epoch, n: entry.n };
  }

  /** A message that has its number already is sent once more. */
  again({ channel, epoch, n }: ChannelCount): void {
    const entry = this.#entries.get(channel);
    if (entry?.epoch === epoch) entry.sent = n;
  }

  /** A message may not have been sent after all, nor what came after it. */
  takeBack({ channel, epoch, n }: ChannelCount): void {
    const entry = this.#entries.get(channel);
    if (entry?.epoch === epoch) entry.sent = Math.min(entry.sent, n - 1);
  }

  /** How far each channel has come that was used since `sinceMs`, the latest first. */
  since(sinceMs: number, max: number): ChannelCount[] {
    const counts: ChannelCount[] = [];
    for (const [channel, { epoch, sent, usedAtMs }] of [...this.#entries].reverse()) {
      if (usedAtMs < sinceMs || counts.length === max) break;
      counts.push({ channel, epoch, n: sent });
    }
    return counts;
  }

  /** Forgets what has not been used for long. */
  trim(nowMs: number): void {
    for (const [channel, { usedAtMs }] of this.#entries) {
      if (nowMs - usedAtMs < KEPT_MS && this.#entries.size <= MAX_CHANNELS) break;
      this.#entries.delete(channel);
    }
  }
}
