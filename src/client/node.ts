import { WebSocket } from 'ws';
import type { Address, DialOptions } from './dial-options.js';
import type { DialledConn, Listener } from './dialled.js';
import type { EventMaps } from './event-handlers.js';
import { openConn } from './open-conn.js';
import { type WebSocketLike, webPlatform } from './platform.js';

export { PublicError, RemoteError, WsError } from './client-errors.js';

/** What only Node can say. */
export interface NodeDialOptions extends DialOptions {
  /** Headers of the upgrade, for each try. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The same as in a browser, over the package `ws`: with headers, and pings of the server count as a sign of life. */
export function dial(
  address: Address,
  events: EventMaps<Listener> = {},
  { headers = {}, ...options }: NodeDialOptions = {},
): Promise<DialledConn> {
  const open = (url: string, heard: () => void): WebSocketLike => {
    // Each message in a turn of its own, as in a browser: whoever awaits a namespace can listen before its first message.
    const socket = new WebSocket(url, { headers, allowSynchronousEvents: false });
    socket.on('ping', heard);
    return socket as unknown as WebSocketLike; // its handlers take events of the same shape
  };
  return openConn(address, events, options, { ...webPlatform, open });
}
