import { WebSocket } from 'ws';
import type { AnyContracts, ClientConn, ContractsOf } from './client-conn.js';
import type { ClientEvents } from './client-events.js';
import type { Address, DialOptions } from './dial-options.js';
import type { EventMaps } from './dialled.js';
import { openConn } from './open-conn.js';
import { type WebSocketLike, webPlatform } from './platform.js';

export type {
  AnyContracts,
  ClientConn,
  ClientHandler,
  ClientNSConn,
  ClientRoom,
  ContractsOf,
} from './client-conn.js';
export { PublicError, RemoteError, WsError } from './client-errors.js';
export type { ClientEventHandlers, ClientEvents } from './client-events.js';
export type { ClientMessage } from './client-message.js';
export type { AnySays, Contract, ContractOf } from './contract.js';
export type { Address, ConnState, DialOptions, ErrorPlace, QueueOptions } from './dial-options.js';
export type { ConnectOptions } from './dialled.js';
export type { Jsonified } from './jsonified.js';
export type { StreamOptions } from './message-stream.js';
export type { Readable } from './store.js';

/** What only Node can say. */
export interface NodeDialOptions extends DialOptions {
  /** Headers of the upgrade, for each try. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The same as in a browser, over the package `ws`: with headers, and pings of the server count as a sign of life. */
export function dial<Contracts extends ContractsOf<Contracts> = AnyContracts>(
  address: Address,
  events?: ClientEvents<NoInfer<Contracts>>,
  { headers = {}, ...options }: NodeDialOptions = {},
): Promise<ClientConn<Contracts>> {
  const handlers = (events ?? {}) as EventMaps; // the same handlers, which types tell apart and nothing else
  const open = (url: string, heard: () => void): WebSocketLike => {
    // Each message in a turn of its own, as in a browser: whoever awaits a namespace can listen before its first message.
    const socket = new WebSocket(url, { headers, allowSynchronousEvents: false });
    socket.on('ping', heard);
    return socket as unknown as WebSocketLike; // its handlers take events of the same shape
  };
  const conn: Promise<ClientConn> = openConn(address, handlers, options, { ...webPlatform, open });
  return conn as Promise<ClientConn<Contracts>>; // what the server speaks is for the contracts to say
}
