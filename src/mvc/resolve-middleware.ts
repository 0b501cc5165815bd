import { WsError } from '../errors.js';
import type { Middleware, Use } from '../ports/middleware.js';
import type { MiddlewareType, Resolver } from '../ports/resolver.js';

/** What `@Use` and the option `use` were given, as functions: classes are made by the container, at start. */
export async function resolveMiddleware(uses: readonly Use[], resolver: Resolver | undefined): Promise<Middleware[]> {
  const made: Middleware[] = [];
  for (const use of uses) made.push(await resolve(use, resolver));
  return made;
}

async function resolve(use: Use, resolver: Resolver | undefined): Promise<Middleware> {
  if (!isMiddlewareType(use)) return use;
  if (!resolver) throw new WsError('CONTROLLERS_NEED_CONTAINER', { controllers: [use.name] });
  const middleware = await resolver.middleware(use);
  // Named as its class, so that messages can tell which it was.
  return Object.defineProperty<Middleware>((ctx, next) => middleware.use(ctx, next), 'name', { value: use.name });
}

function isMiddlewareType(use: Use): use is MiddlewareType {
  const prototype: unknown = use.prototype;
  return typeof prototype === 'object' && prototype !== null && 'use' in prototype;
}
