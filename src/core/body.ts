import { WsError } from '../errors.js';
import type { Body } from '../protocol/message.js';
import { parseJsonText } from '../protocol/parse-json.js';

/** A value made ready to be sent. */
export interface Payload {
  readonly body: Body;
  readonly binary: boolean;
  /** Whether it is marked as JSON, for those who read the mark. */
  readonly json?: true;
}

/** Marked, so that who reads the mark can tell it from an empty text. */
const NOTHING: Payload = { body: '', binary: false, json: true };

/** What has been written as JSON before: it is sent as it is, and marked. */
export class WrittenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What a value is sent as: a string as it is, bytes as a binary frame, anything else as JSON, and `undefined` as JSON that is
 * empty.
 *
 * @throws {BODY_NOT_SENDABLE} for what JSON cannot hold: functions, symbols, bigints, circles
 */
export function toPayload(value: unknown): Payload {
  if (typeof value === 'string') return { body: value, binary: false };
  if (value === undefined) return NOTHING;
  if (value instanceof Uint8Array) return { body: value, binary: true };
  if (value instanceof ArrayBuffer) return { body: new Uint8Array(value), binary: true };
  if (ArrayBuffer.isView(value)) {
    return { body: new Uint8Array(value.buffer, value.byteOffset, value.byteLength), binary: true };
  }
  return { body: value instanceof WrittenJson ? value.text : toJson(value), binary: false, json: true };
}

/**
 * A value as JSON.
 *
 * @throws {BODY_NOT_SENDABLE} for what JSON cannot hold
 */
export function toJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it threw while it was written as JSON';
    throw new WsError('BODY_NOT_SENDABLE', { type: `${typeof value} (${reason})` }, { cause });
  }
  if (json === undefined) throw new WsError('BODY_NOT_SENDABLE', { type: typeof value });
  return json;
}

const decoder = new TextDecoder();

/**
 * Reads the body of an event as JSON. The key `__proto__` is refused, wherever it stands.
 *
 * @throws {BODY_NOT_JSON}
 */
export function parseJson(event: string, body: Body): unknown {
  try {
    return parseJsonText(typeof body === 'string' ? body : decoder.decode(body));
  } catch (cause) {
    throw new WsError('BODY_NOT_JSON', { event, reason: String(cause) }, { cause });
  }
}
