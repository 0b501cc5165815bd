import type { Container } from 'inversify';
import type { Namespaces } from '../core/event-maps.js';
import type { ServedOptions } from '../fastify/options.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger } from '../ports/logger.js';
import type { ControllerType } from '../ports/resolver.js';
import type { ServerBehaviour } from '../server/options.js';
import type { ManualClock } from './manual-clock.js';

/** What is tested: a controller, several, or maps of functions by namespace. */
export type TestSubject = ControllerType | NonNullable<ServedOptions['controllers']> | Namespaces;

/** How it is served: as in an app, by the options of `nefeli` that need no Fastify, and by what only a test says. */
export interface TestNamespaceOptions
  extends ServerBehaviour,
    Omit<ServedOptions, 'controllers' | 'namespaces' | 'wire'> {
  /** Binds what the controllers need, before they are looked at. It may take its time. */
  readonly bind?: (container: Container) => unknown;
  /** The namespace that clients speak to, unless they say otherwise. @default the first */
  readonly namespace?: string;
  /** A clock that somebody else goes by, too. @default one that starts at 0 */
  readonly clock?: ManualClock;
  /** Where the server logs, and `conn.log`. @default nowhere */
  readonly log?: Logger;
}

/** To which namespaces a client connects. */
export interface ClientNamespaces {
  /** The namespace that the client speaks to. @default the first of `namespaces` */
  readonly namespace?: string;
  /** Those that it is connected to from the start: an empty list for a connection without any. @default `namespace` */
  readonly namespaces?: readonly string[];
  /** What connecting `namespace` says to `onNamespaceConnect`. A string goes as it is, bytes as bytes, anything else as JSON. */
  readonly body?: unknown;
}

/** Who connects. */
export interface ConnectOptions extends ClientNamespaces {
  /** The public id. @default 'client-1', 'client-2', … */
  readonly id?: string;
  /** Who is behind the connection: `conn.user`, and `conn.request.user`. */
  readonly user?: unknown;
  /**
   * What is known of the upgrade: `headers`, `query`, `cookies`, … It becomes a fake with the data of a request and nothing that
   * Fastify's own can do. Names of headers become lower case.
   */
  readonly request?: Partial<ConnRequest>;
  /** How often the client has tried before it came back. @default 0 */
  readonly reconnectTries?: number;
}
