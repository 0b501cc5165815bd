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
export { dial } from './dial.js';
export type { Address, ConnState, DialOptions, ErrorPlace, QueueOptions } from './dial-options.js';
export type { ConnectOptions } from './dialled.js';
export type { Jsonified } from './jsonified.js';
export type { StreamOptions } from './message-stream.js';
export type { Readable } from './store.js';
