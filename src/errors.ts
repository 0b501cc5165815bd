import { MESSAGE_OF } from './errors/messages.js';

/** The name of an error that Nefeli raises. A program decides by it, never by a message. */
export type ErrorCode = keyof typeof MESSAGE_OF;

/** What is known about an error of the given code. */
export type ErrorDetails<Code extends ErrorCode> = Parameters<(typeof MESSAGE_OF)[Code]>[0];

/** The texts that neffos peers know. Every other built-in error crosses the wire under its neffos name or a short text. */
const WIRE_TEXT: Partial<Record<ErrorCode, string>> = {
  NAMESPACE_UNKNOWN: 'bad namespace',
  NAMESPACE_NOT_CONNECTED: 'bad namespace',
  ROOM_NOT_JOINED: 'bad room',
  EVENT_UNKNOWN: 'bad event',
  MESSAGE_MALFORMED: 'invalid payload',
  BODY_NOT_JSON: 'invalid payload',
  VALUE_UNEXPECTED: 'invalid payload',
  TOO_MANY_NAMESPACES: 'too many namespaces',
  TOO_MANY_ROOMS: 'too many rooms',
  HANDLER_TIMEOUT: 'handler timeout',
  CONN_CLOSED: 'write closed',
};

/** Every code there is, for the test that holds `docs/errors.md` to the table. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(MESSAGE_OF) as ErrorCode[]; // the keys are the codes

/** An error that Nefeli raises: `code` for programs, `message` for the developer, `wireText` for the other side. */
export class WsError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'WsError';
  readonly code: Code;
  readonly details: ErrorDetails<Code>;

  constructor(code: Code, details: ErrorDetails<Code>, options?: ErrorOptions) {
    const format = MESSAGE_OF[code] as (details: ErrorDetails<Code>) => string; // the entry of this very code
    super(`${code}: ${format(details)}`, options);
    this.code = code;
    this.details = details;
  }

  /** What may cross the wire; `undefined` where the error is nobody else's business. */
  get wireText(): string | undefined {
    return WIRE_TEXT[this.code];
  }
}

/**
 * An error meant for the other side: thrown in a handler, its text is the error reply as it is. Thrown in a before-event
 * (`onNamespaceConnect`, `onRoomJoin`, …) it refuses. Any other error leaves as `internal error <id>`.
 */
export class PublicError extends Error {
  override readonly name: string = 'PublicError';
  /** For programs of the other side that can read more than a text. */
  readonly code: string | undefined;
  /** Sent with the code, as JSON: all of it is public. */
  readonly data: unknown;

  constructor(
    text: string,
    options: { readonly code?: string; readonly data?: unknown; readonly cause?: unknown } = {},
  ) {
    super(text, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.data = options.data;
  }

  /** What crosses the wire: the text, and never an empty one, which neffos takes for success. */
  get wireText(): string {
    return this.message || 'error';
  }
}

/** A part of a value that does not fit its schema. */
export interface BodyIssue {
  /** Where in the value: `items.0.name`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

/** How many issues the text of a {@link BodyError} tells of. All are in `issues`. */
const MAX_TOLD_ISSUES = 5;

/** The body of a message does not fit the schema of its event: answered with the issues, and the handler is not called. */
export class BodyError extends PublicError {
  override readonly name = 'BodyError';
  readonly issues: readonly BodyIssue[];

  constructor(issues: readonly BodyIssue[]) {
    const told = issues.slice(0, MAX_TOLD_ISSUES).map(({ path, message }) => (path ? `${path}: ${message}` : message));
    super(`invalid body: ${told.join('; ')}`, { code: 'BODY_INVALID', data: issues });
    this.issues = issues;
  }
}

/** Thrown in a handler, it closes the connection with a code and a reason after the error reply has been sent. */
export class CloseError extends PublicError {
  override readonly name = 'CloseError';
  readonly closeCode: number;

  /** @param closeCode 1000–1003, 1007–1014, or 3000–4999 for applications (RFC 6455, section 7.4.2) */
  constructor(closeCode: number, reason: string) {
    super(reason);
    this.closeCode = closeCode;
  }
}

/** What a text from the other side stands for. The first code of a text wins: whoever reads `bad namespace` cannot tell more. */
const CODE_OF_TEXT: ReadonlyMap<string, ErrorCode> = new Map(
  (Object.entries(WIRE_TEXT) as [ErrorCode, string][]).reverse().map(([code, text]) => [text, code]),
);

/**
 * The other side answered with an error: `text` as it came, for people; `code` for programs: the one that was sent, or what
 * the text stands for where none could be, else `REMOTE_ERROR`.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: ErrorCode | (string & {});
  readonly text: string;
  /** What was sent with the error. The other side wrote it: check it before use. */
  readonly data: unknown;

  /** @param facts what was sent besides the text; left out where the text is all that could be sent */
  constructor(text: string, facts?: { readonly code?: string | undefined; readonly data?: unknown }) {
    super(`REMOTE_ERROR: ${MESSAGE_OF.REMOTE_ERROR({ text })}`);
    this.text = text;
    // Who could have sent a code and sent none means none: its texts are its own, even where they look like ours.
    this.code = (facts ? facts.code : CODE_OF_TEXT.get(text)) ?? 'REMOTE_ERROR';
    this.data = facts?.data;
  }

  /** What crosses the wire: nothing. What one peer has answered is not another's business. */
  get wireText(): undefined {
    return undefined;
  }
}
