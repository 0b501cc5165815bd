import { type Namespaces, readEventMaps } from '../core/event-maps.js';
import type { EventTable } from '../core/event-table.js';
import { buildTable, type Part } from '../core/table-builder.js';
import { WsError } from '../errors.js';
import type { EventMatcher } from '../ports/event-matcher.js';
import type { Middleware, Use } from '../ports/middleware.js';
import type { NamespaceBehaviour } from '../ports/namespace-options.js';
import type { ControllerType, Resolver } from '../ports/resolver.js';
import { ConnHandlers, type HandlersPart } from './conn-handlers.js';
import type { ControllerRegistration } from './controller-registration.js';
import { defaultEventMatcher } from './event-matcher.js';
import { readController } from './read-controller.js';
import { type RegisteredController, registered } from './registered-controller.js';
import { resolveMiddleware } from './resolve-middleware.js';

/** What a server says of one of its namespaces, whoever serves it. */
export interface ServerNamespaceOptions extends NamespaceBehaviour {
  /** Middleware for this namespace, inside of that of the server and outside of what stands at the controllers. */
  readonly use?: readonly Use[];
}

/** Everything that a mount serves, as its options name it. */
export interface Served {
  readonly controllers: readonly (ControllerType | ControllerRegistration)[];
  readonly namespaces: Namespaces;
  readonly handlers: ConnHandlers | undefined;
  readonly namespaceOptions: Readonly<Record<string, ServerNamespaceOptions>>;
  readonly resolver: Resolver | undefined;
  readonly eventMatcher?: EventMatcher | undefined;
  /** Middleware for every namespace. */
  readonly middleware: readonly Middleware[];
}

/**
 * Puts controllers and maps of functions together into the table of namespaces, once, at start.
 *
 * @throws whatever is wrong in the code, with the mending
 */
export async function buildEventTable(served: Served): Promise<EventTable> {
  const { namespaces, resolver, middleware, namespaceOptions } = served;
  const joined = served.handlers ? ConnHandlers.partsOf(served.handlers) : [];
  const controllers = [...served.controllers.map((entry) => registered(entry)), ...joined.flatMap(controllerOf)];
  const parts = [
    ...readEventMaps(namespaces),
    ...joined.flatMap(mapsOf),
    ...joined.flatMap(readyOf),
    ...(await readControllers(controllers, resolver, served.eventMatcher)),
  ];
  const own = Object.entries(namespaceOptions).map(([namespace, options]) => partOf(namespace, options, parts));
  const ofNamespace = new Map<string, readonly Middleware[]>();
  for (const [name, { use = [] }] of Object.entries(namespaceOptions)) {
    ofNamespace.set(name, await resolveMiddleware(use, resolver));
  }
  return buildTable([...parts, ...own], { all: middleware, ofNamespace });
}

const controllerOf = (part: HandlersPart): RegisteredController[] =>
  part.kind === 'controller' ? [registered(part.entry, part.timeouts)] : [];

const mapsOf = (part: HandlersPart): Part[] =>
  part.kind === 'maps'
    ? readEventMaps(part.namespaces, { source: `handlers${part.path}`, behaviour: part.timeouts })
    : [];

const readyOf = (given: HandlersPart): Part[] =>
  given.kind === 'ready' ? [{ ...given.part, owner: `handlers${given.path}`, behaviour: given.timeouts }] : [];

async function readControllers(
  controllers: readonly RegisteredController[],
  resolver: Resolver | undefined,
  matcher: EventMatcher = defaultEventMatcher,
): Promise<Part[]> {
  if (!resolver) {
    if (controllers.length === 0) return [];
    throw new WsError('CONTROLLERS_NEED_CONTAINER', {
      controllers: controllers.map(({ controller }) => controller.name),
    });
  }
  for (const [index, { controller, namespace }] of controllers.entries()) {
    const isAgain = controllers.slice(0, index).some((e) => e.controller === controller && e.namespace === namespace);
    if (isAgain) throw new WsError('CONTROLLER_DUPLICATE', { controller: controller.name, namespace });
  }
  const parts: Part[] = [];
  for (const controller of controllers) parts.push(await readController(controller, resolver, matcher));
  return parts;
}

/** What the server itself says of a namespace is a part of it without handlers. */
function partOf(namespace: string, { use: _, ...behaviour }: ServerNamespaceOptions, parts: readonly Part[]): Part {
  const served = new Set(parts.map((part) => part.namespace));
  if (!served.has(namespace)) throw new WsError('NAMESPACE_UNKNOWN', { namespace, served: [...served] });
  return { namespace, owner: `namespaceOptions[${JSON.stringify(namespace)}]`, behaviour, members: [] };
}
