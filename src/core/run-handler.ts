import { CloseError, WsError } from '../errors.js';
import type { ConnContext } from './conn-context.js';
import type { Handler, LifecycleEvent } from './event-table.js';
import { closeIfAsked, report } from './failures.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';

/** Whether a handler's value must be waited for: anything with a `then`, as `await` sees it. Others take no turn. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** What a handler hears, and the namespace that it does so in; without one it hears of the connection itself. */
interface Handled {
  readonly msg: LiveMessage;
  readonly ns?: LiveNSConn;
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
  { msg, ns }: Handled,
): Promise<unknown> {
  const { scheduler } = context.settings;
  const timeoutMs = context.handlerTimeMs(ns?.table);
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
    msg.giveUp();
    expire(new WsError('HANDLER_TIMEOUT', { event: msg.event, timeoutMs }));
  });
  try {
    return await Promise.race([finished, overdue]);
  } finally {
    timer.cancel();
    msg.finish();
  }
}

/** Runs one handler and gives its value, or a promise of it where it is asynchronous. Throws what it throws. */
export function runHandler(context: ConnContext, run: Handler, msg: LiveMessage, ns: LiveNSConn): unknown {
  try {
    const result = run(msg, ns, ns.scope);
    if (isPromiseLike(result)) return waitForHandler(context, result, { msg, ns });
    msg.finish();
    return result;
  } catch (error) {
    msg.finish();
    throw error;
  }
}

/**
 * Runs what hears of the connection itself, for no longer than a handler may take. Gives a promise where that takes time,
 * and a rejected one for what is thrown.
 */
export function runHook(context: ConnContext, hook: 'onConnect' | 'onDisconnect' | 'release'): unknown {
  try {
    const result = context.settings[hook]?.(context.conn);
    if (!isPromiseLike(result)) return result;
    return waitForHandler(context, result, { msg: new LiveMessage(context.conn, { namespace: '', event: hook }) });
  } catch (error) {
    return Promise.reject(error);
  }
}

/** By when all that is told of an end has to be told: as late as the most patient namespace that hears of it. */
export function endDeadlineOf({ settings, connected }: ConnContext): number {
  const ownMs = Array.from(connected.values(), ({ table }) => table.handlerTimeoutMs ?? 0);
  return settings.scheduler.nowMs() + Math.max(settings.handlerTimeoutMs, ...ownMs);
}

/** Runs what hears of the end of a connection. What fails is reported: nobody can be told any more. */
export async function tellHook(context: ConnContext, hook: 'onDisconnect' | 'release'): Promise<void> {
  try {
    await runHook(context, hook);
  } catch (error) {
    report(context, error, { namespace: '', event: hook });
  }
}

/**
 * Runs what hears a lifecycle event, if anything does and there is time for it. Throws what it throws: the caller knows whether
 * that refuses.
 */
export async function fire(context: ConnContext, ns: LiveNSConn, msg: LiveMessage): Promise<void> {
  const run = ns.table.lifecycle.get(msg.event as LifecycleEvent); // lifecycle messages are made by this side alone
  if (!run || context.handlerTimeMs(ns.table) <= 0) return;
  const result = await runHandler(context, run, msg, ns);
  if (result instanceof Error) throw result;
}

/** Runs what hears an event that cannot refuse: what it throws is reported, unless it closes the connection. */
export async function tell(context: ConnContext, ns: LiveNSConn, msg: LiveMessage): Promise<void> {
  try {
    await fire(context, ns, msg);
  } catch (error) {
    reportUnlessClosing(context, error, msg);
  }
}

/** Reports what an event that cannot refuse has thrown, unless it only closes the connection. */
export function reportUnlessClosing(context: ConnContext, error: unknown, { namespace, event }: LiveMessage): void {
  if (error instanceof CloseError) closeIfAsked(context, error);
  else report(context, error, { namespace, event });
}
