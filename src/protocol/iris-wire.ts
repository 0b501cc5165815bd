import { WsError } from '../errors.js';
import { isLonger } from './codec.js';
import { NATIVE_MESSAGE } from './event-names.js';
import type { NameLimits } from './limits.js';
import type { Frame, FrameData, HandshakeFrame, WireMessage } from './message.js';
import { encodeNative } from './wires.js';

/** What an event begins with, by the name of the language. @source kataras/go-websocket and Iris, versions 3 to 11 */
export const IRIS_PREFIXES = {
  iris: 'iris-websocket-message:',
  'go-websocket': 'go-websocket-message:',
} as const;

const SEPARATOR = ';';
const SEPARATOR_BYTE = 0x3b;

/** How a value is written, in one digit: as text, whole number, truth value, bytes, or JSON. @source as above, message.go */
const Kind = { Text: '0', Int: '1', Bool: '2', Bytes: '3', Json: '4' } as const;

/** What every reader of these languages takes for a whole number: no more digits than 64 bits hold. */
const WHOLE_NUMBER = /^-?\d{1,18}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What one language of the family is. */
export interface IrisWireOptions extends Pick<NameLimits, 'maxEventBytes'> {
  /** For messages. */
  readonly name: string;
  /** What every event begins with; a frame that begins otherwise is a raw message. */
  readonly prefix: string;
  /** Whether all frames are binary ones. @default false: those that text cannot hold */
  readonly binaryMessages?: boolean;
}

/**
 * The messages of the websockets of Iris before neffos: an event, the kind of its value, and the value.
 *
 *     prefix event ; kind ; value
 *
 * No handshake, namespaces, rooms, answers or errors: there is the namespace `""`, connected from the start, and rooms are known
 * to the server alone. Each value says whether it is text, bytes or JSON, so it arrives as what it was.
 */
export class IrisWire {
  readonly name: string;
  readonly hasHandshake: boolean = false;
  readonly hasProcedures: boolean = false;
  readonly marksJson: boolean = true;
  readonly tellsErrors: boolean = false;
  readonly #prefix: string;
  readonly #prefixBytes: Uint8Array;
  readonly #maxEventBytes: number;
  readonly #isBinary: boolean;

  constructor({ name, prefix, maxEventBytes, binaryMessages = false }: IrisWireOptions) {
    this.name = name;
    this.#prefix = prefix;
    this.#prefixBytes = encoder.encode(prefix);
    this.#maxEventBytes = maxEventBytes;
    this.#isBinary = binaryMessages;
  }

  readHandshake(): HandshakeFrame {
    return { kind: 'other' };
  }

  decode(data: FrameData): Frame {
    if (data.length === 0) return { kind: 'empty' };
    if (typeof data === 'string') return data.startsWith(this.#prefix) ? this.#decodeText(data) : rawOf(data);
    return startsWith(data, this.#prefixBytes) ? this.#decodeBytes(data) : rawOf(data);
  }

  /** @throws {MESSAGE_NOT_ENCODABLE} for a name with a separator, and for raw messages that would be read as events */
  encode(message: WireMessage): FrameData {
    const { event, body, json } = message;
    const binary = this.#isBinary || message.binary;
    if (event === NATIVE_MESSAGE) return this.#encodeRaw({ ...message, binary });
    if (!isEncodableEvent(event)) throw notEncodable(this.name, event, NAME_REASON);
    const head = `${this.#prefix}${event}${SEPARATOR}`;
    if (typeof body !== 'string') return this.#encodeBytes(head, body);
    const text = `${head}${json ? kindOf(body) : Kind.Text}${SEPARATOR}${body}`;
    return binary ? encoder.encode(text) : text;
  }

  acknowledge(): FrameData {
    return '';
  }

  hello(): FrameData {
    return '';
  }

  welcome(): FrameData {
    return '';
  }

  /** Nothing: these clients have no ear for it, and the close frame has the reason. */
  refusal(): FrameData {
    return '';
  }

  #decodeText(text: string): Frame {
    const end = text.indexOf(SEPARATOR, this.#prefix.length);
    const kind = end < 0 ? '' : text.slice(end + 1, end + 3);
    return this.#frameOf(text.slice(this.#prefix.length, end), kind, text.slice(end + 3), false);
  }

  #decodeBytes(bytes: Uint8Array): Frame {
    const end = bytes.indexOf(SEPARATOR_BYTE, this.#prefixBytes.length);
    const isBytes = bytes[end + 1] === Kind.Bytes.charCodeAt(0);
    try {
      const event = end < 0 ? '' : decoder.decode(bytes.subarray(this.#prefixBytes.length, end));
      const kind = end < 0 ? '' : decoder.decode(bytes.subarray(end + 1, end + 3));
      const value = bytes.subarray(end + 3);
      return this.#frameOf(event, kind, isBytes ? value : decoder.decode(value), true);
    } catch {
      return { kind: 'malformed', reason: 'text of a binary frame that is not UTF-8' };
    }
  }

  /** @param kind the digit with the separator that follows it */
  #frameOf(event: string, kind: string, value: string | Uint8Array, binary: boolean): Frame {
    if (event === '' || isLonger(event, this.#maxEventBytes)) {
      return { kind: 'malformed', reason: 'an event without a name, or with one that is longer than its limit' };
    }
    const read = readValue(kind, value);
    if (!read) return { kind: 'malformed', reason: 'an event whose value is of no known kind' };
    const message = { wait: '', namespace: '', room: '', event, isError: false, isNoOp: false, binary, ...read };
    return { kind: 'message', message };
  }

  /** Text as long as the bytes are text: the pages of these languages read no binary frames. */
  #encodeBytes(head: string, body: Uint8Array): FrameData {
    const start = `${head}${Kind.Bytes}${SEPARATOR}`;
    if (!this.#isBinary) {
      try {
        return start + decoder.decode(body);
      } catch {
        // No text frame can hold them.
      }
    }
    const opening = encoder.encode(start);
    const frame = new Uint8Array(opening.length + body.length);
    frame.set(opening);
    frame.set(body, opening.length);
    return frame;
  }

  /** Pages look for the prefix anywhere in a text: what one visitor has written must not become an event at the others. */
  #encodeRaw(message: WireMessage): FrameData {
    const data = encodeNative(message);
    const isMistakable = typeof data === 'string' ? data.includes(this.#prefix) : startsWith(data, this.#prefixBytes);
    if (isMistakable) throw notEncodable(this.name, NATIVE_MESSAGE, `a raw message may not hold "${this.#prefix}"`);
    return data;
  }
}

const NAME_REASON = 'the name of an event may not be empty, and may not hold ";"';

/** Whether a name comes back as it was: these languages have no way to write a separator. */
export function isEncodableEvent(event: string): boolean {
  return event !== '' && !event.includes(SEPARATOR);
}

const notEncodable = (wire: string, event: string, reason: string): WsError =>
  new WsError('MESSAGE_NOT_ENCODABLE', { wire, event, reason });

const rawOf = (body: FrameData): Frame => ({ kind: 'native', body });

function startsWith(data: Uint8Array, start: Uint8Array): boolean {
  return data.length >= start.length && start.every((byte, index) => data[index] === byte);
}

function kindOf(json: string): string {
  if (json === '') return Kind.Text; // nothing at all
  if (json === 'true' || json === 'false') return Kind.Bool;
  return WHOLE_NUMBER.test(json) ? Kind.Int : Kind.Json;
}

type Value = Pick<WireMessage, 'body' | 'json'>;

/**
 * What a value is. Pages take everything for a number that JavaScript would make one of, `true` and texts such as `007` and `1e999`
 * included: what is not written as that number would be is the text that it was.
 */
function readValue(kind: string, value: string | Uint8Array): Value | undefined {
  if (typeof value !== 'string') return kind === `${Kind.Bytes}${SEPARATOR}` ? { body: value } : undefined;
  switch (kind) {
    case `${Kind.Text}${SEPARATOR}`:
      return { body: value };
    case `${Kind.Int}${SEPARATOR}`:
    case `${Kind.Bool}${SEPARATOR}`:
      return isBool(value) || isNumber(value) ? { body: value, json: true } : { body: value };
    case `${Kind.Bytes}${SEPARATOR}`:
      return { body: encoder.encode(value) };
    case `${Kind.Json}${SEPARATOR}`:
      return { body: value, json: true };
    default:
      return undefined;
  }
}

const isBool = (text: string): boolean => text === 'true' || text === 'false';

const isNumber = (text: string): boolean => Number.isFinite(Number(text)) && String(Number(text)) === text;
