import { WsError } from '../errors.js';
import type { EventTable } from './event-table.js';

/**
 * Refuses a table that cannot be served without a protocol: raw messages have one handler, and nothing names another.
 *
 * @throws {NATIVE_ONLY_INVALID}
 */
export function mustBeNativeOnly(table: EventTable): void {
  const found = [...table.values()].flatMap(({ namespace, events, native }) => [
    ...[...events.keys()].map((event) => `"${event}" in "${namespace}"`),
    ...(native ? ['onNativeMessage'] : []),
  ]);
  if (table.size === 1 && table.get('')?.native && found.length === 1) return;
  throw new WsError('NATIVE_ONLY_INVALID', { found });
}
