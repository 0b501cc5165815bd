import type { Handler } from '../core/event-table.js';
import { isPromiseLike } from '../core/run-handler.js';
import type { MessageServices, OpenServices, Provision, Resolver } from '../ports/resolver.js';
import type { Method } from './class-record.js';
import type { HandlerArguments } from './handler-arguments.js';

/** A method that hears an event, and what it is called on. */
interface Called {
  /** Where it is written, for messages. */
  readonly origin: string;
  readonly method: Method;
  readonly provision: Provision;
  readonly resolver: Resolver;
}

/** How a method is called for a message. One without decorated parameters costs nothing more than the call. */
export async function runOf(called: Called, args: HandlerArguments | undefined): Promise<Handler> {
  const { method, provision } = called;
  if (args) return await runWith(called, args);
  if (provision.kind === 'static') return (msg, ns) => method.call(provision.instance, msg, ns);
  return (msg, ns, instance) => method.call(instance as object, msg, ns); // made by the part's own open
}

/** Runs a method with what its parameters ask for: in the turn of the message, unless one of them takes time. */
async function runWith({ origin, method, provision, resolver }: Called, args: HandlerArguments): Promise<Handler> {
  const open: OpenServices | undefined =
    args.services.length > 0 ? await resolver.services(args.services, origin) : undefined;
  const run = (from: Parameters<Handler>, services?: MessageServices): unknown => {
    const [msg, ns, instance] = from;
    const self = provision.kind === 'static' ? provision.instance : (instance as object); // made by the part's own open
    const values = args.read(msg, ns, services);
    if (isPromiseLike(values)) {
      // Whoever waited has been told that it took too long: what it was to do is not begun then.
      return values.then((all): unknown => (msg.isGivenUp ? undefined : Reflect.apply(method, self, all)));
    }
    return Reflect.apply(method, self, values);
  };
  if (!open) return (...from) => run(from);
  return (...from) => {
    const [msg, ns] = from;
    const services = open(msg, ns);
    return closingAfter(services, () => run(from, services));
  };
}

/** Lets the services of a message go when its handler has ended, well or not; with nothing to let go it takes no turn. */
function closingAfter(services: MessageServices, run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return closeAfterFailure(services, error);
  }
  if (isPromiseLike(result)) return closeAfter(services, result);
  return services.close()?.then(() => result) ?? result;
}

async function closeAfter(services: MessageServices, pending: PromiseLike<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await pending;
  } catch (error) {
    return await closeAfterFailure(services, error);
  }
  await services.close();
  return result;
}

async function closeAfterFailure(services: MessageServices, error: unknown): Promise<never> {
  try {
    await services.close();
  } catch (failure) {
    const text = 'a handler failed, and its services could not be let go';
    throw new AggregateError([error, failure], text, { cause: error });
  }
  throw error;
}
