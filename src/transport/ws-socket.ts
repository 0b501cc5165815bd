import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';

export interface WsSocketOptions {
  /** The stream beneath the WebSocket, where it is known: its `drain` says when what was sent has left. */
  readonly stream?: Duplex | undefined;
  /** How long the peer may take to answer a close frame, in milliseconds. @default 2000 */
  readonly closeGraceMs?: number;
}

/** A WebSocket of the package `ws` as a {@link Socket}. */
export class WsSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex | undefined;
  readonly #closeGraceMs: number;
  #listener: SocketListener | undefined;

  constructor(ws: WebSocket, { stream, closeGraceMs = 2_000 }: WsSocketOptions = {}) {
    this.#ws = ws;
    // A compressed message waits in ws, which the stream knows nothing of: there each send has to report by itself.
    this.#stream = ws.extensions === '' ? stream : undefined;
    this.#closeGraceMs = closeGraceMs;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  listen(listener: SocketListener): void {
    this.#listener = listener;
    this.#ws.on('message', (data, isBinary) => listener.onFrame(isBinary ? bytesOf(data) : bytesOf(data).toString()));
    this.#ws.on('pong', () => listener.onPong());
    this.#ws.on('close', (code, reason) => listener.onClose(code, reason.toString()));
    // The close that follows an error tells what is to be known.
    this.#ws.on('error', () => {});
    this.#stream?.on('drain', () => listener.onDrain());
    if (this.#ws.readyState === this.#ws.CLOSED) listener.onClose(1006, '');
  }

  send({ data, binary }: OutgoingFrame): void {
    if (!this.isOpen) return;
    if (this.#stream) this.#ws.send(data, { binary });
    else this.#ws.send(data, { binary }, this.#onSent);
  }

  ping(): void {
    if (this.isOpen) this.#ws.ping();
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    // A paused socket would not see the answer to its close frame.
    this.#ws.resume();
    this.#ws.close(code, reason);
    const timer = setTimeout(() => this.#ws.terminate(), this.#closeGraceMs);
    this.#ws.once('close', () => clearTimeout(timer));
  }

  terminate(): void {
    this.#ws.terminate();
  }

  readonly #onSent = (): void => {
    if (this.#ws.bufferedAmount === 0) this.#listener?.onDrain();
  };
}

/** ws hands over one `Buffer` unless its `binaryType` is changed. */
function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
