import { describe, expect, it } from 'vitest';
import { Strikes } from '../../src/core/strikes.js';
import { ManualClock } from '../support/manual-clock.js';

describe('Strikes', () => {
  it('says that the third within a minute is one too many', () => {
    const clock = new ManualClock();
    const strikes = new Strikes(clock);

    expect([strikes.add(), strikes.add()]).toEqual([false, false]);
    clock.advanceMs(59_999);

    expect(strikes.add()).toBe(true);
  });

  it('forgets one after a minute', () => {
    const clock = new ManualClock();
    const strikes = new Strikes(clock);

    strikes.add();
    clock.advanceMs(1);
    strikes.add();
    clock.advanceMs(59_999);

    expect([strikes.add(), strikes.add()]).toEqual([false, true]);
  });
});
