/** What this side tells itself of, what the server says, and what it asks: in this order the queue lets them go. */
export type Rank = 0 | 1 | 2;

/** Something that waits for its turn. It must not throw or reject. */
type Job = readonly [rank: Rank, run: () => unknown];

/** Handlers that run one after the other. */
export interface HandlerQueue {
  push(...job: Job): void;
  /** Runs something at once; what waits goes on waiting until it has ended. */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /** Looks for what may run, once this side waits for an answer. */
  wake(): void;
  /** Drops what waits, from a rank on. */
  drop(least: Rank): void;
}

/**
 * Handlers run one after the other, in order of arrival. While one runs and this side waits for an answer, what the server asks
 * runs past it: otherwise two ends could wait for each other.
 *
 * @param isAsking whether this side waits for an answer
 */
export function createHandlerQueue(isAsking: () => boolean): HandlerQueue {
  let waiting: Job[] = [];
  let running = 0;

  function drain(): void {
    for (;;) {
      const job = running ? isAsking() && waiting.find(([rank]) => rank > 1) : waiting[0];
      if (!job) return;
      waiting.splice(waiting.indexOf(job), 1);
      void run(job[1]);
    }
  }

  async function run<T>(work: () => T | Promise<T>): Promise<T> {
    running++;
    try {
      return await work();
    } finally {
      running--;
      drain();
    }
  }

  return {
    run,
    wake: drain,
    push(...job) {
      waiting.push(job);
      drain();
    },
    drop(least) {
      waiting = waiting.filter(([rank]) => rank < least);
    },
  };
}
