import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { webPlatform } from '../../src/client/platform.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([Number.POSITIVE_INFINITY, 2 ** 31])('a timer of %d ms does not fire at once', (delayMs) => {
  let isDue = false;
  const cancel = webPlatform.after(delayMs, () => {
    isDue = true;
  });
  vi.advanceTimersByTime(2 ** 31 - 2);

  expect(isDue).toBe(false);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});
