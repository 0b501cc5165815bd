import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Body } from '../../protocol/message.js';
import { parseJsonText } from '../../protocol/parse-json.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { checkMessage } from './check-message.js';
import type { Message, NumberedMessage, Sequence } from './record.js';

/** The first byte of a packet. Whoever reads another one drops the packet: nothing is guessed. */
const VERSION_PLAIN = 1;
const VERSION_SIGNED = 2;
const SIGNATURE_BYTES = 32;

/** More than any honest packet. */
const MAX_PACKET_BYTES = 64 * 1024 * 1024;

/** More than any name of a server: whoever forges them cannot fill the memory with few. */
const MAX_NAME_BYTES = 256;

const NO_BODY = 0;
const TEXT_BODY = 1;
const BYTES_BODY = 2;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A message written down but for its number, which it gets when it is sent. */
export type Record = Uint8Array;

/** What one packet carries: messages of one server. */
export interface PacketContent {
  readonly from: string;
  readonly messages: readonly NumberedMessage[];
}

/**
 * Writes messages down and reads them.
 *
 * A packet is a version, the name of the sender, and messages. Each has its number, a header of JSON, and its body in bytes as it is:
 *
 *     version:1 [signature:32] length from ( epoch n length header kind:1 [length body] )*
 *
 * `length`, `epoch` and `n` take 7 bits a byte. What is signed is the channel and all that follows the signature.
 */
export class PacketCodec {
  readonly #secret: string | undefined;
  readonly #writer = new ByteWriter();

  constructor(secret?: string) {
    this.#secret = secret;
  }

  /** Copies the body: it may be used for something else afterwards. */
  writeRecord(message: Message): Record {
    const writer = this.#writer;
    const body = bodyOf(message);
    writer.text(JSON.stringify(headerOf(message)));
    if (body === undefined) {
      writer.byte(NO_BODY);
    } else if (typeof body === 'string') {
      writer.byte(TEXT_BODY);
      writer.text(body);
    } else {
      writer.byte(BYTES_BODY);
      writer.number(body.length);
      writer.bytes(body);
    }
    return writer.take();
  }

  writePacket(
    channel: string,
    from: string,
    records: readonly { readonly record: Record; readonly sequence: Sequence | undefined }[],
  ): Uint8Array {
    const writer = this.#writer;
    if (this.#secret === undefined) writer.byte(VERSION_PLAIN);
    writer.text(from);
    for (const { record, sequence } of records) {
      writer.number(sequence?.epoch ?? 0);
      writer.number(sequence?.n ?? 0);
      writer.bytes(record);
    }
    const content = writer.take();
    if (this.#secret === undefined) return content;
    return Buffer.concat([Buffer.of(VERSION_SIGNED), this.#sign(this.#secret, channel, content), content]);
  }

  /**
   * Reads a packet, whoever has sent it.
   *
   * @param isOwn whether the sender is the reader itself: its own packets need not be read
   * @returns `undefined` for what is none: of another version, with a wrong signature, or with anything at all in it that does not fit
   */
  read(channel: string, bytes: Uint8Array, isOwn: (from: string) => boolean): PacketContent | undefined {
    if (bytes.length > MAX_PACKET_BYTES) return undefined;
    const content = this.#contentOf(channel, bytes);
    if (!content) return undefined;
    try {
      const reader = new ByteReader(content);
      const from = readName(reader);
      const messages: NumberedMessage[] = [];
      if (isOwn(from)) return { from, messages };
      while (!reader.isAtEnd) messages.push(readMessage(reader, from));
      return { from, messages };
    } catch {
      return undefined; // cut short, no UTF-8, no JSON, or no message: all the same to whoever drops it
    }
  }

  /** What is signed, or what follows the version. */
  #contentOf(channel: string, bytes: Uint8Array): Uint8Array | undefined {
    const [version] = bytes;
    if (this.#secret === undefined) return version === VERSION_PLAIN ? bytes.subarray(1) : undefined;
    if (version !== VERSION_SIGNED || bytes.length < 1 + SIGNATURE_BYTES) return undefined;
    const content = bytes.subarray(1 + SIGNATURE_BYTES);
    const signature = bytes.subarray(1, 1 + SIGNATURE_BYTES);
    return timingSafeEqual(signature, this.#sign(this.#secret, channel, content)) ? content : undefined;
  }

  #sign(secret: string, channel: string, content: Uint8Array): Buffer {
    return createHmac('sha256', secret).update(`${channel}\0`).update(content).digest();
  }
}

function readName(reader: ByteReader): string {
  const length = reader.number();
  if (length > MAX_NAME_BYTES) throw new RangeError('no name');
  return decoder.decode(reader.take(length));
}

function readMessage(reader: ByteReader, from: string): NumberedMessage {
  const epoch = reader.number();
  const n = reader.number();
  const header = parseJsonText(decoder.decode(reader.take(reader.number())));
  const message = checkMessage(header, readBody(reader), from);
  if (!message) throw new RangeError('no message');
  return { message, sequence: n === 0 ? undefined : { epoch, n } };
}

function readBody(reader: ByteReader): Body | undefined {
  const kind = reader.byte();
  if (kind === NO_BODY) return undefined;
  const bytes = reader.take(reader.number());
  if (kind === TEXT_BODY) return decoder.decode(bytes);
  if (kind === BYTES_BODY) return new Uint8Array(bytes); // a copy: what is read belongs to the broker's client
  throw new RangeError('no body');
}

function bodyOf(message: Message): Body | undefined {
  switch (message.kind) {
    case 'broadcast':
    case 'event':
      return message.content.body;
    case 'query':
      return 'content' in message.query ? message.query.content.body : undefined;
    case 'result':
      return message.result.kind === 'reply' ? message.result.body : undefined;
    default:
      return undefined;
  }
}

/** The message without its sender, whom the packet names, and without its body. */
function headerOf(message: Message): object {
  switch (message.kind) {
    case 'broadcast':
    case 'event':
      return { ...message, from: undefined, content: bodiless(message.content) };
    case 'query': {
      const { query } = message;
      if (!('content' in query)) return { ...message, from: undefined };
      return { ...message, from: undefined, query: { ...query, content: bodiless(query.content) } };
    }
    case 'result':
      return { ...message, from: undefined, result: bodiless(message.result) };
    case 'cancel':
      return { ...message, from: undefined };
    default:
      return { kind: message.kind, counts: message.counts.map(({ channel, epoch, n }) => [channel, epoch, n]) };
  }
}

const bodiless = (value: object): object => ({ ...value, body: undefined });
