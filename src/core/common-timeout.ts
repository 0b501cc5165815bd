import type { Scheduler, Timer } from '../ports/clock.js';

/** How long all may take, and what is done with whoever takes longer. */
export interface CommonTimeoutOptions<T> {
  readonly scheduler: Scheduler;
  readonly timeoutMs: number;
  readonly onOverdue: (item: T) => void;
}

/**
 * The same time for many, each from when it is added: one timer for all that wait. A timer, and the functions around it, for each
 * would cost more than what is waited for, which most often comes within a turn or two.
 */
export class CommonTimeout<T extends object> {
  readonly #options: CommonTimeoutOptions<T>;
  /** By when each is due. All have the same time, so the first is due first. */
  readonly #dueMs = new Map<T, number>();
  #timer: Timer | undefined;

  constructor(options: CommonTimeoutOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#dueMs.size;
  }

  /** Those who wait, the first that was added first. */
  items(): readonly T[] {
    return [...this.#dueMs.keys()];
  }

  /** Its time begins now. */
  add(item: T): void {
    const { scheduler, timeoutMs } = this.#options;
    this.#dueMs.set(item, scheduler.nowMs() + timeoutMs);
    this.#timer ??= scheduler.after(timeoutMs, () => this.#endOverdue());
  }

  /** @returns whether it was waited for */
  delete(item: T): boolean {
    const wasThere = this.#dueMs.delete(item);
    if (this.#dueMs.size === 0) this.#stop();
    return wasThere;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #endOverdue(): void {
    this.#timer = undefined;
    const { scheduler, onOverdue } = this.#options;
    const nowMs = scheduler.nowMs();
    for (const [item, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) {
        this.#timer ??= scheduler.after(dueMs - nowMs, () => this.#endOverdue());
        return;
      }
      this.#dueMs.delete(item);
      onOverdue(item);
    }
  }
}
