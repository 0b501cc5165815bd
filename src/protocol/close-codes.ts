/**
 * Why a connection was closed.
 *
 * @source RFC 6455, section 7.4.1; 1012 and 1013: the IANA WebSocket close code registry
 */
export const CloseCode = {
  Normal: 1000,
  /** The server shuts down, or a page is left. */
  GoingAway: 1001,
  /** What a socket reports when no close frame carried a code. Never sent. */
  NoStatus: 1005,
  /** What a socket reports when it ended without a close frame. Never sent. */
  Abnormal: 1006,
  /** Refused for good: a client must not come back by itself. */
  Policy: 1008,
  TooBig: 1009,
  /** A handler failed while the connection was being made. */
  InternalError: 1011,
  /** The server restarts: come back soon. */
  Restart: 1012,
  /** Too fast, too slow, too full: come back later. */
  TryAgainLater: 1013,
} as const;

/**
 * The most bytes of UTF-8 that a close frame can carry as its reason: a control frame holds 125, and the code takes 2.
 *
 * @source RFC 6455, sections 5.5 and 5.5.1
 */
const MAX_CLOSE_REASON_BYTES = 123;

const encoder = new TextEncoder();

/** Shortens `reason` until a close frame can carry it, never splitting a character. */
export function fitCloseReason(reason: string): string {
  const { read } = encoder.encodeInto(reason, new Uint8Array(MAX_CLOSE_REASON_BYTES));
  return reason.slice(0, read);
}

/** Whether an application may close with this code. @source RFC 6455, sections 7.4.1 and 7.4.2 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
