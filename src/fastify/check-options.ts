import { WsError } from '../errors.js';
import type { HeartbeatOptions } from '../server/heartbeat.js';
import type { NefeliOptions } from './options.js';

/** Refuses a value under the name of its option. @throws {OPTION_INVALID} */
type Check = (option: string, value: unknown) => void;

/** 24.8 days, the longest that a timer of Node runs. @source Node's documentation of `setTimeout` */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What Fastify itself adds to the options of a plugin. */
const OF_FASTIFY: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers']);

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Of what is no plain object, such as a Map or an instance of a class, the entries would be missed. */
function isPlain(value: unknown): value is Fields {
  if (!isFields(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // also one of another realm
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Arrow functions and methods have no prototype: they make nothing. */
const isClass = (value: unknown): boolean => typeof value === 'function' && isFields(value.prototype);

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS;

function is(expected: string, fits: (value: unknown) => boolean): Check {
  return (option, value) => {
    if (!fits(value)) throw new WsError('OPTION_INVALID', { option, value, expected });
  };
}

function oneOf(...texts: readonly string[]): Check {
  return is(texts.map((text) => `'${text}'`).join(' or '), (value) => texts.some((text) => text === value));
}

function having(what: string, ...methods: readonly string[]): Check {
  const fits = (value: unknown): boolean => isFields(value) && methods.every((name) => isFunction(value[name]));
  return is(`${what}, with the methods ${methods.join(', ')}`, fits);
}

function listOf(expected: string, item: Check): Check {
  const isList = is(expected, Array.isArray);
  return (option, value) => {
    isList(option, value);
    const items = value as readonly unknown[]; // it is a list
    for (const [index, each] of items.entries()) item(`${option}[${index}]`, each);
  };
}

function mapOf(expected: string, entry: Check): Check {
  const isMap = is(expected, isPlain);
  return (option, value) => {
    isMap(option, value);
    const entries = Object.entries(value as Fields); // it is a map
    for (const [key, each] of entries) entry(`${option}[${JSON.stringify(key)}]`, each);
  };
}

/** An object with these fields. One that is left out has its default. */
function fieldsOf(expected: string, fields: Readonly<Record<string, Check>>): Check {
  const hasFields = is(expected, isPlain);
  return (option, value) => {
    hasFields(option, value);
    const given = Object.entries(value as Fields); // it has fields
    for (const [name, field] of given) checkNamed(fields, { name, option: `${option}.${name}` }, field);
  };
}

interface Named {
  readonly name: string;
  /** The name with where it stands. */
  readonly option: string;
}

function checkNamed(checks: Readonly<Record<string, Check>>, { name, option }: Named, value: unknown): void {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  const known = Object.keys(checks).join(', ');
  if (!check)
    throw new WsError('OPTION_INVALID', { option, value, expected: `left out, or one of those there are: ${known}` });
  if (value !== undefined) check(option, value);
}

const either =
  (literal: unknown, other: Check): Check =>
  (option, value) => {
    if (value !== literal) other(option, value);
  };

const aFunction = is('a function', isFunction);
const aTime = is(`a number of milliseconds above 0, and ${MAX_TIMER_MS} at most`, isPositive);
const anyText = is('a text', (value) => typeof value === 'string');
const middleware = listOf('an array of middleware', is('a function, or a class with the method use', isFunction));

const HEARTBEAT: Record<keyof HeartbeatOptions, Check> = { pingMs: aTime, pongMs: aTime };

/** What can be told of each option by itself. What belongs together is checked where it is used. */
const CHECKS: Record<keyof NefeliOptions, Check> = {
  container: having('a Container of inversify 8', 'get', 'bind', 'isBound', 'register'),
  controllers: listOf('an array of classes', is('a class: not an instance of one, and not its name', isClass)),
  namespaces: mapOf('an object of handlers by namespace and event', is('an object of handlers by event', isPlain)),
  orderIn: mapOf('an object of orders by namespace', oneOf('connection', 'namespace', 'parallel')),
  use: middleware,
  useIn: mapOf('an object of middleware by namespace', middleware),
  eventMatcher: aFunction,
  native: is("'only', or left out", (value) => value === 'only'),
  name: is('a text that is not empty', (value) => typeof value === 'string' && value !== ''),
  path: is("a path that starts with '/'", (value) => typeof value === 'string' && value.startsWith('/')),
  idGenerator: aFunction,
  user: aFunction,
  urlHeaders: listOf('an array of header names', anyText),
  allowedOrigins: either('*', listOf("'*', or an array of origins", anyText)),
  checkOrigin: aFunction,
  upgradeTimeoutMs: aTime,
  websocket: is('an object of options for @fastify/websocket', isPlain),
  limits: either('strict', is("'strict' or an object with single limits", isPlain)), // each limit: resolveOptions
  heartbeat: either(false, fieldsOf('false, or an object with pingMs and pongMs', HEARTBEAT)),
  slowReader: oneOf('close', 'drop-newest', 'drop-oldest'),
  askTimeoutMs: aTime,
  handlerTimeoutMs: aTime,
  closeGraceMs: aTime,
  connectGapMs: either(0, aTime),
  onConnect: aFunction,
  onDisconnect: aFunction,
  onError: aFunction,
  onRemoteError: aFunction,
  adapter: having('an adapter', 'start', 'subscribe', 'unsubscribe', 'publish', 'countPeers', 'stop'),
  metrics: having('an object that counts', 'count'),
};

/**
 * Refuses, before anything is set up, options that nobody knows and values that could not work.
 *
 * @throws {OPTION_INVALID} with the name of the option, its value, and what it must be
 */
export function checkOptions(options: NefeliOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!OF_FASTIFY.has(name)) checkNamed(CHECKS, { name, option: name }, value);
  }
}
