/** What a handler of the client is called with, and what an ask gives. */
export interface ClientMessage<T = unknown> {
  readonly namespace: string;
  /** Empty when the message is for no room. */
  readonly room: string;
  readonly event: string;
  /** A string, bytes as `Uint8Array`, or what was sent as JSON by a server that marks it. */
  readonly body: T;
  readonly isBinary: boolean;
  /** Whether the server waits for the returned value. */
  readonly isAsk: boolean;
  /** Whether a namespace or a room is left because something larger ended: the connection, or the namespace. */
  readonly isForced: boolean;
  /** Whether this side started what the event tells of. */
  readonly isLocal: boolean;
  /** Whether it is a raw message, without namespace, room or name. */
  readonly isNative: boolean;
  /** Whether a namespace or a room is there again after the connection was lost. */
  readonly isRestored: boolean;
  /** The body read as JSON, at each call anew. @throws {BODY_NOT_JSON} */
  json(): unknown;
}
