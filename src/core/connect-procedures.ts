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
import { awaitScope, closeScope, openScope } from './namespace-scope.js';
import { checkName } from './outbound.js';
import { fire, tell } from './run-handler.js';

/**
 * The other side asks to connect: `OnNamespaceConnect` may refuse, then the acknowledgement, then `OnNamespaceConnected`.
 *
 * Where nothing of it takes time, it is done in the turn of the frame, without a promise. Compare `npm run bench -- connect`.
 */
export function replyConnect(context: ConnContext, message: WireMessage): void | Promise<void> {
  const { namespace, wait } = message;
  if (context.connected.has(namespace)) return context.outbound.acknowledge(wait);
  const opening = context.opening.get(namespace);
  if (opening) return share(context, message, opening);
  try {
    const admitted = admit(context, tableOf(context, namespace), circumstancesOf(message));
    if (admitted instanceof LiveNSConn) return accept(context, message, admitted);
    return openFromThere(context, message, admitted);
  } catch (error) {
    return answerError(context, message, error);
  }
}

const circumstancesOf = ({ body }: WireMessage): Circumstances => ({ isLocal: false, body });

/** Where this side is asking for the same at this moment, both have agreed: its own admission counts for the answer. */
async function share(context: ConnContext, message: WireMessage, opening: Opening): Promise<void> {
  try {
    const ns = await opening.admission;
    // The other side may have refused it meanwhile, and now asks by itself: that begins anew.
    if (ns.state === 'gone') return await replyConnect(context, message);
    await connectAndTell(context, message, ns);
  } catch (error) {
    return answerError(context, message, error);
  }
}

/** All in one turn: nothing comes between the acknowledgement and the event that tells of it. */
function connectAndTell(context: ConnContext, message: WireMessage, ns: LiveNSConn): undefined | Promise<void> {
  install(context, ns);
  context.outbound.acknowledgeConnect(message.wait);
  return announce(context, ns, circumstancesOf(message));
}

function accept(context: ConnContext, message: WireMessage, ns: LiveNSConn): undefined | Promise<void> {
  try {
    return connectAndTell(context, message, ns);
  } catch (error) {
    // The connection has ended meanwhile.
    return retire(context, ns).then(() => answerError(context, message, error));
  }
}

/** Tells of a namespace that is connected: once, though both sides may have asked, and the other one twice. */
function announce(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): undefined | Promise<void> {
  if (ns.isAnnounced) return undefined;
  ns.isAnnounced = true;
  if (!ns.table.lifecycle.has(SystemEvent.NamespaceConnected)) return undefined;
  return tell(context, ns, namespaceEvent(ns, SystemEvent.NamespaceConnected, circumstances));
}

/** What takes time can be found meanwhile by who asks for the same. */
async function openFromThere(
  context: ConnContext,
  message: WireMessage,
  admission: Promise<LiveNSConn>,
): Promise<void> {
  let told: undefined | Promise<void>;
  const installed = admission.then(async (ns) => {
    try {
      told = connectAndTell(context, message, ns);
      return ns;
    } catch (error) {
      await retire(context, ns); // the connection has ended meanwhile
      throw error;
    }
  });
  try {
    await open(context, message.namespace, { admission, installed });
  } catch (error) {
    return answerError(context, message, error);
  }
  await told;
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

/**
 * Makes a namespace ready for this connection: controllers, the refusing event, the broker. Nothing is left of it if one fails. A
 * promise where something takes time, or a handler decides: who asks for the same from it has to find that it is under way.
 */
function admit(
  context: ConnContext,
  table: NamespaceTable,
  circumstances: Circumstances,
): LiveNSConn | Promise<LiveNSConn> {
  const ns = new LiveNSConn(context, table);
  const scope = openScope(ns);
  if (scope || table.lifecycle.has(SystemEvent.NamespaceConnect))
    return askAndEnter(context, ns, { circumstances, scope });
  const entered = enterHub(context, ns);
  return entered ? entered.then(() => ns) : ns;
}

async function askAndEnter(
  context: ConnContext,
  ns: LiveNSConn,
  { circumstances, scope }: { readonly circumstances: Circumstances; readonly scope: undefined | PromiseLike<unknown> },
): Promise<LiveNSConn> {
  const msg = namespaceEvent(ns, SystemEvent.NamespaceConnect, circumstances);
  await (scope && awaitScope(context, scope, { msg, ns }));
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

function enterHub(context: ConnContext, ns: LiveNSConn): undefined | Promise<void> {
  const entered = context.settings.hub?.enter(ns.namespace, ns.conn);
  if (!entered) return undefined;
  return entered.catch(async (error: unknown) => {
    await closeScope(context, ns);
    throw error;
  });
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
