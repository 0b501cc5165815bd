import type { Newable } from 'inversify';
import { WsError } from '../errors.js';
import { baseOf, classMetadataOf } from './class-metadata.js';

const OWN_CONSTRUCTOR = /[{;}\s]constructor\s*\(/;

/**
 * Refuses a class whose base has something injected that the class itself would not get, or a `@postConstruct` that would not
 * be called: inversify passes over it without a word, unless the class says `@injectFromBase`.
 *
 * @throws {INJECTION_NOT_INHERITED}
 */
export function refuseLostInjection(type: Newable): void {
  const own = classMetadataOf(type);
  for (let base = baseOf(type); base; base = baseOf(base)) {
    const inherited = classMetadataOf(base);
    if (!inherited) continue;
    for (const property of inherited.properties.keys()) {
      if (!own?.properties.has(property)) refuse(type, base, String(property));
    }
    for (const method of inherited.lifecycle.postConstructMethodNames) {
      // A method that is written anew says by itself whether it is called.
      const isOverridden = Object.hasOwn(type.prototype as object, method); // typed as any
      if (!isOverridden && !own?.lifecycle.postConstructMethodNames.has(method)) refuse(type, base, String(method));
    }
    // The parameters of a constructor of its own are its own business.
    const isConstructorInherited = !OWN_CONSTRUCTOR.test(type.toString());
    const { length } = inherited.constructorArguments.filter(isInjected);
    if (isConstructorInherited && length > (own?.constructorArguments.length ?? 0)) refuse(type, base, 'constructor');
  }
}

/** What inversify records of a parameter with `@unmanaged()`. @source `@inversifyjs/core`, `ClassElementMetadataKind` */
const UNMANAGED = 2;

const isInjected = (parameter: unknown): boolean => (parameter as { kind?: unknown } | undefined)?.kind !== UNMANAGED; // its metadata

function refuse(type: Newable, base: Newable, member: string): never {
  throw new WsError('INJECTION_NOT_INHERITED', { type: type.name, base: base.name, member });
}
