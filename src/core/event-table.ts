import type { NSConn } from '../ports/conn.js';
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

/**
 * In which order the messages of one connection are handled: one after the other over all its namespaces; one after the
 * other within this namespace, whatever goes on in others; or at the same time, as many as `limits.maxRunningHandlers` allows.
 * Connecting, joining and leaving keep their place in any case.
 */
export type HandlerOrder = 'connection' | 'namespace' | 'parallel';

/** One namespace, ready to be served: built once at start, read for every message. */
export interface NamespaceTable {
  readonly namespace: string;
  /** @default 'connection' */
  readonly order?: HandlerOrder;
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
