import type { Duplex } from 'node:stream';
import type { OutgoingFrame, SocketListener } from '../ports/socket.js';
import { type FramePart, frameBytes, frameText, payloadBytes, writeFrame } from './frame.js';

/** Those that have written in this turn of the event loop. */
let writers: FrameWriter[] = [];

/** Visits each that has written, when all that came in during this turn has been handled. */
function endTurn(): void {
  const ended = writers;
  writers = [];
  for (const writer of ended) writer.endTurn();
}

/** The frame that was finished last. A broadcast hands the same one to all its receivers, one after the other. */
let shared: { readonly frame: OutgoingFrame; readonly finished: Buffer } | undefined;

function finish(frame: OutgoingFrame): Buffer {
  if (shared?.frame === frame) return shared.finished;
  const { data, binary } = frame;
  const bytes = payloadBytes(data);
  const finished = Buffer.allocUnsafe(frameBytes(bytes));
  writeFrame(finished, 0, { data, binary, bytes });
  // A text goes to one; what many get has been encoded before.
  if (typeof data !== 'string') shared = { frame, finished };
  return finished;
}

/**
 * What waits is written when it is this large, though the turn goes on: more in one write saves little, and what waits here
 * neither leaves nor shows how much the network takes. Below any `highWaterMark`, so that it is the stream that says when it is full.
 */
const MAX_WAITING_BYTES = 16 * 1024;

/**
 * Writes whole frames to the stream beneath a WebSocket, in one buffer each, and in one buffer for all that follow the first in
 * one turn of the event loop. That saves system calls, which cost more than all else on the way of a small message.
 *
 * What is alone goes at once. After a turn with several frames the first of the next turn waits for its end, too: whoever
 * is busy is so for more than one turn.
 *
 * Only for streams that nothing else writes data frames to, and without compression. Control frames of `ws` may come between.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #listener: Pick<SocketListener, 'onDrain'>;
  /** None while nothing waits. */
  #waiting: FramePart[] | undefined;
  #waitingBytes = 0;
  /** Written in this turn. */
  #frames = 0;
  #wasBusy = false;

  /** @param listener told when the stream has taken all that waited for the end of the turn, and will never say `drain` */
  constructor(stream: Duplex, listener: Pick<SocketListener, 'onDrain'>) {
    this.#stream = stream;
    this.#listener = listener;
  }

  /** Bytes that wait for the end of the turn. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  write(frame: OutgoingFrame): void {
    this.#frames += 1;
    if (this.#frames === 1) {
      if (writers.push(this) === 1) setImmediate(endTurn);
      if (!this.#wasBusy) return this.#writeAlone(frame);
    }
    const { data, binary } = frame;
    const bytes = payloadBytes(data);
    this.#waiting ??= [];
    this.#waiting.push({ data, binary, bytes });
    this.#waitingBytes += frameBytes(bytes);
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.flush();
  }

  /**
   * Writes what waits, now.
   *
   * @returns whether anything did, and the stream has taken it without asking for a pause
   */
  flush(): boolean {
    const waiting = this.#waiting;
    if (!waiting) return false;
    const joined = Buffer.allocUnsafe(this.#waitingBytes);
    let offset = 0;
    for (const part of waiting) offset = writeFrame(joined, offset, part);
    this.#clear();
    return this.#stream.write(joined);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#clear();
  }

  endTurn(): void {
    this.#wasBusy = this.#frames > 1;
    this.#frames = 0;
    shared = undefined;
    if (this.flush()) this.#listener.onDrain();
  }

  #writeAlone(frame: OutgoingFrame): void {
    const text = frameText(frame);
    if (text === undefined) this.#stream.write(finish(frame));
    else this.#stream.write(text, 'latin1');
  }

  #clear(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }
}
