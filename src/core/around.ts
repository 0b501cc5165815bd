import { WsError } from '../errors.js';
import type { Conn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { ConnectionContext, Context, Middleware } from '../ports/middleware.js';
import type { Handler } from './event-table.js';
import { LiveMessage } from './live-message.js';

/** Puts middleware around a handler, the first outermost. Without any it is the handler as it was, and costs nothing. */
export function around(middleware: readonly Middleware[], run: Handler): Handler {
  if (middleware.length === 0) return run;
  // Whoever waited has been told that it took too long: what has not begun by then does not begin.
  return (msg, ns, scope) =>
    pass(middleware, msg.contextIn(ns), () => (msg.isGivenUp ? undefined : run(msg, ns, scope)));
}

/** Puts middleware around the hook of new connections. */
export function aroundConnection(
  middleware: readonly Middleware[],
  hook: ((conn: Conn) => unknown) | undefined,
): ((conn: Conn) => unknown) | undefined {
  if (middleware.length === 0) return hook;
  return (conn) => {
    const ctx = new LiveConnectionContext(conn);
    return pass(middleware, ctx, () => hook?.(conn)).finally(() => ctx.finish());
  };
}

async function pass(middleware: readonly Middleware[], ctx: Context, handle: () => unknown): Promise<unknown> {
  const enter = async (index: number): Promise<unknown> => {
    const current = middleware[index];
    if (!current) return await handle();
    let hasGoneOn = false;
    return await current(ctx, async () => {
      if (hasGoneOn) throw new WsError('NEXT_CALLED_TWICE', { middleware: current.name || 'an anonymous middleware' });
      hasGoneOn = true;
      return await enter(index + 1);
    });
  };
  return await enter(0);
}

class LiveConnectionContext implements ConnectionContext {
  readonly kind = 'connection';
  readonly conn: Conn;
  /** Holds the signal of this run, as a message does. */
  readonly #run: LiveMessage;
  #state: Map<unknown, unknown> | undefined;

  constructor(conn: Conn) {
    this.conn = conn;
    this.#run = new LiveMessage(conn, { namespace: '', event: 'onConnect' });
  }

  get request(): ConnRequest {
    return this.conn.request;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  abort(reason?: unknown): void {
    this.#run.expire(reason);
  }

  /** The run has ended. */
  finish(): void {
    this.#run.finish();
  }

  get state(): Map<unknown, unknown> {
    this.#state ??= new Map();
    return this.#state;
  }
}
