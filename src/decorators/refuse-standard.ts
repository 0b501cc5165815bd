import { WsError } from '../errors.js';

/**
 * Refuses the call of a standard (TC39) decorator. A compiler that has not been told `experimentalDecorators` makes those, and they
 * get a context where a legacy one gets the class and the name of the member: nothing would be recorded of what stands there, and a
 * guard would be missing without a word.
 *
 * @param second what the decorator was called with behind its target
 * @throws {DECORATORS_STANDARD}
 */
export function refuseStandard(decorator: string, second: unknown): void {
  if (typeof second !== 'object' || second === null) return;
  const { kind, name } = second as { readonly kind?: unknown; readonly name?: unknown }; // any object has them or not
  throw new WsError('DECORATORS_STANDARD', { decorator, place: `the ${String(kind)} ${String(name)}` });
}
