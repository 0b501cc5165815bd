import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemRandom, systemScheduler } from '../../src/core/web-platform.js';

describe('systemScheduler', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs a task once its delay has passed, by a clock that moves on with it', () => {
    const ran: number[] = [];
    const begin = systemScheduler.nowMs();
    systemScheduler.after(50, () => ran.push(systemScheduler.nowMs() - begin));

    vi.advanceTimersByTime(49);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1);

    expect(ran).toEqual([50]);
  });

  it('runs no task that was called off', () => {
    const ran: string[] = [];
    const timer = systemScheduler.after(1, () => ran.push('called off'));

    timer.cancel();
    vi.advanceTimersByTime(5);

    expect(ran).toEqual([]);
  });

  it('does not run at once what is further away than 24 days, or never due', () => {
    const ran: string[] = [];
    for (const ms of [2 ** 31, Number.POSITIVE_INFINITY]) systemScheduler.after(ms, () => ran.push('early'));

    vi.advanceTimersByTime(60_000);

    expect(ran).toEqual([]);
  });

  it('keeps no process alive, and needs no timer that could', () => {
    const unrefs: string[] = [];
    const cleared: unknown[] = [];
    const timers: unknown[] = [{ unref: () => unrefs.push('unref') }, 7];
    vi.stubGlobal('setTimeout', () => timers.shift());
    vi.stubGlobal('clearTimeout', (timer: unknown) => cleared.push(timer));
    try {
      systemScheduler.after(1, () => {});
      systemScheduler.after(1, () => {}).cancel(); // a number, as in a browser
    } finally {
      vi.unstubAllGlobals();
    }

    expect([unrefs, cleared]).toEqual([['unref'], [7]]);
  });
});

describe('systemRandom', () => {
  it('makes tokens of 16 lower-case hexadecimal digits, no two alike', () => {
    const tokens = Array.from({ length: 1_000 }, () => systemRandom.token());

    expect(tokens.every((token) => /^[0-9a-f]{16}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(1_000);
  });

  it('makes UUIDs of version 4, and fractions from 0 up to 1', () => {
    expect(systemRandom.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const fraction = systemRandom.fraction();
    expect(fraction >= 0 && fraction < 1).toBe(true);
  });
});
