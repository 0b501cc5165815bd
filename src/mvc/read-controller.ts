import { nearestLifecycleNames, refuseMisspelt, systemEventOf } from '../core/lifecycle-names.js';
import type { Member, Part } from '../core/table-builder.js';
import type { EventRecord } from '../decorators/controller-record.js';
import { WsError } from '../errors.js';
import type { EventMatcher } from '../ports/event-matcher.js';
import type { ControllerType, Provision, Resolver } from '../ports/resolver.js';

import type { SystemEvent } from '../protocol/event-names.js';

import { runOf } from './call-method.js';
import { checked } from './check-body.js';
import { checkEventNames } from './check-event-names.js';
import type { ClassRecord } from './class-record.js';

import { disposeController } from './dispose-controller.js';
import { refuseFunctionFields, refuseFunctionProperties } from './function-fields.js';

import { argumentsOf } from './handler-arguments.js';
import type { RegisteredController } from './registered-controller.js';
import { resolveMiddleware } from './resolve-middleware.js';

/** Reads a decorated class as a part of the table. Everything is looked up here, at start, and nothing for a message. */
export async function readController(
  { controller, record, namespace, options }: RegisteredController,
  resolver: Resolver,
  serverMatcher: EventMatcher,
): Promise<Part> {
  const { eventMatcher: matcher = serverMatcher, ...behaviour } = options;
  refuseFunctionFields(controller, matcher);
  const provision = await resolver.provide(controller);
  const members = await readMembers({ controller, record, provision, matcher, resolver });
  if (members.length === 0) throw new WsError('CONTROLLER_WITHOUT_EVENTS', { controller: controller.name });
  const middleware = await resolveMiddleware(record.middleware, resolver);
  const part: Part = { namespace, owner: controller.name, behaviour, members, middleware };
  if (provision.kind === 'static') {
    refuseFunctionProperties(controller, provision.instance, matcher);
    return part;
  }
  let isChecked = false;
  const check = (instance: object): object => {
    // All objects of a class have the fields of the first, as far as they are written in the class.
    if (!isChecked) refuseFunctionProperties(controller, instance, matcher);
    isChecked = true;
    return instance;
  };
  return {
    ...part,
    open: (ns) => {
      const instance = provision.create(ns);
      return instance instanceof Promise ? instance.then(check) : check(instance);
    },
    close: (instance) => disposeController(instance as object, provision.preDestroy), // made by open
  };
}

interface Reading {
  readonly controller: ControllerType;
  readonly record: ClassRecord;
  readonly provision: Provision;
  readonly matcher: EventMatcher;
  readonly resolver: Resolver;
}

async function readMembers({ controller, record, provision, matcher, resolver }: Reading): Promise<Member[]> {
  refuseDecoratedRest(controller, record);
  const members: Member[] = [];
  const served = new Map<string, readonly string[]>();
  for (const [name, method] of record.methods) {
    const origin = `${controller.name}.${name}`;
    const named = record.events.get(name);
    for (const { event } of named ?? []) refuseMisspeltOn(origin, event);
    served.set(name, []);
    // `_onRoomJoin` is a method of the class's own; `_OnRoomJoin` is how the wire spells it, and is meant.
    if (!named && !/^_(?!On)/.test(name)) refuseMisspelt(origin, name, lifecycleOf(name));
    // What the container calls is not the clients' to call, unless @On says so.
    if (provision.ownMethods.includes(name) && !named) continue;
    const heard = heardBy(name, named, matcher);
    served.set(name, namesIn(heard));
    if (heard.length === 0) continue;
    const middleware = await resolveMiddleware(record.middlewareOf.get(name) ?? [], resolver);
    const run = await runOf({ origin, method, provision, resolver }, argumentsOf(controller, name, method));
    for (const { hears, schemas } of heard) {
      members.push({ origin, hears, middleware, run: schemas ? checked(schemas, origin, run) : run });
    }
  }
  checkEventNames(controller, served);
  return members;
}

/** Decorators stand on properties and accessors as well, where nothing would be called by what they say. */
function refuseDecoratedRest(
  { name: controller }: ControllerType,
  { methods, events, middlewareOf }: ClassRecord,
): void {
  const refuse = (member: string, decorator: string): void => {
    if (!methods.has(member))
      throw new WsError('HANDLER_NOT_METHOD', { controller, member: String(member), decorator });
  };
  for (const [member, [first]] of events) refuse(member, `@On('${first?.event}')`);
  for (const member of middlewareOf.keys()) refuse(member, '@Use(…)');
}

/** `@On` names lifecycle events as the wire does, and no client can send what begins so. */
function refuseMisspeltOn(origin: string, event: string): void {
  if (!event.startsWith('_On') || systemEventOf(event) !== undefined) return;
  const nearest = nearestLifecycleNames(event).map((name) => `_O${name.slice(1)}`);
  if (nearest.length > 0) throw new WsError('LIFECYCLE_MISSPELT', { origin: `@On('${event}') of ${origin}`, nearest });
}

interface Heard extends Pick<Member, 'hears'>, Pick<EventRecord, 'schemas'> {}

/** What a method hears: the names given to it by `@On`, or else what its own name stands for. */
function heardBy(method: string, named: readonly EventRecord[] | undefined, matcher: EventMatcher): Heard[] {
  if (named) {
    return named.map(({ event, schemas }) => ({
      hears: (event.startsWith('_On') ? systemEventOf(event) : undefined) ?? [event],
      ...(schemas && { schemas }),
    }));
  }
  const hears = lifecycleOf(method) ?? matcher(method);
  return hears ? [{ hears }] : [];
}

const namesIn = (heard: readonly Heard[]): string[] =>
  heard.flatMap(({ hears }) => (typeof hears === 'string' ? [] : hears));

const lifecycleOf = (method: string): SystemEvent | undefined =>
  method.startsWith('_') ? undefined : systemEventOf(method);
