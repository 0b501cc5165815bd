/** What travels in one message: text, or bytes. */
export type Body = string | Uint8Array;

/** One WebSocket message as a transport hands it over or takes it: a string is a text frame, bytes are a binary one. */
export type FrameData = string | Uint8Array;

/** What programs may know of an error, besides its text for people. */
export interface ErrorFacts {
  readonly code: string | undefined;
  /** What JSON can hold, or `undefined`. */
  readonly data: unknown;
}

/**
 * A message as the wire carries it. With `isError`, `body` is the text of the error.
 *
 * `binary` is the opcode of the frame: a text body in a binary frame is sent as its UTF-8.
 */
export interface WireMessage {
  /** Pairs an ask with its reply; empty for a plain emit. */
  readonly wait: string;
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly isError: boolean;
  readonly isNoOp: boolean;
  readonly binary: boolean;
  readonly body: Body;
  /** Of an error only, and only between ends that have agreed on it in the handshake. */
  readonly facts?: ErrorFacts;
  /**
   * Whether the sender says that the body is JSON; an empty one is no value at all then, and not the empty text. Never of
   * an error. Left out, the sender has said nothing, or cannot.
   */
  readonly json?: true | undefined;
}

/** A frame, understood. `kind` says which fields there are. */
export type Frame =
  | { readonly kind: 'message'; readonly message: WireMessage }
  | { readonly kind: 'native'; readonly body: Body }
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed'; readonly reason: string };

/** A frame of the handshake, understood. Anything else is `other`, to be held until the handshake is done. */
export type HandshakeFrame =
  | { readonly kind: 'hello'; readonly version: string }
  | { readonly kind: 'welcome'; readonly id: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'other' };
