/** Something that waits for its turn. */
export interface Job {
  /** The token of what the server asks; empty for anything else. */
  readonly wait: string;
  /** Must not throw or reject. */
  run(): unknown;
}

/**
 * Handlers run one after the other, in order of arrival. While one runs and this side waits for an answer, what the server asks
 * runs past it: otherwise two ends could wait for each other.
 */
export class HandlerQueue {
  readonly #mayPass: () => boolean;
  #waiting: Job[] = [];
  #running = 0;

  /** @param mayPass whether this side waits for an answer */
  constructor(mayPass: () => boolean) {
    this.#mayPass = mayPass;
  }

  push(wait: string, run: Job['run']): void {
    this.#waiting.push({ wait, run });
    this.drain();
  }

  /** Runs something at once; what waits goes on waiting until it has ended. */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.drain();
    }
  }

  /** Keeps of what waits only what passes. */
  keep(passes: (job: Job) => boolean): void {
    this.#waiting = this.#waiting.filter(passes);
  }

  /** Runs what may run. */
  drain(): void {
    for (;;) {
      const index = this.#running ? this.#waiting.findIndex(({ wait }) => wait && this.#mayPass()) : 0;
      const [job] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!job) return;
      void this.run(job.run);
    }
  }
}
