import { WsError } from '../errors.js';
import type { Use as Middleware } from '../ports/middleware.js';
import { refuseStatic } from './check-decorator.js';
import { recordOf } from './controller-record.js';
import { refuseStandard } from './refuse-standard.js';

/**
 * Puts middleware around a controller or one of its events, the first outermost.
 *
 * On a class it stands around every event of the class, and around connecting its namespace and joining its rooms. On a
 * method it stands around that event, a lifecycle event, too, inside of what stands around the class. What stands on a method of a
 * base stays around one that overrides it, outside of what stands there.
 *
 * ```ts
 * @Use(requireUser, RateLimit)
 * @Namespace('default')
 * class ChatController { … }
 * ```
 *
 * @throws {OPTION_INVALID} for what is no middleware: `undefined`, where two modules import each other, or no parentheses
 * @throws {HANDLER_NOT_METHOD} on a static method
 */
export function Use(...middleware: readonly Middleware[]): (target: object, method?: string) => void {
  const wrong = middleware.findIndex((each) => typeof each !== 'function');
  if (wrong >= 0) {
    const expected = 'a function or a class, in parentheses: it is undefined where two modules import each other';
    throw new WsError('OPTION_INVALID', {
      option: `middleware ${wrong + 1} of @Use(…)`,
      value: middleware[wrong],
      expected,
    });
  }
  return (target, method) => {
    refuseStandard('@Use(…)', method);
    if (method === undefined) return void recordOf(target).middleware.unshift(...middleware);
    refuseStatic('@Use(…)', target, method);
    const { middlewareOf } = recordOf(target.constructor);
    // Decorators run from the last to the first: what is written above goes outside.
    middlewareOf.set(method, [...middleware, ...(middlewareOf.get(method) ?? [])]);
  };
}
