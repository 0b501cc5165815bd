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

/** The methods that `@preDestroy` marks in a class. */
export function preDestroyOf(type: object): readonly (string | symbol)[] {
  return [...(classMetadataOf(type)?.lifecycle.preDestroyMethodNames ?? [])];
}

/** The methods that `@postConstruct` marks in a class. */
export function postConstructOf(type: object): readonly (string | symbol)[] {
  return [...(classMetadataOf(type)?.lifecycle.postConstructMethodNames ?? [])];
}
