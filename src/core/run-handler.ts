import { WsError } from '../errors.js';
import type { ConnContext } from './conn-context.js';
import type { Handler, LifecycleEvent } from './event-table.js';
import { report } from './failures.js';
import type { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * Waits for a handler, but not longer than it may take: past `handlerTimeoutMs` its signal aborts, and the error is
 * thrown in its place. What it still does later is ignored, and reported if it fails.
 *
 * @throws {HANDLER_TIMEOUT}, or what the handler threw
 */
export async function waitForHandler(
  context: ConnContext,
  result: PromiseLike<unknown>,
  msg: LiveMessage,
): Promise<unknown> {
  const { handlerTimeoutMs: timeoutMs, scheduler } = context.settings;
  const place = { namespace: msg.namespace, event: msg.event };
  let isOverdue = false;
  const finished = Promise.resolve(result).catch((error: unknown) => {
    if (!isOverdue) throw error;
    report(context, error, place);
  });
  let expire: (error: Error) => void;
  const overdue = new Promise<never>((_, reject) => {
    expire = reject;
  });
  const timer = scheduler.after(timeoutMs, () => {
    isOverdue = true;
    msg.expire();
    const error = new WsError('HANDLER_TIMEOUT', { event: msg.event, timeoutMs });
    report(context, error, place);
    expire(error);
  });
  try {
    return await Promise.race([finished, overdue]);
  } finally {
    timer.cancel();
  }
}

/** Runs one handler and gives its value, or a promise of it where it is asynchronous. Throws what it throws. */
export function runHandler(context: ConnContext, run: Handler, msg: LiveMessage, ns: LiveNSConn): unknown {
  const result = run(msg, ns, ns.scope);
  return isPromiseLike(result) ? waitForHandler(context, result, msg) : result;
}

/** Runs what hears a lifecycle event, if anything does. Throws what it throws: the caller knows whether that refuses. */
export async function fire(context: ConnContext, ns: LiveNSConn, msg: LiveMessage): Promise<void> {
  const run = ns.table.lifecycle.get(msg.event as LifecycleEvent); // lifecycle messages are made by this side alone
  if (!run) return;
  const result = await runHandler(context, run, msg, ns);
  if (result instanceof Error) throw result;
}

/** Runs what hears an event that cannot refuse: what it throws is reported. */
export async function tell(context: ConnContext, ns: LiveNSConn, msg: LiveMessage): Promise<void> {
  try {
    await fire(context, ns, msg);
  } catch (error) {
    report(context, error, { namespace: msg.namespace, event: msg.event });
  }
}
