import { type EventRecord, findRecord } from '../decorators/controller-record.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { Use } from '../ports/middleware.js';
import type { NamespaceOptions } from '../ports/namespace-options.js';
import type { ControllerType } from '../ports/resolver.js';
import { fillIn } from './fill-in.js';

/** A method of a controller, before it is known what it hears. */
export type Method = (this: object, msg: Message, ns: NSConn) => unknown;

/**
 * What was written on a class and on its bases: what a subclass says of a method replaces what its base has said. Middleware comes
 * on top of that of the base, as it does on classes: a guard must not be lost by what is written beside it.
 */
export interface ClassRecord {
  readonly namespace: string | undefined;
  readonly options: NamespaceOptions;
  readonly methods: ReadonlyMap<string, Method>;
  readonly events: ReadonlyMap<string, readonly EventRecord[]>;
  /** Of the class, that of its bases outside. */
  readonly middleware: readonly Use[];
  /** Of each method, that of its bases outside. */
  readonly middlewareOf: ReadonlyMap<string, readonly Use[]>;
}

/** Reads a class and its bases together. */
export function readClass(controller: ControllerType): ClassRecord {
  const methods = new Map<string, Method>();
  const events = new Map<string, readonly EventRecord[]>();
  const middlewareOf = new Map<string, readonly Use[]>();
  const middleware: Use[] = [];
  let namespace: string | undefined;
  let options: NamespaceOptions = {};
  for (const prototype of prototypesOf(controller)) {
    addNew(methods, ownMethods(prototype));
    const record = findRecord(prototype.constructor);
    namespace ??= record?.namespace ?? staticNamespaceOf(prototype.constructor);
    if (!record) continue;
    options = fillIn(options, record.options ?? {});
    middleware.unshift(...record.middleware);
    for (const [name, uses] of record.middlewareOf)
      middlewareOf.set(name, [...uses, ...(middlewareOf.get(name) ?? [])]);
    addNew(events, byMethod(record.events));
  }
  return { namespace, options, methods, events, middleware, middlewareOf };
}

/** The prototypes of a class and of its bases, nearest first. */
function prototypesOf(controller: ControllerType): object[] {
  const prototypes: object[] = [];
  let prototype: object | null = controller.prototype as object; // typed as any
  while (prototype !== null && prototype !== Object.prototype) {
    prototypes.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null; // typed as any
  }
  return prototypes;
}

/** A class may say its namespace without a decorator: `static readonly namespace = 'chat'`. */
function staticNamespaceOf(controller: object): string | undefined {
  const namespace: unknown = Object.hasOwn(controller, 'namespace') ? Reflect.get(controller, 'namespace') : undefined;
  return typeof namespace === 'string' ? namespace : undefined;
}

function ownMethods(prototype: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === 'constructor' || typeof value !== 'function') continue;
    methods.set(name, value as Method); // its parameters are checked by @On and by use
  }
  return methods;
}

function byMethod(events: readonly EventRecord[]): Map<string, EventRecord[]> {
  const grouped = new Map<string, EventRecord[]>();
  for (const event of events) grouped.set(event.method, [...(grouped.get(event.method) ?? []), event]);
  return grouped;
}

function addNew<T>(all: Map<string, T>, more: ReadonlyMap<string, T>): void {
  for (const [name, value] of more) if (!all.has(name)) all.set(name, value);
}
