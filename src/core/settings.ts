import type { Scheduler } from '../ports/clock.js';
import type { Conn } from '../ports/conn.js';
import type { Hub } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import type { Random } from '../ports/random.js';
import type { Wire } from '../ports/wire.js';
import type { ConnLimits } from '../protocol/limits.js';
import type { Side } from '../protocol/wait-token.js';
import type { EventTable } from './event-table.js';

/** Where a handler failed, for whoever reports it. */
export interface ErrorInfo {
  readonly conn: Conn;
  readonly namespace: string;
  readonly event: string;
  /** Of 16 hexadecimal digits. Where the other side was told `internal error <id>`, this one. */
  readonly id: string;
}

/** An error frame that no ask of ours waits for, as the other side sent it. */
export interface RemoteErrorInfo {
  readonly conn: Conn;
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly text: string;
}

/** What all connections of one server, or of one client, have in common. One object for all of them. */
export interface ConnSettings {
  readonly side: Side;
  readonly wire: Wire;
  readonly table: EventTable;
  readonly limits: ConnLimits;
  /** How long an ask waits for its reply. */
  readonly askTimeoutMs: number;
  /** How long a handler may take before the next message goes on without it. A namespace may have its own. */
  readonly handlerTimeoutMs: number;
  /** How long the other side may be silent, whatever namespaces it is in; for ever when left out. */
  readonly readTimeoutMs?: number | undefined;
  /** How long what is sent may stay in this process, whatever namespaces it is for; for ever when left out. */
  readonly writeTimeoutMs?: number | undefined;
  /** How long nothing follows the acknowledgement of a namespace; 0 for clients without the need. */
  readonly connectGapMs: number;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Who knows the other connections; none on a client. */
  readonly hub?: Hub;
  /** Runs before the handshake is answered. Throwing refuses the connection. */
  readonly onConnect?: (conn: Conn) => unknown;
  /** Runs last, after every event about a connection that was not refused. */
  readonly onDisconnect?: (conn: Conn) => unknown;
  /** Lets go of what was made for a connection, when everything else about it has ended. */
  readonly release?: (conn: Conn) => unknown;
  /** Hears every error of a handler that nobody else answers for. Must not throw; if it does, that is logged. */
  readonly onError?: (error: unknown, info: ErrorInfo) => void;
  readonly onRemoteError?: (error: RemoteErrorInfo) => void;
}
