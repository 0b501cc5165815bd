import { WsError } from '../errors.js';
import type { CloseInfo } from '../ports/conn.js';
import { KnownConn } from './known-conn.js';

/**
 * The end of a connection, for those who wait for it. What they wait by is made when it is first asked for: for most connections
 * nobody does while they live, and the promises of an end took 550 bytes (`npm run bench -- idle`, Node 20.20, November 2026).
 */
export abstract class EndingConn extends KnownConn {
  ended: CloseInfo | undefined;
  #abort: AbortController | undefined;
  #closed: Promise<CloseInfo> | undefined;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  /** Whether every event about the end has been handled. */
  #isTold = false;

  get isClosed(): boolean {
    return this.ended !== undefined;
  }

  get closed(): Promise<CloseInfo> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#isTold && this.ended) resolve(this.ended);
      else this.#resolveClosed = resolve;
    });
    return this.#closed;
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.ended) this.#abort.abort(new WsError('CONN_CLOSED', this.ended));
    }
    return this.#abort.signal;
  }

  /** It ends now. */
  protected abort(reason: () => Error): void {
    this.#abort?.abort(reason());
  }

  /** Every event about the end has been handled. */
  protected told(info: CloseInfo): void {
    this.#isTold = true;
    this.#resolveClosed?.(info);
  }
}
