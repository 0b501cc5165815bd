/** Something that waits for its turn. */
interface Job {
  /** The token of what the server asks; empty for what it only says; nothing for what this side tells itself. */
  readonly wait: string | undefined;
  /** Must not throw or reject. */
  run(): unknown;
}

/** Handlers that run one after the other. */
export interface HandlerQueue {
  push(wait: string | undefined, run: Job['run']): void;
  /** Runs something at once; what waits goes on waiting until it has ended. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Looks for what may run, once this side waits for an answer. */
  wake(): void;
  /** Drops what the server has asked, or all that it has said. */
  drop(isAll: boolean): void;
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
      const job = running ? isAsking() && waiting.find(({ wait }) => wait) : waiting[0];
      if (!job) return;
      waiting.splice(waiting.indexOf(job), 1);
      void run(async () => job.run());
    }
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
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
    push(wait, work) {
      waiting.push({ wait, run: work });
      drain();
    },
    drop(isAll) {
      waiting = waiting.filter(({ wait }) => wait === undefined || !(isAll || wait));
    },
  };
}
