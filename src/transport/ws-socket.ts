import type { Duplex } from 'node:stream';
import type { RawData, ServerOptions, WebSocket } from 'ws';
import type { FrameSink, ListenOptions, OutgoingFrame, Socket, SocketListener } from '../ports/socket.js';
import { type FrameReader, readFrames } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { writtenTo } from './stream-bytes.js';
import type { UnfinishedMessages } from './unfinished-messages.js';

/** What holds for all sockets of a server: one object for all of them. */
export interface WsSocketSettings {
  /**
   * What the server of the WebSocket was made with. Where it is known, and messages are told of at once as they are by default,
   * plain frames are read past `ws`.
   */
  readonly serverOptions?: Pick<ServerOptions, 'maxPayload' | 'allowSynchronousEvents'> | undefined;
  /** How long the peer may take to answer a close frame, in milliseconds. @default 2000 */
  readonly closeGraceMs?: number;
  /** How long a message may take to come, in milliseconds, where `serverOptions` are known. @default any time */
  readonly messageTimeoutMs?: number;
  /** Where what has come of messages is counted that are not whole, where `serverOptions` are known. @default nowhere */
  readonly unfinished?: UnfinishedMessages;
}

/** What a `ws` WebSocket does not tell by itself. */
export interface WsSocketOptions {
  /** The stream beneath the WebSocket, where it is known: its `drain` says when what was sent has left. */
  readonly stream?: Duplex | undefined;
  readonly settings?: WsSocketSettings;
}

const DEFAULT_CLOSE_GRACE_MS = 2_000;

/**
 * Where each send has to report by itself, what is left below this counts as sent: pings and pongs report nothing, and up
 * to 60 pongs of 131 bytes may stand behind the last message. @source the option `maxPendingAutoPongs` of ws
 */
const LOW_WATER_BYTES = 16 * 1024;

/**
 * Where a WebSocket, and the stream beneath it, keep who hears of them and what waits to be written: one function for each event
 * then serves all connections. With closures a connection took some 800 bytes more (`npm run bench -- idle`, Node 20.20,
 * November 2026).
 */
const LISTENER = Symbol('nefeli.listener');
const WRITER = Symbol('nefeli.writer');
/** Set where something stood before a ping: how many bytes had been handed to the stream with it. */
const PING_END = Symbol('nefeli.pingEnd');

interface Heard {
  [LISTENER]?: SocketListener;
  [WRITER]?: FrameWriter;
  [PING_END]?: number;
}

type HeardWs = WebSocket & Heard;
type HeardStream = Duplex & Heard;

/** Whether somebody listens to a WebSocket as a {@link Socket}. */
export const isHeard = (ws: WebSocket): boolean => LISTENER in ws;

/** A WebSocket of the package `ws` as a {@link Socket}. */
export class WsSocket implements Socket {
  readonly #ws: HeardWs;
  readonly #stream: HeardStream | undefined;
  readonly #settings: WsSocketSettings;
  #reader: FrameReader | undefined;
  #hasPinged = false;
  /** Told of each message that has left; none where the stream tells of them all. */
  #onSent: (() => void) | undefined;
  /** Past `ws`, where the stream beneath is known and tells of its drains. */
  #writer: FrameWriter | undefined;

  constructor(ws: WebSocket, { stream, settings = {} }: WsSocketOptions = {}) {
    this.#ws = ws;
    this.#stream = stream;
    this.#settings = settings;
    // Not in `listen`: who is turned away is never listened to. `@fastify/websocket` has a listener there already.
    if (ws.listenerCount('error') === 0) ws.on('error', ignoreError);
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount + (this.#writer?.waitingBytes ?? 0);
  }

  get unfinishedBytes(): number {
    return this.#reader?.unfinishedBytes ?? 0;
  }

  listen(listener: SocketListener, { holdBackBytes = 0 }: ListenOptions = {}): FrameSink {
    // Whether nothing is compressed; put together of names each time that it is asked for.
    const isPlain = this.#ws.extensions === '';
    this.#ws[LISTENER] = listener;
    this.#ws.on('message', onMessage);
    this.#readPast(listener, isPlain);
    this.#ws.on('close', onClose);
    this.#tellOfDrains(listener, { holdBackBytes, isPlain });
    if (this.#ws.readyState === this.#ws.CLOSED) listener.onClose(1006, '');
    return this.#writer ?? this;
  }

  send(frame: OutgoingFrame): boolean {
    if (this.#writer) return this.#writer.send(frame);
    if (!this.isOpen) return false;
    this.#ws.send(frame.data, { binary: frame.binary }, this.#onSent);
    return true;
  }

  get bytesBeforePing(): number {
    const end = this.#ws[PING_END];
    return end === undefined || !this.#stream ? 0 : Math.max(0, end - writtenTo(this.#stream).left);
  }

  ping(): void {
    if (!this.isOpen) return;
    // From the first ping on: before it a pong answers nothing, and many a connection never lives to see one.
    if (!this.#hasPinged) this.#ws.on('pong', onPong);
    this.#hasPinged = true;
    const waits = this.#ws.bufferedAmount > 0;
    this.#ws.ping();
    if (this.#stream && (waits || this.#ws[PING_END] !== undefined))
      this.#ws[PING_END] = this.#handedBytes(this.#stream);
  }

  /** What has been handed to the stream, and what `ws` has still to compress. */
  #handedBytes(stream: Duplex): number {
    return writtenTo(stream).handed + this.#ws.bufferedAmount - stream.writableLength;
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#reader?.restart();
    this.#ws.resume();
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    // A paused socket would not see the answer to its close frame.
    this.#ws.resume();
    this.#ws.close(code, reason);
    const { closeGraceMs = DEFAULT_CLOSE_GRACE_MS } = this.#settings;
    const timer = setTimeout(() => this.#ws.terminate(), closeGraceMs);
    this.#ws.once('close', () => clearTimeout(timer));
  }

  terminate(): void {
    this.#writer?.close();
    this.#ws.terminate();
  }

  #readPast(listener: SocketListener, isPlain: boolean): void {
    const { serverOptions, messageTimeoutMs = Number.POSITIVE_INFINITY, unfinished } = this.#settings;
    if (!serverOptions || !this.#stream) return;
    const { maxPayload = 0, allowSynchronousEvents = true } = serverOptions;
    // What is compressed is for ws to read. Where it tells of messages later, those that are read here would overtake them.
    const readsHere = isPlain && allowSynchronousEvents;
    this.#reader = readFrames(this.#ws, this.#stream, {
      maxPayload,
      messageTimeoutMs,
      unfinished,
      readsHere,
      listener,
    });
  }

  #tellOfDrains(
    listener: SocketListener,
    { holdBackBytes, isPlain }: { holdBackBytes: number; isPlain: boolean },
  ): void {
    // A stream says `drain` only after it has reached its mark: 16 KiB by default, 64 KiB from Node 22 on, or what
    // `http.createServer({ highWaterMark })` says. Who holds back sooner would wait for ever. And a compressed message waits in ws,
    // which the stream knows nothing of: there each send has to report by itself.
    if (this.#stream && isPlain && this.#stream.writableHighWaterMark <= holdBackBytes) {
      this.#stream[LISTENER] = listener;
      this.#stream.on('drain', onDrain);
      this.#writeTo(this.#stream, listener);
    } else {
      this.#onSent = () => {
        if (this.#ws.bufferedAmount < LOW_WATER_BYTES) listener.onDrain();
      };
    }
  }

  /**
   * What was written before a close frame goes before it, also where `ws` closes by itself: because the peer has, or because it
   * has broken the rules. What is written when the socket has gone is dropped.
   */
  #writeTo(stream: HeardStream, listener: SocketListener): void {
    this.#writer = new FrameWriter(stream, listener);
    this.#ws[WRITER] = this.#writer;
    this.#ws.close = flushAndClose;
    // Before `ws` ends the stream because the peer has: a write that comes later would destroy what is on its way still.
    stream[WRITER] = this.#writer;
    stream.prependListener('end', onEnd);
  }
}

function onMessage(this: HeardWs, data: RawData, isBinary: boolean): void {
  const buffer = bufferOf(data);
  this[LISTENER]?.onFrame(isBinary ? plainBytes(buffer) : buffer.toString());
}

function onPong(this: HeardWs): void {
  this[LISTENER]?.onPong();
}

function onClose(this: HeardWs, code: number, reason: Buffer): void {
  this[WRITER]?.close();
  this[LISTENER]?.onClose(code, reason.toString());
}

function onDrain(this: HeardStream): void {
  this[LISTENER]?.onDrain();
}

function onEnd(this: HeardStream): void {
  this[WRITER]?.flush();
}

function flushAndClose(this: HeardWs, code?: number, reason?: string | Buffer): void {
  this[WRITER]?.flush();
  const { close } = Object.getPrototypeOf(this) as WebSocket; // its class, or one that extends it
  close.call(this, code, reason); // throws where no close frame may carry the code, and goes on then
  if (this.readyState !== this.OPEN) this[WRITER]?.close();
}

/** The close that follows an error tells what is to be known. */
function ignoreError(): void {}

/** ws hands over one `Buffer` unless its `binaryType` is changed. */
function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/**
 * The same bytes without what Node adds to them: `slice`, `toString` and JSON of a `Buffer` are not those of the `Uint8Array`
 * that handlers are promised.
 */
function plainBytes({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
