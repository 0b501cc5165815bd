import type { Newable } from 'inversify';
import { isPromiseLike } from '../core/run-handler.js';
import { WsError } from '../errors.js';
import { disposeController } from '../mvc/dispose-controller.js';
import { preDestroyOf } from './class-metadata.js';

/** What has been made for one connection, or for one message: each once, and let go together, the last first. */
export class Scope {
  readonly #values = new Map<object, unknown>();
  readonly #made: object[] = [];
  /** What is being made still. */
  readonly #pending = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** Whether nothing is left to be let go. */
  get isEmpty(): boolean {
    return this.#made.length === 0 && this.#pending.size === 0;
  }

  /**
   * What was made under this key, or what `make` makes now. What fails is tried again when it is asked for again.
   *
   * @param owned whether it is let go with the scope
   * @throws {SCOPE_ENDED}
   */
  get(key: object, make: () => unknown, { owned }: { readonly owned: boolean }): unknown {
    if (this.#values.has(key)) return this.#values.get(key);
    if (this.#closing) throw new WsError('SCOPE_ENDED', {});
    const value = make();
    if (!isPromiseLike(value)) return this.#keep(key, value, owned);
    const pending = this.#await(key, value, owned);
    this.#values.set(key, pending);
    this.#pending.add(pending);
    const settled = (): void => void this.#pending.delete(pending);
    pending.then(settled, settled);
    return pending;
  }

  /** Lets everything go, what was made last first. Each gets its turn; what failed is thrown in the end. Twice is once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #await(key: object, value: PromiseLike<unknown>, owned: boolean): Promise<unknown> {
    try {
      const made = this.#keep(key, await value, owned);
      if (this.#closing) await this.#letGo();
      return made;
    } catch (error) {
      this.#values.delete(key);
      throw error;
    }
  }

  #keep(key: object, value: unknown, owned: boolean): unknown {
    this.#values.set(key, value);
    // Two names may stand for the same.
    if (owned && typeof value === 'object' && value !== null && !this.#made.includes(value)) this.#made.push(value);
    return value;
  }

  /** What is there goes at once, for what is being made may never be ready. If it is, it goes then. */
  async #close(): Promise<void> {
    await this.#letGo();
    await Promise.allSettled(this.#pending);
    this.#values.clear();
  }

  async #letGo(): Promise<void> {
    const failures: unknown[] = [];
    for (const value of this.#made.splice(0).reverse()) {
      try {
        const type: unknown = value.constructor; // missing where there is no prototype
        await disposeController(value, typeof type === 'function' ? preDestroyOf(type as Newable) : []);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several services could not be let go');
  }
}
