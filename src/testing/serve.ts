import { Container } from 'inversify';
import { checkOptions } from '../fastify/check-options.js';
import type { NefeliOptions } from '../fastify/options.js';
import { prepare } from '../fastify/prepare.js';
import { type ServerOptions } from '../server/options.js';
import { Server } from '../server/server.js';
import type { TestNamespaceOptions, TestSubject } from './options.js';

/** What serves in a test. */
export interface Served {
  readonly server: Server;
  readonly container: Container;
  /** The namespaces that are served, in the order in which they are named. */
  readonly namespaces: readonly string[];
  /** Broadcasters that the container injects are those of this server no longer: another one may be served from it. */
  detach(): void;
}

/** What a test's server goes by instead of the platform. */
export type Surroundings = Required<Pick<ServerOptions, 'scheduler' | 'random' | 'log' | 'onError'>>;

/**
 * Makes a server of the same parts as a mount of an app, without Fastify.
 *
 * @throws whatever is wrong in the code, with the mending, as the app would at start
 */
export async function serve(what: TestSubject, given: TestNamespaceOptions, around: Surroundings): Promise<Served> {
  const { bind, namespace: _namespace, clock: _clock, log: _log, ...options } = given;
  const { container = new Container() } = options;
  const { controllers = [], namespaces = {}, ...all } = { ...options, ...subjectOf(what), container };
  checkOptions({ ...all, controllers, namespaces });
  await bind?.(container);

  const prepared = await prepare({ ...all, controllers, namespaces }, around.log);
  const server = new Server({ ...around, ...all, ...prepared.options });
  const { supply } = prepared;
  supply?.attach(server);
  await server.start();
  return { server, container, namespaces: [...prepared.table.keys()], detach: () => supply?.detach(server) };
}

function subjectOf(what: TestSubject): Pick<NefeliOptions, 'controllers' | 'namespaces'> {
  if (typeof what === 'function') return { controllers: [what] };
  return isList(what) ? { controllers: what } : { namespaces: what };
}

/** `Array.isArray` does not know of lists that are only read. */
function isList(what: object): what is NonNullable<NefeliOptions['controllers']> {
  return Array.isArray(what);
}
