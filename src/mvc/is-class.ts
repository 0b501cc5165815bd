/** Whether a value makes objects. Arrow functions and methods have no prototype: they make nothing. */
export const isClass = (value: unknown): boolean =>
  typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;
