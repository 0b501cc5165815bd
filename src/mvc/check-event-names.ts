import { systemEventOf } from '../core/lifecycle-names.js';
import { WsError } from '../errors.js';
import type { ControllerType } from '../ports/resolver.js';
import { defaultEventMatcher } from './event-matcher.js';

/** The events that each method of a controller hears, in every spelling; none for a method that hears no event. */
export type ServedNames = ReadonlyMap<string, readonly string[]>;

/**
 * Holds what the static property `eventNames` of a controller says to clients, in its type, to what the controller serves. One
 * without the property says nothing that could be wrong.
 *
 * @throws {EVENT_NAMES_WRONG} {OPTION_INVALID}
 */
export function checkEventNames(controller: ControllerType, served: ServedNames): void {
  const said: unknown = Reflect.get(controller, 'eventNames');
  if (typeof said !== 'object' || said === null) return;
  for (const [method, names] of Object.entries(said)) {
    hold({ controller, method, said: namesOf(controller, method, names) }, served.get(method));
  }
  for (const [method, names] of served) {
    // What is not listed has, for the compiler, the name that goes without `on`.
    const implied = Object.hasOwn(said, method) ? undefined : impliedName(method);
    if (implied !== undefined) hold({ controller, method, said: [implied] }, names);
  }
}

interface Saying {
  readonly controller: ControllerType;
  readonly method: string;
  readonly said: readonly string[];
}

function hold({ controller, method, said }: Saying, served: readonly string[] = []): void {
  if (said.every((name) => served.includes(name))) return;
  // The canonical name stands for its other spellings.
  const isByName = defaultEventMatcher(method)?.every((name) => served.includes(name)) === true;
  throw new WsError('EVENT_NAMES_WRONG', {
    controller: controller.name,
    method,
    said,
    served: isByName ? served.slice(0, 1) : served,
  });
}

const impliedName = (method: string): string | undefined =>
  systemEventOf(method) === undefined ? defaultEventMatcher(method)?.[0] : undefined;

function namesOf(controller: ControllerType, method: string, value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.every((name) => typeof name === 'string')) return names;
  throw new WsError('OPTION_INVALID', {
    option: `eventNames.${method} of ${controller.name}`,
    value,
    expected: 'the name of an event, or a list of names',
  });
}
