import { WsError } from '../errors.js';
import { type ParamReader, recordOf } from './controller-record.js';

/** Stands on a parameter of a handler and says what it is called with. The compiler refuses it on a constructor. */
export type ParamDecorator = (prototype: object, method: string, index: number) => void;

/** How a decorator is written, and what to write where it cannot stand. */
interface Wording {
  readonly decorator: string;
  readonly mending: string;
}

/**
 * Makes a decorator of a parameter that is read so.
 *
 * It throws where it stands in a wrong place, instead of recording that: a service is no controller, and nobody would read
 * its record.
 */
export function paramDecorator(reader: ParamReader, { decorator, mending }: Wording): ParamDecorator {
  return (target: object, method: string | undefined, index: unknown) => {
    const place = wrongPlace(target, method, index);
    if (method === undefined || typeof index !== 'number' || place !== undefined) {
      throw new WsError('PARAMETER_MISPLACED', { decorator, place: place ?? 'no parameter', mending });
    }
    recordOf(target.constructor).params.push({ method, index, reader });
  };
}

/** A constructor has no method, a property and a method have no index, and to a static method the class is the target. */
function wrongPlace(target: object, member: string | undefined, index: unknown): string | undefined {
  const isStatic = typeof target === 'function';
  const { name } = isStatic ? target : target.constructor;
  if (member === undefined) return index === undefined ? `the class ${name}` : `the constructor of ${name}`;
  if (typeof index !== 'number') return `the member ${name}.${String(member)} itself`;
  return isStatic ? `the static method ${name}.${String(member)}` : undefined;
}
