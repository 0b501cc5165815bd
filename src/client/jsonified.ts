/** What JSON leaves out: the field that holds it goes, and in an array `null` takes its place. */
// biome-ignore lint/complexity/noBannedTypes: any function is meant
type LeftOut = undefined | symbol | Function;

/** What JSON writes as an object without fields. */
type Opaque =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | RegExp;

/** `any`, and what may be anything: it stays what it is. */
export type IsOpen<T> = unknown extends T ? true : false;

/**
 * A value as it comes back from JSON: a `Date` is a string, a `Map` an object without fields, what has a `toJSON` is what
 * that gives. Functions are gone, and `undefined` is `null` in an array. What JSON refuses is `never`.
 *
 * The compiler does not know which fields of a class are getters of its prototype. Those stay in the type, but not in JSON.
 */
export type Jsonified<T> =
  IsOpen<T> extends true
    ? T
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends bigint | LeftOut
        ? never
        : T extends { toJSON(...args: never): infer Written }
          ? Jsonified<Written>
          : T extends Opaque
            ? Record<string, never>
            : T extends readonly unknown[]
              ? { [Index in keyof T]: Item<T[Index]> }
              : T extends object
                ? Fields<T>
                : never;

type Item<T> = IsOpen<T> extends true ? T : T extends LeftOut ? null : Jsonified<T>;

type Fields<T> = Flat<
  { [Key in keyof T as Key extends KeptKey<T, Key> ? Key : never]: Jsonified<T[Key]> } & {
    [Key in keyof T as Key extends OptionalKey<T, Key> ? Key : never]?: Jsonified<Exclude<T[Key], LeftOut>>;
  }
>;

type KeptKey<T, Key extends keyof T> = [Extract<T[Key], LeftOut>] extends [never]
  ? Exclude<Key, symbol>
  : IsOpen<T[Key]> extends true
    ? Exclude<Key, symbol>
    : never;

/** A field that JSON leaves out at times. One that it always leaves out is in neither list. */
type OptionalKey<T, Key extends keyof T> = [Key] extends [KeptKey<T, Key>]
  ? never
  : [Exclude<T[Key], LeftOut>] extends [never]
    ? never
    : Exclude<Key, symbol>;

/** The same fields, written as one object. */
type Flat<T> = { [Key in keyof T]: T[Key] };
