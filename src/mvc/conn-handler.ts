import type { Namespaces } from '../core/event-maps.js';
import { isPlainObject } from '../core/plain-object.js';
import { WsError } from '../errors.js';
import type { ControllerType } from '../ports/resolver.js';
import { ConnHandlers, type HandlersPart } from './conn-handlers.js';
import type { ControllerRegistration } from './controller-registration.js';
import { isClass } from './is-class.js';

/**
 * What handles the events of connections: maps of functions by namespace, a controller, a controller with what is said of it
 * where it is registered, or several of them put together.
 */
export type ConnHandler = Namespaces | ControllerType | ControllerRegistration | ConnHandlers;

const EXPECTED =
  'maps of functions by namespace, a controller class, { controller, … }, or what joinConnHandlers or withTimeouts gives';

/**
 * The parts of what a user has given.
 *
 * @param option what it was given as, for the message
 * @throws {OPTION_INVALID} for anything else
 */
export function partsOf(handler: ConnHandler, option: string): readonly HandlersPart[] {
  if (handler instanceof ConnHandlers) return ConnHandlers.partsOf(handler);
  const whole = { path: '', timeouts: {} };
  if (isController(handler)) return [{ kind: 'controller', entry: handler, ...whole }];
  if (areMaps(handler)) return [{ kind: 'maps', namespaces: handler, ...whole }];
  throw new WsError('OPTION_INVALID', { option, value: handler, expected: EXPECTED });
}

/** A namespace may be named `controller`: its map is no class. */
function isController(value: ConnHandler): value is ControllerType | ControllerRegistration {
  return isClass(value) || (isPlainObject(value) && isClass(value['controller']));
}

/** What single entries are is looked at when they are read. */
const areMaps = (value: unknown): value is Namespaces =>
  isPlainObject(value) && Object.values(value).every(isPlainObject);
