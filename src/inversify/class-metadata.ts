import type { Newable } from 'inversify';

/** Where inversify keeps what its decorators have recorded of a class. @source `@inversifyjs/core`, `classMetadataReflectKey` */
const CLASS_METADATA = '@inversifyjs/core/classMetadataReflectKey';

/** What is read here of it. */
export interface ClassMetadata {
  readonly constructorArguments: readonly unknown[];
  readonly properties: ReadonlyMap<string | symbol, unknown>;
  readonly lifecycle: {
    readonly postConstructMethodNames: ReadonlySet<string | symbol>;
    readonly preDestroyMethodNames: ReadonlySet<string | symbol>;
  };
}

/** The part of `reflect-metadata` that is used here; inversify has loaded it. */
interface ReflectMetadata {
  getOwnMetadata?(key: string, target: object): unknown;
}

/** What inversify's decorators have recorded of a class itself, its bases not included. */
export function classMetadataOf(type: object): ClassMetadata | undefined {
  const { getOwnMetadata }: ReflectMetadata = Reflect as ReflectMetadata; // reflect-metadata adds to it
  return getOwnMetadata?.(CLASS_METADATA, type) as ClassMetadata | undefined; // recorded by inversify under its own key
}

/** What a class extends, if it is a class. */
export function baseOf(type: Newable): Newable | undefined {
  const base: unknown = Object.getPrototypeOf(type);
  return typeof base === 'function' && base !== Function.prototype ? (base as Newable) : undefined; // what a class extends
}

/** The methods that `@preDestroy` marks in a class or in its bases: those are called here, and not by inversify. */
export function preDestroyOf(type: Newable): readonly (string | symbol)[] {
  return inherited(type, 'preDestroyMethodNames');
}

/** The methods that `@postConstruct` marks in a class or in its bases. */
export function postConstructOf(type: Newable): readonly (string | symbol)[] {
  return inherited(type, 'postConstructMethodNames');
}

/** Each once, those of the class itself first. */
function inherited(type: Newable, lifecycle: keyof ClassMetadata['lifecycle']): readonly (string | symbol)[] {
  const names = new Set<string | symbol>();
  for (let each: Newable | undefined = type; each; each = baseOf(each)) {
    for (const name of classMetadataOf(each)?.lifecycle[lifecycle] ?? []) names.add(name);
  }
  return [...names];
}
