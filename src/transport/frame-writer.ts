import type { Duplex } from 'node:stream';
import type { FrameSink, OutgoingFrame, SocketListener } from '../ports/socket.js';
import { type FramePart, frameBytes, frameText, payloadBytes, writeFrame } from './frame.js';

/** The turn of the event loop, of those in which anything is written. It begins anew after a long while, which only delays a frame. */
let turn = 0;
const MAX_TURN = 2 ** 30;
let isTurnOpen = false;

/** Those that have something to write when the turn ends. */
let waitingWriters: FrameWriter[] = [];

/** The frame that was finished last. A broadcast hands the same one to all its receivers, one after the other. */
let shared: { readonly frame: OutgoingFrame; readonly finished: Buffer } | undefined;

function beginTurn(): void {
  isTurnOpen = true;
  setImmediate(endTurn);
}

/**
 * Lets those write that wait, when all that came in during this turn has been handled. Who has written and waits for nothing is not
 * visited: with a thousand receivers each would have to be fetched from memory once more.
 */
function endTurn(): void {
  isTurnOpen = false;
  turn = (turn + 1) % MAX_TURN;
  shared = undefined;
  const ended = waitingWriters;
  waitingWriters = [];
  for (const writer of ended) writer.endTurn();
}

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
export class FrameWriter implements FrameSink {
  readonly #stream: Duplex;
  readonly #listener: Pick<SocketListener, 'onDrain'>;
  /** None while nothing waits. */
  #waiting: FramePart[] | undefined;
  #waitingBytes = 0;
  /** When it has written last, and how many frames in that turn. */
  #turn = -1;
  #frames = 0;
  #isClosed = false;

  /** @param listener told when the stream has taken all that waited for the end of the turn, and will never say `drain` */
  constructor(stream: Duplex, listener: Pick<SocketListener, 'onDrain'>) {
    this.#stream = stream;
    this.#listener = listener;
  }

  /** Bytes that wait for the end of the turn. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** @returns whether the listener will be told when it has left: not of what the stream takes without asking for a pause */
  send(frame: OutgoingFrame): boolean {
    // Of the stream, which is needed anyway, and not of the WebSocket above it, which would have to be fetched from memory.
    if (this.#isClosed || !this.#stream.writable) return false;
    if (this.#turn === turn) {
      this.#frames += 1;
    } else {
      const wasBusy = this.#frames > 1;
      this.#turn = turn;
      this.#frames = 1;
      if (!isTurnOpen) beginTurn();
      // What waits for the end of a turn that is ending now comes first.
      if (!wasBusy && !this.#waiting) return !this.#writeAlone(frame);
    }
    this.#wait(frame);
    return true;
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

  /** Forgets what waits, and takes nothing more: a close frame has been sent, or nothing can be any more. */
  close(): void {
    this.#isClosed = true;
    this.#clear();
  }

  endTurn(): void {
    if (this.flush()) this.#listener.onDrain();
  }

  /** @returns whether the stream has taken it without asking for a pause */
  #writeAlone(frame: OutgoingFrame): boolean {
    const text = frameText(frame);
    return text === undefined ? this.#stream.write(finish(frame)) : this.#stream.write(text, 'latin1');
  }

  #wait({ data, binary }: OutgoingFrame): void {
    const bytes = payloadBytes(data);
    if (!this.#waiting) {
      this.#waiting = [];
      waitingWriters.push(this);
    }
    this.#waiting.push({ data, binary, bytes });
    this.#waitingBytes += frameBytes(bytes);
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.flush();
  }

  #clear(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }
}
