import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 5;

/** Waits for what happens on another end of a network, which tells nobody when. Fails with the condition as text. */
export async function until(condition: () => boolean, { timeoutMs = 5_000 } = {}): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`still not so after ${timeoutMs} ms: ${condition}`);
    await pause(POLL_MS);
  }
}
