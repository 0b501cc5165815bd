import type { Results } from '../run/results.js';
import { barsTable, scenarioTable } from './tables.js';

const BEGIN = '<!-- measured: begin -->';
const END = '<!-- measured: end -->';
/** Fewer rounds say too little about their spread to be published. */
const MIN_ROUNDS = 5;

/**
 * Puts results into the page, between its markers, instead of those that were there.
 *
 * @throws an Error when the page has no markers, or the results are not fit to be published: of fewer than 5 rounds, of fewer
 *   connections than there should be, or of a machine where server and load generator shared a processor
 */
export function updatePage(page: string, results: Results): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page must have the lines ${BEGIN} and ${END}, in this order`);
  const { settings, machine } = results;
  if (settings.rounds < MIN_ROUNDS) throw new Error(`${settings.rounds} rounds are not enough: ${MIN_ROUNDS} or more`);
  if (settings.fewer !== 1) throw new Error('these are the results of a quick run, with fewer connections');
  if (!machine.isPinned) throw new Error('server and load generator must have a processor each, which takes taskset');
  return `${page.slice(0, begin)}${BEGIN}\n\n${describe(results)}\n\n${page.slice(end)}`;
}

function describe(results: Results): string {
  return [
    conditionsOf(results),
    '![Server CPU of a message and memory of a connection, by library](images/performance.svg)',
    '## Bars',
    barsTable(results),
    '## All scenarios',
    ...results.scenarios.map((scenario) => scenarioTable(results, scenario)),
    ...missingOf(results),
  ].join('\n\n');
}

function conditionsOf({ date, commit, machine, settings, versions }: Results): string {
  const { processor, processors, memoryGb, system, node } = machine;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Measured on ${date.slice(0, 10)}, commit \`${commit}\`, ${settings.rounds} rounds of ${settings.measureMs / 1_000} s.`,
    `- ${processor}, ${processors} processors, ${memoryGb} GB, ${system}, Node ${node.slice(1)}.`,
    `- ${names.join(', ')}.`,
  ].join('\n');
}

function missingOf({ missing }: Results): readonly string[] {
  if (missing.length === 0) return [];
  return ['## Not measured', missing.map(({ what, reason }) => `- ${what}: ${reason}`).join('\n')];
}
