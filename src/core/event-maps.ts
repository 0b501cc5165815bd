import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { NamespaceBehaviour } from '../ports/namespace-options.js';
import { refuseMisspelt, systemEventOf } from './lifecycle-names.js';
import type { Member, Part } from './table-builder.js';

/** Handles an event without a class. What it returns answers an ask. */
export type EventHandler = (msg: Message, ns: NSConn) => unknown;

/** Handlers by the exact name of their event; lifecycle handlers by theirs (`onNamespaceConnected`, `onRoomJoin`, `onAnyEvent`, …). */
export type EventHandlers = Readonly<Record<string, EventHandler>>;

/** Handlers by namespace: a server without classes. */
export type Namespaces = Readonly<Record<string, EventHandlers>>;

/** Where maps of functions come from, and what holds for all of them. */
interface MapSource {
  /** For messages. @default 'namespaces' */
  readonly source?: string;
  readonly behaviour?: NamespaceBehaviour;
}

/** Reads maps of functions as parts of the table. */
export function readEventMaps(namespaces: Namespaces, { source = 'namespaces', behaviour }: MapSource = {}): Part[] {
  return Object.entries(namespaces).map(([namespace, handlers]) => {
    const owner = `${source}[${JSON.stringify(namespace)}]`;
    const members = Object.entries(handlers).map(([event, handler]) => {
      if (typeof handler !== 'function') {
        throw new WsError('HANDLER_NOT_FUNCTION', { namespace, event, type: typeof handler });
      }
      return readMember(`${owner}.${event}`, event, handler);
    });
    return { namespace, owner, behaviour, members };
  });
}

function readMember(origin: string, event: string, handler: EventHandler): Member {
  const systemEvent = systemEventOf(event);
  refuseMisspelt(origin, event, systemEvent);
  return {
    origin,
    hears: systemEvent ?? [event],
    run: (msg, ns) => handler(msg, ns),
  };
}
