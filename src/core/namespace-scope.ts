import type { ConnContext } from './conn-context.js';
import { report } from './failures.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';
import { isPromiseLike, waitForHandler } from './run-handler.js';

/** Makes what belongs to this connection. Where that takes time it gives what is to be waited for, by {@link awaitScope}. */
export function openScope(ns: LiveNSConn): undefined | PromiseLike<unknown> {
  const scope = ns.table.open?.(ns);
  if (isPromiseLike(scope)) return scope;
  ns.scope = scope;
  return undefined;
}

/** What is made too late to be used is closed again. */
export async function awaitScope(
  context: ConnContext,
  scope: PromiseLike<unknown>,
  { msg, ns }: { readonly msg: LiveMessage; readonly ns: LiveNSConn },
): Promise<void> {
  let isLate = false;
  const opened = Promise.resolve(scope).then((made) => {
    ns.scope = made;
    return isLate ? closeScope(context, ns) : undefined;
  });
  try {
    await waitForHandler(context, opened, { msg, ns });
  } catch (error) {
    isLate = true;
    throw error;
  }
}

/** Lets it go. What fails is reported, and what never ends holds up nothing for longer than a handler may. */
export async function closeScope(context: ConnContext, ns: LiveNSConn): Promise<void> {
  const place = { namespace: ns.namespace, event: 'dispose' };
  try {
    const closed = ns.table.close?.(ns.scope);
    if (isPromiseLike(closed)) await waitForHandler(context, closed, { msg: new LiveMessage(ns.conn, place), ns });
  } catch (error) {
    report(context, error, place);
  }
}
