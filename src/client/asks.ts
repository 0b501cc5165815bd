import type { Timer } from '../ports/clock.js';
import type { WaitOptions } from '../ports/conn.js';
import type { WireMessage } from '../protocol/message.js';
import { RemoteError, WsError } from './client-errors.js';
import type { Platform } from './platform.js';

interface Pending {
  isSent: boolean;
  answer(message: Partial<WireMessage>): void;
  fail(error: unknown): void;
}

/** What is waited for. */
interface Wait<T> {
  readonly event: string;
  readonly options: WaitOptions | undefined;
  /** Sends what is to be answered under a token. What it throws is what the wait ends with. */
  begin(token: string): void;
  /** Called in the turn of the answer's frame, so that what it changes is in place before the next. */
  take(answer: Partial<WireMessage>): T | Promise<T>;
}

/** Everything that waits for the server. Each wait ends: by an answer, an error, its time, its signal, or the connection's end. */
export class Asks {
  readonly #platform: Platform;
  readonly #timeoutMs: number;
  readonly #onEnd: (token: string) => void;
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  /** @param onEnd hears of each wait that has ended */
  constructor(platform: Platform, timeoutMs: number, onEnd: (token: string) => void) {
    this.#platform = platform;
    this.#timeoutMs = timeoutMs;
    this.#onEnd = onEnd;
  }

  /** Whether the server has been asked something that it has not answered. */
  get isWaiting(): boolean {
    return [...this.#pending.values()].some(({ isSent }) => isSent);
  }

  /** @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, what `begin` throws, or a {@link RemoteError} */
  wait<T>({ event, options = {}, begin, take }: Wait<T>): Promise<T> {
    const { timeoutMs = this.#timeoutMs, signal } = options;
    const token = `$${++this.#count}`;
    let timer: Timer | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      const end = (): boolean => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        const isFirst = this.#pending.delete(token);
        this.#onEnd(token);
        return isFirst;
      };
      const fail = (error: unknown): void => {
        if (end()) reject(error);
      };
      const abort = (): void => fail(new WsError('ASK_ABORTED', { event }, 'aborted', { cause: signal?.reason }));
      const answer = (message: Partial<WireMessage>): void => {
        if (message.isError) fail(new RemoteError(String(message.body), message.facts));
        else if (end()) resolve(take(message));
      };
      this.#pending.set(token, { isSent: false, answer, fail });
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort);
      timer = this.#platform.after(timeoutMs, () =>
        fail(new WsError('ASK_TIMEOUT', { event, timeoutMs }, 'no answer')),
      );
      try {
        begin(token);
      } catch (error) {
        fail(error);
      }
    });
    promise.catch(() => {}); // who does not look at the promise does not want to know: it must not end a process
    return promise;
  }

  /** From here on it is lost with the connection. */
  sent(token: string): void {
    const pending = this.#pending.get(token);
    if (pending) pending.isSent = true;
  }

  /** What nobody waits for is late, comes twice, or is made up. */
  answer(token: string, message: Partial<WireMessage> = {}): void {
    this.#pending.get(token)?.answer(message);
  }

  fail(token: string, error: unknown): void {
    this.#pending.get(token)?.fail(error);
  }

  /** The connection has ended, for now or for good: then what has not been sent fails, too. */
  failAll(error: unknown, isFinal: boolean): void {
    for (const { isSent, fail } of [...this.#pending.values()]) if (isSent || isFinal) fail(error);
  }
}
