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
  if (!isMiddlewareType(use)) {
    if (SOURCE_OF_CLASS.test(Function.prototype.toString.call(use))) refuseClass(use);
    return use;
  }
  if (!resolver) throw new WsError('CONTROLLERS_NEED_CONTAINER', { controllers: [use.name] });
  const middleware = await resolver.middleware(use);
  // Named as its class, so that messages can tell which it was.
  return Object.defineProperty<Middleware>((ctx, next) => middleware.use(ctx, next), 'name', { value: use.name });
}

/** A class cannot be called as a function: it would fail with each message, and the guard that it is meant to be never run. */
const SOURCE_OF_CLASS = /^class\b/;

function refuseClass(value: Use): never {
  const expected =
    'a function (ctx, next) => …, or a class with the method use(ctx, next): on the prototype, not in a property';
  throw new WsError('OPTION_INVALID', { option: 'middleware of @Use(…) or use', value, expected });
}

function isMiddlewareType(use: Use): use is MiddlewareType {
  const prototype: unknown = use.prototype;
  return typeof prototype === 'object' && prototype !== null && 'use' in prototype;
}
