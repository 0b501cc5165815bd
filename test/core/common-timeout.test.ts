import { describe, expect, it } from 'vitest';
import { CommonTimeout } from '../../src/core/common-timeout.js';
import { ManualClock } from '../support/manual-clock.js';

function timed(onOverdue: (name: string) => void = () => {}) {
  const clock = new ManualClock();
  const overdue: string[] = [];
  const timeout = new CommonTimeout<{ readonly name: string }>({
    scheduler: clock,
    timeoutMs: 1_000,
    onOverdue: ({ name }) => {
      overdue.push(name);
      onOverdue(name);
    },
  });
  return { clock, timeout, overdue };
}

describe('CommonTimeout', () => {
  it('tells of each timeoutMs after it was added, in order, with one timer for all', () => {
    const { clock, timeout, overdue } = timed();
    timeout.add({ name: 'a' });
    timeout.add({ name: 'b' });
    clock.advanceMs(600);
    timeout.add({ name: 'c' });
    expect(clock.timers).toBe(1);

    clock.advanceMs(399);
    expect(overdue).toEqual([]);
    clock.advanceMs(1);
    expect(overdue).toEqual(['a', 'b']);
    clock.advanceMs(599);
    expect(overdue).toEqual(['a', 'b']);
    clock.advanceMs(1);
    expect(overdue).toEqual(['a', 'b', 'c']);
    expect([timeout.size, clock.timers]).toEqual([0, 0]);
  });

  it('tells nothing of who is taken out, and says whether it was there', () => {
    const { clock, timeout, overdue } = timed();
    const [first, second] = [{ name: 'first' }, { name: 'second' }];
    timeout.add(first);
    clock.advanceMs(500);
    timeout.add(second);

    expect([timeout.delete(first), timeout.delete(first)]).toEqual([true, false]);
    expect(timeout.items()).toEqual([second]);
    clock.advanceMs(999);
    expect(overdue).toEqual([]);
    clock.advanceMs(1);
    expect(overdue).toEqual(['second']);
  });

  it('has no timer while nobody waits', () => {
    const { clock, timeout } = timed();
    const only = { name: 'only' };

    timeout.add(only);
    timeout.delete(only);

    expect(clock.timers).toBe(0);
  });

  it('times who is added while it tells of others', () => {
    const { clock, timeout, overdue } = timed((name) => {
      if (name === 'first') timeout.add({ name: 'next' });
    });
    timeout.add({ name: 'first' });

    clock.advanceMs(1_000);
    expect(overdue).toEqual(['first']);
    clock.advanceMs(1_000);
    expect(overdue).toEqual(['first', 'next']);
    expect(clock.timers).toBe(0);
  });
});
