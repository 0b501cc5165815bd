import type { Body } from '../protocol/message.js';
import { WsError } from './client-errors.js';

/** A value made ready to be sent. */
export interface Payload {
  readonly body: Body;
  readonly binary: boolean;
  readonly json?: true;
}

/** What a request says that has nothing to say. */
export const NOTHING: Payload = { body: '', binary: false };

/**
 * What a value is sent as: a string as it is, bytes as bytes, anything else as JSON, `undefined` included.
 *
 * @throws {BODY_NOT_SENDABLE}
 */
export function toPayload(value: unknown): Payload {
  if (typeof value === 'string') return { body: value, binary: false };
  if (value instanceof ArrayBuffer) return { body: new Uint8Array(value), binary: true };
  if (ArrayBuffer.isView(value)) {
    return { body: new Uint8Array(value.buffer, value.byteOffset, value.byteLength), binary: true };
  }
  let body: string | undefined = '';
  let cause: unknown;
  try {
    if (value !== undefined) body = JSON.stringify(value);
  } catch (error) {
    cause = error;
    body = undefined;
  }
  if (body === undefined) throw new WsError('BODY_NOT_SENDABLE', { type: typeof value }, 'no JSON', { cause });
  return { body, binary: false, json: true };
}
