import type { NSConn } from '../ports/conn.js';

import type { NamespaceBehaviour } from '../ports/namespace-options.js';

import type { SystemEvent } from '../protocol/event-names.js';
import type { HandledMessage } from './message-context.js';

/**
 * What runs for an event.
 *
 * @param scope what the namespace's `open` has made for this connection; nothing for plain functions
 */
export type Handler = (msg: HandledMessage, ns: NSConn, scope: unknown) => unknown;

/** A handler, and the name it goes by. */
export interface EventEntry {
  /** The name the handler is registered under; every other spelling leads to it. */
  readonly name: string;
  readonly run: Handler;
}

/** System events that a namespace can hear. `AnyEvent` and `NativeMessage` are no such events but places in the table. */
export type LifecycleEvent = Exclude<SystemEvent, '_OnAnyEvent' | '_OnNativeMessage'>;

/** One namespace, ready to be served: built once at start, read for every message. */
export interface NamespaceTable extends NamespaceBehaviour {
  readonly namespace: string;
  /** By every spelling that reaches a handler. A `Map`: names come from peers, and a `Map` has no names of its own. */
  readonly events: ReadonlyMap<string, EventEntry>;
  readonly lifecycle: ReadonlyMap<LifecycleEvent, Handler>;
  /** Hears the events that have no handler. */
  readonly any?: EventEntry;
  /** Hears raw messages. Only in the namespace `""`. */
  readonly native?: EventEntry;
  /** Makes what belongs to this connection in this namespace: the controllers. Throwing refuses the connect. */
  readonly open?: (ns: NSConn) => unknown;
  /** Lets it go, after the last event. Called once for each `open` that succeeded. */
  readonly close?: (scope: unknown) => void | Promise<void>;
}

/** Every namespace that is served here, by name. */
export type EventTable = ReadonlyMap<string, NamespaceTable>;
