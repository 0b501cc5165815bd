import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';

/**
 * The connection that a controller is being made for. Set only during one synchronous resolution, so that the root container
 * can be used for every connection: a child container for each costs some 90 times the time and 140 times the memory.
 *
 * @source `bench/controller-cost.mjs`, Node 20.20, November 2026
 */
let active: NSConn | undefined;

/** Runs `create` as a resolution for this connection. What it creates may ask for it; nothing else may. */
export function createFor<T>(ns: NSConn, create: () => T): T {
  const before = active;
  active = ns;
  try {
    return create();
  } finally {
    active = before;
  }
}

/** @throws {OUTSIDE_CONNECTION} when nothing is being made for a connection */
export function activeConnection(service: string): NSConn {
  if (!active) throw new WsError('OUTSIDE_CONNECTION', { service });
  return active;
}
