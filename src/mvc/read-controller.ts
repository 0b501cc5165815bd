import { systemEventOf } from '../core/lifecycle-names.js';
import type { Member, Part } from '../core/table-builder.js';
import { findRecord } from '../decorators/controller-record.js';
import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { ControllerType, Provision, Resolver } from '../ports/resolver.js';
import { disposeController } from './dispose-controller.js';
import type { EventMatcher } from './event-matcher.js';
import { functionFieldsIn } from './function-fields.js';

type Method = (this: object, msg: Message, ns: NSConn) => unknown;

/** Reads a decorated class as a part of the table. Everything is looked up here, at start, and nothing for a message. */
export function readController(controller: ControllerType, resolver: Resolver, matcher: EventMatcher): Part {
  const namespace = namespaceOf(controller);
  refuseFunctionFields(controller, matcher);
  const provision = resolver.provide(controller);
  const members = readMembers(controller, provision, matcher);
  if (members.length === 0) throw new WsError('CONTROLLER_WITHOUT_EVENTS', { controller: controller.name });
  if (provision.kind === 'static') {
    refuseFunctionProperties(controller, provision.instance, matcher);
    return { namespace, owner: controller.name, members };
  }
  return {
    namespace,
    owner: controller.name,
    members,
    open: (ns) => {
      const instance = provision.create(ns);
      refuseFunctionProperties(controller, instance, matcher);
      return instance;
    },
    close: (instance) => disposeController(instance as object, provision.preDestroy), // made by open
  };
}

function namespaceOf(controller: ControllerType): string {
  for (const prototype of prototypesOf(controller)) {
    const namespace = findRecord(prototype.constructor)?.namespace;
    if (namespace !== undefined) return namespace;
  }
  throw new WsError('CONTROLLER_NOT_DECORATED', { controller: controller.name });
}

/** The prototypes of a class and of its bases, nearest first. */
function prototypesOf(controller: ControllerType): object[] {
  const prototypes: object[] = [];
  for (
    let prototype: object | null = controller.prototype as object;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    prototypes.push(prototype);
  }
  return prototypes;
}

function readMembers(controller: ControllerType, provision: Provision, matcher: EventMatcher): Member[] {
  const methods = methodsOf(controller);
  const named = namedEventsOf(controller);
  const members: Member[] = [];
  for (const [name, method] of methods) {
    const hears = hearsOf(name, named.get(name), matcher);
    if (!hears) continue;
    const run: Member['run'] =
      provision.kind === 'static'
        ? (msg, ns) => method.call(provision.instance, msg, ns)
        : (msg, ns, instance) => method.call(instance as object, msg, ns); // made by open
    for (const heard of hears) members.push({ origin: `${controller.name}.${name}`, hears: heard, run });
  }
  return members;
}

/** What a method hears: the names given to it by `@On`, or else what its own name stands for. */
function hearsOf(
  method: string,
  named: readonly string[] | undefined,
  matcher: EventMatcher,
): readonly Member['hears'][] | undefined {
  if (named) return named.map((event) => (event.startsWith('_On') ? systemEventOf(event) : undefined) ?? [event]);
  const system = method.startsWith('_') ? undefined : systemEventOf(method);
  if (system) return [system];
  const spellings = matcher(method);
  return spellings && [spellings];
}

/** The methods of a class and its bases; a method that a subclass overrides counts once. */
function methodsOf(controller: ControllerType): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (const prototype of prototypesOf(controller)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name !== 'constructor' && typeof value === 'function' && !methods.has(name)) {
        methods.set(name, value as Method); // a method of a controller; its parameters are checked by @On and by use
      }
    }
  }
  return methods;
}

/** The events that `@On` gives to methods. Those of a subclass replace those of its base for the same method. */
function namedEventsOf(controller: ControllerType): Map<string, string[]> {
  const named = new Map<string, string[]>();
  for (const prototype of prototypesOf(controller)) {
    const own = new Map<string, string[]>();
    for (const { method, event } of findRecord(prototype.constructor)?.events ?? []) {
      own.set(method, [...(own.get(method) ?? []), event]);
    }
    for (const [method, events] of own) if (!named.has(method)) named.set(method, events);
  }
  return named;
}

/**
 * An arrow function in a property looks like an event and is none: it exists only once the object does, when the table has
 * long been built. Silence would cost hours, so it is refused: at start where the source of the class shows it.
 */
function refuseFunctionFields(controller: ControllerType, matcher: EventMatcher): void {
  for (const member of functionFieldsIn(controller.toString())) refuseIfEvent(controller, member, matcher);
}

/** The same for an object that is there. */
function refuseFunctionProperties(controller: ControllerType, instance: object, matcher: EventMatcher): void {
  for (const [member, { value }] of Object.entries(Object.getOwnPropertyDescriptors(instance))) {
    if (typeof value === 'function') refuseIfEvent(controller, member, matcher);
  }
}

function refuseIfEvent(controller: ControllerType, member: string, matcher: EventMatcher): void {
  if (systemEventOf(member) === undefined && matcher(member) === undefined) return;
  if (member in controller.prototype) return;
  throw new WsError('HANDLER_NOT_METHOD', { controller: controller.name, member });
}
