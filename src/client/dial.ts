import type { AnyContracts, ClientConn, ContractsOf } from './client-conn.js';
import type { ClientEvents } from './client-events.js';
import type { Address, DialOptions } from './dial-options.js';
import type { EventMaps } from './dialled.js';
import { openConn } from './open-conn.js';
import { webPlatform } from './platform.js';

/**
 * Connects to a server, with what hears its events by namespace.
 *
 * ```ts
 * const conn = await dial<{ default: typeof ChatController }>('wss://example.com/ws', {
 *   default: { chat: (msg) => show(msg.body) },
 * });
 * ```
 *
 * @typeParam Contracts what serves the namespaces of the server, by name; any when left out
 * @throws a {@link RemoteError} with the server's refusal, {CONN_CLOSED}, {ASK_TIMEOUT} or {ASK_ABORTED} of the event `dial`
 */
export function dial<Contracts extends ContractsOf<Contracts> = AnyContracts>(
  address: Address,
  events?: ClientEvents<NoInfer<Contracts>>,
  options: DialOptions = {},
): Promise<ClientConn<Contracts>> {
  const handlers = (events ?? {}) as EventMaps; // the same handlers, which types tell apart and nothing else
  const conn: Promise<ClientConn> = openConn(address, handlers, options, webPlatform);
  return conn as Promise<ClientConn<Contracts>>; // what the server speaks is for the contracts to say
}
