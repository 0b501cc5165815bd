import type { EventMatcher } from './event-matcher.js';

/**
 * How many messages of one connection are handled at a time. `'serial'`: one, over all its namespaces that are serial. A
 * whole number: so many of this namespace, whatever goes on in others, beginning in order of arrival; 1 is a queue of its own.
 * `'parallel'`: all of them. Never more than `limits.maxRunningHandlers`; connecting, joining and leaving keep their place in any
 * case.
 */
export type Concurrency = 'serial' | 'parallel' | number;

/** How long a connection of a namespace may take, in milliseconds. */
export interface NamespaceTimeouts {
  /**
   * A connection in the namespace that has sent no frame for so long is closed with 1001 `read timeout`; pongs do not count.
   * The clock stands still while this side does not read. Of several namespaces the strictest counts.
   *
   * @default none: the heartbeat finds peers that are dead
   */
  readonly readTimeoutMs?: number;
  /**
   * What is sent to a connection in the namespace has to leave this process within so long, or the connection is closed with
   * 1013 `write timeout`. Of several namespaces the strictest counts.
   *
   * @default none: the outbox bounds what may wait
   */
  readonly writeTimeoutMs?: number;
  /** How long a handler of the namespace may take before the next message goes on without it. @default the server's */
  readonly handlerTimeoutMs?: number;
}

/** How the messages of a namespace are handled, whoever handles them. */
export interface NamespaceBehaviour extends NamespaceTimeouts {
  /** @default 'serial' */
  readonly concurrency?: Concurrency;
}

/** How a controller serves its namespace, beyond its events. */
export interface NamespaceOptions extends NamespaceBehaviour {
  /** Which events reach a method by its name, in this controller. @default the server's */
  readonly eventMatcher?: EventMatcher;
}
