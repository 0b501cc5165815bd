import type { Jsonified } from 'nefeli/client';
import { describe, expectTypeOf, it } from 'vitest';

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

class Point {
  readonly x = 1;
  readonly #secret = 2;
  at?: Date;
  move(): number {
    return this.#secret;
  }
}

describe('Jsonified', () => {
  it('leaves as it is what JSON holds', () => {
    type Plain = { a: string; b?: number; readonly c: readonly [true, null]; d: 'x' | 'y'; e: { f: 1 }[] };
    expectTypeOf<Jsonified<Plain>>().toEqualTypeOf<Plain>();
    expectTypeOf<Jsonified<string | 5 | null>>().toEqualTypeOf<string | 5 | null>();
    expectTypeOf<Jsonified<Tree>['children'][0]['name']>().toEqualTypeOf<string>();
    expectTypeOf<Tree>().toExtend<Jsonified<Tree>>();
  });

  it('follows toJSON, wherever it stands', () => {
    expectTypeOf<Jsonified<Date>>().toEqualTypeOf<string>();
    expectTypeOf<Jsonified<{ at: Date; all: Date[] }>>().toEqualTypeOf<{ at: string; all: string[] }>();
    expectTypeOf<Jsonified<{ toJSON(key: string): { at: Date } }>>().toEqualTypeOf<{ at: string }>();
  });

  it('makes of maps, sets and patterns objects without fields', () => {
    type Nothing = Record<string, never>;
    expectTypeOf<Jsonified<{ a: Map<string, 1>; b: Set<1>; c: RegExp }>>().toEqualTypeOf<{
      a: Nothing;
      b: Nothing;
      c: Nothing;
    }>();
  });

  it('takes out of objects what JSON leaves out, and makes optional what it may leave out', () => {
    type Sparse = {
      a: () => void;
      b: symbol;
      c: undefined;
      d: string | undefined;
      e?: (() => void) | 5;
      [key: symbol]: 1;
    };
    expectTypeOf<Jsonified<Sparse>>().toEqualTypeOf<{ d?: string; e?: 5 }>();
    expectTypeOf<Jsonified<Point>>().toEqualTypeOf<{ readonly x: 1; at?: string }>();
  });

  it('puts null in its place in arrays and tuples', () => {
    expectTypeOf<Jsonified<(string | undefined)[]>>().toEqualTypeOf<(string | null)[]>();
    expectTypeOf<Jsonified<[Date, () => void, 1]>>().toEqualTypeOf<[string, null, 1]>();
  });

  it('is never for what JSON refuses, or leaves out altogether', () => {
    expectTypeOf<Jsonified<bigint>>().toBeNever();
    expectTypeOf<Jsonified<() => void>>().toBeNever();
    expectTypeOf<Jsonified<{ id: bigint }>>().toEqualTypeOf<{ id: never }>();
  });

  it('leaves open what is open', () => {
    // biome-ignore lint/suspicious/noExplicitAny: what it is about
    expectTypeOf<Jsonified<{ a: any; b: unknown; c: any[] }>>().toEqualTypeOf<{ a: any; b: unknown; c: any[] }>();
    expectTypeOf<Jsonified<Record<string, Date>>>().toEqualTypeOf<Record<string, string>>();
    expectTypeOf<Jsonified<unknown>>().toEqualTypeOf<unknown>();
  });
});
