import { BARS, type Bar, type Measured } from '../bars.js';
import type { Results } from '../run/results.js';
import type { Metric } from '../scenarios.js';
import { ratiosOf, type Spread, spreadOf } from './statistics.js';

/** A bar, and what was measured of it: nothing where one of the two was not. */
export interface Judged {
  readonly bar: Bar;
  readonly ratio: Spread | undefined;
  readonly isMet: boolean | undefined;
}

/** Holds the results against the bars, by the median of the ratios of the rounds. */
export function judgeBars(results: Pick<Results, 'scenarios'>): readonly Judged[] {
  return BARS.map((bar) => {
    const nefeli = valuesOf(results, { peer: 'nefeli', scenario: bar.scenario }, bar.metric);
    const ratio = spreadOf(ratiosOf(nefeli, valuesOf(results, bar.against, bar.metric)));
    return { bar, ratio, isMet: ratio && isWithin(ratio.median, bar.limit) };
  });
}

/** A metric of a peer in a scenario, round by round. */
export function valuesOf(
  { scenarios }: Pick<Results, 'scenarios'>,
  { peer, scenario }: Measured,
  metric: Metric,
): readonly (number | undefined)[] {
  const found = scenarios.find(({ name }) => name === scenario)?.peers.find(({ name }) => name === peer);
  return found?.rounds.map((round) => round?.[metric]) ?? [];
}

function isWithin(ratio: number, { kind, ratio: limit }: Bar['limit']): boolean {
  return kind === 'at most' ? ratio <= limit : ratio >= limit;
}
