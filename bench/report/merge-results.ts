import type { Machine } from '../run/machine.js';
import type { Missing, Results, ScenarioResult } from '../run/results.js';
import { SCENARIOS } from '../scenarios.js';

/** One run, and what of it is told. */
export interface Run extends Pick<Results, 'date' | 'commit' | 'settings' | 'versions'> {
  /** The names of the scenarios whose newest results these are. */
  readonly scenarios: readonly string[];
}

/** Results of several runs as one. */
export interface MergedResults {
  readonly machine: Machine;
  /** Those that something is told of, the newest first. */
  readonly runs: readonly [Run, ...Run[]];
  /** In the order in which they are measured, each with the date of its run. */
  readonly scenarios: readonly ScenarioResult[];
  readonly missing: readonly Missing[];
}

/**
 * Puts results of runs together: of each scenario, with all of its peers, those of the newest run that has measured it.
 *
 * @throws an Error when there are none, or they are of different machines
 */
export function mergeResults(results: readonly Results[]): MergedResults {
  const taken = new Set<string>();
  const newestFirst = [...results].sort((a, b) => b.date.localeCompare(a.date));
  const parts = newestFirst.map((result) => {
    const scenarios = result.scenarios.filter(({ name }) => !taken.has(name));
    for (const { name } of scenarios) taken.add(name);
    return { result, scenarios, names: scenarios.map(({ name }) => name) };
  });
  const used = parts.filter(({ names }) => names.length > 0);
  const [first, ...others] = used.map(({ result: { date, commit, settings, versions }, names }): Run => {
    return { date, commit, settings, versions, scenarios: names };
  });
  if (!first) throw new Error('nothing was measured');
  return {
    machine: machineOf(used.map(({ result }) => result)),
    runs: [first, ...others],
    scenarios: used
      .flatMap(({ result, scenarios }) => scenarios.map((scenario) => ({ ...scenario, measuredOn: result.date })))
      .sort((a, b) => placeOf(a.name) - placeOf(b.name)),
    missing: used.flatMap(({ result, names }) => result.missing.filter(({ what }) => isStillMissing(what, names))),
  };
}

/** What failed of a scenario that was measured again later is of no interest; what names no scenario is a peer. */
function isStillMissing(what: string, names: readonly string[]): boolean {
  const [scenario = ''] = what.split(' ', 1);
  return names.includes(scenario) || !SCENARIOS.some(({ name }) => name === scenario);
}

function machineOf(results: readonly Results[]): Machine {
  const [first, ...others] = results.map(({ machine }) => machine);
  if (!first) throw new Error('nothing was measured');
  for (const other of others) {
    const [one, two] = [first, other].map((machine) => JSON.stringify(Object.entries(machine).sort()));
    if (one !== two) throw new Error(`these are the results of different machines: ${one} and ${two}`);
  }
  return first;
}

function placeOf(scenario: string): number {
  return SCENARIOS.findIndex(({ name }) => name === scenario);
}
