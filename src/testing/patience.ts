import { untilQuiet } from './quiet.js';

/** The platform's own, whatever a test runner puts in their place later to fake time. */
const { setTimeout: later, clearTimeout: forget } = globalThis;

/**
 * Waits for what may never come. Fulfilled when waiting longer is of no use, with what to say of that: `within 1000 ms`.
 *
 * @param timeoutMs how long in real time; left out, as is right for the connection
 * @param signal aborts when it has come: there is nothing to wait for any more
 */
export type Patience = (timeoutMs: number | undefined, signal: AbortSignal) => Promise<string>;

/** For connections within this process: until everything is quiet. */
export const quietly: Patience = async (timeoutMs, signal) => {
  if (timeoutMs !== undefined) return await realTime(timeoutMs, signal);
  await untilQuiet();
  return 'before everything was quiet';
};

/** For connections over a network: for so long. */
export function patientFor(defaultMs: number): Patience {
  return (timeoutMs = defaultMs, signal) => realTime(timeoutMs, signal);
}

function realTime(timeoutMs: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const timer = later(() => resolve(`within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', () => forget(timer), { once: true });
  });
}
