import type { Scheduler, Timer } from '../../ports/clock.js';
import type { Packet } from './broker.js';
import type { KeptSession } from './kept-session.js';
import type { PacketCodec } from './packet-codec.js';
import type { ChannelCount, Control } from './record.js';
import { type Outgoing, SendQueue } from './send-queue.js';
import { SentCounts } from './sent-counts.js';

/** How many writes the broker may still have to confirm before the next one waits for it. */
const MAX_BATCHES_UNDER_WAY = 8;

/**
 * How long what waits is held back, after an outage, for others that have not come back yet: longer than the longest wait between
 * two attempts.
 */
const HOLD_MS = 6_000;

/** How many channels one control message tells of. */
const COUNTS_A_MESSAGE = 500;

interface SenderParts {
  readonly serverId: string;
  readonly codec: PacketCodec;
  readonly session: KeptSession;
  readonly scheduler: Scheduler;
}

/**
 * Sends what is published, numbered, in order, and again where the broker may not have it. What comes when nothing is under way goes
 * at once; what follows it in the same turn of the event loop goes in one write at its end.
 */
export class Sender {
  readonly counts: SentCounts = new SentCounts();
  readonly #queue = new SendQueue(this.counts);
  readonly #parts: SenderParts;
  /** The servers that are to be heard before anything is sent: what they are not subscribed to yet they would miss. */
  readonly #awaited = new Set<string>();
  #hold: Timer | undefined;
  #isScheduled = false;
  #onEmpty: (() => void) | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  send(item: Outgoing): void {
    const isAlone = this.#queue.isEmpty;
    this.#queue.add(item);
    if (isAlone && this.#maySend()) this.#flush();
    else this.#schedule();
  }

  /** Sends about this server itself at once: after what is under way, before what waits. */
  async tell(channel: string, kind: Control['kind'], counts: readonly ChannelCount[]): Promise<void> {
    const { session } = this.#parts;
    const packets = this.packetsOf(channel, kind, counts);
    await session.run((current) => current.publish(packets));
  }

  packetsOf(channel: string, kind: Control['kind'], counts: readonly ChannelCount[]): Packet[] {
    const { codec, serverId: from } = this.#parts;
    const packets: Packet[] = [];
    for (let at = 0; at === 0 || at < counts.length; at += COUNTS_A_MESSAGE) {
      const message = { kind, from, counts: counts.slice(at, at + COUNTS_A_MESSAGE) };
      const record = codec.writeRecord(message);
      packets.push({ channel, bytes: codec.writePacket(channel, from, [{ record, sequence: undefined }]) });
    }
    return packets;
  }

  /** Nothing is sent before these servers are heard in the session to come, or have had time enough. */
  awaitServers(serverIds: readonly string[]): void {
    this.#awaited.clear();
    for (const serverId of serverIds) this.#awaited.add(serverId);
  }

  /** There is a session. */
  up(): void {
    this.#hold?.cancel();
    this.#hold = this.#parts.scheduler.after(HOLD_MS, () => this.#release());
    this.#schedule();
  }

  /** @returns how many that were to be kept are given up */
  down(error: unknown): number {
    this.#hold?.cancel();
    return this.#queue.rewind(error);
  }

  /** A server is there, or gone: it need not be waited for. */
  heard(serverId: string): void {
    if (this.#awaited.delete(serverId) && this.#awaited.size === 0) this.#schedule();
  }

  /** Sends what is left, if that takes no longer. @returns how many that were to be kept are left all the same */
  async stop(timeoutMs: number): Promise<number> {
    this.#release();
    if (this.#parts.session.isUp && !this.#queue.isEmpty) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        this.#parts.scheduler.after(timeoutMs, resolve);
      });
    }
    return this.#queue.clear(new Error('the adapter has been stopped'));
  }

  #release(): void {
    this.#hold?.cancel();
    this.#awaited.clear();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { session, scheduler } = this.#parts;
    while (this.#maySend()) {
      const batch = this.#queue.takeBatch(scheduler.nowMs());
      const packets = this.#pack(batch);
      session
        .run((current) => current.publish(packets))
        .then(
          () => {
            this.#queue.arrived(batch);
            this.#flush();
          },
          () => {}, // the session has ended with it, and `down` has put back what is kept
        );
    }
    if (this.#queue.isEmpty) this.#onEmpty?.();
  }

  #maySend(): boolean {
    if (!this.#parts.session.isUp || this.#awaited.size > 0) return false;
    return this.#queue.hasWaiting && this.#queue.batchesUnderWay < MAX_BATCHES_UNDER_WAY;
  }

  /** One packet for what goes to one channel without anything between. */
  #pack(batch: readonly Outgoing[]): Packet[] {
    const { codec, serverId } = this.#parts;
    const packets: Packet[] = [];
    for (let first = 0, next = 1; first < batch.length; first = next++) {
      const channel = batch[first]?.channel ?? '';
      while (batch[next]?.channel === channel) next += 1;
      packets.push({ channel, bytes: codec.writePacket(channel, serverId, batch.slice(first, next)) });
    }
    return packets;
  }
}
