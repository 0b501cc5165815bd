import type { HandledMessage } from '../core/message-context.js';
import { WsError } from '../errors.js';

/** What a listener may ask for, and what it gets then. */
export interface ValueKinds {
  readonly text: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly bytes: Uint8Array;
  /** Whatever JSON holds. The other side wrote it: check it before use. */
  readonly json: unknown;
}

/** The name of a kind of value. */
export type ValueKind = keyof ValueKinds;

/**
 * The value of a message as it was sent: text, number, boolean, bytes, or what JSON brings. Where the other side does not say what
 * it sends, as clients of neffos, text is text.
 *
 * @throws {BODY_NOT_JSON}
 */
export function sentValue(msg: HandledMessage): unknown {
  if (msg.mark !== 'json') return msg.body;
  return msg.body.length === 0 ? undefined : msg.json();
}

const encoder = new TextEncoder();

const isFiniteText = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

const READ: { readonly [Kind in ValueKind]: (msg: HandledMessage) => ValueKinds[Kind] | undefined } = {
  // Numbers as they were written: a page sends the text 007 as a number, too.
  text: ({ body, mark }) => (typeof body === 'string' && (mark !== 'json' || /^-?\d/.test(body)) ? body : undefined),
  number: ({ body }) => (typeof body === 'string' && isFiniteText(body) ? Number(body) : undefined),
  boolean: ({ body }) => (body === 'true' ? true : body === 'false' ? false : undefined),
  bytes: ({ body, mark }) => (typeof body === 'string' ? (mark === 'json' ? undefined : encoder.encode(body)) : body),
  json: (msg) => (typeof msg.body === 'string' ? (msg.body === '' ? null : msg.json()) : undefined),
};

/** What was expected, in words. */
const WORDS: Record<ValueKind, string> = {
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  bytes: 'bytes',
  json: 'JSON',
};

/**
 * The value of a message as a listener wants it. Old clients cannot tell a number from a text that looks like one: whoever says
 * what it wants gets that, wherever the value can be read so.
 *
 * @throws {VALUE_UNEXPECTED} {BODY_NOT_JSON}
 */
export function readAs<Kind extends ValueKind>(kind: Kind, msg: HandledMessage): ValueKinds[Kind] {
  const value = READ[kind](msg);
  if (value === undefined) {
    throw new WsError('VALUE_UNEXPECTED', { event: msg.event, expected: WORDS[kind], found: foundIn(msg) });
  }
  return value;
}

function foundIn({ body, mark }: HandledMessage): string {
  if (typeof body !== 'string') return 'bytes';
  return mark === 'json' ? 'JSON' : 'a text';
}
