/** The platform's own, whatever a test runner puts in its place later to fake time. */
const { setImmediate: immediate } = globalThis;

/** How many turns of the event loop nothing has to happen in, for it to be quiet: what goes on by promises alone takes one. */
const QUIET_TURNS = 32;

/** Who never comes to rest, such as two ends that answer each other for ever, is not waited for any longer. */
const MAX_TURNS = 10_000;

/** What has passed between connections in this process. */
let passed = 0;

/** Runs `task` in the next turn of the event loop. */
export function inNextTurn(task: () => void): void {
  immediate(task);
}

/** Something has passed between two ends: it is not quiet yet. */
export function stir(): void {
  passed += 1;
}

/**
 * Fulfilled when nothing has passed between connections of this process for some turns of the event loop. Takes no time of a
 * clock, and does not wait for what does: timers, files, networks.
 */
export async function untilQuiet(turns: number = QUIET_TURNS): Promise<void> {
  let quiet = 0;
  for (let turn = 0; turn < MAX_TURNS && quiet < turns; turn += 1) {
    const before = passed;
    await new Promise<void>((resolve) => inNextTurn(resolve));
    quiet = passed === before ? quiet + 1 : 0;
  }
}
