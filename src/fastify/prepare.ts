import { aroundConnection } from '../core/around.js';
import type { EventTable } from '../core/event-table.js';
import { mustBeNativeOnly } from '../core/native-only.js';
import { mustFit, wireOf } from '../core/wire-of.js';
import { BroadcasterSupply } from '../inversify/broadcaster-supply.js';
import { ContainerResolver } from '../inversify/container-resolver.js';
import { buildEventTable } from '../mvc/build-event-table.js';
import { resolveMiddleware } from '../mvc/resolve-middleware.js';
import type { Logger } from '../ports/logger.js';
import type { ServerBehaviour, ServerOptions } from '../server/options.js';
import type { ServedOptions } from './options.js';

/** The name of a mount where none is given. */
export const DEFAULT_MOUNT = 'default';

/** What a server is made from. */
export interface PreparedOptions extends ServerBehaviour, ServedOptions {
  readonly name?: string;
}

/** What of a server is not told by its options as they are. */
export interface Prepared {
  readonly options: Pick<ServerOptions, 'table' | 'wire' | 'onConnect' | 'release'>;
  readonly table: EventTable;
  /** What injected broadcasters wait for; none where there is no container, or the application has bound one itself. */
  readonly supply: BroadcasterSupply | undefined;
}

/**
 * Makes everything that can be made before the first connection: middleware, static controllers, and the table of events.
 * Knows nothing of Fastify, so that a test is served by the same parts as an app.
 *
 * @throws whatever is wrong in the code, with the mending
 */
export async function prepare(options: PreparedOptions, log: Logger): Promise<Prepared> {
  const { container, controllers = [], namespaces = {}, handlers, namespaceOptions = {}, eventMatcher } = options;
  const resolver = container && ContainerResolver.of(container, log);
  const supply = container && resolver?.binding(() => BroadcasterSupply.of(container, options.name ?? DEFAULT_MOUNT));
  const middleware = await resolveMiddleware(options.use ?? [], resolver);
  const served = { controllers, namespaces, handlers, namespaceOptions };
  const table = await buildEventTable({ ...served, resolver, eventMatcher, middleware });
  if (options.native === 'only') mustBeNativeOnly(table);
  const onConnect = aroundConnection(middleware, options.onConnect);
  return {
    options: {
      table,
      wire(limits) {
        const wire = wireOf(options, table, limits);
        mustFit(wire, table);
        return wire;
      },
      ...(onConnect && { onConnect }),
      ...(resolver && { release: (conn) => resolver.release(conn) }),
    },
    table,
    supply,
  };
}
