const FIN = 0x80;
const OPCODE = 0x0f;
const CONTROL = 0x08;
const CLOSE = 0x8;
const PING = 0x9;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Where the next byte belongs. */
type Part = 'opcode' | 'length' | 'long length' | 'payload';

/** What a message is counted by. */
export interface FrameMarks {
  /** Messages with fewer bytes are no answers: errors, or not what was asked for. */
  minBytes: number;
  /** A byte that this connection's own messages have, and others' not. */
  tag: number;
  /** How many bytes stand behind it. */
  tail: number;
  /** The first byte of a message of one byte that asks for a sign of life; -1 for none. */
  ping: number;
}

/**
 * Counts the messages of a server, without keeping any: what is read may come in any pieces, and is not held on to.
 *
 * It looks at three bytes of a frame: those of its header that tell its length, the first of its payload and the one
 * where the tag is.
 */
export class FrameReader {
  readonly marks: FrameMarks = { minBytes: 0, tag: -1, tail: 0, ping: -1 };
  /** Whole messages so far, control frames and short messages left out. */
  messages = 0;
  /** Those of them that had the tag. */
  own = 0;
  /** Messages of fewer than `minBytes`. */
  short = 0;
  /** Pings that have not been answered; whoever answers them sets it back. */
  pings = 0;
  /** The same of messages that ask for a sign of life. */
  keepAlives = 0;
  /** Whether the server has closed. */
  closed = false;

  #part: Part = 'opcode';
  #opcode = 0;
  #isLast = false;
  #lengthBytes = 0;
  /** Of the payload of this frame, what has not been read. */
  #left = 0;
  /** Payload bytes of this message. */
  #bytes = 0;
  #first = -1;
  #tag = -1;

  /** Reads the bytes from `at` up to `end`. */
  read(buffer: Uint8Array, at: number, end: number): void {
    let index = at;
    while (index < end) {
      if (this.#part === 'payload') index = this.#readPayload(buffer, index, end);
      else this.#readHeader(buffer[index++] ?? 0);
      if (this.#part === 'payload' && this.#left === 0) this.#finish();
    }
  }

  #readHeader(byte: number): void {
    switch (this.#part) {
      case 'opcode':
        this.#opcode = byte & OPCODE;
        this.#isLast = (byte & FIN) !== 0;
        this.#part = 'length';
        return;
      case 'length': {
        const length = byte & LENGTH;
        if (length < LENGTH_16) return this.#begin(length);
        this.#lengthBytes = length === LENGTH_64 ? 8 : 2;
        this.#left = 0;
        this.#part = 'long length';
        return;
      }
      default:
        this.#left = this.#left * 256 + byte;
        if (--this.#lengthBytes === 0) this.#begin(this.#left);
    }
  }

  #begin(length: number): void {
    this.#left = length;
    this.#part = 'payload';
  }

  #readPayload(buffer: Uint8Array, at: number, end: number): number {
    const piece = Math.min(this.#left, end - at);
    const isData = (this.#opcode & CONTROL) === 0;
    if (isData) {
      if (this.#bytes === 0) this.#first = buffer[at] ?? -1;
      const tagAt = this.#left - 1 - this.marks.tail;
      if (tagAt >= 0 && tagAt < piece) this.#tag = buffer[at + tagAt] ?? -1;
      this.#bytes += piece;
    }
    this.#left -= piece;
    return at + piece;
  }

  #finish(): void {
    this.#part = 'opcode';
    if (this.#opcode === PING) this.pings++;
    if (this.#opcode === CLOSE) this.closed = true;
    if ((this.#opcode & CONTROL) !== 0 || !this.#isLast) return;
    if (this.#bytes === 1 && this.#first === this.marks.ping) this.keepAlives++;
    else if (this.#bytes < this.marks.minBytes) this.short++;
    else {
      this.messages++;
      if (this.#tag === this.marks.tag) this.own++;
    }
    this.#bytes = 0;
    this.#tag = -1;
  }
}
