import type { Scheduler, Timer } from '../ports/clock.js';
import type { Session } from './session.js';

/** What connections are told that are closed, and how fast. */
export interface ClosingPace {
  readonly code: number;
  readonly reason: string;
  /** How long each client may take to answer its close frame before it is cut off, in milliseconds. */
  readonly graceMs: number;
  /** The most that all batches together are spread over, in milliseconds. */
  readonly spreadMs: number;
}

/** How many connections are closed at a time. */
export const CLOSE_BATCH = 500;

/** The longest time between two batches: clients come back at a thousand a second. */
const LONGEST_GAP_MS = 500;

/**
 * Closes connections in batches, the first at once. A batch comes back to other servers, with handshakes and queries, before the next
 * does; those whose turn has not come are served.
 *
 * @returns cuts off whoever is left, and stops all timers
 */
export function closeInBatches(sessions: readonly Session[], pace: ClosingPace, scheduler: Scheduler): () => void {
  const { code, reason, graceMs, spreadMs } = pace;
  const gaps = Math.ceil(sessions.length / CLOSE_BATCH) - 1;
  const gapMs = Math.min(LONGEST_GAP_MS, spreadMs / gaps);
  const timers = new Set<Timer>();
  let begun = 0;

  const later = (delayMs: number, task: () => void): void => {
    const timer = scheduler.after(delayMs, () => {
      timers.delete(timer);
      task();
    });
    timers.add(timer);
  };
  const closeNext = (): void => {
    const batch = sessions.slice(begun, begun + CLOSE_BATCH);
    begun += CLOSE_BATCH;
    for (const { conn } of batch) conn.close(code, reason);
    later(graceMs, () => terminateAll(batch));
    if (begun < sessions.length) later(gapMs, closeNext);
  };
  closeNext();

  return () => {
    for (const timer of timers) timer.cancel();
    terminateAll(sessions);
  };
}

function terminateAll(sessions: readonly Session[]): void {
  for (const session of sessions) session.terminate();
}
