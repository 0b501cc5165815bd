import { type Namespaces, readEventMaps } from '../core/event-maps.js';
import type { EventTable, HandlerOrder } from '../core/event-table.js';
import { buildTable } from '../core/table-builder.js';
import { WsError } from '../errors.js';
import type { Middleware, Use } from '../ports/middleware.js';
import type { ControllerType, Resolver } from '../ports/resolver.js';
import { defaultEventMatcher, type EventMatcher } from './event-matcher.js';
import { readController } from './read-controller.js';
import { resolveMiddleware } from './resolve-middleware.js';

/** Everything that a mount serves, as its options name it. */
export interface Served {
  readonly controllers: readonly ControllerType[];
  readonly namespaces: Namespaces;
  /** In which order the messages of the maps are handled. */
  readonly orders: Readonly<Record<string, HandlerOrder>>;
  readonly resolver: Resolver | undefined;
  readonly eventMatcher?: EventMatcher | undefined;
  /** Middleware for every namespace. */
  readonly middleware: readonly Middleware[];
  /** Middleware for single namespaces, inside of that for all. */
  readonly middlewareIn: Readonly<Record<string, readonly Use[]>>;
}

/**
 * Puts controllers and maps of functions together into the table of namespaces, once, at start.
 *
 * @throws whatever is wrong in the code, with the mending
 */
export async function buildEventTable(served: Served): Promise<EventTable> {
  const { controllers, namespaces, resolver, eventMatcher = defaultEventMatcher } = served;
  const parts = readEventMaps(namespaces, served.orders);
  if (controllers.length > 0 && !resolver) {
    throw new WsError('CONTROLLERS_NEED_CONTAINER', { controllers: controllers.map(({ name }) => name) });
  }
  for (const controller of controllers) {
    if (resolver) parts.push(await readController(controller, resolver, eventMatcher));
  }
  const ofNamespace = new Map<string, readonly Middleware[]>();
  for (const [name, uses] of Object.entries(served.middlewareIn)) {
    ofNamespace.set(name, await resolveMiddleware(uses, resolver));
  }
  return buildTable(parts, { all: served.middleware, ofNamespace });
}
