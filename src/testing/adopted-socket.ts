import { WsError } from '../errors.js';
import type { FrameSink, OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';
import { CloseCode } from '../protocol/close-codes.js';
import type { FrameData } from '../protocol/message.js';

/** What a WebSocket tells of: a message, its end, or an error. */
export interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** A WebSocket as browsers, Node and the package `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Only `ws` has it. */
  terminate?(): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: WebSocketEvent) => void): void;
}

/** @source HTML standard, the constants of `WebSocket` */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

const decoder = new TextDecoder();

/** A WebSocket that the test has opened. It is listened to from the moment of its adoption on. */
export class AdoptedSocket implements Socket {
  readonly bufferedBytes = 0;
  readonly unfinishedBytes = 0;
  readonly bytesBeforePing = 0;
  readonly #ws: WebSocketLike;
  readonly #opened: Promise<void>;
  #early: FrameData[] = [];
  #listener: SocketListener | undefined;
  #failure = '';

  constructor(ws: WebSocketLike) {
    this.#ws = ws;
    if (ws.binaryType === 'blob') ws.binaryType = 'arraybuffer'; // a blob is read later than what comes after it
    ws.addEventListener('message', ({ data }) => this.#receive(dataOf(data)));
    ws.addEventListener('error', ({ message }) => {
      this.#failure = message ?? '';
    });
    ws.addEventListener('close', ({ code, reason }) => {
      this.#listener?.onClose(code ?? CloseCode.Abnormal, reason || this.#failure);
    });
    this.#opened = new Promise((resolve, reject) => {
      const refuse = ({ code, reason }: WebSocketEvent): void =>
        reject(new WsError('CONN_CLOSED', { code: code ?? CloseCode.Abnormal, reason: reason || this.#failure }));
      ws.addEventListener('open', () => resolve());
      ws.addEventListener('close', refuse);
      if (ws.readyState === OPEN) resolve();
      else if (ws.readyState !== CONNECTING) refuse({ type: 'close' });
    });
    this.#opened.catch(() => {}); // whoever opens a client waits for it, and is told
  }

  /** Fulfilled when the upgrade has been answered. @throws {CONN_CLOSED} when it was refused */
  get opened(): Promise<void> {
    return this.#opened;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === OPEN;
  }

  listen(listener: SocketListener): FrameSink {
    this.#listener = listener;
    for (const data of this.#early.splice(0)) listener.onFrame(data);
    if (this.#ws.readyState === CLOSED) listener.onClose(CloseCode.Abnormal, this.#failure);
    return this;
  }

  send({ data, binary }: OutgoingFrame): boolean {
    if (this.isOpen) this.#ws.send(binary || typeof data === 'string' ? data : decoder.decode(data));
    return false; // nothing waits for what a client of a test sends
  }

  /** A client of a test reads everything, and leaves it to the server to ping. */
  ping(): void {}
  pause(): void {}
  resume(): void {}

  close(code: number, reason: string): void {
    try {
      this.#ws.close(code, reason);
    } catch {
      this.#ws.close(); // browsers and Node let an application close with 1000 and from 3000 on only
    }
  }

  terminate(): void {
    if (this.#ws.terminate) this.#ws.terminate();
    else this.#ws.close();
  }

  #receive(data: FrameData): void {
    if (this.#listener) this.#listener.onFrame(data);
    else this.#early.push(data);
  }
}

/** Bytes come as what `binaryType` says: in one piece, or from `ws` in several. */
function dataOf(data: unknown): FrameData {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  return new Uint8Array(data as Uint8Array); // what is left is one piece of bytes
}
