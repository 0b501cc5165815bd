import { PublicError, WsError } from '../errors.js';
import type { Room, WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import { answerError } from './answer.js';
import { request } from './ask.js';
import type { ConnContext } from './conn-context.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';
import type { LiveRoom } from './live-room.js';
import { checkName } from './outbound.js';
import { fire, reportUnlessClosing, tell } from './run-handler.js';

interface Circumstances {
  readonly isLocal: boolean;
  readonly isForced?: boolean;
}

const eventOf = (
  { conn, namespace }: LiveNSConn,
  event: SystemEvent,
  room: string,
  { isLocal, isForced }: Circumstances,
): LiveMessage => new LiveMessage(conn, { namespace, room, event, isLocal, isForced });

/** The other side asks to join: `OnRoomJoin` may refuse, then `OnRoomJoined`, then the acknowledgement. */
export async function replyJoin(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, room, wait } = message;
  try {
    const ns = nsOf(context, namespace);
    if (ns.room(room)) return context.outbound.acknowledge(wait);
    mustStillBe(context, ns);
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
  ns.joining ??= new Map();
  const { joining } = ns;
  const join = joining.get(room) ?? joinFromHere(context, ns, room, options).finally(() => joining.delete(room));
  joining.set(room, join);
  await join;
  return ns.room(room) ?? roomLeftMeanwhile(ns, room);
}

async function joinFromHere(
  context: ConnContext,
  ns: LiveNSConn,
  room: string,
  options: WaitOptions | undefined,
): Promise<void> {
  checkName('room', room, context.settings);
  checkRoomCount(context);
  const { hub } = context.settings;
  // Before the other side hears that it is in: what other servers broadcast from then on arrives.
  const subscribed = hub?.enterRoom(ns, room);
  if (subscribed) await subscribed;
  let isJoined = false;
  const commit = async (): Promise<void> => {
    isJoined = await commitJoin(context, ns, room);
  };
  try {
    mustStillBe(context, ns);
    await request(context, { namespace: ns.namespace, room, event: SystemEvent.RoomJoin }, commit, options);
  } finally {
    if (!isJoined) hub?.abandonRoom(ns, room);
  }
}

/** @returns whether it was this that has joined it: the other side may have asked for the same meanwhile */
async function commitJoin(context: ConnContext, ns: LiveNSConn, room: string): Promise<boolean> {
  if (ns.room(room)) return false;
  try {
    mustStillBe(context, ns);
    // Where nothing hears it no turn is taken: in languages that know of no rooms a join takes effect within its call.
    if (ns.table.lifecycle.has(SystemEvent.RoomJoin)) {
      await fire(context, ns, eventOf(ns, SystemEvent.RoomJoin, room, { isLocal: true }));
      mustStillBe(context, ns);
      if (ns.room(room)) return false;
    }
    checkRoomCount(context);
    await addRoom(context, ns, room, { isLocal: true });
    return true;
  } catch (error) {
    takeBack(context, ns, room);
    throw error;
  }
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
  checkRoomCount(context);
  const entered = context.settings.hub?.enterRoom(ns, room);
  if (entered) {
    await entered;
    if (!isStillJoining(context, ns, room)) return;
  }
  await addRoom(context, ns, room, circumstances);
}

/** From here on the room is joined, and broadcasts reach it. */
async function addRoom(
  context: ConnContext,
  ns: LiveNSConn,
  room: string,
  circumstances: Circumstances,
): Promise<void> {
  ns.addRoom(room);
  context.roomCount += 1;
  context.settings.hub?.joined(ns, room);
  await tell(context, ns, eventOf(ns, SystemEvent.RoomJoined, room, circumstances));
}

/**
 * After the room has been subscribed: whether it is still to be joined, or else is given up. In one turn with the joining, for
 * both sides may join at the same time.
 *
 * @returns `false` when it has been joined meanwhile
 */
function isStillJoining(context: ConnContext, ns: LiveNSConn, room: string): boolean {
  let isJoining = false;
  try {
    mustStillBe(context, ns);
    if (ns.room(room)) return false;
    checkRoomCount(context);
    isJoining = true;
    return true;
  } finally {
    if (!isJoining) context.settings.hub?.abandonRoom(ns, room);
  }
}

/** Lets the other side leave what it has joined in vain. */
function takeBack(context: ConnContext, ns: LiveNSConn, room: string): void {
  if (context.ended || ns.state !== 'connected' || ns.ending) return;
  const message = { namespace: ns.namespace, room, event: SystemEvent.RoomLeave };
  const nothing = async (): Promise<void> => {};
  // Nobody waits for the answer: whoever asked to join hears why it failed, and if the connection ends, so does the room.
  request(context, message, nothing).catch(() => {});
}

/** The other side asks to leave. On a server `OnRoomLeave` may refuse, and the acknowledgement comes last. */
export async function replyLeave(context: ConnContext, message: WireMessage): Promise<void> {
  const { namespace, room, wait } = message;
  const ns = context.connected.get(namespace);
  if (!ns) return answerError(context, message, new WsError('NAMESPACE_NOT_CONNECTED', { namespace }));
  const there = ns.room(room);
  if (!there) return context.outbound.acknowledge(wait);
  let isAcknowledged = false;
  const acknowledge = (): void => {
    if (!isAcknowledged) context.outbound.acknowledge(wait);
    isAcknowledged = true;
  };
  const isServer = context.settings.side === 'server';
  const leaving = isServer ? { isLocal: false, mayRefuse: true } : { isLocal: false, onRemoved: acknowledge };
  const refusal = await leaveOnce(context, ns, there, leaving);
  // What this side has left meanwhile by itself cannot be kept.
  if (refusal && ns.room(room) === there && !ns.ending) return answerError(context, message, refusal);
  acknowledge();
}

/** Lets the other side leave. Once it has acknowledged it is out: what `OnRoomLeave` throws is reported, and changes nothing. */
export async function askLeave(context: ConnContext, room: Room, options?: WaitOptions): Promise<void> {
  const { namespace } = room.ns;
  const ns = nsOf(context, namespace);
  const there = ns.room(room.name);
  // Another room of the same name may have been joined since this one was left.
  if (!there || there !== room) throw new WsError('ROOM_NOT_JOINED', { namespace, room: room.name });
  const commit = (): Promise<void> => leaveRoom(context, ns, there, { isLocal: true });
  await request(context, { namespace, room: room.name, event: SystemEvent.RoomLeave }, commit, options);
}

/** Leaves every room of a namespace because the namespace is left. */
export async function leaveRooms(context: ConnContext, ns: LiveNSConn, circumstances: Circumstances): Promise<void> {
  for (const room of ns.rooms) await leaveRoom(context, ns, room, circumstances);
}

/** Leaves a room, which cannot be refused: also where the other side's own wish to leave is being refused at this moment. */
async function leaveRoom(
  context: ConnContext,
  ns: LiveNSConn,
  room: LiveRoom,
  circumstances: Circumstances,
): Promise<void> {
  const refusal = await leaveOnce(context, ns, room, circumstances);
  if (refusal) await leaveOnce(context, ns, room, circumstances);
}

interface Leaving extends Circumstances {
  /** Whether `OnRoomLeave` may refuse by a {@link PublicError}. */
  readonly mayRefuse?: boolean;
  /** Called between the two events. */
  readonly onRemoved?: () => void;
}

/** Leaves a room once, however many leave it meanwhile, and gives what refused it. */
async function leaveOnce(
  context: ConnContext,
  ns: LiveNSConn,
  room: LiveRoom,
  leaving: Leaving,
): Promise<PublicError | undefined> {
  if (ns.room(room.name) !== room) return undefined;
  room.leaving ??= leave(context, ns, room, leaving);
  return await room.leaving;
}

async function leave(
  context: ConnContext,
  ns: LiveNSConn,
  room: LiveRoom,
  { mayRefuse, onRemoved, ...circumstances }: Leaving,
): Promise<PublicError | undefined> {
  const event = eventOf(ns, SystemEvent.RoomLeave, room.name, circumstances);
  try {
    if (ns.table.lifecycle.has(SystemEvent.RoomLeave)) await fire(context, ns, event);
  } catch (error) {
    if (mayRefuse && error instanceof PublicError) {
      room.leaving = undefined;
      return error;
    }
    reportUnlessClosing(context, error, event);
  }
  if (!removeRoom(context, ns, room)) return undefined;
  onRemoved?.();
  await tell(context, ns, eventOf(ns, SystemEvent.RoomLeft, room.name, circumstances));
  return undefined;
}

/** @returns whether it was still there */
function removeRoom(context: ConnContext, ns: LiveNSConn, room: LiveRoom): boolean {
  if (!ns.removeRoom(room)) return false;
  context.roomCount -= 1;
  context.settings.hub?.left(ns, room.name);
  return true;
}

/**
 * The namespace, for who wants something of it from here.
 *
 * @throws {CONN_CLOSED} {NAMESPACE_NOT_CONNECTED}
 */
export function nsOf(context: ConnContext, namespace: string): LiveNSConn {
  if (context.ended) throw new WsError('CONN_CLOSED', context.ended);
  const ns = context.connected.get(namespace);
  if (!ns) throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace });
  return ns;
}

/** After a handler or a reply has been awaited the connection may be gone, and the namespace gone or on its way. */
function mustStillBe(context: ConnContext, ns: LiveNSConn): void {
  if (context.ended) throw new WsError('CONN_CLOSED', context.ended);
  if (ns.state !== 'connected' || ns.ending) {
    throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: ns.namespace });
  }
}

function checkRoomCount(context: ConnContext): void {
  const { maxRooms } = context.settings.limits;
  if (context.roomCount >= maxRooms) throw new WsError('TOO_MANY_ROOMS', { maxRooms });
}
