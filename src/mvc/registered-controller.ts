import { BEHAVIOUR_FIELDS } from '../core/namespace-behaviour.js';
import { WsError } from '../errors.js';
import type { NamespaceOptions, NamespaceTimeouts } from '../ports/namespace-options.js';
import type { ControllerType } from '../ports/resolver.js';
import { type ClassRecord, readClass } from './class-record.js';
import type { ControllerRegistration } from './controller-registration.js';
import { fillIn } from './fill-in.js';

/** A controller, and all that is said of it, wherever that was. */
export interface RegisteredController {
  readonly controller: ControllerType;
  readonly record: ClassRecord;
  readonly namespace: string;
  readonly options: NamespaceOptions;
}

/**
 * Reads together what a registration says, what the class says where that is silent, and what was said around both.
 *
 * @throws {CONTROLLER_NOT_DECORATED} {OPTION_INVALID}
 */
export function registered(
  entry: ControllerType | ControllerRegistration,
  around: NamespaceTimeouts = {},
): RegisteredController {
  const registration: ControllerRegistration = typeof entry === 'function' ? { controller: entry } : entry;
  const { controller, namespace: registeredFor, ...own } = registration;
  const record = readClass(controller);
  const namespace = registeredFor ?? record.namespace;
  if (namespace === undefined) throw new WsError('CONTROLLER_NOT_DECORATED', { controller: controller.name });
  const options = fillIn<NamespaceOptions>(own, fillIn<NamespaceOptions>(record.options, around));
  checkOptions(controller, options);
  return { controller, record, namespace, options };
}

const FIELDS: readonly string[] = [...BEHAVIOUR_FIELDS, 'eventMatcher'] satisfies (keyof NamespaceOptions)[];

/** Their values are checked with those of all others who serve the namespace. */
function checkOptions({ name: controller }: ControllerType, options: NamespaceOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const option = `${name} of ${controller}`;
    const expected = `left out, or one of those there are: ${FIELDS.join(', ')}`;
    if (!FIELDS.includes(name)) throw new WsError('OPTION_INVALID', { option, value, expected });
    if (name !== 'eventMatcher' || typeof value === 'function') continue;
    throw new WsError('OPTION_INVALID', { option, value, expected: 'a function' });
  }
}
