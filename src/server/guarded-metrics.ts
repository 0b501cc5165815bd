import type { Logger } from '../ports/logger.js';
import type { MetricName, Metrics } from '../ports/metrics.js';

/** Metrics of an application, which may throw: something is counted for each frame, and what is thrown there would end the process. */
export class GuardedMetrics implements Metrics {
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #hasFailed = false;

  constructor(metrics: Metrics, log: Logger) {
    this.#metrics = metrics;
    this.#log = log;
  }

  count(name: MetricName, by?: number): void {
    try {
      this.#metrics.count(name, by);
    } catch (err) {
      // Once: it may fail for every frame.
      if (!this.#hasFailed)
        this.#log.error({ err, metric: name }, 'metrics.count has thrown: what is counted is incomplete');
      this.#hasFailed = true;
    }
  }
}
