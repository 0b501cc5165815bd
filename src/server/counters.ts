import type { MetricName, Metrics } from '../ports/metrics.js';

/** Keeps the totals in memory, to be read by whoever exports them. */
export class Counters implements Metrics {
  readonly #totals = new Map<MetricName, number>();

  count(name: MetricName, by = 1): void {
    if (by !== 0) this.#totals.set(name, this.get(name) + by);
  }

  get(name: MetricName): number {
    return this.#totals.get(name) ?? 0;
  }

  /** Every total that is not zero. */
  snapshot(): Partial<Record<MetricName, number>> {
    return Object.fromEntries(this.#totals);
  }
}
