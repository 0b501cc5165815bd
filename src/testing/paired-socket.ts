import type { FrameSink, OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';
import { CloseCode } from '../protocol/close-codes.js';
import type { FrameData } from '../protocol/message.js';
import { inNextTurn, stir } from './quiet.js';

type Mail =
  | { readonly kind: 'frame'; readonly data: FrameData; readonly bytes: number }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

const decoder = new TextDecoder();

/**
 * One end of a WebSocket without a network. As with a real one, what is sent arrives in a later turn and in order, pings are
 * answered by themselves, and a close is over when the other end has answered it.
 */
export class PairedSocket implements Socket {
  isOpen = true;
  /** Messages come whole here. */
  readonly unfinishedBytes = 0;
  readonly bytesBeforePing = 0;
  /** Bytes that have come, and that nobody has read. */
  unreadBytes = 0;
  #peer: PairedSocket | undefined;
  #listener: SocketListener | undefined;
  #inbox: Mail[] = [];
  #isDue = false;
  #isPaused = false;
  #isCut = false;
  #isOver = false;

  /** Two ends of one connection. */
  static pair(): [PairedSocket, PairedSocket] {
    const [a, b] = [new PairedSocket(), new PairedSocket()];
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  get bufferedBytes(): number {
    return this.#peer?.unreadBytes ?? 0;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** From now on nothing passes, in either direction, and neither end is told. */
  cut(): void {
    this.#isCut = true;
    if (this.#peer && !this.#peer.isCut) this.#peer.cut();
  }

  listen(listener: SocketListener): FrameSink {
    this.#listener = listener;
    this.#deliverSoon();
    return this;
  }

  send({ data, binary }: OutgoingFrame): boolean {
    if (!this.isOpen) return false;
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    // A network copies: what the sender does to its bytes afterwards is not seen on the other side.
    const sent = typeof data === 'string' ? data : binary ? data.slice() : decoder.decode(data);
    this.#peer?.receive({ kind: 'frame', data: sent, bytes });
    return true;
  }

  ping(): void {
    if (this.isOpen) this.#peer?.receive({ kind: 'ping' });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliverSoon();
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.resume(); // the answer would not be read
    this.#peer?.receive({ kind: 'close', code, reason });
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#end(CloseCode.Abnormal, '');
    this.#peer?.receive({ kind: 'close', code: CloseCode.Abnormal, reason: '' });
  }

  /** Something comes from the other end. */
  receive(mail: Mail): void {
    if (this.#isCut || this.#isOver) return;
    this.#inbox.push(mail);
    if (mail.kind === 'frame') this.unreadBytes += mail.bytes;
    this.#deliverSoon();
  }

  /** The other end has read everything. */
  drained(): void {
    this.#listener?.onDrain();
  }

  #deliverSoon(): void {
    if (this.#isDue || this.#inbox.length === 0) return;
    this.#isDue = true;
    stir();
    inNextTurn(() => {
      this.#isDue = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const wasUnread = this.unreadBytes > 0;
    while (this.#listener && !this.#isPaused) {
      const mail = this.#inbox.shift();
      if (!mail) break;
      stir();
      this.#read(mail, this.#listener);
    }
    if (wasUnread && this.unreadBytes === 0) this.#peer?.drained();
  }

  #read(mail: Mail, listener: SocketListener): void {
    switch (mail.kind) {
      case 'frame':
        this.unreadBytes -= mail.bytes;
        return listener.onFrame(mail.data);
      case 'ping':
        return this.#peer?.receive({ kind: 'pong' });
      case 'pong':
        return listener.onPong();
      case 'close':
        this.#peer?.receive(mail); // the answer; who has ended already does not read it
        return this.#end(mail.code, mail.reason);
    }
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.isOpen = false;
    this.#isOver = true;
    this.#inbox = [];
    this.unreadBytes = 0;
    this.#listener?.onClose(code, reason);
  }
}
