import { channel } from 'node:diagnostics_channel';
import type { AdapterState } from '../ports/adapter.js';
import type { CloseInfo, Conn } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';

// What tracing tools may listen to, by `node:diagnostics_channel`. Costs nothing while nobody does.
const opened = channel('nefeli:connection.opened');
const closed = channel('nefeli:connection.closed');
const broadcast = channel('nefeli:broadcast');
const clusterChanged = channel('nefeli:cluster.changed');

/** Tells `nefeli:connection.opened` of a connection that was taken, before its hook has let it in. */
export function publishOpened(conn: Conn): void {
  if (opened.hasSubscribers) opened.publish({ conn });
}

/** Tells `nefeli:connection.closed` of a connection that has ended. Its events may still be to come. */
export function publishClosed(conn: Conn, info: CloseInfo): void {
  if (closed.hasSubscribers) closed.publish({ conn, ...info });
}

/** Tells `nefeli:broadcast` of a broadcast, with the number of connections of this server that it was handed to. */
export function publishBroadcast(target: Target, event: string, receivers: number): void {
  if (broadcast.hasSubscribers) broadcast.publish({ target, event, receivers });
}

/** Tells `nefeli:cluster.changed` whether the other servers can be reached. */
export function publishClusterChanged(state: AdapterState): void {
  if (clusterChanged.hasSubscribers) clusterChanged.publish({ state });
}
