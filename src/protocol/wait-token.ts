/**
 * Which end of a connection this is. Wait tokens are told apart by it: those that start with `$` are the client's asks.
 */
export type Side = 'server' | 'client';

/** The first character of every token that a client makes. */
const CLIENT_MARK = '$';

/** The first character of neffos's "confirmations": reserved, sent by no release, a reply wherever it arrives. */
const CONFIRMATION_MARK = '#';

/** What a neffos server puts in place of a token when it hands a message to its broker: never legal from a peer. */
const BROKER_SENDER_PREFIX = 'neffos(0x';

/**
 * Whether a frame that arrives at `side` with this token answers an ask of that side. Any other token makes it an ask.
 *
 * A token that is neither pending nor an ask is dropped, not dispatched: otherwise two ends could answer each other for
 * ever.
 */
export function isReplyToken(wait: string, side: Side): boolean {
  if (wait === '') return false;
  const first = wait[0];
  if (first === CONFIRMATION_MARK) return true;
  return side === 'server' ? first !== CLIENT_MARK : first === CLIENT_MARK;
}

/**
 * Whether a token carries a marker of neffos's broker traffic. From a peer it is forged: a neffos server would publish
 * the frame wherever the token says.
 */
export function isForgedToken(wait: string): boolean {
  return wait[1] === '!' || wait.startsWith(BROKER_SENDER_PREFIX);
}

/**
 * Makes the token of an ask from random text.
 *
 * @param random at least 64 random bits in lower-case hexadecimal: no `;`, no `!`, none of the marks
 */
export function makeToken(side: Side, random: string): string {
  return side === 'client' ? CLIENT_MARK + random : `n${random}`;
}
