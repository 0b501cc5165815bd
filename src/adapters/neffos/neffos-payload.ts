import type { BroadcastContent } from '../../ports/adapter.js';
import { decodeFrame, encodeMessage } from '../../protocol/codec.js';
import { isEncodableName } from '../../protocol/escaped-name.js';
import { isReservedEvent } from '../../protocol/event-names.js';
import { DEFAULT_NAME_LIMITS } from '../../protocol/limits.js';
import type { Body } from '../../protocol/message.js';

/** What a server of neffos puts where a token would be: its private id of the connection that is to be left out. */
const NEFFOS_SENDER = 'neffos(0x';

/** The same of a server of this kind, as no server of neffos calls itself: others of this kind have the message already. */
const OWN_SENDER = `${NEFFOS_SENDER}nefeli)`;

/** The first character of a token of ours: none that neffos makes begins with it. */
const OWN_ASK = 'N';

/**
 * The token of an ask of neffos v0.0.x: nanoseconds since 1970, whose first digit it has meant to mark with a `!`, and has added
 * the two instead.
 */
const NEFFOS_ASK = /^[R-Z]\d{15,20}$/;

const OWN_SENDER_BYTES = Buffer.from(OWN_SENDER);
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A private id holds the id of a connection, and has no limit. */
const DECODE_OPTIONS = { ...DEFAULT_NAME_LIMITS, maxWaitBytes: 4_096, allowNative: false };

/** A message as neffos's servers send each other. */
export interface NeffosMessage {
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly body: Body;
  readonly isError: boolean;
  /** The token, where it is an ask of a server of neffos. */
  readonly ask: string | undefined;
}

/** The channel of answers of an ask, and the token that makes a server of neffos publish them there. */
export interface OwnAsk {
  readonly channels: readonly string[];
  readonly token: string;
}

/**
 * A server of neffos takes one `!` out of a token that it reads: from its broker, and from a client, whose answer it publishes then
 * on the channel that the token names. A client in Go takes one out as well, one in JavaScript does not. So of three that are sent
 * none or one is left.
 *
 * @param random hexadecimal
 */
export const ownAsk = (random: string): OwnAsk => ({
  channels: [`${OWN_ASK}${random}`, `${OWN_ASK}!${random}`],
  token: `${OWN_ASK}!!!${random}`,
});

/** Whether a payload comes from a server of this kind. Looks at its first bytes only. */
export function isOwn(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, OWN_SENDER_BYTES.length));
  return head.equals(OWN_SENDER_BYTES) || head.subarray(0, 2).toString('latin1') === `${OWN_ASK}!`;
}

/** Reads a payload. @returns `undefined` for what is none, or none that a server may send to many */
export function readPayload(bytes: Uint8Array): NeffosMessage | undefined {
  const frame = decodeFrame(bytes, DECODE_OPTIONS);
  if (frame.kind !== 'message') return undefined;
  const { wait, namespace, room, event, isError, body } = frame.message;
  if (event === '' || isReservedEvent(event)) return undefined;
  const ask = NEFFOS_ASK.test(wait) ? wait : undefined;
  return { namespace, room, event, isError, ask, body: typeof body === 'string' ? body : textOrCopy(body) };
}

/** What goes where in one payload. */
export interface PayloadAddress {
  readonly namespace: string;
  readonly room: string;
}

/** A broadcast, or an ask with a token. @returns why it cannot be written, in words, where it cannot */
export function writePayload(
  { namespace, room }: PayloadAddress,
  { event, body }: BroadcastContent,
  token: string = OWN_SENDER,
): { readonly bytes: Uint8Array } | { readonly reason: string } {
  const readable = typeof body === 'string' ? body : textOrCopy(body);
  if (typeof readable !== 'string') return { reason: 'bytes that are no text: neffos sends them in text frames' };
  if (isReservedEvent(event)) return { reason: 'a raw message' };
  if (![namespace, room, event].every(isEncodableName)) return { reason: 'a name that cannot be written' };
  return { bytes: bytesOf({ namespace, room, event, isError: false, body: readable, wait: token }) };
}

/** The answer to an ask of a server of neffos. */
export function writeAnswer(
  address: PayloadAddress & { readonly event: string },
  body: Body,
  isError: boolean,
): Uint8Array {
  return bytesOf({ ...address, isError, body, wait: '' });
}

function bytesOf(fields: Omit<NeffosMessage, 'ask'> & { readonly wait: string }): Uint8Array {
  const data = encodeMessage({ ...fields, isNoOp: false, binary: typeof fields.body !== 'string' });
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

/** The bytes belong to the broker's client: they are copied. */
function textOrCopy(bytes: Uint8Array): Body {
  try {
    return text.decode(bytes);
  } catch {
    return Uint8Array.from(bytes);
  }
}
