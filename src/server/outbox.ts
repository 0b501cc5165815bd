import type { Metrics } from '../ports/metrics.js';
import type { OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';
import { CloseCode } from '../protocol/close-codes.js';
import { byteLength } from '../protocol/codec.js';

/**
 * What happens when a connection reads more slowly than it is sent to, and its outbox is full: it is closed with 1013, or it
 * loses the newest broadcasts and emits, or the oldest. Replies, acknowledgements and asks are never lost: where even
 * they do not fit, the connection is closed.
 */
export type SlowReaderPolicy = 'close' | 'drop-newest' | 'drop-oldest';

export interface OutboxOptions {
  readonly maxOutboxBytes: number;
  readonly slowReader: SlowReaderPolicy;
  readonly metrics: Metrics;
  /** Something has come from the peer. */
  readonly onHeard: () => void;
  /** The socket has closed. */
  readonly onClosed: () => void;
}

/**
 * Bytes that are handed to the socket before what follows waits here, where it can still be dropped. Small against the
 * outbox, large against a message: a fast reader never notices.
 */
const SOCKET_BYTES = 64 * 1024;

interface Waiting {
  readonly frame: OutgoingFrame;
  readonly bytes: number;
}

/** What waits for one reader. It stands in front of the socket and is one itself. */
export class Outbox implements Socket, SocketListener {
  readonly #socket: Socket;
  readonly #options: OutboxOptions;
  #listener: SocketListener | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(socket: Socket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** A small outbox is no larger for what the socket holds. */
  get #socketBytes(): number {
    return Math.min(SOCKET_BYTES, this.#options.maxOutboxBytes / 2);
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#socket.bufferedBytes;
  }

  listen(listener: SocketListener): void {
    this.#listener = listener;
    this.#socket.listen(this);
  }

  send(frame: OutgoingFrame): void {
    if (!this.#socket.isOpen) return;
    if (this.#waiting.length === 0 && this.#socket.bufferedBytes < this.#socketBytes) return this.#socket.send(frame);
    const { data } = frame;
    const bytes = typeof data === 'string' ? byteLength(data) : data.length;
    if (this.#makeRoom(bytes, frame.droppable)) {
      this.#waiting.push({ frame, bytes });
      this.#waitingBytes += bytes;
    }
  }

  ping(): void {
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    for (const { frame } of this.#waiting) this.#socket.send(frame);
    this.#clear();
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#clear();
    this.#socket.terminate();
  }

  onFrame(data: Parameters<SocketListener['onFrame']>[0]): void {
    this.#options.onHeard();
    this.#listener?.onFrame(data);
  }

  onPong(): void {
    this.#options.onHeard();
    this.#listener?.onPong();
  }

  onDrain(): void {
    let sent = 0;
    for (const { frame, bytes } of this.#waiting) {
      if (this.#socket.bufferedBytes >= this.#socketBytes) break;
      this.#socket.send(frame);
      this.#waitingBytes -= bytes;
      sent += 1;
    }
    this.#waiting.splice(0, sent);
    if (this.#waiting.length === 0) this.#listener?.onDrain();
  }

  onClose(code: number, reason: string): void {
    this.#clear();
    this.#listener?.onClose(code, reason);
    this.#options.onClosed();
  }

  /** @returns whether there is room for a frame of this size now */
  #makeRoom(bytes: number, droppable: boolean): boolean {
    const { maxOutboxBytes, slowReader, metrics } = this.#options;
    const excess = (): number => this.bufferedBytes + bytes - maxOutboxBytes;
    if (excess() <= 0) return true;
    if (slowReader === 'close') return this.#overflow();
    if (slowReader === 'drop-newest' && droppable) {
      metrics.count('outbox.dropped');
      return false;
    }
    this.#dropFor(excess(), slowReader);
    if (excess() <= 0) return true;
    if (!droppable) return this.#overflow();
    metrics.count('outbox.dropped');
    return false;
  }

  /** Drops what may be dropped until `bytes` have been freed, from the end that the policy names. */
  #dropFor(bytes: number, policy: SlowReaderPolicy): void {
    let freed = 0;
    const keep = (item: Waiting): boolean => {
      if (freed >= bytes || !item.frame.droppable) return true;
      freed += item.bytes;
      this.#options.metrics.count('outbox.dropped');
      return false;
    };
    const isOldestFirst = policy === 'drop-oldest';
    const kept = (isOldestFirst ? this.#waiting : this.#waiting.reverse()).filter(keep);
    this.#waiting = isOldestFirst ? kept : kept.reverse();
    this.#waitingBytes -= freed;
  }

  #overflow(): false {
    this.#options.metrics.count('outbox.overflowed');
    this.#clear();
    this.#socket.close(CloseCode.TryAgainLater, 'too slow');
    // The close frame stands behind what the reader does not read: the connection ends here and now.
    this.#listener?.onClose(CloseCode.TryAgainLater, 'too slow');
    this.#listener = undefined;
    return false;
  }

  #clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
