import type { Metric } from '../scenarios.js';

interface Format {
  readonly title: string;
  /** The value as it is shown. */
  readonly show: (value: number) => string;
}

/** Three digits that count, or all before the point. */
const digits = (value: number): string => (value < 1_000 ? value.toPrecision(3) : value.toFixed(0));
const us = (value: number): string => (value < 1_000 ? `${digits(value)} µs` : `${digits(value / 1_000)} ms`);
const perCent = (value: number): string => `${(value * 100).toFixed(0)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString('en-GB');
const bytes = (value: number): string =>
  Math.abs(value) < 1e6 ? `${whole(value)} B` : `${(value / 2 ** 20).toFixed(0)} MiB`;

const FORMATS: Readonly<Record<Metric, Format>> = {
  cpuUs: { title: 'server CPU', show: us },
  perSecond: { title: 'a second', show: whole },
  perCpuSecond: { title: 'a second of CPU', show: whole },
  p50Us: { title: 'p50', show: us },
  p90Us: { title: 'p90', show: us },
  p99Us: { title: 'p99', show: us },
  serverBusy: { title: 'server busy', show: perCent },
  loadBusy: { title: 'load busy', show: perCent },
  rssBytes: { title: 'memory (RSS)', show: bytes },
  heapBytes: { title: 'heap', show: bytes },
  timeUs: { title: 'time', show: us },
  instructions: { title: 'instructions', show: whole },
  brokerCpuUs: { title: 'broker CPU', show: us },
  brokerConnections: { title: 'connections to the broker', show: whole },
  brokerBytes: { title: 'memory of the broker', show: bytes },
};

/** A value with its unit; a dash where there is none. */
export function formatMetric(metric: Metric, value: number | undefined): string {
  return value === undefined ? '–' : FORMATS[metric].show(value);
}

/** What stands above a column of it. */
export function titleOf(metric: Metric): string {
  return FORMATS[metric].title;
}

/** A ratio with two digits behind the point. */
export function formatRatio(ratio: number): string {
  return ratio.toFixed(2);
}
