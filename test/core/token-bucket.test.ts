import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.js';
import { ManualClock } from '../support/manual-clock.js';

describe('TokenBucket', () => {
  it('gives a burst at once, then the milliseconds until the next', () => {
    const bucket = new TokenBucket(new ManualClock(), 10, 2);

    expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100, 100]);
  });

  it('takes nothing while it makes wait, and gives one once that time has passed', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 10, 1);
    bucket.take();

    clock.advanceMs(40);
    expect(bucket.take()).toBe(60);
    clock.advanceMs(60);

    expect([bucket.take(), bucket.take()]).toEqual([0, 100]);
  });

  it('saves up no more than the burst', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 10, 2);

    clock.advanceMs(60_000);

    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
  });

  it('lacks what has been taken until time has brought it back', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 10, 2);
    bucket.take();
    bucket.take();

    expect(bucket.missing).toBe(2);
    clock.advanceMs(150);
    expect(bucket.missing).toBe(0.5);
    clock.advanceMs(60_000);
    expect(bucket.missing).toBe(0);
  });
});
