import type { Newable, ServiceIdentifier } from 'inversify';
import type { Conn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Current } from './current.js';
import { type Bindable, type Maker, register } from './recipe.js';

/** What makes a service of a connection: a function of its request, or a class. */
export type ConnectionMaker<T> = Maker<[request: ConnRequest, conn: Conn], T>;

/**
 * Makes a service one for each connection: all controllers of the connection share it, whatever their namespaces. It is let go
 * when the connection has ended, after every event about it: `@preDestroy`, `Symbol.asyncDispose` and `Symbol.dispose` are
 * awaited, the last made first.
 *
 * ```ts
 * registerPerConnection(container, Cart); // a class
 * registerPerConnection(container, Tenant, (request) => tenants.find(request.hostname));
 * ```
 *
 * It is made when the first controller that needs it is. A function may be asynchronous; what it throws refuses the connect
 * of that namespace, as an error of a constructor does.
 *
 * @param container a container, or what a `ContainerModule` is given
 * @param maker left out for a class that is its own name
 */
export function registerPerConnection<T extends object>(container: Bindable, service: Newable<T>): void;
export function registerPerConnection<T>(
  container: Bindable,
  service: ServiceIdentifier<T>,
  maker: ConnectionMaker<T>,
): void;
export function registerPerConnection<T>(
  container: Bindable,
  service: ServiceIdentifier<T>,
  maker?: ConnectionMaker<T>,
): void {
  const from = ({ conn }: Current): [ConnRequest, Conn] => [conn.request, conn];
  register(container, { lifetime: 'connection', service, maker, from });
}
