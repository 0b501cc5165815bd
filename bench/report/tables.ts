import { isCluster } from '../cluster.js';
import { isPoint } from '../growth.js';
import type { Results, ScenarioResult } from '../run/results.js';
import type { Metric } from '../scenarios.js';
import { bodyTables } from './body-tables.js';
import { clusterTables } from './cluster-tables.js';
import { formatMetric, formatRatio, titleOf } from './format-metric.js';
import { growthTables } from './growth-tables.js';
import { judgeBars } from './judge-bars.js';
import { markdownTable } from './markdown-table.js';
import { presentOf, ratiosOf, type Spread, spreadOf } from './statistics.js';
import { valuesOf } from './values-of.js';

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

/** All results as text: the bars, then what was measured. Markdown, and readable as it stands. */
export function describeResults(results: Pick<Results, 'scenarios'>): string {
  const tables = [...bodyTables(results), ...growthTables(results), ...clusterTables(results)];
  return [barsTable(results), ...tables, ...scenarioTables(results)].join('\n\n');
}

/** A table for each scenario but those of curves and of several processes, which have their own. */
export function scenarioTables(results: Pick<Results, 'scenarios'>): readonly string[] {
  const others = results.scenarios.filter(({ name }) => !isPoint(name) && !isCluster(name));
  return others.map((scenario) => scenarioTable(results, scenario));
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
  return markdownTable(['', 'bar', 'median', 'spread', ''], rows);
}

/** One scenario: a row for each peer, with the spread of its main metric and medians of the others. */
function scenarioTable(results: Pick<Results, 'scenarios'>, scenario: ScenarioResult): string {
  const { name, title, unit, main, peers } = scenario;
  const base = BASES.find((each) => peers.some((peer) => peer.name === each));
  const values = (peer: string, metric: Metric) => valuesOf(results, { peer, scenario: name }, metric);
  const more = MORE.filter((metric) => {
    return metric !== main && peers.some((peer) => spreadOf(presentOf(values(peer.name, metric))));
  });
  const rows = peers.map((peer) => {
    const ratio = base === undefined ? undefined : spreadOf(ratiosOf(values(peer.name, main), values(base, main)));
    return [
      peer.title,
      ...spreadCells(spreadOf(presentOf(values(peer.name, main))), main),
      ratio ? `${formatRatio(ratio.median)} (${formatRatio(ratio.min)} – ${formatRatio(ratio.max)})` : '–',
      ...more.map((metric) => formatMetric(metric, spreadOf(presentOf(values(peer.name, metric)))?.median)),
    ];
  });
  const baseTitle = peers.find((peer) => peer.name === base)?.title;
  const heads = ['', `${titleOf(main)}, min`, 'median', 'max', `to ${baseTitle ?? '–'}`, ...more.map(titleOf)];
  return `### ${title}\n\n\`${name}\`, by the ${unit}\n\n${markdownTable(heads, rows)}`;
}

function spreadCells(spread: Spread | undefined, metric: Metric): readonly string[] {
  const { min, median, max } = spread ?? {};
  return [formatMetric(metric, min), `**${formatMetric(metric, median)}**`, formatMetric(metric, max)];
}
