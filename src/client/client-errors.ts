import type { ErrorCode, ErrorDetails } from '../errors.js';

/** An error that the client raises: `code` for programs, as on the server, and a short message with the values. */
export class WsError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'WsError';
  readonly code: Code;
  readonly details: ErrorDetails<Code>;

  constructor(code: Code, details: ErrorDetails<Code>, text: string, options?: ErrorOptions) {
    super(`${code}: ${text} ${JSON.stringify(details)}`, options);
    this.code = code;
    this.details = details;
  }
}

/** Thrown in a handler, its text is what the server is told. Of any other error it is told `internal error`. */
export class PublicError extends Error {
  override readonly name = 'PublicError';
  readonly code: string | undefined;
  readonly data: unknown;

  constructor(
    text: string,
    options: { readonly code?: string; readonly data?: unknown; readonly cause?: unknown } = {},
  ) {
    super(text, options);
    this.code = options.code;
    this.data = options.data;
  }
}

/** The texts of servers that send no codes. */
const CODE_OF_TEXT: ReadonlyMap<string, ErrorCode> = new Map([
  ['bad namespace', 'NAMESPACE_UNKNOWN'],
  ['bad room', 'ROOM_NOT_JOINED'],
  ['invalid payload', 'MESSAGE_MALFORMED'],
]);

/**
 * The server answered with an error: `text` as it came, for people; `code` for programs: the one that was sent, or what the text
 * of a server of neffos stands for, else `REMOTE_ERROR`. The server wrote `data`: check it before use.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly text: string;
  readonly code: ErrorCode | (string & {});
  readonly data: unknown;

  /** @param facts what was sent besides the text; left out where the text is all that could be sent */
  constructor(text: string, facts?: { readonly code?: string | undefined; readonly data?: unknown }) {
    super(text);
    this.text = text;
    this.code = (facts ? facts.code : CODE_OF_TEXT.get(text)) ?? 'REMOTE_ERROR';
    this.data = facts?.data;
  }
}
