import { type ParamDecorator, paramDecorator } from './param-decorator.js';

/** What a service is asked for by: its class, or the name that it is bound under. */
export type ServiceToken = string | symbol | (abstract new (...args: never[]) => unknown);

/**
 * Gives the parameter a service of the container. It is the way to services of one message, which a constructor cannot have;
 * any other can be got so, too.
 *
 * ```ts
 * onOrder(@Body() order: Order, @Service(UnitOfWork) work: UnitOfWork) { … }
 * ```
 *
 * One that is asynchronous is awaited before the handler is called. What is registered for each message is made once for it,
 * and let go when the handler has ended. A service that is not bound is refused at start.
 */
export function Service(token: ServiceToken): ParamDecorator {
  return paramDecorator(
    { needs: 'service', token },
    { decorator: '@Service(…)', mending: 'In a constructor write @inject(…).' },
  );
}
