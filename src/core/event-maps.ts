import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { HandlerOrder } from './event-table.js';
import { systemEventOf } from './lifecycle-names.js';
import type { Member, Part } from './table-builder.js';

/** Handles an event without a class. What it returns answers an ask. */
export type EventHandler = (msg: Message, ns: NSConn) => unknown;

/** Handlers by the exact name of their event; lifecycle handlers by theirs (`onNamespaceConnected`, `onRoomJoin`, `onAnyEvent`, …). */
export type EventHandlers = Readonly<Record<string, EventHandler>>;

/** Handlers by namespace: a server without classes. */
export type Namespaces = Readonly<Record<string, EventHandlers>>;

/**
 * Reads maps of functions as parts of the table.
 *
 * @param orders in which order messages are handled, by namespace
 */
export function readEventMaps(namespaces: Namespaces, orders: Readonly<Record<string, HandlerOrder>> = {}): Part[] {
  return Object.entries(namespaces).map(([namespace, handlers]) => ({
    namespace,
    owner: `the map of "${namespace}"`,
    order: Object.hasOwn(orders, namespace) ? orders[namespace] : undefined,
    members: Object.entries(handlers).map(([event, handler]) => readMember(namespace, event, handler)),
  }));
}

function readMember(namespace: string, event: string, handler: EventHandler): Member {
  if (typeof handler !== 'function') {
    throw new WsError('HANDLER_NOT_FUNCTION', { namespace, event, type: typeof handler });
  }
  return {
    origin: `namespaces[${JSON.stringify(namespace)}].${event}`,
    hears: systemEventOf(event) ?? [event],
    run: (msg, ns) => handler(msg, ns),
  };
}
