import type { Scheduler, Timer } from '../ports/clock.js';
import type { Random } from '../ports/random.js';

/** 24.8 days: a longer delay fires at once. @source HTML standard, timers: delays are 32-bit signed integers */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;

/** Time and timers of the platform: the same in browsers and in Node. */
export const systemScheduler: Scheduler = {
  nowMs: () => performance.now(),
  after(delayMs: number, task: () => void): Timer {
    const timer: unknown = setTimeout(task, Math.min(delayMs, MAX_DELAY_MS));
    // Node's timers keep the process alive unless told otherwise; a browser's are numbers.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
      timer.unref();
    return { cancel: () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]) }; // what setTimeout has returned
  },
};

const toHex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Randomness of the platform's cryptography. */
export const systemRandom: Random = {
  token: () => Array.from(crypto.getRandomValues(new Uint8Array(8)), toHex).join(''),
  // Node puts it together of pieces, which V8 keeps: 496 bytes each instead of 65 once it has been gone through (Node 20.20).
  uuid: () => crypto.randomUUID().toLowerCase(),
  fraction: () => Math.random(),
};
