import { AsyncLocalStorage } from 'node:async_hooks';
import { WsError } from '../errors.js';
import type { Conn, NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { Scope } from './scope.js';

/** What something is being made for: a connection, one of its namespaces, or a message there. */
export interface Current {
  readonly conn: Conn;
  readonly ns?: NSConn;
  readonly message?: { readonly message: Message; readonly scope: Scope };
}

/**
 * What is being made for at the moment. Set only during one synchronous resolution, so that the root container can be used for
 * every connection: a child container for each costs some 90 times the time and 140 times the memory.
 *
 * @source `bench/controller-cost.ts`, Node 20.20, November 2026
 */
let active: Current | undefined;

/** The same across awaits. Used only where it must be: from its first use on, Node notes every promise of the process. */
const lasting = new AsyncLocalStorage<Current>();

/** How a resolution is run. */
export interface ResolutionOptions {
  /** Whether something of the connection may be asked for after an await. @default false */
  readonly acrossAwaits?: boolean;
}

/** Runs `create` as a resolution for this connection. What it creates may ask for it; nothing else may. */
export function resolveFor<T>(current: Current, create: () => T, { acrossAwaits = false }: ResolutionOptions = {}): T {
  const before = active;
  active = current;
  try {
    return acrossAwaits ? lasting.run(current, create) : create();
  } finally {
    active = before;
  }
}

/** @throws {OUTSIDE_CONNECTION} when nothing is being made for a connection */
export function currentFor(service: string): Current {
  const current = active ?? lasting.getStore();
  if (!current) throw new WsError('OUTSIDE_CONNECTION', { service });
  return current;
}
