import { WsError } from '../errors.js';
import type { NSConn, WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { ConnSettings } from './settings.js';

interface Waiter<T> {
  readonly namespace: string;
  resolve(value: T): void;
  reject(error: Error): void;
}

interface Wait {
  readonly namespace: string;
  /** What is waited for, for messages. */
  readonly event: string;
}

/** Those who wait for the connection to open, or for one of its namespaces. All of them are told in the end. */
export class Waiters {
  readonly #settings: ConnSettings;
  readonly #forOpen = new Set<Waiter<void>>();
  readonly #forNamespace = new Set<Waiter<NSConn>>();

  constructor(settings: ConnSettings) {
    this.#settings = settings;
  }

  /**
   * Waits as long as the handshake may take, unless told otherwise.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED} {CONN_REFUSED}
   */
  waitOpen(options: WaitOptions = {}): Promise<void> {
    return this.#wait(this.#forOpen, { namespace: '', event: SystemEvent.NamespaceConnect }, options);
  }

  /** @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED} */
  wait(namespace: string, options: WaitOptions = {}): Promise<NSConn> {
    const { askTimeoutMs: timeoutMs } = this.#settings;
    const event = SystemEvent.NamespaceConnected;
    return this.#wait(this.#forNamespace, { namespace, event }, { timeoutMs, ...options });
  }

  opened(): void {
    for (const waiter of this.#forOpen) waiter.resolve();
  }

  connected(ns: NSConn): void {
    for (const waiter of this.#forNamespace) if (waiter.namespace === ns.namespace) waiter.resolve(ns);
  }

  failAll(error: Error): void {
    for (const waiter of [...this.#forOpen, ...this.#forNamespace]) waiter.reject(error);
  }

  #wait<T>(waiters: Set<Waiter<T>>, { namespace, event }: Wait, { timeoutMs, signal }: WaitOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = (): void => waiter.reject(new WsError('ASK_ABORTED', { event }, { cause: signal?.reason }));
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#settings.scheduler.after(timeoutMs, () => {
              waiter.reject(new WsError('ASK_TIMEOUT', { event, timeoutMs }));
            });
      const stop = (): void => {
        waiters.delete(waiter);
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter<T> = {
        namespace,
        resolve: (value) => {
          stop();
          resolve(value);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }
}
