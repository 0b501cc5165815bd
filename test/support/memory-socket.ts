import type { FrameSink, OutgoingFrame, Socket, SocketListener } from '../../src/ports/socket.js';
import type { FrameData } from '../../src/protocol/message.js';

const decoder = new TextDecoder();
const size = (data: FrameData): number => (typeof data === 'string' ? Buffer.byteLength(data) : data.length);

/** A socket without a network. Its peer is the test, or another `MemorySocket` where two are joined. */
export class MemorySocket implements Socket {
  isOpen = true;
  unfinishedBytes = 0;
  bytesBeforePing = 0;
  isPaused = false;
  pings = 0;
  /** Everything that was sent, text as text. */
  readonly sent: FrameData[] = [];
  closedWith: { code: number; reason: string } | undefined;
  /** While it is set, what is sent stays in this process. */
  isStalled = false;
  #stuck: OutgoingFrame[] = [];
  #arrived: FrameData[] = [];
  #listener: SocketListener | undefined;
  #peer: MemorySocket | undefined;

  /** Two ends of one connection. What one sends, the other receives within the same turn. */
  static pair(): [MemorySocket, MemorySocket] {
    const [a, b] = [new MemorySocket(), new MemorySocket()];
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  get bufferedBytes(): number {
    return this.#stuck.reduce((sum, { data }) => sum + size(data), 0);
  }

  /** The text frames that were sent. */
  get texts(): string[] {
    return this.sent.filter((data) => typeof data === 'string');
  }

  listen(listener: SocketListener): FrameSink {
    this.#listener = listener;
    this.#deliver();
    return this;
  }

  send(frame: OutgoingFrame): boolean {
    if (!this.isOpen) return false;
    if (this.isStalled) this.#stuck.push(frame);
    else this.#pass(frame);
    return this.isStalled;
  }

  ping(): void {
    this.pings += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#deliver();
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.closedWith = { code, reason };
    this.#end(code, reason);
  }

  terminate(): void {
    this.#end(1006, '');
  }

  /** A frame comes from the peer. */
  receive(...frames: FrameData[]): void {
    this.#arrived.push(...frames);
    this.#deliver();
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

  /** The peer closes. */
  receiveClose(code = 1000, reason = ''): void {
    this.#end(code, reason);
  }

  /** What is stuck leaves, and the socket says so. */
  unstall(): void {
    this.isStalled = false;
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const frame of stuck) this.#pass(frame);
    this.#listener?.onDrain();
  }

  #pass({ data, binary }: OutgoingFrame): void {
    const received = binary || typeof data === 'string' ? data : decoder.decode(data);
    this.sent.push(received);
    this.#peer?.receive(received);
  }

  #deliver(): void {
    while (this.#listener && !this.isPaused) {
      const data = this.#arrived.shift();
      if (data === undefined) return;
      this.#listener.onFrame(data);
    }
  }

  #end(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#peer?.receiveClose(code, reason);
    this.#listener?.onClose(code, reason);
  }
}
