import type { Body } from '../protocol/message.js';

/**
 * What a handler is called with.
 *
 * @typeParam T what `body` is: text or bytes as they came, unless the event has a schema
 */
export interface Message<T = Body> {
  readonly namespace: string;
  /** Empty when the message is for no room. */
  readonly room: string;
  /** The name as the other side sent it. */
  readonly event: string;
  /** The name under which the handler is registered, whichever spelling was sent. */
  readonly name: string;
  readonly body: T;
  /** Whether it came in a binary frame. Then `body` is a `Uint8Array`. */
  readonly isBinary: boolean;
  /** Whether the other side waits for the returned value. */
  readonly isAsk: boolean;
  /** Whether a namespace is left, or a room, because something larger ended: the connection, or the namespace. */
  readonly isForced: boolean;
  /** Whether this side started what the event tells of. */
  readonly isLocal: boolean;
  /** Whether it is a raw message, without namespace, room or name. */
  readonly isNative: boolean;
  /**
   * Aborts when the connection closes while the handler runs, and when the handler has taken longer than `handlerTimeoutMs`.
   * Made on first use. For what goes on after the handler use `conn.signal`.
   */
  readonly signal: AbortSignal;
  /**
   * The body read as JSON, at each call anew; `undefined` for an empty one that a client has marked as JSON.
   *
   * It is `unknown` because the other side wrote it: check it before use.
   *
   * @throws {BODY_NOT_JSON} answered as `invalid payload` when a handler lets it pass
   */
  json(): unknown;
}
