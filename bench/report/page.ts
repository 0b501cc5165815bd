import { isCluster } from '../cluster.js';
import { CURVES, isPoint } from '../growth.js';
import type { Missing } from '../run/results.js';
import { bodyTables } from './body-tables.js';
import { clusterTables } from './cluster-tables.js';
import { growthTables } from './growth-tables.js';
import { replaceMeasured } from './measured-part.js';
import type { MergedResults, Run } from './merge-results.js';
import { sizingTable } from './sizing-table.js';
import { barsTable, scenarioTables } from './tables.js';

/** Fewer rounds say too little about their spread to be published. */
const MIN_ROUNDS = 5;
/** A curve has more points than one, and few peers; several processes are measured in many scenarios. */
const MIN_ROUNDS_OF_MANY = 3;
/** What the names of their scenarios begin with. */
const CLUSTER_NAME = 'cluster';

/**
 * Puts results into the page, between its markers, instead of those that were there.
 *
 * @throws an Error when the page has no markers, or the results are not fit to be published: of fewer than 5 rounds, or 3 for
 *   the points of curves and for several processes, of fewer connections than there should be, or of a machine where server and load generator shared a
 *   processor
 */
export function updatePage(page: string, results: MergedResults): string {
  refuseUnfit(results);
  return replaceMeasured(page, describe(results));
}

/**
 * Puts what servers are sized by into the page that tells how, between its markers. Without any such results it stays as it is.
 *
 * @throws an Error as {@link updatePage} does
 */
export function updateSizing(page: string, results: MergedResults): string {
  const table = sizingTable(results);
  if (table === undefined) return page;
  refuseUnfit(results);
  const runs = results.runs.filter(({ scenarios }) => scenarios.some(isCluster));
  const [first = results.runs[0], ...others] = runs;
  return replaceMeasured(page, `${conditionsOf({ ...results, runs: [first, ...others] })}\n\n${table}`);
}

function refuseUnfit({ runs, machine }: MergedResults): void {
  for (const run of runs) refuseUnfitRun(run);
  if (!machine.isPinned) throw new Error('server and load generator must have a processor each, which takes taskset');
}

function refuseUnfitRun({ date, settings, scenarios }: Run): void {
  const what = `the run of ${date} (${scenarios.join(', ')})`;
  const isOfMany = scenarios.every((name) => isPoint(name) || isCluster(name));
  const least = isOfMany ? MIN_ROUNDS_OF_MANY : MIN_ROUNDS;
  if (settings.rounds < least) throw new Error(`${what}: ${settings.rounds} rounds are not enough: ${least} or more`);
  if (settings.fewer !== 1) throw new Error(`${what}: these are the results of a quick run, with fewer connections`);
}

function describe(results: MergedResults): string {
  return [
    conditionsOf(results),
    '![Server CPU of a message and memory of a connection, by library](images/performance.svg)',
    '## Bars',
    barsTable(results),
    ...growthOf(results),
    ...bodiesOf(results),
    ...clusterOf(results),
    '## All scenarios',
    ...scenarioTables(results),
    ...missingOf(results.missing),
  ].join('\n\n');
}

function conditionsOf({ machine, runs }: MergedResults): string {
  const { processor, processors, memoryGb, system, node } = machine;
  return [
    ...runs.map((run) => conditionOf(run, runs)),
    `- ${processor}, ${processors} processors, ${memoryGb} GB, ${system}, Node ${node.slice(1)}.`,
    `- ${versionsOf(runs).join(', ')}.`,
  ].join('\n');
}

/** Which scenarios a run has measured is told where there are more runs. */
function conditionOf({ date, commit, settings, scenarios }: Run, runs: readonly Run[]): string {
  const of = runs.length === 1 ? '' : `: ${shortNames(scenarios).join(', ')}`;
  const { rounds, measureMs } = settings;
  return `- Measured on ${date.slice(0, 10)}, commit \`${commit}\`, ${rounds} rounds of ${measureMs / 1_000} s${of}.`;
}

/** The points of a curve, and all of several processes, by the name that stands for all of them on the command line, too. */
function shortNames(scenarios: readonly string[]): readonly string[] {
  const names = scenarios.map((name) => {
    if (isCluster(name)) return CLUSTER_NAME;
    return CURVES.find(({ points }) => points.some(({ scenario }) => scenario === name))?.name ?? name;
  });
  return [...new Set(names)].map((name) => `\`${name}\``);
}

/** Of each package, all that were measured. */
function versionsOf(runs: readonly Run[]): readonly string[] {
  const versions = new Map<string, Set<string>>();
  for (const [name, version] of runs.flatMap((run) => Object.entries(run.versions))) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return [...versions].map(([name, all]) => `${name} ${[...all].join(' and ')}`);
}

function growthOf(results: MergedResults): readonly string[] {
  const tables = growthTables(results);
  if (tables.length === 0) return [];
  return [
    '## Growth',
    'What should cost the same however many connections or rooms there are. Growth is how many times as dear the dearest median is\n' +
      'as the cheapest at a smaller size: 1.00 is a cost that stays, or falls.',
    '![Server CPU of a message at 10 to 10,000 connections and at 1 to 1,000 rooms, of Nefeli and plain ws](images/growth.svg)',
    ...tables,
  ];
}

function clusterOf(results: MergedResults): readonly string[] {
  const tables = clusterTables(results);
  if (tables.length === 0) return [];
  return [
    '## Several processes',
    'Servers that are one over a broker, all on one processor, beside Socket.IO with its Redis adapter. Read CPU and ratios: what processes\n' +
      'that share a processor send *a second* says nothing of as many machines. Medians, and in brackets the least and the greatest.',
    ...tables,
  ];
}

function bodiesOf(results: MergedResults): readonly string[] {
  const tables = bodyTables(results);
  if (tables.length === 0) return [];
  return [
    '## Larger bodies',
    'Server CPU of an echo, 50 connections; in brackets the ratio to plain `ws`. Medians.',
    ...tables,
  ];
}

function missingOf(missing: readonly Missing[]): readonly string[] {
  if (missing.length === 0) return [];
  const lines = new Set(missing.map(({ what, reason }) => `- ${what}: ${reason}`));
  return ['## Not measured', [...lines].join('\n')];
}
