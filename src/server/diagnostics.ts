import { channel } from 'node:diagnostics_channel';
import type { CloseInfo, Conn } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';

/**
 * What tracing tools may listen to, by `node:diagnostics_channel`. Costs nothing while nobody does.
 */
const opened = channel('nefeli:connection.opened');
const closed = channel('nefeli:connection.closed');
const broadcast = channel('nefeli:broadcast');

export function publishOpened(conn: Conn): void {
  if (opened.hasSubscribers) opened.publish({ conn });
}

export function publishClosed(conn: Conn, info: CloseInfo): void {
  if (closed.hasSubscribers) closed.publish({ conn, ...info });
}

export function publishBroadcast(target: Target, event: string, receivers: number): void {
  if (broadcast.hasSubscribers) broadcast.publish({ target, event, receivers });
}
