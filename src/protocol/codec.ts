import { escapeName, unescapeName } from './escaped-name.js';
import { DEFAULT_NAME_LIMITS, type NameLimits } from './limits.js';
import type { Body, Frame, FrameData, WireMessage } from './message.js';
import { decodeRichError, encodeRichError, RICH_ERROR } from './rich-error.js';

/**
 * neffos's message frame: seven fields between semicolons, of which the last, the body, may hold semicolons itself.
 *
 *     wait ; namespace ; room ; event ; isError ; isNoOp ; body or text of the error
 */
const SEPARATOR = ';';
const SEPARATOR_BYTE = 0x3b;
const SEPARATORS = 6;

const encoder = new TextEncoder();
// A decoder keeps a byte order mark, as a part of the text, only where it is told to "ignore" it.
const bodyDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const headerDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const EMPTY: Frame = { kind: 'empty' };
const TRUE = '1';

/**
 * Stands for `isNoOp` where the body is JSON. Readers of neffos look for `1`, so to them it is the `0` that they would have
 * been sent.
 */
const JSON_MARK = 'j';

/** Writes a message as one frame: text, or bytes where `message.binary`. */
export function encodeMessage(message: WireMessage): FrameData {
  const { facts } = message;
  if (message.isError && facts) return encodeFields(message, RICH_ERROR, encodeRichError(textOf(message.body), facts));
  return encodeFields(message, message.isError ? TRUE : '0', message.body);
}

const textOf = (body: Body): string => (typeof body === 'string' ? body : bodyDecoder.decode(body));

function encodeFields(message: WireMessage, isError: string, body: Body): FrameData {
  const header =
    `${message.wait};${escapeName(message.namespace)};${escapeName(message.room)};${escapeName(message.event)};` +
    `${isError};${message.isNoOp ? TRUE : message.json && !message.isError ? JSON_MARK : '0'};`;
  if (!message.binary) return header + textOf(body);
  if (typeof body === 'string') return encoder.encode(header + body);
  const head = encoder.encode(header);
  const frame = new Uint8Array(head.length + body.length);
  frame.set(head);
  frame.set(body, head.length);
  return frame;
}

/** The acknowledgement of a request, and of an ask whose handler returned nothing: the token and six separators. */
export function encodeAcknowledgement(wait: string): string {
  return `${wait};;;;;;`;
}

/** What the reader of a frame takes for a message. */
export interface DecodeOptions extends NameLimits {
  /** Whether a frame with fewer than six separators is a raw message instead of a mistake. */
  readonly allowNative: boolean;
  /**
   * Whether this end reads errors with a code and data, and says in its hello that it reads rich frames. For clients: what a
   * server is told by its peers stays what neffos makes of it. Bodies marked as JSON are read in any case. @default false
   */
  readonly richFrames?: boolean;
}

const DEFAULT_DECODE_OPTIONS: DecodeOptions = { ...DEFAULT_NAME_LIMITS, allowNative: false };

/**
 * Reads a frame. Never throws: what cannot be understood is `malformed`, with the reason in words.
 *
 * Six searches over the header and one cut; the body is neither searched nor copied. Bytes of a binary frame stay a
 * view of the bytes given.
 */
export function decodeFrame(data: FrameData, options: DecodeOptions = DEFAULT_DECODE_OPTIONS): Frame {
  if (data.length === 0) return EMPTY;
  return typeof data === 'string' ? decodeText(data, options) : decodeBinary(data, options);
}

function decodeText(text: string, options: DecodeOptions): Frame {
  const end1 = text.indexOf(SEPARATOR);
  const end2 = end1 < 0 ? -1 : text.indexOf(SEPARATOR, end1 + 1);
  const end3 = end2 < 0 ? -1 : text.indexOf(SEPARATOR, end2 + 1);
  const end4 = end3 < 0 ? -1 : text.indexOf(SEPARATOR, end3 + 1);
  const end5 = end4 < 0 ? -1 : text.indexOf(SEPARATOR, end4 + 1);
  const end6 = end5 < 0 ? -1 : text.indexOf(SEPARATOR, end5 + 1);
  if (end6 < 0) return options.allowNative ? { kind: 'native', body: text } : TOO_FEW_FIELDS;
  const isError = text.slice(end4 + 1, end5);
  const isRich = isError === RICH_ERROR && options.richFrames === true;
  const flag = text.slice(end5 + 1, end6);
  const isFailed = isRich || isError === TRUE;
  const message: WireMessage = {
    wait: text.slice(0, end1),
    namespace: unescapeName(text.slice(end1 + 1, end2)),
    room: unescapeName(text.slice(end2 + 1, end3)),
    event: unescapeName(text.slice(end3 + 1, end4)),
    isError: isFailed,
    isNoOp: flag === TRUE,
    binary: false,
    body: text.slice(end6 + 1),
    json: flag === JSON_MARK && !isFailed ? true : undefined,
  };
  return withinLimits(isRich ? withFacts(message) : message, options);
}

/** A body that is not what it is marked as is the text itself. */
function withFacts(message: WireMessage): WireMessage {
  const error = decodeRichError(textOf(message.body));
  return error ? { ...message, body: error.text, facts: error.facts } : message;
}

function decodeBinary(bytes: Uint8Array, options: DecodeOptions): Frame {
  const headerEnd = endOfHeader(bytes);
  if (headerEnd < 0) return options.allowNative ? { kind: 'native', body: bytes } : TOO_FEW_FIELDS;
  let header: string;
  try {
    header = headerDecoder.decode(bytes.subarray(0, headerEnd));
  } catch {
    return { kind: 'malformed', reason: 'the header of a binary frame is not UTF-8' };
  }
  // The header of a binary frame reads like a text frame with an empty body.
  const frame = decodeText(header, options);
  if (frame.kind !== 'message') return frame;
  const rest = bytes.subarray(headerEnd);
  if (!frame.message.isError) return { kind: 'message', message: { ...frame.message, binary: true, body: rest } };
  // The body of an error is text in any frame.
  const whole = decodeText(header + bodyDecoder.decode(rest), options);
  return whole.kind === 'message' ? { kind: 'message', message: { ...whole.message, binary: true } } : whole;
}

/** The place after the sixth separator, or -1. */
function endOfHeader(bytes: Uint8Array): number {
  let seen = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === SEPARATOR_BYTE && ++seen === SEPARATORS) return at + 1;
  }
  return -1;
}

const TOO_FEW_FIELDS: Frame = { kind: 'malformed', reason: 'fewer than six separators' };

function withinLimits(message: WireMessage, limits: NameLimits): Frame {
  if (
    isLonger(message.wait, limits.maxWaitBytes) ||
    isLonger(message.namespace, limits.maxNamespaceBytes) ||
    isLonger(message.room, limits.maxRoomBytes) ||
    isLonger(message.event, limits.maxEventBytes)
  ) {
    return { kind: 'malformed', reason: 'a name that is longer than its limit' };
  }
  return { kind: 'message', message };
}

/** The most bytes of UTF-8 that one UTF-16 code unit can take. */
const MAX_BYTES_PER_UNIT = 3;

/** Whether a text has more than `maxBytes` bytes of UTF-8. Short texts, the usual case, are not measured. */
export function isLonger(text: string, maxBytes: number): boolean {
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return false;
  return text.length > maxBytes || byteLength(text) > maxBytes;
}

/** The same for what is sent in one frame, text or bytes. */
export function isLarger(data: FrameData, maxBytes: number): boolean {
  return typeof data === 'string' ? isLonger(data, maxBytes) : data.length > maxBytes;
}

/** The bytes of UTF-8 that a text takes. Costs a pass over the text. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
