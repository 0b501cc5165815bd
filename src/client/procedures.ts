import type { WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import { PublicError, WsError } from './client-errors.js';
import { DialledNSConn } from './dialled-ns-conn.js';
import { DialledRoom } from './dialled-room.js';
import { NOTHING, toPayload } from './payload.js';
import type { Circumstances } from './read-message.js';
import type { Session } from './session.js';

/** What connecting a namespace says to the server, and how long it may take. */
export interface ConnectOptions extends WaitOptions {
  /** For the server's `onNamespaceConnect`. A string goes as it is, bytes as bytes, anything else as JSON. */
  readonly body?: unknown;
}

const { NamespaceConnect, NamespaceConnected, NamespaceDisconnect, RoomJoin, RoomJoined, RoomLeave, RoomLeft } =
  SystemEvent;

/** Whether a namespace is connected, or will be again when the connection is back. */
export const isThere = ({ namespaces }: Session, ns: DialledNSConn): boolean => namespaces.get(ns.name) === ns;

/** @throws {CONN_CLOSED} {NAMESPACE_NOT_CONNECTED} */
export function mustBeThere(session: Session, ns: DialledNSConn): void {
  if (session.ended) throw session.ended;
  if (!isThere(session, ns)) throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: ns.name }, 'not connected');
}

/** Connects a namespace from here: `OnNamespaceConnect`, the request, and on its acknowledgement `OnNamespaceConnected`. */
export async function connect(
  session: Session,
  name: string,
  { body, ...wait }: ConnectOptions = {},
): Promise<DialledNSConn> {
  const payload = body === undefined ? NOTHING : toPayload(body);
  const there = session.namespaces.get(name);
  if (there) there.wanted ??= payload;
  if (there) return there;
  return await session.share(session.connecting, name, async () => {
    const ns = new DialledNSConn(session.conn, name, payload);
    await session.fire(ns, { event: NamespaceConnect }, { isLocal: true });
    const take = (): Promise<DialledNSConn> => install(session, ns, { isLocal: true });
    return await session.request({ namespace: name, event: NamespaceConnect }, take, { wait, payload });
  });
}

async function install(
  session: Session,
  ns: DialledNSConn,
  circumstances: Circumstances,
  acknowledge?: () => void,
): Promise<DialledNSConn> {
  const there = session.namespaces.get(ns.name); // both sides have asked for the same
  if (there) there.wanted ??= ns.wanted;
  else session.namespaces.set(ns.name, ns);
  acknowledge?.();
  if (there) return there;
  for (const [wait, name] of session.waiters) if (name === ns.name) session.asks.answer(wait);
  await session.queue.run(() => session.tell(ns, { event: NamespaceConnected }, circumstances));
  return ns;
}

/** Joins a room from here: the request, and on its acknowledgement `OnRoomJoin`, which may refuse still, and `OnRoomJoined`. */
export async function joinRoom(
  session: Session,
  ns: DialledNSConn,
  room: string,
  wait?: WaitOptions,
): Promise<DialledRoom> {
  mustBeThere(session, ns);
  const there = ns.room(room);
  if (there) there.isWanted = true;
  if (there) return there;
  const namespace = ns.name;
  const take = async (): Promise<DialledRoom> => {
    try {
      return await session.queue.run(() => enter(session, ns, room, { isLocal: true }));
    } catch (error) {
      // The server has let it in. Nobody waits for the answer: whoever asked hears why it failed.
      if (isThere(session, ns)) void session.request({ namespace, room, event: RoomLeave }, () => {});
      throw error;
    }
  };
  return await session.share(ns.joining, room, () =>
    session.request({ namespace, room, event: RoomJoin }, take, { wait }),
  );
}

async function enter(
  session: Session,
  ns: DialledNSConn,
  name: string,
  circumstances: Circumstances,
): Promise<DialledRoom> {
  const { epoch } = session;
  await session.fire(ns, { room: name, event: RoomJoin }, circumstances);
  if (epoch !== session.epoch) throw session.lost;
  mustBeThere(session, ns);
  const room = ns.room(name) ?? new DialledRoom(ns, name);
  room.isWanted ||= circumstances.isLocal === true;
  if (ns.room(name)) return room;
  ns.joined.set(name, room);
  await session.tell(ns, { room: name, event: RoomJoined }, circumstances);
  return room;
}

/** @throws {ROOM_NOT_JOINED} {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, or the server's refusal */
export async function leaveRoom(
  session: Session,
  ns: DialledNSConn,
  room: DialledRoom,
  wait?: WaitOptions,
): Promise<void> {
  mustBeThere(session, ns);
  const target = { namespace: ns.name, room: room.name };
  if (ns.room(room.name) !== room) throw new WsError('ROOM_NOT_JOINED', target, 'not joined');
  const take = (): Promise<void> => session.queue.run(() => exit(session, ns, room, { isLocal: true }));
  await session.request({ ...target, event: RoomLeave }, take, { wait });
}

/** Leaves a room, once however many leave it. The other side is told between the two events. */
async function exit(
  session: Session,
  ns: DialledNSConn,
  { name: room }: DialledRoom,
  circumstances: Circumstances,
  acknowledge?: () => void,
): Promise<void> {
  if (ns.joined.delete(room)) await tellLeft(session, ns, room, circumstances, acknowledge);
}

/** Tells of a room that has been taken out. */
export async function tellLeft(
  session: Session,
  ns: DialledNSConn,
  room: string,
  circumstances: Circumstances,
  acknowledge?: () => void,
): Promise<void> {
  await session.tell(ns, { room, event: RoomLeave }, circumstances);
  acknowledge?.();
  await session.tell(ns, { room, event: RoomLeft }, circumstances);
}

/** @throws {NAMESPACE_NOT_CONNECTED} {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, or the server's refusal */
export async function disconnect(session: Session, ns: DialledNSConn, wait?: WaitOptions): Promise<void> {
  mustBeThere(session, ns);
  const take = (): Promise<void> => session.queue.run(() => end(session, ns, { isLocal: true }));
  await session.request({ namespace: ns.name, event: NamespaceDisconnect }, take, { wait });
}

/** Leaves a namespace and its rooms, once however many leave it. */
async function end(
  session: Session,
  ns: DialledNSConn,
  circumstances: Circumstances,
  acknowledge?: () => void,
): Promise<void> {
  if (!isThere(session, ns)) return;
  session.namespaces.delete(ns.name);
  await tellEnd(session, ns, circumstances, acknowledge);
}

/** Tells of the end of a namespace that has been taken out. */
export async function tellEnd(
  session: Session,
  ns: DialledNSConn,
  circumstances: Circumstances,
  acknowledge?: () => void,
): Promise<void> {
  for (const room of ns.rooms) await exit(session, ns, room, { ...circumstances, isForced: true });
  ns.end();
  acknowledge?.();
  await session.tell(ns, { event: NamespaceDisconnect }, circumstances);
}

/** Does what the server asks by one of the four requests. What it throws refuses. */
export async function obey(session: Session, message: WireMessage, acknowledge: () => void): Promise<void> {
  const { namespace, room, event } = message;
  const { epoch } = session;
  const ns = session.namespaces.get(namespace);
  const there = ns?.room(room);
  if (event === NamespaceConnect) {
    if (ns) return acknowledge();
    if (!session.handlers.has(namespace)) throw new PublicError('bad namespace');
    const fresh = new DialledNSConn(session.conn, namespace);
    await session.fire(fresh, message, { isAsk: false });
    if (epoch === session.epoch) await install(session, fresh, {}, acknowledge);
  } else if (event === NamespaceDisconnect) {
    if (ns) await end(session, ns, {}, acknowledge);
  } else if (!ns) {
    throw new PublicError('bad namespace');
  } else if (event === RoomJoin) {
    if (!there) await enter(session, ns, room, {});
  } else if (there) {
    await exit(session, ns, there, {}, acknowledge);
  }
  acknowledge();
}
