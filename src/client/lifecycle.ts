import type { SystemEvent } from '../protocol/event-names.js';

// Names of their own and no object: a bundler drops what is not used, and shortens the rest.

/** neffos's `OnNamespaceConnect`, as the wire spells it. */
export const CONNECT: typeof SystemEvent.NamespaceConnect = '_OnNamespaceConnect';
/** neffos's `OnNamespaceConnected`, as the wire spells it. */
export const CONNECTED: typeof SystemEvent.NamespaceConnected = '_OnNamespaceConnected';
/** neffos's `OnNamespaceDisconnect`, as the wire spells it. */
export const DISCONNECT: typeof SystemEvent.NamespaceDisconnect = '_OnNamespaceDisconnect';
/** neffos's `OnRoomJoin`, as the wire spells it. */
export const JOIN: typeof SystemEvent.RoomJoin = '_OnRoomJoin';
/** neffos's `OnRoomJoined`, as the wire spells it. */
export const JOINED: typeof SystemEvent.RoomJoined = '_OnRoomJoined';
/** neffos's `OnRoomLeave`, as the wire spells it. */
export const LEAVE: typeof SystemEvent.RoomLeave = '_OnRoomLeave';
/** neffos's `OnRoomLeft`, as the wire spells it. */
export const LEFT: typeof SystemEvent.RoomLeft = '_OnRoomLeft';
/** neffos's `OnAnyEvent`, as the wire spells it. */
export const ANY: typeof SystemEvent.AnyEvent = '_OnAnyEvent';
/** neffos's `OnNativeMessage`, as the wire spells it. */
export const NATIVE: typeof SystemEvent.NativeMessage = '_OnNativeMessage';

const LIFECYCLE: readonly string[] = [CONNECT, CONNECTED, DISCONNECT, JOIN, JOINED, LEAVE, LEFT, ANY, NATIVE];

/** The name of an event on the wire: lifecycle events have neffos's names, `onRoomJoin` is `_OnRoomJoin`. */
export function wireNameOf(event: string): string {
  const name = event.replace(/^_?[Oo]n/, '_On');
  return LIFECYCLE.includes(name) ? name : event;
}

/** Whether a name belongs to the protocol. */
export const isReserved = (event: string): boolean => event.startsWith('_On');
