import { Conn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger } from '../ports/logger.js';
import type { ConnArrival, ConnIdentity } from './conn-identity.js';
import { ConnStore } from './conn-store.js';

/** The facts of a connection, and what an application notes beside them: the part of it that takes no traffic. */
export abstract class KnownConn extends Conn {
  readonly #arrival: ConnArrival;
  readonly #random: ConnIdentity['random'];
  #key: string | undefined;
  /** Made with the first value. */
  #store: ConnStore | undefined;

  constructor({ random, arrival }: ConnIdentity) {
    super();
    this.#random = random;
    this.#arrival = arrival;
  }

  get key(): string {
    this.#key ??= this.#random.uuid();
    return this.#key;
  }

  get request(): ConnRequest {
    return this.#arrival.request;
  }

  get user(): unknown {
    return this.#arrival.user;
  }

  get log(): Logger {
    return this.#arrival.log;
  }

  get protocol(): string {
    return this.#arrival.protocol ?? '';
  }

  get reconnectTries(): number {
    return this.#arrival.reconnectTries;
  }

  get wasReconnected(): boolean {
    return this.reconnectTries > 0;
  }

  get(key: string): unknown {
    return this.#store?.get(key);
  }

  set(key: string, value: unknown): void {
    this.#storing().set(key, value);
  }

  increment(key: string): number {
    return this.#storing().add(key, 1);
  }

  decrement(key: string): number {
    return this.#storing().add(key, -1);
  }

  /** Forgets what the application has noted. */
  protected forget(): void {
    this.#store = undefined;
  }

  #storing(): ConnStore {
    this.#store ??= new ConnStore();
    return this.#store;
  }
}
