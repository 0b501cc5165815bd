import type { SystemEvent } from '../protocol/event-names.js';
import type { Body } from '../protocol/message.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';

/** Who started what an event tells of, and whether it can be refused. */
export interface Circumstances {
  readonly isLocal: boolean;
  readonly isForced?: boolean;
  readonly body?: Body;
}

/** What a lifecycle event of a namespace tells. */
export function namespaceEvent(
  { conn, namespace }: LiveNSConn,
  event: SystemEvent,
  { isLocal, isForced, body }: Circumstances,
): LiveMessage {
  return new LiveMessage(conn, { namespace, event, isLocal, isForced, body });
}
