import type { Conn, NSConn } from './conn.js';
import type { ConnRequest } from './conn-request.js';
import type { Message } from './message.js';

interface AnyContext {
  readonly conn: Conn;
  /** The request of the upgrade, as `conn.request`. */
  readonly request: ConnRequest;
  /** Aborts when the connection closes, and when the handler has taken longer than `handlerTimeoutMs`. */
  readonly signal: AbortSignal;
  /** What middleware leaves for the middleware inside of it. It lives as long as this one run. */
  readonly state: Map<unknown, unknown>;
  /**
   * Aborts `signal`, of this run alone: the connection stays as it is, and so does what waits for the handler. Whoever gives
   * up waiting throws as well.
   *
   * @param reason what `signal.reason` becomes. @default an `AbortError`
   */
  abort(reason?: unknown): void;
}

/** A connection wants in: what stands before `onConnect`. */
export interface ConnectionContext extends AnyContext {
  readonly kind: 'connection';
}

/**
 * Something happens in a namespace: it is being connected, a room of it is being joined, or a message has come: an event, an
 * ask, or a raw one. There is one of it for a message: whatever stands around the handler shares it, and the parameter
 * decorators of the handler do.
 */
export interface MessageContext extends AnyContext {
  /** To a parameter decorator `namespace` and `room` stand for every lifecycle event of a namespace and of a room. */
  readonly kind: 'namespace' | 'room' | 'event' | 'ask' | 'native';
  readonly ns: NSConn;
  readonly namespace: string;
  /** Empty where no room is meant. */
  readonly room: string;
  /** The event as it was sent. */
  readonly event: string;
  readonly message: Message;
  /** The body as it came, and as checked as soon as a schema of the event has accepted it. */
  readonly body: unknown;
}

/** What middleware stands around. `kind` says which. */
export type Context = ConnectionContext | MessageContext;

/**
 * Goes on: to the next middleware, and in the end to the handler. Gives what that returned, or throws what that threw.
 * Called once at most; not calling it refuses without a word, so rather throw.
 *
 * @throws {NEXT_CALLED_TWICE}
 */
export type Next = () => Promise<unknown>;

/**
 * Stands around a handler: what it returns is the result, what it throws is the error. One kind for everything that is a
 * guard, an interceptor, a filter or a pipe elsewhere.
 */
export type Middleware = (ctx: Context, next: Next) => unknown;

/** Middleware with services of its own: made once, at start, by the container. */
export interface MiddlewareObject {
  use(ctx: Context, next: Next): unknown;
}

/** A function, or a class that the container makes. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a constructor are the container's business
export type Use = Middleware | (new (...args: any[]) => MiddlewareObject);
