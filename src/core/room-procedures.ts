import { PublicError, WsError } from '../errors.js';
import type { Room, WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import { answerError } from './answer.js';
import { request, sendAsk } from './ask.js';
import type { ConnContext } from './conn-context.js';
import { report } from './failures.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';
import { checkName } from './outbound.js';
import { fire, tell } from './run-handler.js';

interface Circumstances {
  readonly isLocal: boolean;
  readonly isForced?: boolean;
}

const eventOf = (ns: LiveNSConn, event: SystemEvent, room: string, circumstances: Circumstances): LiveMessage =>
  new LiveMessage(ns.conn, { namespace: ns.namespace, room, event, ...circumstances });

/** The other side asks to join: `OnRoomJoin` may refuse, then `OnRoomJoined`, then the acknowledgement. */
export async function replyJoin(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, room, wait } = message;
  try {
    const ns = nsOf(context, namespace);
    if (ns.room(room)) return context.outbound.acknowledge(wait);
    checkRoomCount(context);
    await fire(context, ns, eventOf(ns, SystemEvent.RoomJoin, room, { isLocal: false }));
    mustStillBe(context, ns);
    await enterRoom(context, ns, room, { isLocal: false });
  } catch (error) {
    return answerError(context, message, error);
  }
  context.outbound.acknowledge(wait);
}

/**
 * Joins the other side from here: the request, and on its acknowledgement `OnRoomJoin` and `OnRoomJoined`. Where this
 * side's own `OnRoomJoin` throws, the other side is told to leave again.
 */
export async function askJoin(
  context: ConnContext,
  namespace: string,
  room: string,
  options?: WaitOptions,
): Promise<Room> {
  const ns = nsOf(context, namespace);
  const joined = ns.room(room);
  if (joined) return joined;
  checkName('room', room, context.settings);
  checkRoomCount(context);
  const commit = async (): Promise<void> => {
    if (ns.room(room)) return; // asked for twice, or by both sides, at the same time
    try {
      await fire(context, ns, eventOf(ns, SystemEvent.RoomJoin, room, { isLocal: true }));
    } catch (error) {
      takeBack(context, ns, room);
      throw error;
    }
    mustStillBe(context, ns);
    await enterRoom(context, ns, room, { isLocal: true });
  };
  await request(context, { namespace, room, event: SystemEvent.RoomJoin }, commit, options);
  return ns.room(room) ?? roomLeftMeanwhile(ns, room);
}

function roomLeftMeanwhile(ns: LiveNSConn, room: string): never {
  throw new WsError('ROOM_NOT_JOINED', { namespace: ns.namespace, room });
}

async function enterRoom(
  context: ConnContext,
  ns: LiveNSConn,
  room: string,
  circumstances: Circumstances,
): Promise<void> {
  if (ns.room(room)) return;
  ns.addRoom(room);
  context.roomCount += 1;
  context.settings.hub?.joined(ns, room);
  await tell(context, ns, eventOf(ns, SystemEvent.RoomJoined, room, circumstances));
}

/** Nobody waits for the answer: if the connection ends, so does the room. */
function takeBack(context: ConnContext, ns: LiveNSConn, room: string): void {
  const ignore = (): void => {};
  const message = { namespace: ns.namespace, room, event: SystemEvent.RoomLeave };
  if (!context.ended) sendAsk(context, message, { resolve: ignore, reject: ignore });
}

/** The other side asks to leave. On a server `OnRoomLeave` may refuse, and the acknowledgement comes last. */
export async function replyLeave(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, room, wait } = message;
  const ns = context.connected.get(namespace);
  if (!ns) return answerError(context, message, new WsError('NAMESPACE_NOT_CONNECTED', { namespace }));
  if (!ns.room(room)) return context.outbound.acknowledge(wait);
  const leave = eventOf(ns, SystemEvent.RoomLeave, room, { isLocal: false });
  const left = eventOf(ns, SystemEvent.RoomLeft, room, { isLocal: false });
  if (context.settings.side === 'client') {
    await tell(context, ns, leave);
    removeRoom(context, ns, room);
    context.outbound.acknowledge(wait);
    return await tell(context, ns, left);
  }
  try {
    await fire(context, ns, leave);
  } catch (error) {
    if (error instanceof PublicError) return answerError(context, message, error);
    report(context, error, { namespace, event: leave.event });
  }
  removeRoom(context, ns, room);
  await tell(context, ns, left);
  context.outbound.acknowledge(wait);
}

/** Lets the other side leave. Once it has acknowledged it is out: what `OnRoomLeave` throws is reported, and changes nothing. */
export async function askLeave(
  context: ConnContext,
  namespace: string,
  room: string,
  options?: WaitOptions,
): Promise<void> {
  const ns = nsOf(context, namespace);
  if (!ns.room(room)) throw new WsError('ROOM_NOT_JOINED', { namespace, room });
  const commit = (): Promise<void> => leaveRoom(context, ns, room, { isLocal: true });
  await request(context, { namespace, room, event: SystemEvent.RoomLeave }, commit, options);
}

/** Leaves every room of a namespace because the namespace is left. */
export async function leaveRooms(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  for (const { name } of ns.rooms) await leaveRoom(context, ns, name, circumstances);
}

async function leaveRoom(
  context: ConnContext,
  ns: LiveNSConn,
  room: string,
  circumstances: Circumstances,
): Promise<void> {
  if (!ns.room(room)) return;
  await tell(context, ns, eventOf(ns, SystemEvent.RoomLeave, room, circumstances));
  removeRoom(context, ns, room);
  await tell(context, ns, eventOf(ns, SystemEvent.RoomLeft, room, circumstances));
}

function removeRoom(context: ConnContext, ns: LiveNSConn, room: string): void {
  if (!ns.removeRoom(room)) return;
  context.roomCount -= 1;
  context.settings.hub?.left(ns, room);
}

function nsOf(context: ConnContext, namespace: string): LiveNSConn {
  const ns = context.connected.get(namespace);
  if (!ns) throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace });
  return ns;
}

/** After a handler has been awaited the connection may be gone, and the namespace, too. */
function mustStillBe(context: ConnContext, ns: LiveNSConn): void {
  if (context.ended) throw new WsError('CONN_CLOSED', context.ended);
  if (ns.state !== 'connected') throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: ns.namespace });
}

function checkRoomCount(context: ConnContext): void {
  const { maxRooms } = context.settings.limits;
  if (context.roomCount >= maxRooms) throw new WsError('TOO_MANY_ROOMS', { maxRooms });
}
