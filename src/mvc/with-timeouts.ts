import { EXPECTED_DURATION, isDuration } from '../core/namespace-behaviour.js';
import { isPlainObject } from '../core/plain-object.js';
import { WsError } from '../errors.js';
import type { NamespaceTimeouts } from '../ports/namespace-options.js';
import { type ConnHandler, partsOf } from './conn-handler.js';
import { ConnHandlers } from './conn-handlers.js';
import { fillIn } from './fill-in.js';

/**
 * Puts timeouts around handlers: they hold for the namespaces of these handlers and for no others, whatever the result is
 * joined with. A timeout that a part of them sets itself stays as it is.
 *
 * @throws {OPTION_INVALID}
 */
export function withTimeouts(timeouts: NamespaceTimeouts, handlers: ConnHandler): ConnHandlers {
  check(timeouts);
  const parts = partsOf(handlers, 'handlers of withTimeouts()');
  return new ConnHandlers(parts.map((part) => ({ ...part, timeouts: fillIn(part.timeouts, timeouts) })));
}

const TIMEOUTS: Readonly<Record<keyof NamespaceTimeouts, true>> = {
  readTimeoutMs: true,
  writeTimeoutMs: true,
  handlerTimeoutMs: true,
};

function check(timeouts: NamespaceTimeouts): void {
  const names = Object.keys(TIMEOUTS).join(', ');
  const refuse = (option: string, value: unknown, expected: string): never => {
    throw new WsError('OPTION_INVALID', { option, value, expected });
  };
  if (!isPlainObject(timeouts)) refuse('timeouts of withTimeouts()', timeouts, `an object with ${names}`);
  for (const [name, value] of Object.entries(timeouts)) {
    const option = `${name} of withTimeouts()`;
    if (!Object.hasOwn(TIMEOUTS, name)) refuse(option, value, `left out, or one of those there are: ${names}`);
    if (value !== undefined && !isDuration(value)) refuse(option, value, EXPECTED_DURATION);
  }
}
