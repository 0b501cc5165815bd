import type { Measured } from '../bars.js';
import type { Results } from '../run/results.js';
import type { Metric } from '../scenarios.js';

/** A metric of a peer in a scenario, round by round. */
export function valuesOf(
  { scenarios }: Pick<Results, 'scenarios'>,
  { peer, scenario }: Measured,
  metric: Metric,
): readonly (number | undefined)[] {
  const found = scenarios.find(({ name }) => name === scenario)?.peers.find(({ name }) => name === peer);
  return found?.rounds.map((round) => round?.[metric]) ?? [];
}

/** Whether the same run has measured these scenarios: those of others are not compared round by round. */
export function areOfOneRun({ scenarios }: Pick<Results, 'scenarios'>, names: readonly string[]): boolean {
  const runs = scenarios.filter(({ name }) => names.includes(name)).map(({ measuredOn }) => measuredOn);
  return new Set(runs).size === 1;
}
