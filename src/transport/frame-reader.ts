import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { SocketListener } from '../ports/socket.js';
import type { FrameData } from '../protocol/message.js';
import { FrameTracker } from './frame-tracker.js';
import type { Receiving, UnfinishedMessages } from './unfinished-messages.js';

/** First bytes of the frames that are read here: whole messages of text and of bytes. @source RFC 6455, section 5.2 */
const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const MASKED = 0x80;
const LENGTH_IN_16_BITS = 126;
const MASK_BYTES = 4;

/** Where a stream that is read here keeps who reads it. */
const READER: unique symbol = Symbol('nefeli.reader');

interface ReadStream extends Duplex {
  [READER]?: FrameReader;
}

type DataListener = (this: ReadStream, chunk: Buffer) => void;

/**
 * What stands in the place of a listener of `ws`. It carries that one in its property `listener`, as those of `once` do: whoever
 * removes the listener of `ws` removes this one, and `ws` does when it has read enough. One for all streams: `ws` has one, too.
 */
const standIns = new WeakMap<DataListener, DataListener>();

function standInFor(ofWs: DataListener): DataListener {
  const known = standIns.get(ofWs);
  if (known) return known;
  const read: DataListener = function (chunk) {
    this[READER]?.read(chunk);
  };
  standIns.set(ofWs, Object.assign(read, { listener: ofWs }));
  return read;
}

/** What is read, and for whom. */
export interface FrameReaderOptions {
  /** The largest message that `ws` would take; 0 for any. */
  readonly maxPayload: number;
  /** How long a message may take to come, in milliseconds. */
  readonly messageTimeoutMs: number;
  /** Where what has come of a message is counted. */
  readonly unfinished: UnfinishedMessages | undefined;
  /** Whether frames are read here. Otherwise all of them are left to `ws`, and followed. */
  readonly readsHere: boolean;
  readonly listener: SocketListener;
}

/** How the rest is left to `ws`. */
interface Leaving {
  readonly stream: Duplex;
  readonly ofWs: DataListener;
}

/** Where a frame lies in a chunk. */
interface Place {
  readonly first: number;
  /** Where the mask begins. */
  readonly mask: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads, before `ws` does, the frames that nearly all are: whole, masked, not compressed, up to 64 KiB, and in one chunk. All
 * else, and what follows it up to the next message, is left to `ws`: fragments, control frames, frames cut in two, and
 * whatever breaks the rules. So `ws` alone decides what is wrong, and how the connection ends.
 *
 * The receiver of `ws` is a stream, which costs a turn of the microtask queue a chunk, and makes a `Buffer` for each part of a
 * frame. Without it an echo took 32,100 instructions instead of 37,100 (`npm run bench -- instructions-echo`, Node 20.20,
 * November 2026).
 *
 * @returns `undefined` where somebody else listens to the stream, too: then all is left to `ws`
 */
export function readFrames(ws: WebSocket, stream: Duplex, options: FrameReaderOptions): FrameReader | undefined {
  const [ofWs, ...others] = stream.listeners('data') as DataListener[]; // what a stream of bytes calls with its data
  if (!ofWs || others.length > 0) return undefined;
  const read: ReadStream = stream;
  const reader = new FrameReader(ws, { stream, ofWs }, options);
  read[READER] = reader;
  stream.removeListener('data', ofWs);
  stream.on('data', standInFor(ofWs));
  return reader;
}

/** Reads what comes on one stream, and knows what has come of a message that is not whole. */
export class FrameReader implements Receiving {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #ofWs: DataListener;
  readonly #listener: SocketListener;
  readonly #maxPayload: number;
  readonly #messageTimeoutMs: number;
  readonly #unfinished: UnfinishedMessages | undefined;
  /** Whether it is taken out of the count when the connection ends. Most never receive a message in parts. */
  #isWatched = false;
  readonly #readsHere: boolean;
  /** Follows what is left to `ws`; none between messages. */
  #left: FrameTracker | undefined;

  constructor(ws: WebSocket, { stream, ofWs }: Leaving, options: FrameReaderOptions) {
    this.#ws = ws;
    this.#stream = stream;
    this.#ofWs = ofWs;
    this.#listener = options.listener;
    this.#maxPayload = options.maxPayload > 0 ? options.maxPayload : Number.POSITIVE_INFINITY;
    this.#messageTimeoutMs = options.messageTimeoutMs;
    this.#unfinished = options.unfinished;
    this.#readsHere = options.readsHere;
  }

  /** Bytes that have come of a message that is not whole, headers and control frames in it included. */
  get unfinishedBytes(): number {
    return this.#left?.bytes ?? 0;
  }

  /** Gives the message that is coming its whole time once more: this side has not read meanwhile. */
  restart(): void {
    this.#left?.restart();
  }

  read(chunk: Buffer): void {
    let at = 0;
    // In a frame that is left to `ws`, everything is, up to its end. A handler may close while others wait in the chunk.
    while (this.#readsHere && at < chunk.length && !this.#left && this.#ws.readyState === this.#ws.OPEN) {
      const place = this.#placeOf(chunk, at);
      const data = place && unmask(chunk, place);
      if (place === undefined || data === undefined) break;
      at = place.end;
      this.#listener.onFrame(data);
    }
    if (at === chunk.length) return;
    const rest = at === 0 ? chunk : chunk.subarray(at);
    this.#left ??= new FrameTracker();
    // On a network that is always busy a chunk ends where a message does only by chance.
    const hasEnded = this.#left.pass(rest);
    if (hasEnded && this.#isWatched) this.#unfinished?.delete(this);
    if (this.#left.isBetweenMessages) this.#left = undefined;
    else this.#goOn(this.#left, hasEnded ? this.#left.bytes : rest.length);
    this.#ofWs.call(this.#stream, rest);
  }

  onCrowded(): void {
    // Who is being closed has been told of its end already.
    if (this.#ws.readyState === this.#ws.OPEN) this.#listener.onCrowded();
    else this.#ws.terminate();
  }

  #goOn({ ageMs }: FrameTracker, bytes: number): void {
    if (ageMs > this.#messageTimeoutMs) return this.#listener.onOverdue();
    if (!this.#unfinished || this.#ws.readyState === this.#ws.CLOSED) return;
    if (!this.#isWatched) this.#ws.once('close', () => this.#unfinished?.delete(this));
    this.#isWatched = true;
    this.#unfinished.add(this, bytes);
  }

  /** Where the frame lies that begins here; nothing unless it is whole, and one of those that are read here. */
  #placeOf(chunk: Buffer, at: number): Place | undefined {
    const first = chunk[at] ?? 0;
    if (first !== FIN_TEXT && first !== FIN_BINARY) return undefined;
    const second = chunk[at + 1] ?? 0;
    if ((second & MASKED) === 0) return undefined;
    let length = second & ~MASKED;
    let mask = at + 2;
    if (length === LENGTH_IN_16_BITS) {
      if (chunk.length < at + 4) return undefined;
      length = chunk.readUInt16BE(mask);
      mask += 2;
    } else if (length > LENGTH_IN_16_BITS) {
      return undefined;
    }
    const start = mask + MASK_BYTES;
    const end = start + length;
    return end > chunk.length || length > this.#maxPayload ? undefined : { first, mask, start, end };
  }
}

/** Takes the mask off in place, and gives the message. Nothing, with the mask on again, for text that is no UTF-8. */
function unmask(chunk: Buffer, place: Place): FrameData | undefined {
  const { first, start, end } = place;
  const bits = xor(chunk, place);
  if (first === FIN_BINARY) return new Uint8Array(chunk.buffer, chunk.byteOffset + start, end - start);
  if (bits < 0x80) return chunk.toString('latin1', start, end); // ASCII: copied, not decoded
  const text = chunk.toString('utf8', start, end);
  if (!text.includes('\ufffd') || isUtf8(chunk.subarray(start, end))) return text;
  xor(chunk, place);
  return undefined;
}

/** @returns all bits that are set in any of the bytes that come out */
function xor(chunk: Buffer, { mask, start, end }: Place): number {
  const [a = 0, b = 0, c = 0, d = 0] = [chunk[mask], chunk[mask + 1], chunk[mask + 2], chunk[mask + 3]];
  let bits = 0;
  let at = start;
  for (; at + 3 < end; at += 4) {
    const w = (chunk[at] ?? 0) ^ a;
    const x = (chunk[at + 1] ?? 0) ^ b;
    const y = (chunk[at + 2] ?? 0) ^ c;
    const z = (chunk[at + 3] ?? 0) ^ d;
    chunk[at] = w;
    chunk[at + 1] = x;
    chunk[at + 2] = y;
    chunk[at + 3] = z;
    bits |= w | x | y | z;
  }
  for (let rest = 0; at < end; at++, rest++) {
    const byte = (chunk[at] ?? 0) ^ (rest === 0 ? a : rest === 1 ? b : c);
    chunk[at] = byte;
    bits |= byte;
  }
  return bits;
}
