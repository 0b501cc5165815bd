import { type Encoding, encodeFor } from '../core/outbound.js';
import type { BroadcastContent } from '../ports/adapter.js';
import type { OutgoingFrame } from '../ports/socket.js';
import type { WireMessage } from '../protocol/message.js';

const encoder = new TextEncoder();

/** A broadcast as all those get it who are in the same room, and read the mark of JSON or do not. */
export interface BroadcastFrame {
  readonly room: string;
  readonly isMarked: boolean;
  readonly frame: OutgoingFrame;
}

/** One broadcast to a namespace, encoded for each kind of receivers when the first of that kind comes. */
export class BroadcastFrames {
  readonly #encoding: Encoding;
  readonly #namespace: string;
  readonly #content: BroadcastContent;
  #last: BroadcastFrame | undefined;
  /** The one before it: receivers of two kinds may come in turns. */
  #other: BroadcastFrame | undefined;

  constructor(encoding: Encoding, namespace: string, content: BroadcastContent) {
    this.#encoding = encoding;
    this.#namespace = namespace;
    this.#content = content;
  }

  /** @throws {MESSAGE_TOO_LARGE} */
  get(room: string, isMarked: boolean): BroadcastFrame {
    const other = this.#other;
    this.#other = this.#last;
    this.#last =
      other?.room === room && other.isMarked === isMarked
        ? other
        : { room, isMarked, frame: this.#encode(room, isMarked) };
    return this.#last;
  }

  #encode(room: string, isMarked: boolean): OutgoingFrame {
    const { event, body, binary } = this.#content;
    const json = isMarked ? true : undefined;
    const namespace = this.#namespace;
    const message: WireMessage = {
      wait: '',
      namespace,
      room,
      event,
      isError: false,
      isNoOp: false,
      body,
      binary,
      json,
    };
    const data = encodeFor(this.#encoding, message);
    if (typeof data !== 'string') return { data, binary: true, droppable: true };
    return { data: encoder.encode(data), binary: false, droppable: true };
  }
}
