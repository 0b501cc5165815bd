import type { ErrorCode, ErrorDetails } from '../errors.js';

/** An error that the client raises: `code` for programs, as on the server; the message has the code and the values. */
export class WsError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'WsError';
  declare readonly code: Code;
  declare readonly details: ErrorDetails<Code>;

  constructor(code: Code, details: ErrorDetails<Code>, options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(details)}`, options);
    Object.assign(this, { code, details });
  }
}

/** Thrown in a handler, its text is what the server is told. Of any other error it is told `internal error`. */
export class PublicError extends Error {
  override readonly name = 'PublicError';
}

/** The texts of servers that send no codes. */
const CODE_OF_TEXT: ReadonlyMap<string, ErrorCode> = new Map([
  ['bad namespace', 'NAMESPACE_UNKNOWN'],
  ['bad room', 'ROOM_NOT_JOINED'],
  ['invalid payload', 'MESSAGE_MALFORMED'],
]);

/** What a server tells of an error besides its text. */
export interface RemoteFacts {
  readonly code?: string | undefined;
  readonly data?: unknown;
}

/**
 * The server answered with an error: `text` as it came, for people; `code` for programs: the one that was sent, or what the text
 * of a server of neffos stands for, else `REMOTE_ERROR`. The server wrote `data`: check it before use.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  declare readonly text: string;
  declare readonly code: ErrorCode | (string & {});
  declare readonly data: unknown;

  /** @param facts left out where the text is all that could be sent */
  constructor(text: string, { code, data }: RemoteFacts = { code: CODE_OF_TEXT.get(text) }) {
    super(text);
    Object.assign(this, { text, code: code || 'REMOTE_ERROR', data });
  }
}
