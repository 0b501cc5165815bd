import type { QueryResult } from '../ports/adapter.js';

/** The results of one question to the other servers, while they come. */
export class Gathering {
  /** Fulfilled when it is over, with whether every server has answered. Rejected when they could not be asked. */
  readonly ended: Promise<boolean>;
  readonly #tell: (result: QueryResult) => void;
  #results = 0;
  /** Not known before the servers have been counted: results may be faster. */
  #expected = Number.POSITIVE_INFINITY;
  #resolve: ((isComplete: boolean) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** @param tell is told each result as it comes */
  constructor(tell: (result: QueryResult) => void) {
    this.#tell = tell;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  add(result: QueryResult): void {
    this.#tell(result);
    this.#results += 1;
    this.#check();
  }

  expect(results: number): void {
    this.#expected = results;
    this.#check();
  }

  /** Ends it without those who have not answered. */
  end(): void {
    this.#resolve?.(false);
  }

  fail(error: unknown): void {
    this.#reject?.(error);
  }

  #check(): void {
    if (this.#results >= this.#expected) this.#resolve?.(true);
  }
}
