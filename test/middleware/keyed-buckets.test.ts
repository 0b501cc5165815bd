import { describe, expect, it } from 'vitest';
import { KeyedBuckets } from '../../src/middleware/keyed-buckets.js';
import { ManualClock } from '../support/manual-clock.js';

/** Ten a second, two at once, for 16 keys: one of them is forgotten at a time. */
function sixteen() {
  const clock = new ManualClock();
  const buckets = new KeyedBuckets({ perSecond: 10, burst: 2, maxKeys: 16, clock });
  const take = (key: string, times = 1): number[] => Array.from({ length: times }, () => buckets.of(key).take());
  return { clock, buckets, take };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `key ${index}`);

describe('KeyedBuckets', () => {
  it('has one bucket for each key, with names of objects as keys as well', () => {
    const { take } = sixteen();

    expect(take('__proto__', 3)).toEqual([0, 0, 100]);
    expect(take('constructor', 3)).toEqual([0, 0, 100]);
  });

  it('never remembers more than maxKeys', () => {
    const { buckets, take } = sixteen();
    for (const key of numbered(1_000)) take(key);

    expect(buckets.size).toBeLessThanOrEqual(16);
  });

  it('forgets every full one before any other, and so loses nothing', () => {
    const { clock, buckets, take } = sixteen();
    for (const key of numbered(8)) take(key);
    clock.advanceMs(200);
    for (const key of ['used up', ...numbered(15).slice(8)]) take(key, 2);

    expect(buckets.size).toBe(16);
    take('new');

    expect(buckets.size).toBe(9);
    expect(take('used up')).toEqual([100]);
  });

  it('forgets the one that is nearest to full where none is', () => {
    const { buckets, take } = sixteen();
    for (const key of numbered(15)) take(key, 2);
    take('hardly used');

    take('new', 2);

    expect(buckets.size).toBe(16);
    expect(numbered(15).flatMap((key) => take(key))).toEqual(Array.from({ length: 15 }, () => 100));
  });

  it('forgets a sixteenth at a time, so that not every new key pays for a search', () => {
    const buckets = new KeyedBuckets({ perSecond: 1, burst: 1, maxKeys: 160, clock: new ManualClock() });
    for (const key of numbered(160)) buckets.of(key).take();

    buckets.of('new').take();

    expect(buckets.size).toBe(151);
  });
});
