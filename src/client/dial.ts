import type { Address, DialOptions } from './dial-options.js';
import type { DialledConn, Listener } from './dialled.js';
import type { EventMaps } from './event-handlers.js';
import { openConn } from './open-conn.js';
import { webPlatform } from './platform.js';

/**
 * Connects to a server, with what hears its events by namespace.
 *
 * @throws a {@link RemoteError} with the server's refusal, {CONN_CLOSED}, {ASK_TIMEOUT} or {ASK_ABORTED} of the event `dial`
 */
export function dial(
  address: Address,
  events: EventMaps<Listener> = {},
  options: DialOptions = {},
): Promise<DialledConn> {
  return openConn(address, events, options, webPlatform);
}
