/** One message of the client, and how many messages of the server come before the next. */
export interface Step {
  readonly send?: string;
  readonly answers: number;
}

/** How a client speaks to a peer: the same five operations in the words of its protocol, one WebSocket message each. */
export interface Protocol {
  readonly path: string;
  /** From the upgrade to a connection in its namespace. */
  readonly opening: readonly Step[];
  /** An event to the server: `echo` to get it back, `cast` for everybody, `say` for a room. */
  emit(event: string, body: string, room?: string): string;
  /** The event `ask`, answered with its own body. `slot` tells asks apart that wait at the same time. */
  ask(slot: string, body: string): string;
  /** Answered with one message, as `leave` is. */
  join(room: string): string;
  leave(room: string): string;
  /** What arrives of an event. */
  delivered(event: string, body: string, room?: string): string;
  /** What arrives of the answer to an ask. */
  replied(slot: string, body: string): string;
  /** A message that asks for a sign of life, and the sign. Pings of WebSocket itself are always answered. */
  readonly keepAlive?: { readonly ping: string; readonly pong: string };
}

const NAMESPACE = 'bench';

const neffos: Protocol = {
  path: '/ws',
  opening: [
    { send: 'M', answers: 1 },
    { send: `$c;${NAMESPACE};;_OnNamespaceConnect;0;0;`, answers: 1 },
  ],
  emit: (event, body, room = '') => `;${NAMESPACE};${room};${event};0;0;${body}`,
  ask: (slot, body) => `$${slot};${NAMESPACE};;ask;0;0;${body}`,
  join: (room) => `$j;${NAMESPACE};${room};_OnRoomJoin;0;0;`,
  leave: (room) => `$l;${NAMESPACE};${room};_OnRoomLeave;0;0;`,
  delivered: (event, body, room = '') => `;${NAMESPACE};${room};${event};0;0;${body}`,
  replied: (slot, body) => `$${slot};${NAMESPACE};;ask;0;0;${body}`,
};

const socketIo: Protocol = {
  path: '/socket.io/?EIO=4&transport=websocket',
  opening: [{ answers: 1 }, { send: '40', answers: 1 }],
  emit: (event, body, room) => `42${JSON.stringify(room === undefined ? [event, body] : [event, room, body])}`,
  ask: (slot, body) => `42${slot}${JSON.stringify(['ask', body])}`,
  join: (room) => `421${JSON.stringify(['join', room])}`,
  leave: (room) => `422${JSON.stringify(['leave', room])}`,
  delivered: (event, body) => `42${JSON.stringify([event, body])}`,
  replied: (slot, body) => `43${slot}${JSON.stringify([body])}`,
  keepAlive: { ping: '2', pong: '3' },
};

const nest: Protocol = {
  path: '/ws',
  opening: [],
  emit: (event, body, room) => JSON.stringify({ event, data: room === undefined ? body : { room, body } }),
  ask: (id, body) => JSON.stringify({ event: 'ask', data: { id, body } }),
  join: (room) => JSON.stringify({ event: 'join', data: room }),
  leave: (room) => JSON.stringify({ event: 'leave', data: room }),
  delivered: (event, body) => JSON.stringify({ event, data: body }),
  replied: (id, body) => JSON.stringify({ event: 'ask', data: { id, body } }),
};

/** By name, as peers are listed with them. */
export const PROTOCOLS = { neffos, socketIo, nest } satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
