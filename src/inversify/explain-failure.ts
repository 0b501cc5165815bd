import { isPromiseLike } from '../core/run-handler.js';
import { WsError } from '../errors.js';

/** What inversify marks its errors with. Their classes are not exported, and bundlers rename them. */
const CORE_ERROR = Symbol.for('@inversifyjs/core/InversifyCoreError');
const CONTAINER_ERROR = Symbol.for('@inversifyjs/container/InversifyContainerError');

const NO_METADATA = /(?:missing metadata on|class metadata at) type "?([^\s":]*)/;
/** Which arguments of a constructor are meant, counted from 0: `indexes "0", "2"`, or each by itself. */
const INDEXES = /\bconstructor (?:indexes ((?:"\d+"(?:, )?)+)|argument with index (\d+))/g;
/** How many arguments there are, and how many of the first something is known of. */
const TOO_FEW = /requires at least (\d+) arguments, found (\d+)/;
const ASYNCHRONOUS = 'Unexpected asynchronous service';
/** It is a plain error. @source `@inversifyjs/common`, `stringifyServiceIdentifier` */
const BY_UNDEFINED = 'Unexpected undefined service id type';
const NO_BINDING = /^(No|Ambiguous) bindings found for service: "(.*)"\.$/m;
const NEEDED_BY = /^Trying to resolve bindings for "(.*)"\.$/m;
const CIRCLE = /^Circular dependency found: (.*)$/m;
const NAMED = /^- name: (?!-$)(.*)$/m;

/**
 * Gets something from the container. inversify's errors say what is missing, at length; this says where, and what to do.
 * The error of a constructor passes as it is.
 *
 * @throws {SERVICE_UNBOUND} {METADATA_MISSING} {SERVICE_ASYNC}
 */
export function orExplain<T>(controller: string, get: () => T): T {
  try {
    return get();
  } catch (cause) {
    throw explain(controller, cause);
  }
}

/** The same for what may take its time: a promise is given where it does, and for an error in any case. */
export function explained<T>(controller: string, get: () => T | Promise<T>): T | Promise<T> {
  const result = orExplain(controller, get);
  if (!isPromiseLike(result)) return result;
  return result.catch((cause: unknown) => {
    throw explain(controller, cause);
  });
}

/** What is not inversify's own, such as the error of a constructor, passes as it is. */
function explain(controller: string, cause: unknown): unknown {
  if (cause instanceof Error && cause.message === BY_UNDEFINED) {
    const reason =
      'something is to be injected by undefined, which is what an import in a circle gives while the modules are loaded. ' +
      'Take the circle apart, or write @inject(new LazyServiceIdentifier(() => TheClass))';
    return new WsError('SERVICE_UNBOUND', { controller, reason }, { cause });
  }
  if (!(cause instanceof Error) || !(CORE_ERROR in cause || CONTAINER_ERROR in cause)) return cause;
  return explainOwn(controller, cause);
}

/** What else inversify finds, such as a failing `@postConstruct`, it tells of in one line and by itself. */
function explainOwn(controller: string, cause: Error): Error {
  const { message } = cause;
  if (message.includes(ASYNCHRONOUS)) return new WsError('SERVICE_ASYNC', { controller }, { cause });
  const [, type] = NO_METADATA.exec(message) ?? [];
  if (type !== undefined) {
    return new WsError('METADATA_MISSING', { controller, type, parameters: parametersIn(message) }, { cause });
  }
  const reason = unboundReason(message) ?? circleReason(controller, message);
  return reason === undefined ? cause : new WsError('SERVICE_UNBOUND', { controller, reason }, { cause });
}

/** The parameters that nothing is known of, counted from 1 as for those of handlers. */
function parametersIn(message: string): readonly number[] {
  const [, count = 0, known = 0] = TOO_FEW.exec(message)?.map(Number) ?? [];
  const missing = Array.from({ length: count - known }, (_, index) => known + index + 1);
  const named = [...message.matchAll(INDEXES)].flatMap(
    ([, several, one]) => (several ?? one ?? '').match(/\d+/g) ?? [],
  );
  return [...named.map((index) => Number(index) + 1), ...missing];
}

function unboundReason(message: string): string | undefined {
  const [, how, service] = NO_BINDING.exec(message) ?? [];
  if (service === undefined) return undefined;
  const [, name] = NAMED.exec(message) ?? [];
  const [, neededBy = ''] = NEEDED_BY.exec(message) ?? [];
  const what = `${how === 'No' ? 'no binding' : 'more than one binding'} for ${service}`;
  const isRoot = neededBy.endsWith('(Root service)'); // a binding has asked the container for it by hand
  return what + (name === undefined ? '' : ` named "${name}"`) + (isRoot ? '' : `, needed by ${neededBy}`);
}

/** The way of a circle starts at our own identifier for the controller. */
function circleReason(controller: string, message: string): string | undefined {
  const [, way] = CIRCLE.exec(message) ?? [];
  return way && `a circle of services: ${way.replace(`Symbol(${controller}) -> `, '').replaceAll(' -> ', ' > ')}`;
}
