import type { Results, ScenarioResult } from '../run/results.js';
import type { Metric } from '../scenarios.js';
import { formatMetric, formatRatio, titleOf } from './format-metric.js';
import { judgeBars, valuesOf } from './judge-bars.js';
import { ratiosOf, type Spread, spreadOf } from './statistics.js';

/** Of each peer beside the main metric, where it was measured. */
const MORE: readonly Metric[] = [
  'cpuUs',
  'perSecond',
  'p50Us',
  'p90Us',
  'p99Us',
  'heapBytes',
  'rssBytes',
  'serverBusy',
  'loadBusy',
];
/** Who the others are compared with. */
const BASES = ['ws', 'new'];

/** All results as text: the bars, then a table for each scenario. Markdown, and readable as it stands. */
export function describeResults(results: Results): string {
  return [barsTable(results), ...results.scenarios.map((scenario) => scenarioTable(results, scenario))].join('\n\n');
}

/** Whether each bar is met. */
export function barsTable(results: Pick<Results, 'scenarios'>): string {
  const rows = judgeBars(results).map(({ bar, ratio, isMet }) => [
    bar.title,
    `${bar.limit.kind} ${formatRatio(bar.limit.ratio)}`,
    ratio ? formatRatio(ratio.median) : '–',
    ratio ? `${formatRatio(ratio.min)} – ${formatRatio(ratio.max)}` : '–',
    isMet === undefined ? 'not measured' : isMet ? 'met' : '**not met**',
  ]);
  return table(['', 'bar', 'median', 'spread', ''], rows);
}

/** One scenario: a row for each peer, with the spread of its main metric and medians of the others. */
export function scenarioTable(results: Pick<Results, 'scenarios'>, scenario: ScenarioResult): string {
  const { name, title, unit, main, peers } = scenario;
  const base = BASES.find((each) => peers.some((peer) => peer.name === each));
  const values = (peer: string, metric: Metric) => valuesOf(results, { peer, scenario: name }, metric);
  const more = MORE.filter((metric) => {
    return metric !== main && peers.some((peer) => spreadOf(present(values(peer.name, metric))));
  });
  const rows = peers.map((peer) => {
    const ratio = base === undefined ? undefined : spreadOf(ratiosOf(values(peer.name, main), values(base, main)));
    return [
      peer.title,
      ...spreadCells(spreadOf(present(values(peer.name, main))), main),
      ratio ? `${formatRatio(ratio.median)} (${formatRatio(ratio.min)} – ${formatRatio(ratio.max)})` : '–',
      ...more.map((metric) => formatMetric(metric, spreadOf(present(values(peer.name, metric)))?.median)),
    ];
  });
  const baseTitle = peers.find((peer) => peer.name === base)?.title;
  const heads = ['', `${titleOf(main)}, min`, 'median', 'max', `to ${baseTitle ?? '–'}`, ...more.map(titleOf)];
  return `### ${title}\n\n\`${name}\`, by the ${unit}\n\n${table(heads, rows)}`;
}

function spreadCells(spread: Spread | undefined, metric: Metric): readonly string[] {
  const { min, median, max } = spread ?? {};
  return [formatMetric(metric, min), `**${formatMetric(metric, median)}**`, formatMetric(metric, max)];
}

function present(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

/** The first column is text, the others are figures. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(3, head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) => {
      return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
