import { randomBytes } from 'node:crypto';

const FIN = 0x80;
const TEXT = 0x1;
const PONG = 0xa;
const MASKED = 0x80;
/** The longest payload whose length fits the second byte. @source RFC 6455, section 5.2 */
const SHORT_BYTES = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;

/** A finished text frame of a client. The mask is never zero: servers skip the unmasking of those. */
export function maskedText(text: string): Buffer {
  return maskedFrame(TEXT, Buffer.from(text));
}

/** The answer to a ping. It carries nothing: no server here compares what it carried. */
export function maskedPong(): Buffer {
  return maskedFrame(PONG, Buffer.alloc(0));
}

function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(MASK_BYTES);
  mask[0] = (mask[0] ?? 0) | 1;
  const header = Buffer.concat([Buffer.of(FIN | opcode), lengthOf(payload.length), mask]);
  const frame = Buffer.concat([header, payload]);
  for (let index = 0; index < payload.length; index++) {
    frame[header.length + index] = (payload[index] ?? 0) ^ (mask[index % MASK_BYTES] ?? 0);
  }
  return frame;
}

function lengthOf(bytes: number): Buffer {
  if (bytes <= SHORT_BYTES) return Buffer.of(MASKED | bytes);
  if (bytes <= 0xffff) {
    const field = Buffer.of(MASKED | LENGTH_16, 0, 0);
    field.writeUInt16BE(bytes, 1);
    return field;
  }
  const field = Buffer.alloc(9);
  field[0] = MASKED | LENGTH_64;
  field.writeBigUInt64BE(BigInt(bytes), 1);
  return field;
}
