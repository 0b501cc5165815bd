import { sizeOf } from '../core/outbound.js';
import { headerBytes } from '../core/write-deadline.js';
import type { Metrics } from '../ports/metrics.js';
import type { FrameSink, OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';
import { CloseCode } from '../protocol/close-codes.js';
import { WaitingFrames } from './waiting-frames.js';

/**
 * What happens when a connection reads more slowly than it is sent to, and its outbox is full: it is closed with 1013, or it
 * loses the newest broadcasts and emits, or the oldest. Replies, acknowledgements and asks are never lost: where even
 * they do not fit, the connection is closed.
 */
export type SlowReaderPolicy = 'close' | 'drop-newest' | 'drop-oldest';

/** How much may wait for one reader, and what is done when more does. One object for all outboxes of a server. */
export interface OutboxOptions {
  readonly maxOutboxBytes: number;
  readonly slowReader: SlowReaderPolicy;
  readonly metrics: Metrics;
}

/** Who hears of the socket of an outbox, beside whoever listens to it. */
export interface OutboxOwner {
  /** Something has come from the peer. */
  heard(): void;
  onSocketClosed(): void;
}

/**
 * Bytes that are handed to the socket before what follows waits here, where it can still be dropped. Small against the
 * outbox, large against a message: a fast reader never notices.
 */
const SOCKET_BYTES = 64 * 1024;

/** What waits for one reader. It stands in front of the socket and is one itself. */
export class Outbox implements Socket, SocketListener {
  readonly #socket: Socket;
  #sink: FrameSink;
  readonly #options: OutboxOptions;
  /** A small outbox is no larger for what the socket holds. */
  readonly #holdBackBytes: number;
  #owner: OutboxOwner | undefined;
  #listener: SocketListener | undefined;
  /** Made when the first frame has to wait: most readers keep up. */
  #waiting: WaitingFrames | undefined;
  /** Whether something was sent since the last drain that one will tell of. Else nobody will say when what is buffered has left. */
  #isDrainDue = false;
  #droppedBytes = 0;

  constructor(socket: Socket, options: OutboxOptions) {
    this.#socket = socket;
    this.#sink = socket;
    this.#options = options;
    this.#holdBackBytes = Math.min(SOCKET_BYTES, options.maxOutboxBytes / 2);
  }

  /** Called once, before anything can come. */
  belongTo(owner: OutboxOwner): void {
    this.#owner = owner;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  get bufferedBytes(): number {
    return this.heldBytes + this.#socket.bufferedBytes;
  }

  get heldBytes(): number {
    return this.#waiting?.bytes ?? 0;
  }

  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  get unfinishedBytes(): number {
    return this.#socket.unfinishedBytes;
  }

  get bytesBeforePing(): number {
    return this.#socket.bytesBeforePing;
  }

  listen(listener: SocketListener): FrameSink {
    this.#listener = listener;
    this.#sink = this.#socket.listen(this, { holdBackBytes: this.#holdBackBytes });
    return this;
  }

  send(frame: OutgoingFrame): boolean {
    if (!this.#waiting && !this.#isSocketFull) return this.#pass(frame);
    const bytes = sizeOf(frame.data);
    if (!this.#socket.isOpen || !this.#makeRoom(bytes, frame.droppable)) return false;
    this.#waiting ??= new WaitingFrames();
    this.#waiting.add(frame, bytes);
    return true;
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
    for (let frame = this.#waiting?.take(); frame; frame = this.#waiting?.take()) this.#sink.send(frame);
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#clear();
    this.#socket.terminate();
  }

  onFrame(data: Parameters<SocketListener['onFrame']>[0]): void {
    this.#owner?.heard();
    this.#listener?.onFrame(data);
  }

  onPong(): void {
    this.#owner?.heard();
    this.#listener?.onPong();
  }

  onOverdue(): void {
    this.#listener?.onOverdue();
  }

  onCrowded(): void {
    this.#listener?.onCrowded();
  }

  onDrain(): void {
    this.#isDrainDue = false;
    while (this.#waiting && !this.#isSocketFull) {
      const frame = this.#waiting.take();
      if (this.#waiting.isEmpty) this.#waiting = undefined;
      if (frame) this.#pass(frame);
    }
    if (!this.#waiting) this.#listener?.onDrain();
  }

  onClose(code: number, reason: string): void {
    this.#clear();
    this.#listener?.onClose(code, reason);
    this.#owner?.onSocketClosed();
  }

  get #isSocketFull(): boolean {
    return this.#isDrainDue && this.#socket.bufferedBytes >= this.#holdBackBytes;
  }

  #pass(frame: OutgoingFrame): boolean {
    const isTold = this.#sink.send(frame);
    if (isTold) this.#isDrainDue = true;
    return isTold;
  }

  /** @returns whether there is room for a frame of this size now */
  #makeRoom(bytes: number, droppable: boolean): boolean {
    const { maxOutboxBytes, slowReader } = this.#options;
    const isTooMuch = (): boolean => this.bufferedBytes + bytes > maxOutboxBytes;
    if (!isTooMuch()) return true;
    if (slowReader === 'close') return this.#overflow();
    const which = slowReader === 'drop-oldest' ? 'oldest' : 'newest';
    // Where the newest goes, a droppable frame is that itself.
    const mayDropOthers = which === 'oldest' || !droppable;
    while (mayDropOthers && isTooMuch() && this.#dropWaiting(which));
    if (!isTooMuch()) return true;
    if (!droppable) return this.#overflow();
    this.#noteDropped(bytes);
    return false;
  }

  /** @returns whether there was one that may be dropped */
  #dropWaiting(which: 'oldest' | 'newest'): boolean {
    const before = this.heldBytes;
    if (!this.#waiting?.drop(which)) return false;
    this.#noteDropped(before - this.heldBytes);
    return true;
  }

  #noteDropped(bytes: number): void {
    this.#droppedBytes += bytes + headerBytes(bytes);
    this.#options.metrics.count('outbox.dropped');
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
    this.#waiting = undefined;
  }
}
