import type { FrameData } from '../protocol/message.js';

/** First bytes of a frame that is whole, by what it carries. @source RFC 6455, section 5.2 */
const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;

/** Lengths that fit into 7, and into 16 bits; from there on 64 bits. @source RFC 6455, section 5.2 */
const MAX_7_BITS = 125;
const MAX_16_BITS = 0xffff;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;
const TWO_TO_32 = 2 ** 32;

/** The bytes of what a frame carries. Costs a pass over a text. */
export const payloadBytes = (data: FrameData): number =>
  typeof data === 'string' ? Buffer.byteLength(data) : data.length;

/** The bytes of a frame of a server, which masks nothing. */
export function frameBytes(bytes: number): number {
  if (bytes <= MAX_7_BITS) return 2 + bytes;
  return (bytes <= MAX_16_BITS ? 4 : 10) + bytes;
}

/**
 * Writes a frame into a buffer that has room for it.
 *
 * @param bytes what `payloadBytes` has said of the data
 * @returns where the next one begins
 */
export function writeFrame(into: Buffer, start: number, { data, binary, bytes }: FramePart): number {
  const offset = writeHeader(into, start, binary ? FIN_BINARY : FIN_TEXT, bytes);
  if (typeof data !== 'string') into.set(data, offset);
  // A text of as many bytes as characters is ASCII, which is copied and not encoded.
  else into.write(data, offset, bytes, bytes === data.length ? 'latin1' : 'utf8');
  return offset + bytes;
}

/** What stands in one frame. */
export interface FramePart {
  readonly data: FrameData;
  readonly binary: boolean;
  readonly bytes: number;
}

function writeHeader(into: Buffer, start: number, first: number, bytes: number): number {
  into[start] = first;
  if (bytes <= MAX_7_BITS) {
    into[start + 1] = bytes;
    return start + 2;
  }
  if (bytes <= MAX_16_BITS) {
    into[start + 1] = LENGTH_IN_16_BITS;
    return into.writeUInt16BE(bytes, start + 2);
  }
  into[start + 1] = LENGTH_IN_64_BITS;
  into.writeUInt32BE(Math.floor(bytes / TWO_TO_32), start + 2);
  return into.writeUInt32BE(bytes % TWO_TO_32, start + 6);
}
