import { BARS, type Bar } from '../bars.js';
import type { Results } from '../run/results.js';
import { ratiosOf, type Spread, spreadOf } from './statistics.js';
import { areOfOneRun, valuesOf } from './values-of.js';

/** A bar, and what was measured of it: nothing where one of the two was not, or not by the same run. */
export interface Judged {
  readonly bar: Bar;
  readonly ratio: Spread | undefined;
  readonly isMet: boolean | undefined;
}

/** Holds the results against the bars, by the median of the ratios of the rounds. */
export function judgeBars(results: Pick<Results, 'scenarios'>): readonly Judged[] {
  return BARS.map((bar) => {
    if (!areOfOneRun(results, [bar.scenario, bar.against.scenario])) return { bar, ratio: undefined, isMet: undefined };
    const nefeli = valuesOf(results, { peer: 'nefeli', scenario: bar.scenario }, bar.metric);
    const ratio = spreadOf(ratiosOf(nefeli, valuesOf(results, bar.against, bar.metric)));
    return { bar, ratio, isMet: ratio && isWithin(ratio.median, bar.limit) };
  });
}

function isWithin(ratio: number, { kind, ratio: limit }: Bar['limit']): boolean {
  return kind === 'at most' ? ratio <= limit : ratio >= limit;
}
