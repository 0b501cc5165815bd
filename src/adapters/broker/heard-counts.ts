import type { ChannelCount } from './record.js';

/** How long the numbers of a server that is silent are kept: it may be cut off, and come back. */
const KEPT_MS = 5 * 60_000;

interface Heard {
  epoch: number;
  n: number;
}

interface Sender {
  readonly channels: Map<string, Heard>;
  heardAtMs: number;
}

/**
 * Follows the numbers of what others send, and so knows what has not arrived.
 *
 * The first number of a sender that is heard on a channel, with a message or told of, is where the counting begins: what was sent
 * before that was perhaps sent before the channel was subscribed.
 */
export class HeardCounts {
  readonly #senders = new Map<string, Sender>();
  readonly #onLost: (messages: number) => void;

  constructor(onLost: (messages: number) => void) {
    this.#onLost = onLost;
  }

  /** A numbered message has arrived. @returns whether for the first time */
  take(from: string, count: ChannelCount, nowMs: number): boolean {
    const { channel, epoch, n } = count;
    const sender = this.#senderOf(from, nowMs);
    const heard = sender.channels.get(channel);
    if (!heard) {
      sender.channels.set(channel, { epoch, n });
      return true;
    }
    if (epoch < heard.epoch || (epoch === heard.epoch && n <= heard.n)) return false;
    this.#advance(heard, epoch, n - 1);
    heard.n = n;
    return true;
  }

  /** A server has told how far it has come on a channel that is subscribed here. What it tells has been sent before. */
  told(from: string, { channel, epoch, n }: ChannelCount, nowMs: number): void {
    const sender = this.#senderOf(from, nowMs);
    const heard = sender.channels.get(channel);
    if (!heard) sender.channels.set(channel, { epoch, n });
    else if (epoch > heard.epoch || (epoch === heard.epoch && n > heard.n)) this.#advance(heard, epoch, n);
  }

  /** A channel is left: what is sent there is not for this server any more. */
  leave(channel: string): void {
    for (const { channels } of this.#senders.values()) channels.delete(channel);
  }

  /** A server has gone for good. */
  forget(from: string): void {
    this.#senders.delete(from);
  }

  trim(nowMs: number): void {
    for (const [from, { heardAtMs }] of this.#senders) if (nowMs - heardAtMs > KEPT_MS) this.#senders.delete(from);
  }

  /** All up to `n` should have arrived. */
  #advance(heard: Heard, epoch: number, n: number): void {
    const missed = epoch === heard.epoch ? n - heard.n : n;
    heard.epoch = epoch;
    heard.n = n;
    if (missed > 0) this.#onLost(missed);
  }

  #senderOf(from: string, nowMs: number): Sender {
    const sender = this.#senders.get(from) ?? { channels: new Map(), heardAtMs: nowMs };
    sender.heardAtMs = nowMs;
    this.#senders.set(from, sender);
    return sender;
  }
}
