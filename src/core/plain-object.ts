/** The fields of an object whose values nothing is known of. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether a value is an object as it is written with braces. Of what is none, such as a Map or an instance of a class, the
 * entries would be missed.
 */
export function isPlainObject(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // also one of another realm
}
