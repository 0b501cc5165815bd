import type { FrameData, HandshakeFrame } from './message.js';

/** First bytes of the frames that open a connection: `M` from the client, `A<id>` or `H<text>` from the server. */
const HELLO = 'M';
const WELCOME = 'A';
const REFUSAL = 'H';

/**
 * What the hello of a client says that reads rich frames: errors with a code and data, and bodies marked as JSON. Servers
 * of neffos look at the first byte only.
 */
const RICH_VERSION = 'nefeli/1';

/** Parts the version from what a client may say besides, which nobody reads yet. */
const PARAMETERS = ';';

const OTHER: HandshakeFrame = { kind: 'other' };
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads a frame that may belong to the handshake. Only its first byte decides, whatever the opcode, as in neffos.
 * Which side may send which kind is for the caller to check.
 */
export function decodeHandshake(data: FrameData): HandshakeFrame {
  const first = typeof data === 'string' ? data[0] : String.fromCharCode(data[0] ?? 0);
  if (first !== HELLO && first !== WELCOME && first !== REFUSAL) return OTHER;
  const rest = typeof data === 'string' ? data.slice(1) : decoder.decode(data.subarray(1));
  if (first === HELLO) return { kind: 'hello', version: rest };
  return first === WELCOME ? { kind: 'welcome', id: rest } : { kind: 'refusal', text: rest };
}

/** Whether a client with this version in its hello reads errors with a code and data, and the mark of bodies in JSON. */
export function readsRichFrames(version: string): boolean {
  return version === RICH_VERSION || version.startsWith(RICH_VERSION + PARAMETERS);
}

/** The first frame of a client. */
export function encodeHello({ richFrames = false }: { readonly richFrames?: boolean } = {}): string {
  return richFrames ? HELLO + RICH_VERSION : HELLO;
}

/** The first frame of a server that lets the client in, with its public id. */
export function encodeWelcome(id: string): string {
  return WELCOME + id;
}

/** The only frame of a server that does not let the client in, with the reason for people. */
export function encodeRefusal(text: string): string {
  return REFUSAL + text;
}
