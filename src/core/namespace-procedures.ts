import { PublicError, WsError } from '../errors.js';
import type { WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { Body, WireMessage } from '../protocol/message.js';
import { answerError } from './answer.js';
import { request } from './ask.js';
import type { ConnContext } from './conn-context.js';
import type { NamespaceTable } from './event-table.js';
import { report } from './failures.js';
import { LiveMessage } from './live-message.js';
import { LiveNSConn } from './live-ns-conn.js';
import { leaveRooms } from './room-procedures.js';
import { fire, isPromiseLike, tell, waitForHandler } from './run-handler.js';

/** Who started what an event tells of, and whether it can be refused. */
interface Circumstances {
  readonly isLocal: boolean;
  readonly isForced?: boolean;
  readonly body?: Body;
}

const eventOf = (ns: LiveNSConn, event: SystemEvent, circumstances: Circumstances): LiveMessage =>
  new LiveMessage(ns.conn, { namespace: ns.namespace, event, ...circumstances });

/** The other side asks to connect: `OnNamespaceConnect` may refuse, then the acknowledgement, then `OnNamespaceConnected`. */
export async function replyConnect(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, wait, body } = message;
  const circumstances = { isLocal: false, body };
  const accept = (ns: LiveNSConn): LiveNSConn => {
    install(context, ns);
    context.outbound.acknowledgeConnect(wait);
    return ns;
  };
  if (context.connected.has(namespace)) return context.outbound.acknowledge(wait);
  let ns: LiveNSConn;
  try {
    // Where this side is asking for the same at this moment, both have agreed: its own admission counts for the answer.
    const opening = context.opening.get(namespace);
    ns = opening
      ? await opening.admission.then(accept)
      : await openFromThere(context, namespace, circumstances, accept);
  } catch (error) {
    return answerError(context, message, error);
  }
  await tell(context, ns, eventOf(ns, SystemEvent.NamespaceConnected, circumstances));
}

async function openFromThere(
  context: ConnContext,
  namespace: string,
  circumstances: Circumstances,
  accept: (ns: LiveNSConn) => LiveNSConn,
): Promise<LiveNSConn> {
  const admission = admit(context, tableOf(context, namespace), circumstances);
  const installed = admission.then(accept);
  context.opening.set(namespace, { admission, installed });
  try {
    return await installed;
  } finally {
    context.opening.delete(namespace);
  }
}

/**
 * Connects the other side from here: `OnNamespaceConnect`, the request, and on its acknowledgement `OnNamespaceConnected`.
 * What is being connected already, from whichever side, is waited for.
 */
export async function askConnect(context: ConnContext, namespace: string, options?: WaitOptions): Promise<LiveNSConn> {
  const there = context.connected.get(namespace);
  if (there) return there;
  const opening = context.opening.get(namespace);
  if (opening) return await opening.installed;

  const table = tableOf(context, namespace);
  const admission = context.whenOpen().then(() => admit(context, table, { isLocal: true }));
  const installed = openFromHere(context, admission, options);
  context.opening.set(namespace, { admission, installed });
  try {
    return await installed;
  } finally {
    context.opening.delete(namespace);
  }
}

async function openFromHere(
  context: ConnContext,
  admission: Promise<LiveNSConn>,
  options: WaitOptions | undefined,
): Promise<LiveNSConn> {
  const ns = await admission;
  const { namespace } = ns;
  const commit = async (): Promise<void> => {
    if (ns.state === 'connected') return; // the other side has asked for the same meanwhile, and has been answered
    install(context, ns);
    await tell(context, ns, eventOf(ns, SystemEvent.NamespaceConnected, { isLocal: true }));
  };
  try {
    await request(context, { namespace, room: '', event: SystemEvent.NamespaceConnect }, commit, options);
  } catch (error) {
    if (ns.state !== 'connected') {
      await retire(context, ns);
      throw error;
    }
  }
  return ns;
}

function tableOf(context: ConnContext, namespace: string): NamespaceTable {
  const { table, limits } = context.settings;
  const found = table.get(namespace);
  if (!found) throw new WsError('NAMESPACE_UNKNOWN', { namespace, served: [...table.keys()] });
  if (context.connected.size + context.opening.size >= limits.maxNamespaces) {
    throw new WsError('TOO_MANY_NAMESPACES', { maxNamespaces: limits.maxNamespaces });
  }
  return found;
}

/** Makes a namespace ready for this connection: controllers, the refusing event, the broker. Nothing is left of it if one fails. */
async function admit(context: ConnContext, table: NamespaceTable, circumstances: Circumstances): Promise<LiveNSConn> {
  const ns = new LiveNSConn(context.conn, table, context.link);
  const msg = eventOf(ns, SystemEvent.NamespaceConnect, circumstances);
  await openScope(context, ns, msg);
  try {
    await fire(context, ns, msg);
  } catch (error) {
    await closeScope(context, ns);
    throw error;
  }
  try {
    await context.settings.hub?.enter(table.namespace);
  } catch (error) {
    await closeScope(context, ns);
    throw error;
  }
  return ns;
}

/** Connects the namespace that raw messages belong to, where there are no others: nobody asks for it, and no event tells of it. */
export async function connectNative(context: ConnContext): Promise<void> {
  const table = tableOf(context, '');
  const ns = new LiveNSConn(context.conn, table, context.link);
  await openScope(context, ns, eventOf(ns, SystemEvent.NamespaceConnect, { isLocal: true }));
  await context.settings.hub?.enter('');
  install(context, ns);
}

/** From here on the namespace is connected, and broadcasts reach it. Stays within one turn with the acknowledgement. */
function install(context: ConnContext, ns: LiveNSConn): void {
  if (ns.state === 'connected') return;
  if (ns.state === 'gone') throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: ns.namespace });
  if (context.ended) {
    void retire(context, ns);
    throw new WsError('CONN_CLOSED', context.ended);
  }
  ns.state = 'connected';
  context.connected.set(ns.namespace, ns);
  context.settings.hub?.connected(ns);
  context.tellWaiters(ns);
}

/** Undoes what `admit` has done. */
async function retire(context: ConnContext, ns: LiveNSConn): Promise<void> {
  if (ns.state === 'gone') return;
  ns.state = 'gone';
  context.settings.hub?.abandon(ns.namespace);
  await closeScope(context, ns);
}

/** The other side asks to disconnect. On a server `OnNamespaceDisconnect` comes first and may refuse; on a client it comes last. */
export async function replyDisconnect(context: ConnContext, message: WireMessage): Promise<void> {
  const ns = context.connected.get(message.namespace);
  if (!ns) return context.outbound.acknowledge(message.wait);
  const event = eventOf(ns, SystemEvent.NamespaceDisconnect, { isLocal: false });
  const mayRefuse = context.settings.side === 'server';
  if (mayRefuse) {
    try {
      await fire(context, ns, event);
    } catch (error) {
      if (error instanceof PublicError) return answerError(context, message, error);
      report(context, error, { namespace: ns.namespace, event: event.event });
    }
  }
  await leaveRooms(context, ns, { isForced: true, isLocal: false });
  remove(context, ns);
  context.outbound.acknowledge(message.wait);
  if (!mayRefuse) await tell(context, ns, event);
  await closeScope(context, ns);
}

/**
 * Disconnects the other side from here. Once it has acknowledged, nothing refuses any more: rooms are left, then
 * `OnNamespaceDisconnect` is told.
 */
export async function askDisconnect(context: ConnContext, namespace: string, options?: WaitOptions): Promise<void> {
  const ns = context.connected.get(namespace);
  if (!ns) throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace });
  const commit = async (): Promise<void> => {
    if (context.connected.get(namespace) !== ns) return;
    await end(context, ns, { isLocal: true, isForced: false });
  };
  await request(context, { namespace, room: '', event: SystemEvent.NamespaceDisconnect }, commit, options);
}

/** Leaves every namespace because the connection has ended. */
export async function endAll(context: ConnContext): Promise<void> {
  for (const ns of [...context.connected.values()]) await end(context, ns, { isLocal: true, isForced: true });
}

async function end(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  await leaveRooms(context, ns, { isForced: true, isLocal: true });
  remove(context, ns);
  await tell(context, ns, eventOf(ns, SystemEvent.NamespaceDisconnect, circumstances));
  await closeScope(context, ns);
}

function remove(context: ConnContext, ns: LiveNSConn): void {
  ns.state = 'gone';
  context.connected.delete(ns.namespace);
  context.settings.hub?.disconnected(ns);
}

async function openScope(context: ConnContext, ns: LiveNSConn, msg: LiveMessage): Promise<void> {
  const scope = ns.table.open?.(ns);
  ns.scope = isPromiseLike(scope) ? await waitForHandler(context, scope, msg) : scope;
}

async function closeScope(context: ConnContext, ns: LiveNSConn): Promise<void> {
  try {
    await ns.table.close?.(ns.scope);
  } catch (error) {
    report(context, error, { namespace: ns.namespace, event: 'dispose' });
  }
}
