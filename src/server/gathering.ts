import type { QueryResult } from '../ports/adapter.js';

/** The results of one question to the other servers, while they come. */
export class Gathering {
  /** Fulfilled when it is over, with the servers that have not answered. Rejected when they could not be asked. */
  readonly ended: Promise<readonly string[]>;
  readonly #tell: (result: QueryResult) => void;
  readonly #awaited: Set<string>;
  readonly #lost: string[] = [];
  readonly #done = new Set<string>();
  #resolve: ((silent: readonly string[]) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /**
   * @param servers who is to answer
   * @param tell is told each result as it comes
   */
  constructor(servers: readonly string[], tell: (result: QueryResult) => void) {
    this.#awaited = new Set(servers);
    this.#tell = tell;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#check();
  }

  /** What a server says after its last is not believed. @param isLast whether this server has said all */
  add(server: string, result: QueryResult, isLast: boolean): void {
    if (this.#done.has(server)) return;
    this.#tell(result);
    if (!isLast) return;
    this.#done.add(server);
    if (this.#awaited.delete(server)) this.#check();
  }

  /** A server has gone, and will not answer any more. */
  lose(server: string): void {
    if (!this.#awaited.delete(server)) return;
    this.#lost.push(server);
    this.#check();
  }

  /** Ends it without those who have not answered. */
  end(): void {
    this.#resolve?.([...this.#lost, ...this.#awaited]);
  }

  fail(error: unknown): void {
    this.#reject?.(error);
  }

  #check(): void {
    if (this.#awaited.size === 0) this.end();
  }
}
