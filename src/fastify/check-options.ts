import { EXPECTED_CONCURRENCY, EXPECTED_DURATION, isConcurrency, isDuration } from '../core/namespace-behaviour.js';
import { type Fields, isPlainObject } from '../core/plain-object.js';
import type { IrisWireChoice } from '../core/wire-of.js';
import { WsError } from '../errors.js';
import type { ServerNamespaceOptions } from '../mvc/build-event-table.js';
import { ConnHandlers } from '../mvc/conn-handlers.js';
import type { ControllerRegistration } from '../mvc/controller-registration.js';
import { isClass } from '../mvc/is-class.js';
import type { NamespaceBehaviour } from '../ports/namespace-options.js';
import type { HeartbeatOptions } from '../server/heartbeat.js';
import type { CompressionOptions } from './compression.js';
import type { NefeliOptions } from './options.js';

/** Refuses a value under the name of its option. @throws {OPTION_INVALID} */
type Check = (option: string, value: unknown) => void;

/** What Fastify itself adds to the options of a plugin. */
const OF_FASTIFY: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers']);

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isFunction = (value: unknown): boolean => typeof value === 'function';

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
  const isMap = is(expected, isPlainObject);
  return (option, value) => {
    isMap(option, value);
    const entries = Object.entries(value as Fields); // it is a map
    for (const [key, each] of entries) entry(`${option}[${JSON.stringify(key)}]`, each);
  };
}

/** An object with these fields. One that is left out has its default. */
function fieldsOf(expected: string, fields: Readonly<Record<string, Check>>): Check {
  const hasFields = is(expected, isPlainObject);
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
const aTime = is(EXPECTED_DURATION, isDuration);
const aPath = is("a path that starts with '/'", (value) => typeof value === 'string' && value.startsWith('/'));
const anyText = is('a text', (value) => typeof value === 'string');
const middleware = listOf('an array of middleware', is('a function, or a class with the method use', isFunction));

/** @source RFC 9110, section 5.6.2: what a subprotocol may be made of */
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const aSubprotocol = is(
  "a name of letters, digits and !#$%&'*+-.^_`|~",
  (value) => typeof value === 'string' && TOKEN.test(value),
);

const COMPRESSION: Record<keyof CompressionOptions, Check> = {
  thresholdBytes: is('a number of bytes, 0 or more', (value) => Number.isSafeInteger(value) && Number(value) >= 0),
  concurrency: is('a whole number above 0', (value) => Number.isSafeInteger(value) && Number(value) >= 1),
  level: is(
    'a whole number from 1 to 9',
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 9,
  ),
};
const aCompression = fieldsOf('true, false, or an object with thresholdBytes, concurrency and level', COMPRESSION);

const WIRE: Record<keyof IrisWireChoice, Check> = {
  prefix: is(
    "a text that is not empty and holds no ';'",
    (value) => typeof value === 'string' && /^[^;]+$/.test(value),
  ),
  binaryMessages: is('true or false', (value) => typeof value === 'boolean'),
};
const someWire = fieldsOf("'neffos', 'iris', 'go-websocket', or { prefix, binaryMessages }", WIRE);
const wireNames: readonly unknown[] = ['neffos', 'iris', 'go-websocket'];

const HEARTBEAT: Record<keyof HeartbeatOptions, Check> = { pingMs: aTime, pongMs: aTime };

const BEHAVIOUR: Record<keyof NamespaceBehaviour, Check> = {
  concurrency: is(EXPECTED_CONCURRENCY, isConcurrency),
  readTimeoutMs: aTime,
  writeTimeoutMs: aTime,
  handlerTimeoutMs: aTime,
};

const NAMESPACE: Record<keyof ServerNamespaceOptions, Check> = { ...BEHAVIOUR, use: middleware };

const aClass = is('a class: not an instance of one, and not its name', isClass);

const REGISTRATION: Record<keyof ControllerRegistration, Check> = {
  controller: aClass,
  namespace: anyText,
  eventMatcher: aFunction,
  ...BEHAVIOUR,
};

const aRegistration = fieldsOf('a class, or { controller, … }', REGISTRATION);

const aController: Check = (option, value) => {
  if (!isPlainObject(value)) return aClass(option, value);
  aClass(`${option}.controller`, value['controller']);
  aRegistration(option, value);
};

/** What can be told of each option by itself. What belongs together is checked where it is used. */
const CHECKS: Record<keyof NefeliOptions, Check> = {
  container: having('a Container of inversify 8', 'get', 'bind', 'isBound', 'register'),
  controllers: listOf('an array of classes', aController),
  namespaces: mapOf(
    'an object of handlers by namespace and event',
    is('an object of handlers by event', isPlainObject),
  ),
  handlers: is('what joinConnHandlers or withTimeouts gives', (value) => value instanceof ConnHandlers),
  namespaceOptions: mapOf('an object of options by namespace', fieldsOf('an object of options', NAMESPACE)),
  use: middleware,
  eventMatcher: aFunction,
  native: is("'only', or left out", (value) => value === 'only'),
  wire: (option, value) => (wireNames.includes(value) ? undefined : someWire(option, value)),
  name: is('a text that is not empty', (value) => typeof value === 'string' && value !== ''),
  path: aPath,
  clientScript: aPath,
  idGenerator: aFunction,
  user: aFunction,
  urlHeaders: listOf('an array of header names', anyText),
  allowedOrigins: either('*', listOf("'*', or an array of origins", anyText)),
  checkOrigin: aFunction,
  upgradeTimeoutMs: aTime,
  subprotocols: listOf('an array of names', aSubprotocol),
  compression: either(true, either(false, aCompression)),
  onUpgradeRefused: aFunction,
  websocket: is('an object of options for @fastify/websocket', isPlainObject),
  limits: either('strict', is("'strict' or an object with single limits", isPlainObject)), // each limit: resolveOptions
  heartbeat: either(false, fieldsOf('false, or an object with pingMs and pongMs', HEARTBEAT)),
  slowReader: oneOf('close', 'drop-newest', 'drop-oldest'),
  askTimeoutMs: aTime,
  handlerTimeoutMs: aTime,
  readTimeoutMs: aTime,
  writeTimeoutMs: aTime,
  closeGraceMs: aTime,
  closeSpreadMs: either(0, aTime),
  connectGapMs: either(0, aTime),
  onConnect: aFunction,
  onDisconnect: aFunction,
  onError: aFunction,
  onRemoteError: aFunction,
  adapter: having('an adapter', 'start', 'subscribe', 'unsubscribe', 'publish', 'peers', 'stop'),
  metrics: having('an object that counts', 'count'),
};

/**
 * Refuses, before anything is set up, options that nobody knows and values that could not work.
 *
 * @throws {OPTION_INVALID} with the name of the option, its value, and what it must be
 */
export function checkOptions(options: NefeliOptions): void {
  const { native, wire } = options;
  if (native !== undefined && wire !== undefined)
    throw new WsError('OPTION_INVALID', { option: 'wire', value: wire, expected: "left out with native: 'only'" });
  for (const [name, value] of Object.entries(options)) {
    if (!OF_FASTIFY.has(name)) checkNamed(CHECKS, { name, option: name }, value);
  }
}
