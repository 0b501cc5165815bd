/** neffos's system events: what one end tells the other, or itself, about namespaces and rooms. */
export const SystemEvent = {
  NamespaceConnect: '_OnNamespaceConnect',
  NamespaceConnected: '_OnNamespaceConnected',
  NamespaceDisconnect: '_OnNamespaceDisconnect',
  RoomJoin: '_OnRoomJoin',
  RoomJoined: '_OnRoomJoined',
  RoomLeave: '_OnRoomLeave',
  RoomLeft: '_OnRoomLeft',
  AnyEvent: '_OnAnyEvent',
  NativeMessage: '_OnNativeMessage',
} as const;

/** The name of any system event, as the wire spells it. */
export type SystemEvent = (typeof SystemEvent)[keyof typeof SystemEvent];

/** The event under which raw messages are sent: `ns.emit(NATIVE_MESSAGE, 'text')` leaves as the bare text, unframed. */
export const NATIVE_MESSAGE: typeof SystemEvent.NativeMessage = SystemEvent.NativeMessage;

/** The only system events that a peer may send: requests that run a procedure of their own and are acknowledged. */
export type RequestEvent =
  | typeof SystemEvent.NamespaceConnect
  | typeof SystemEvent.NamespaceDisconnect
  | typeof SystemEvent.RoomJoin
  | typeof SystemEvent.RoomLeave;

const REQUEST_EVENTS: ReadonlySet<string> = new Set<RequestEvent>([
  SystemEvent.NamespaceConnect,
  SystemEvent.NamespaceDisconnect,
  SystemEvent.RoomJoin,
  SystemEvent.RoomLeave,
]);

/** Whether a name is one of the four requests. Other system events of a peer reach no handler. */
export function isRequestEvent(event: string): event is RequestEvent {
  return REQUEST_EVENTS.has(event);
}

/** Whether a name belongs to the protocol: a peer that sends one, other than a request, is refused. */
export function isReservedEvent(event: string): boolean {
  return event.startsWith('_On');
}
