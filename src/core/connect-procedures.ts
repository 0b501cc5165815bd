import { WsError } from '../errors.js';
import type { WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import { answerError } from './answer.js';
import { request } from './ask.js';
import type { ConnContext, Opening } from './conn-context.js';
import type { NamespaceTable } from './event-table.js';
import { LiveNSConn } from './live-ns-conn.js';
import { type Circumstances, namespaceEvent } from './namespace-event.js';
import { closeScope, openScope } from './namespace-scope.js';
import { checkName } from './outbound.js';
import { fire, tell } from './run-handler.js';

/** The other side asks to connect: `OnNamespaceConnect` may refuse, then the acknowledgement, then `OnNamespaceConnected`. */
export async function replyConnect(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, wait, body } = message;
  if (context.connected.has(namespace)) return context.outbound.acknowledge(wait);
  const circumstances = { isLocal: false, body };
  let announced: Promise<void> | undefined;
  // All in one turn: nothing comes between the acknowledgement and the event that tells of it.
  const accept = (ns: LiveNSConn): LiveNSConn => {
    install(context, ns);
    context.outbound.acknowledgeConnect(wait);
    announced = announce(context, ns, circumstances);
    return ns;
  };
  try {
    // Where this side is asking for the same at this moment, both have agreed: its own admission counts for the answer.
    const opening = context.opening.get(namespace);
    const shared = opening && (await opening.admission);
    // The other side may have refused it meanwhile, and now asks by itself: that begins anew.
    if (shared?.state === 'gone') return await replyConnect(context, message);
    if (shared) accept(shared);
    else await openFromThere(context, namespace, circumstances, accept);
  } catch (error) {
    return answerError(context, message, error);
  }
  await announced;
}

/** Tells of a namespace that is connected: once, though both sides may have asked, and the other one twice. */
async function announce(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  if (ns.isAnnounced) return;
  ns.isAnnounced = true;
  await tell(context, ns, namespaceEvent(ns, SystemEvent.NamespaceConnected, circumstances));
}

async function openFromThere(
  context: ConnContext,
  namespace: string,
  circumstances: Circumstances,
  accept: (ns: LiveNSConn) => LiveNSConn,
): Promise<LiveNSConn> {
  const admission = admit(context, tableOf(context, namespace), circumstances);
  const installed = admission.then(async (ns) => {
    try {
      return accept(ns);
    } catch (error) {
      await retire(context, ns); // the connection has ended meanwhile
      throw error;
    }
  });
  return await open(context, namespace, { admission, installed });
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
  checkName('namespace', namespace, context.settings);
  const admission = context.whenOpen(options).then(() => admit(context, table, { isLocal: true }));
  const installed = openFromHere(context, admission, options);
  note(context, installed);
  return await open(context, namespace, { admission, installed });
}

/** Lets others find what is being connected until that has ended, well or not. */
async function open(context: ConnContext, namespace: string, opening: Opening): Promise<LiveNSConn> {
  context.opening.set(namespace, opening);
  try {
    return await opening.installed;
  } finally {
    if (context.opening.get(namespace) === opening) context.opening.delete(namespace);
  }
}

/** The end of the connection waits for what this side connects, which is no handler of the queue. */
function note(context: ConnContext, installed: Promise<LiveNSConn>): void {
  context.underWay ??= new Set();
  const underWay = context.underWay.add(installed);
  const ended = (): void => void underWay.delete(installed);
  installed.then(ended, ended);
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
    await announce(context, ns, { isLocal: true });
  };
  try {
    await request(context, { namespace, room: '', event: SystemEvent.NamespaceConnect }, commit, options);
  } catch (error) {
    if (ns.state !== 'connected') {
      const other = context.connected.get(namespace); // the other side has left it meanwhile, and come back
      if (other) return other;
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
  const msg = namespaceEvent(ns, SystemEvent.NamespaceConnect, circumstances);
  await openScope(context, ns, msg);
  try {
    await fire(context, ns, msg);
  } catch (error) {
    await closeScope(context, ns);
    throw error;
  }
  await enterHub(context, ns);
  return ns;
}

/** Connects the one namespace there is in languages without a handshake: nobody asks for it, but its events tell of it. */
export async function connectAtOnce(context: ConnContext): Promise<void> {
  const ns = await admit(context, tableOf(context, ''), { isLocal: true });
  try {
    install(context, ns);
  } catch (error) {
    await retire(context, ns); // the connection has ended meanwhile
    throw error;
  }
  await announce(context, ns, { isLocal: true });
}

async function enterHub(context: ConnContext, ns: LiveNSConn): Promise<void> {
  try {
    await context.settings.hub?.enter(ns.namespace, ns.conn);
  } catch (error) {
    await closeScope(context, ns);
    throw error;
  }
}

/** From here on the namespace is connected, and broadcasts reach it. Stays within one turn with the acknowledgement. */
function install(context: ConnContext, ns: LiveNSConn): void {
  if (ns.state === 'connected') return;
  if (ns.state === 'gone') throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: ns.namespace });
  if (context.ended) throw new WsError('CONN_CLOSED', context.ended);
  ns.state = 'connected';
  context.connected.set(ns.namespace, ns);
  context.updateDeadlines();
  context.settings.hub?.connected(ns);
  context.tellWaiters(ns);
}

/** Undoes what `admit` has done. */
async function retire(context: ConnContext, ns: LiveNSConn): Promise<void> {
  if (ns.state === 'gone') return;
  ns.state = 'gone';
  context.opening.delete(ns.namespace); // who asks from here on begins anew
  context.settings.hub?.abandon(ns.namespace, ns.conn);
  await closeScope(context, ns);
}
