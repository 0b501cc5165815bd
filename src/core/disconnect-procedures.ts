import { PublicError } from '../errors.js';
import type { WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import { answerError } from './answer.js';
import { request } from './ask.js';
import type { ConnContext } from './conn-context.js';
import { report } from './failures.js';
import type { LiveNSConn } from './live-ns-conn.js';
import { type Circumstances, namespaceEvent } from './namespace-event.js';
import { closeScope } from './namespace-scope.js';
import { leaveRooms, nsOf } from './room-procedures.js';
import { fire, tell } from './run-handler.js';

/** The other side asks to disconnect. On a server `OnNamespaceDisconnect` comes first and may refuse; on a client it comes last. */
export async function replyDisconnect(context: ConnContext, message: WireMessage): Promise<void> {
  const ns = context.connected.get(message.namespace);
  if (!ns) return context.outbound.acknowledge(message.wait);
  const circumstances = { isLocal: false };
  if (context.settings.side === 'server') {
    const refusal = await consent(context, ns, circumstances);
    // What this side has ended meanwhile by itself cannot be kept.
    if (refusal && !ns.ending) return answerError(context, message, refusal);
  }
  const isFirst = await empty(context, ns, { isForced: true, isLocal: false });
  context.outbound.acknowledge(message.wait);
  if (isFirst) await finish(context, ns, circumstances);
}

/** Asks `OnNamespaceDisconnect`, once for all who wish to disconnect meanwhile, and gives what it refuses with. */
function consent(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<PublicError | undefined> {
  const event = namespaceEvent(ns, SystemEvent.NamespaceDisconnect, circumstances);
  ns.consent ??= fire(context, ns, event).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof PublicError) {
        ns.consent = undefined;
        return error;
      }
      report(context, error, event);
      return undefined;
    },
  );
  return ns.consent;
}

/**
 * Disconnects the other side from here. Once it has acknowledged, nothing refuses any more: rooms are left, then
 * `OnNamespaceDisconnect` is told.
 */
export async function askDisconnect(context: ConnContext, namespace: string, options?: WaitOptions): Promise<void> {
  const ns = nsOf(context, namespace);
  const commit = (): Promise<void> => end(context, ns, { isLocal: true, isForced: false });
  await request(context, { namespace, room: '', event: SystemEvent.NamespaceDisconnect }, commit, options);
}

/** Disconnects the other side from every namespace, one after the other. */
export async function disconnectEach({ connected }: ConnContext, options?: WaitOptions): Promise<void> {
  for (const ns of connected.values()) {
    // While one namespace is disconnected the other side may disconnect the next.
    if (connected.get(ns.namespace) === ns) await ns.disconnect(options);
  }
}

/** Leaves every namespace because the connection has ended. */
export async function endAll(context: ConnContext): Promise<void> {
  for (const ns of context.connected.values()) await end(context, ns, { isLocal: true, isForced: true });
}

async function end(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  if (await empty(context, ns, { isForced: true, isLocal: true })) await finish(context, ns, circumstances);
}

/**
 * Leaves the rooms, and takes the namespace out of every map.
 *
 * @returns whether it was this call that did so: both sides may disconnect at the same moment, and what follows is done once
 */
async function empty(
  context: ConnContext,
  ns: LiveNSConn,
  circumstances: { readonly isLocal: boolean; readonly isForced: boolean },
): Promise<boolean> {
  const isFirst = ns.ending === undefined;
  ns.ending ??= leaveRooms(context, ns, circumstances).then(() => remove(context, ns));
  await ns.ending;
  return isFirst;
}

/** The last event of a namespace, unless it has been heard already, and the end of what was made for it. */
async function finish(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  const asked = ns.consent;
  const refusal = await asked;
  // A refusal that comes when this side has ended it already keeps nothing: it is told again, and cannot be refused.
  if (!asked || refusal) await tell(context, ns, namespaceEvent(ns, SystemEvent.NamespaceDisconnect, circumstances));
  await closeScope(context, ns);
}

function remove(context: ConnContext, ns: LiveNSConn): void {
  ns.state = 'gone';
  context.connected.delete(ns.namespace);
  context.updateDeadlines();
  context.opening.delete(ns.namespace); // where this side waits for its own request still: who asks from here on begins anew
  context.settings.hub?.disconnected(ns);
}
