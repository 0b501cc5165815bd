import type { CloseInfo, Conn, WaitOptions } from '../ports/conn.js';
import type { NamespaceTable } from './event-table.js';
import type { FewByName } from './few-by-name.js';
import type { HandlerQueue } from './handler-queue.js';
import type { Link } from './link.js';
import type { LiveNSConn } from './live-ns-conn.js';
import type { Outbound } from './outbound.js';
import type { PendingAsks } from './pending-asks.js';
import type { ConnSettings } from './settings.js';

/** A namespace that is being connected: not refused on this side, and then connected on both. */
export interface Opening {
  readonly admission: Promise<LiveNSConn>;
  readonly installed: Promise<LiveNSConn>;
}

/** One connection as its own parts see it. */
export interface ConnContext {
  readonly settings: ConnSettings;
  readonly conn: Conn;
  readonly link: Link;
  readonly outbound: Outbound;
  readonly asks: PendingAsks;
  readonly queue: HandlerQueue;
  /** The namespaces that are connected, by name. */
  readonly connected: FewByName<LiveNSConn>;
  readonly opening: FewByName<Opening>;
  /** What is being connected from here, until nothing is left of what could not be. Made with the first. */
  underWay: Set<Promise<unknown>> | undefined;
  /** How many rooms are joined, over all namespaces. */
  roomCount: number;
  /** Set once the connection has ended. */
  readonly ended: CloseInfo | undefined;
  /** Whether messages may be sent: the handshake is done, or there is none. */
  readonly isOpen: boolean;
  /**
   * How long a handler may take from now on: one of this namespace, or else one that hears of the connection itself. After the
   * end it has no more than what is left of the time for all that is told of it.
   */
  handlerTimeMs(table?: NamespaceTable): number;
  /** The connected namespaces have changed, and so may how long the connection may be silent, or stuck. */
  updateDeadlines(): void;
  /** Fulfilled when the handshake is done; rejected when the connection ends before. Asking for it lets a server answer. */
  whenOpen(options?: WaitOptions): Promise<void>;
  /** Tells whoever waits for the namespace that it is connected. */
  tellWaiters(ns: LiveNSConn): void;
  close(code: number, reason: string): void;
}
