import type { Scheduler, Timer } from '../../ports/clock.js';
import type { Metrics } from '../../ports/metrics.js';
import type { Packet } from '../broker/broker.js';
import type { KeptSession } from '../broker/kept-session.js';

/** What is written with one call of the broker's client at most, unless a single message is larger. */
const MAX_BATCH_BYTES = 256 * 1024;
const MAX_BATCHES_UNDER_WAY = 8;

/**
 * How long what waits is held back after an outage, for servers of neffos that are not subscribed again yet.
 *
 * @source nats.go waits 2 s, and a tenth at most, before it reconnects
 */
const HOLD_MS = 3_000;

interface OutboxParts {
  readonly session: KeptSession;
  readonly scheduler: Scheduler;
  readonly metrics: Metrics;
  readonly maxBytes: number;
  /** There is a packet that this broker cannot take as a whole. */
  onTooLarge(): void;
}

/**
 * Sends to servers of neffos: what one turn of the event loop has published in one write, and in order. What waits for the broker is
 * kept; what was given to it, and is not known to have arrived, is not sent again: nobody there could tell that it is a repeat.
 */
export class NeffosOutbox {
  readonly #parts: OutboxParts;
  #waiting: Packet[] = [];
  #bytes = 0;
  #batchesUnderWay = 0;
  #hold: Timer | undefined;
  #isScheduled = false;
  #wasDown = false;
  #onEmpty: (() => void) | undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  send(packet: Packet): void {
    const { maxBytes, metrics } = this.#parts;
    if (this.#bytes + packet.bytes.length > maxBytes) return metrics.count('neffos.lost');
    this.#waiting.push(packet);
    this.#bytes += packet.bytes.length;
    this.#schedule();
  }

  up(): void {
    if (this.#wasDown) {
      this.#hold?.cancel();
      this.#hold = this.#parts.scheduler.after(HOLD_MS, () => this.#release());
    }
    this.#schedule();
  }

  down(): void {
    this.#wasDown = true;
  }

  /** Sends what is left, if that takes no longer. */
  async stop(timeoutMs: number): Promise<void> {
    this.#release();
    if (this.#parts.session.isUp && !this.#isEmpty) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        this.#parts.scheduler.after(timeoutMs, resolve);
      });
    }
    this.#parts.metrics.count('neffos.lost', this.#waiting.length);
    this.#waiting = [];
  }

  get #isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#batchesUnderWay === 0;
  }

  #release(): void {
    this.#hold?.cancel();
    this.#hold = undefined;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#maySend()) void this.#sendBatch();
    });
  }

  #maySend(): boolean {
    if (!this.#parts.session.isUp || this.#hold) return false;
    return this.#waiting.length > 0 && this.#batchesUnderWay < MAX_BATCHES_UNDER_WAY;
  }

  async #sendBatch(): Promise<void> {
    const { session, metrics } = this.#parts;
    const batch = this.#takeBatch();
    this.#batchesUnderWay += 1;
    try {
      await session.run(async (current) => {
        const packets = batch.filter(({ bytes }) => bytes.length <= (current.maxPacketBytes ?? bytes.length));
        for (let left = batch.length - packets.length; left > 0; left -= 1) this.#parts.onTooLarge();
        if (packets.length > 0) await current.publish(packets);
      });
    } catch {
      // The session has ended with it.
      metrics.count('neffos.lost', batch.length);
    }
    this.#batchesUnderWay -= 1;
    this.#bytes -= batch.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#isEmpty) this.#onEmpty?.();
    else this.#schedule();
  }

  #takeBatch(): readonly Packet[] {
    let bytes = 0;
    let count = 0;
    for (const packet of this.#waiting) {
      bytes += packet.bytes.length;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
