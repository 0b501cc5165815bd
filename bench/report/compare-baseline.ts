import type { Results } from '../run/results.js';
import { ratiosOf, spreadOf } from './statistics.js';
import { valuesOf } from './values-of.js';

/** What Nefeli cost in server CPU against plain `ws` when that was last written down, by scenario. */
export type Baseline = Readonly<Record<string, number>>;

/** A scenario now and then. */
export interface Change {
  readonly scenario: string;
  readonly before: number;
  /** None where it was not measured. */
  readonly now: number | undefined;
  readonly isWorse: boolean;
}

/** What the medians of short runs on a shared machine differ by without any reason: our measurements, November 2026. */
const NOISE = 1.3;

/** Holds the medians of the ratios against what was written down. */
export function compareWithBaseline(results: Pick<Results, 'scenarios'>, baseline: Baseline): readonly Change[] {
  return Object.entries(baseline).map(([scenario, before]) => {
    const [nefeli, ws] = ['nefeli', 'ws'].map((peer) => valuesOf(results, { peer, scenario }, 'cpuUs'));
    const now = spreadOf(ratiosOf(nefeli ?? [], ws ?? []))?.median;
    return { scenario, before, now, isWorse: now !== undefined && now > before * NOISE };
  });
}

/** The changes as a table, with a word on each that is more than noise. */
export function describeChanges(changes: readonly Change[]): string {
  const rows = changes.map(({ scenario, before, now, isWorse }) => {
    const note = isWorse ? 'WARNING: slower than the baseline' : '';
    return `${scenario.padEnd(20)}${before.toFixed(2).padStart(10)}${(now?.toFixed(2) ?? '–').padStart(8)}  ${note}`.trimEnd();
  });
  return [`${'server CPU to ws'.padEnd(20)}${'baseline'.padStart(10)}${'now'.padStart(8)}`, ...rows].join('\n');
}
