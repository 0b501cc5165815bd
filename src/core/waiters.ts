import { WsError } from '../errors.js';
import type { NSConn, WaitOptions } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { ConnSettings } from './settings.js';

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Those who wait for the connection to open, or for one of its namespaces. All of them are told in the end. */
export class Waiters {
  readonly #settings: ConnSettings;
  readonly #forOpen = new Set<Waiter<void>>();
  readonly #forNamespace = new Set<Waiter<NSConn> & { readonly namespace: string }>();

  constructor(settings: ConnSettings) {
    this.#settings = settings;
  }

  waitOpen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#forOpen.add({ resolve, reject });
    });
  }

  /** @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED} */
  wait(namespace: string, options: WaitOptions = {}): Promise<NSConn> {
    const { timeoutMs = this.#settings.askTimeoutMs, signal } = options;
    const event = SystemEvent.NamespaceConnected;
    return new Promise((resolve, reject) => {
      const abort = (): void => waiter.reject(new WsError('ASK_ABORTED', { event }, { cause: signal?.reason }));
      const timer = this.#settings.scheduler.after(timeoutMs, () => {
        waiter.reject(new WsError('ASK_TIMEOUT', { event, timeoutMs }));
      });
      const stop = (): void => {
        this.#forNamespace.delete(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const waiter = {
        namespace,
        resolve: (ns: NSConn): void => {
          stop();
          resolve(ns);
        },
        reject: (error: Error): void => {
          stop();
          reject(error);
        },
      };
      this.#forNamespace.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  opened(): void {
    for (const { resolve } of this.#forOpen) resolve();
    this.#forOpen.clear();
  }

  connected(ns: NSConn): void {
    for (const waiter of this.#forNamespace) if (waiter.namespace === ns.namespace) waiter.resolve(ns);
  }

  failAll(error: Error): void {
    for (const { reject } of this.#forOpen) reject(error);
    this.#forOpen.clear();
    for (const { reject } of this.#forNamespace) reject(error);
  }
}
