import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FewByName } from '../../src/core/few-by-name.js';

const name = fc.constantFrom('', 'a', 'b', 'c');
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), name }),
  fc.record({ kind: fc.constant('delete' as const), name }),
);

describe('FewByName', () => {
  it('keeps what a Map keeps, in its order, whatever is set and deleted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const few = new FewByName<{ readonly at: number }>();
        const map = new Map<string, { readonly at: number }>();
        for (const [at, { kind, name }] of steps.entries()) {
          const value = { at };
          if (kind === 'set') few.set(name, value);
          if (kind === 'set') map.set(name, value);
          else expect(few.delete(name)).toBe(map.delete(name));
          expect([...few.values()]).toEqual([...map.values()]);
          expect(few.size).toBe(map.size);
          for (const each of ['', 'a', 'b', 'c', 'd']) {
            expect(few.get(each)).toBe(map.get(each));
            expect(few.has(each)).toBe(map.has(each));
          }
        }
      }),
    );
  });

  it('gives all of them as they were when it was asked', () => {
    const few = new FewByName<object>();
    few.set('a', {});
    few.set('b', {});
    const values = few.values();

    few.delete('a');

    expect(values).toHaveLength(2);
  });
});
