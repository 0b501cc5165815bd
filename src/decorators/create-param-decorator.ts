import type { MessageContext } from '../ports/middleware.js';
import { type ParamDecorator, paramDecorator } from './param-decorator.js';

/**
 * Makes a decorator for parameters of handlers: whatever `read` gives is what the handler is called with.
 *
 * ```ts
 * const Field = createParamDecorator((ctx, name: string) => (ctx.body as Record<string, unknown>)[name]);
 * // onRename(@Field('name') name: unknown) {}
 * ```
 *
 * `ctx` is the one that the middleware of the message has seen, with its `state`. A promise is awaited before the handler is
 * called; without one the handler runs in the turn of the message. What `read` throws is the error of the handler.
 *
 * @param read called for each message, with what the decorator was given in its parentheses
 */
export function createParamDecorator<Args extends readonly unknown[] = []>(
  read: (ctx: MessageContext, ...args: Args) => unknown,
): (...args: Args) => ParamDecorator {
  const decorator = read.name ? `the parameter decorator of ${read.name}` : 'a parameter decorator';
  const mending = 'Move it to a parameter of a method that hears an event.';
  return (...args) => paramDecorator({ needs: 'context', read: (ctx) => read(ctx, ...args) }, { decorator, mending });
}
