import type { Timer } from '../ports/clock.js';
import { byteLength } from '../protocol/codec.js';
import type { FrameData } from '../protocol/message.js';
import type { Asks } from './asks.js';
import { WsError } from './client-errors.js';
import type { DialOptions, QueueOptions } from './dial-options.js';
import type { Link } from './link.js';
import type { Platform } from './platform.js';

/** What the outbox writes to. */
interface Line {
  /** Whether what is written now arrives in its place: the connection is open, and all is again as it was before. */
  readonly isReady: boolean;
  readonly link: Pick<Link, 'bufferedBytes' | 'send'>;
  readonly options: DialOptions;
}

interface Waiting {
  readonly data: FrameData;
  readonly bytes: number;
  /** Of an ask; empty for anything else. */
  readonly token: string;
}

const MIB = 1024 * 1024;

/** A socket does not tell when it has sent something: it is looked at again and again. */
const LOOK_AGAIN_MS = 50;

/** What is sent, in order: at once, or when the connection is back or has taken what was sent before. */
export class Outbox {
  readonly #line: Line;
  readonly #asks: Asks;
  readonly #platform: Platform;
  readonly #maxBufferedBytes: number;
  readonly #queue: Required<QueueOptions>;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(line: Line, asks: Asks, platform: Platform) {
    const { queue, maxBufferedBytes = MIB } = line.options;
    this.#line = line;
    this.#asks = asks;
    this.#platform = platform;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#queue = { maxMessages: queue === false ? 0 : 1_000, maxBytes: MIB, whenFull: 'throw', ...queue };
  }

  /** @throws {QUEUE_FULL}, or {CONN_DOWN} where nothing may wait */
  send(data: FrameData, token = ''): void {
    this.flush();
    if (!this.#waiting.length && this.#mayWrite) return this.write(data, token);
    const { maxMessages, maxBytes, whenFull } = this.#queue;
    const bytes = typeof data === 'string' ? byteLength(data) : data.length;
    while (this.#waiting.length >= maxMessages || this.#bytes + bytes > maxBytes) {
      const error = maxMessages
        ? new WsError('QUEUE_FULL', { maxMessages, maxBytes }, 'too much waits')
        : new WsError('CONN_DOWN', {}, 'lost or slow');
      const oldest = whenFull === 'throw' ? undefined : this.#take();
      if (!oldest) throw error;
      this.#asks.fail(oldest.token, error);
    }
    this.#waiting.push({ data, bytes, token });
    this.#bytes += bytes;
    this.flush();
  }

  /** Sends what waits, as far as it may. */
  flush(): void {
    while (this.#mayWrite) {
      const next = this.#take();
      if (!next) return;
      this.write(next.data, next.token);
    }
    this.#timer?.cancel();
    if (this.#waiting.length && this.#line.isReady)
      this.#timer = this.#platform.after(LOOK_AGAIN_MS, () => this.flush());
  }

  /** Forgets an ask that nobody waits for any more, or all. */
  forget(token?: string): void {
    this.#timer?.cancel();
    this.#waiting = this.#waiting.filter((item) => token && item.token !== token);
    this.#bytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    if (token) this.flush();
  }

  get #mayWrite(): boolean {
    return this.#line.isReady && this.#line.link.bufferedBytes <= this.#maxBufferedBytes;
  }

  #take(): Waiting | undefined {
    const oldest = this.#waiting.shift();
    this.#bytes -= oldest?.bytes ?? 0;
    return oldest;
  }

  /** Sends past all that waits. */
  write(data: FrameData, token: string): void {
    this.#line.link.send(data);
    this.#asks.sent(token);
  }
}
