import { WsError } from '../errors.js';
import type { EventSchemas } from './controller-record.js';

const AS: readonly unknown[] = ['json', 'text', 'bytes'] satisfies EventSchemas['as'][];
const FIELDS: readonly string[] = ['body', 'reply', 'as'] satisfies (keyof EventSchemas)[];

function refuseArgument(option: string, value: unknown, expected: string): never {
  throw new WsError('OPTION_INVALID', { option, value, expected });
}

/** A schema may be a function, too. */
function isSchema(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}

/**
 * Refuses what `@On` could not take for the schemas of an event: passed over, a schema under another name would leave every
 * body unchecked.
 *
 * @throws {OPTION_INVALID}
 */
export function checkSchemas(event: string, schemas: unknown): void {
  if (schemas === undefined) return;
  const place = `@On('${event}')`;
  const isObject = typeof schemas === 'object' && schemas !== null;
  if (!isObject || isSchema(schemas)) {
    refuseArgument(`schemas of ${place}`, schemas, 'an object with body, reply and as: { body: the schema }');
  }
  for (const [name, value] of Object.entries(schemas)) {
    const option = `${name} of ${place}`;
    if (!FIELDS.includes(name))
      refuseArgument(option, value, `left out, or one of those there are: ${FIELDS.join(', ')}`);
    if (value === undefined) continue;
    if (name !== 'as' && !isSchema(value)) refuseArgument(option, value, 'a Standard Schema, as those of zod are');
    if (name === 'as' && !AS.includes(value)) refuseArgument(option, value, "'json', 'text' or 'bytes'");
  }
}

/**
 * Refuses a decorator for methods on a class or on a static method. Both belong to no object, so what it says would be read by
 * nobody. Properties and accessors are told from methods at start, when the class is whole.
 *
 * @throws {HANDLER_NOT_METHOD}
 */
export function refuseStatic(decorator: string, target: object, method: string | undefined): void {
  if (typeof target !== 'function') return;
  throw new WsError('HANDLER_NOT_METHOD', {
    controller: target.name,
    member: String(method ?? 'constructor'),
    decorator,
  });
}
