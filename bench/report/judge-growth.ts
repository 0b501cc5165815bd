import { CURVES, type Curve } from '../growth.js';
import type { Results } from '../run/results.js';
import { presentOf, type Spread, spreadOf } from './statistics.js';
import { areOfOneRun, valuesOf } from './values-of.js';

/** What one peer has measured of a curve. */
export interface PeerGrowth {
  readonly peer: string;
  readonly title: string;
  /** Of each point, in the order of the curve; nothing where it was not measured. */
  readonly costs: readonly (Spread | undefined)[];
  /** How many times as dear its dearest point is as the cheapest before it. Nothing where a point is missing. */
  readonly growth: number | undefined;
  /** Only Nefeli is held against the limit. */
  readonly isMet: boolean | undefined;
}

/** A curve and those that were measured. */
export interface JudgedCurve {
  readonly curve: Curve;
  readonly peers: readonly PeerGrowth[];
}

const JUDGED = 'nefeli';

/** Holds the curves that were measured, by one run each, against their limits. */
export function judgeGrowth(results: Pick<Results, 'scenarios'>): readonly JudgedCurve[] {
  return CURVES.flatMap((curve) => {
    const names = curve.points.map(({ scenario }) => scenario);
    const measured = results.scenarios.filter(({ name }) => names.includes(name));
    if (!areOfOneRun(results, names)) return [];
    const peers = new Map(measured.flatMap((scenario) => scenario.peers.map(({ name, title }) => [name, title])));
    return [{ curve, peers: [...peers].map((peer) => judgePeer(results, curve, peer)) }];
  });
}

/**
 * The greatest of the ratios of a value to one before it: 1 when values only fall. What is cheaper at a greater size has not
 * grown, so that the least of all is not what it is compared with.
 */
export function growthOf(values: readonly number[]): number {
  let growth = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    growth = Math.max(growth, value / least);
  }
  return growth;
}

function judgePeer(
  results: Pick<Results, 'scenarios'>,
  { points, limit }: Curve,
  [peer, title]: readonly [name: string, title: string],
): PeerGrowth {
  const costs = points.map(({ scenario }) => spreadOf(presentOf(valuesOf(results, { peer, scenario }, 'cpuUs'))));
  const medians = presentOf(costs.map((cost) => cost?.median));
  const growth = medians.length < points.length ? undefined : growthOf(medians);
  return { peer, title, costs, growth, isMet: peer === JUDGED && growth !== undefined ? growth <= limit : undefined };
}
