import { performance } from 'node:perf_hooks';
import { percentile } from '../report/statistics.js';

/** How many latencies of one measurement are kept; later ones are only counted. */
const MAX_LATENCIES = 1 << 20;

/** What happened since a reset. */
export interface Counted {
  readonly messages: number;
  readonly seconds: number;
  /** Of the load generator itself: near 1 it is what the throughput was limited by. */
  readonly loadBusy: number;
  /** Connections that have ended by themselves since the start. */
  readonly lost: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
}

/** Counts what connections receive. */
export class Tally {
  messages = 0;
  lost = 0;
  /** After how many messages nothing more is to be sent. */
  limit = Number.POSITIVE_INFINITY;
  readonly #latencies = new Float64Array(MAX_LATENCIES);
  #kept = 0;
  #since = performance.now();
  #cpu = process.cpuUsage();

  get isFull(): boolean {
    return this.messages >= this.limit;
  }

  /** In milliseconds, as `performance.now()` tells. */
  addLatency(ms: number): void {
    if (this.#kept < MAX_LATENCIES) this.#latencies[this.#kept++] = ms * 1_000;
  }

  /** Begins anew. */
  reset(): void {
    this.messages = this.#kept = 0;
    this.#since = performance.now();
    this.#cpu = process.cpuUsage();
  }

  /** What has been counted since the last reset. */
  count(): Counted {
    const seconds = (performance.now() - this.#since) / 1_000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const { messages, lost } = this;
    const latencies = this.#latencies.subarray(0, this.#kept).sort();
    return {
      messages,
      seconds,
      loadBusy: (user + system) / 1e6 / seconds,
      lost,
      p50Us: percentile(latencies, 0.5),
      p90Us: percentile(latencies, 0.9),
      p99Us: percentile(latencies, 0.99),
    };
  }
}
