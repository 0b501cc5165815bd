import { escapeName, unescapeName } from '../protocol/escaped-name.js';
import type { Body, FrameData } from '../protocol/message.js';
import { RICH_ERROR } from '../protocol/rich-error.js';
import { WsError } from './client-errors.js';

/** Whom a message is for. */
export interface Target {
  /** Pairs an ask with its answer; empty for a plain emit. */
  readonly wait?: string;
  readonly namespace: string;
  /** Empty where it is for no room. */
  readonly room: string;
  readonly event: string;
}

/** A value made ready to be sent. */
export interface Payload {
  readonly body: Body;
  readonly json?: boolean;
}

/** Nothing to say. */
export const NOTHING: Payload = { body: '' };

/** A message that has come. */
export interface Incoming extends Required<Target>, Required<Payload> {
  /** 1 for an error, 2 for one whose body is all that is told of it, as JSON. */
  readonly errorKind: number;
  readonly isNoOp: boolean;
}

/** What the client says first: that it reads errors with a code and data, and the mark of JSON. */
export const HELLO = 'Mnefeli/1';

/** Disconnects what is not connected: every server of neffos acknowledges that, and nothing else happens. */
export const PING = '$0;_;;_OnNamespaceDisconnect;0;0;';

const FIELDS = 6;

/** Half of a character, which UTF-8 cannot hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The text before the body, in its parts. */
type Header = [wait: string, namespace: string, room: string, event: string, isError: string, flag: string];

const encoder = new TextEncoder();
const decoder = new TextDecoder(undefined, { ignoreBOM: true });

/** A body as text. */
export const textOf = (body: Body): string => (typeof body === 'string' ? body : decoder.decode(body));

/** Reads a frame as the server's codec does; `undefined` for a raw message. */
export function readFrame(data: FrameData): Incoming | undefined {
  let end = 0;
  for (let field = 0; field < FIELDS; field++) {
    end = 1 + (typeof data === 'string' ? data.indexOf(';', end) : data.indexOf(0x3b, end));
    if (!end) return undefined;
  }
  const [wait, ...names] = textOf(data.slice(0, end)).split(';') as Header; // so many were counted
  const [namespace, room, event, isError, flag] = names.map(unescapeName) as typeof names;
  const errorKind = ['1', RICH_ERROR].indexOf(isError) + 1;
  return { wait, namespace, room, event, errorKind, isNoOp: flag === '1', json: flag === 'j', body: data.slice(end) };
}

/**
 * Writes a frame as the server's codec does.
 *
 * @param target what it answers, where it is an answer: that has the opcode of what it answers, as in neffos; bytes are bytes in any
 * case
 * @throws {NAME_NOT_ENCODABLE}
 */
export function writeFrame(
  { wait = '', namespace, room, event, body: asked }: Target & Partial<Payload>,
  { body, json }: Payload,
  isError = 0,
): FrameData {
  const names = Object.entries({ namespace, room, event }).map(([kind, name]) => {
    const escaped = escapeName(name);
    if (LONE_SURROGATE.test(name) || unescapeName(escaped) !== name)
      throw new WsError('NAME_NOT_ENCODABLE', { kind, name });
    return escaped;
  });
  const header = [wait, ...names, isError, json ? 'j' : 0, ''].join(';');
  if (typeof body === 'string') return typeof asked === 'object' ? encoder.encode(header + body) : header + body;
  const head = encoder.encode(header);
  const frame = new Uint8Array(head.length + body.length);
  frame.set(head);
  frame.set(body, head.length);
  return frame;
}

/**
 * What a value is sent as: a string as it is, bytes as bytes, anything else as JSON, `undefined` included.
 *
 * Bytes are copied: they may wait, or leave again, and whoever sends them may write over them meanwhile.
 *
 * @throws {BODY_NOT_SENDABLE}
 */
export function toPayload(value: unknown): Payload {
  if (typeof value === 'string') return { body: value };
  const view = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (ArrayBuffer.isView(view)) return { body: new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice() };
  let cause: unknown;
  try {
    const body = value === undefined ? '' : JSON.stringify(value);
    if (body !== undefined) return { body, json: true };
  } catch (error) {
    cause = error;
  }
  throw new WsError('BODY_NOT_SENDABLE', { type: `${cause ?? typeof value}` }, { cause });
}
