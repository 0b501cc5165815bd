import { performance } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import type { Audience } from './audience.js';
import type { Counted, Tally } from './tally.js';

/** Work whose every delivery is accounted for: it can be stopped, and is then waited for. */
export interface BoundedWork {
  /** Who gets what, all connections together. */
  readonly audiences: readonly Audience[];
  /** Sends, and goes on when what was sent has arrived. */
  start(): void;
  /** Sends nothing new. */
  stop(): void;
}

/** How long the last deliveries may take. */
const DRAIN_MS = 15_000;
const POLL_MS = 2;

/**
 * Works for so long, and until everything that was sent has arrived: what is counted is whole.
 *
 * @throws an Error when something has not arrived in time, or more than was sent
 */
export async function runBounded(
  work: BoundedWork,
  tally: Tally,
  { ms, drainMs = DRAIN_MS }: { readonly ms: number; readonly drainMs?: number },
): Promise<Counted> {
  tally.reset();
  work.start();
  await after(ms);
  work.stop();
  const deadline = performance.now() + drainMs;
  while (!work.audiences.every(({ isComplete }) => isComplete) && performance.now() < deadline) await after(POLL_MS);
  for (const audience of work.audiences) audience.check();
  return tally.count();
}
