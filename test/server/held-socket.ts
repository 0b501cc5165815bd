import type { FrameSink, OutgoingFrame, Socket, SocketListener } from '../../src/ports/socket.js';
import type { FrameData } from '../../src/protocol/message.js';

const decoder = new TextDecoder();

/**
 * A socket that does nothing by itself: what is sent stays in this process until `drain`, and a close frame is not answered
 * until `end` or `terminate`.
 */
export class HeldSocket implements Socket {
  isOpen = true;
  unfinishedBytes = 0;
  bytesBeforePing = 0;
  bufferedBytes = 0;
  isPaused = false;
  isTerminated = false;
  pings = 0;
  closedWith: { code: number; reason: string } | undefined;
  readonly sent: FrameData[] = [];
  #listener: SocketListener | undefined;

  listen(listener: SocketListener): FrameSink {
    this.#listener = listener;
    return this;
  }

  send({ data, binary }: OutgoingFrame): boolean {
    if (!this.isOpen) return false;
    this.sent.push(binary || typeof data === 'string' ? data : decoder.decode(data));
    this.bufferedBytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    return true;
  }

  ping(): void {
    this.pings += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number, reason: string): void {
    this.isOpen = false;
    this.closedWith = { code, reason };
  }

  terminate(): void {
    this.isTerminated = true;
    this.end(1006, '');
  }

  receive(data: FrameData): void {
    this.#listener?.onFrame(data);
  }

  receivePong(): void {
    this.#listener?.onPong();
  }

  /** More of a message has come, which takes too long to be whole. */
  receiveLate(): void {
    this.#listener?.onOverdue();
  }

  /** Unfinished messages are too many, and this socket has the oldest. */
  receiveCrowded(): void {
    this.#listener?.onCrowded();
  }

  /** All that was sent has left. */
  drain(): void {
    this.bufferedBytes = 0;
    this.#listener?.onDrain();
  }

  end(code: number, reason: string): void {
    this.isOpen = false;
    this.#listener?.onClose(code, reason);
  }
}
