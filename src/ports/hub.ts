import type { Conn, NSConn } from './conn.js';

/** Who is meant by a message for many. Kinds that are given intersect; several of one kind are a union. */
export interface Target {
  readonly namespace: string;
  /** Those in any of these rooms. Empty: whatever their rooms. */
  readonly rooms: readonly string[];
  /** Those with any of these public ids. Empty: whatever their id. */
  readonly ids: readonly string[];
  /** Not the connections with these public ids. */
  readonly exceptIds: readonly string[];
  /** Not the connections with these private keys. */
  readonly exceptKeys: readonly string[];
}

/** What one connection needs from those who know the others. A client has none. */
export interface Hub {
  /**
   * Before a namespace is acknowledged: from here on, what other servers broadcast to it arrives here. Fails when the adapter does.
   */
  enter(namespace: string, conn: Conn): void | Promise<void>;
  /** What `enter` promised is not needed: the connect was refused. */
  abandon(namespace: string, conn: Conn): void;
  /** The same for a room, before it is joined. Nothing is returned where nothing has to be waited for. */
  enterRoom(ns: NSConn, room: string): undefined | Promise<void>;
  abandonRoom(ns: NSConn, room: string): void;
  connected(ns: NSConn): void;
  disconnected(ns: NSConn): void;
  joined(ns: NSConn, room: string): void;
  left(ns: NSConn, room: string): void;
  /** The connection takes part in nothing any more. Its events are still to come. */
  ended(conn: Conn): void;
  broadcast(target: Target, event: string, body: unknown): void;
}
