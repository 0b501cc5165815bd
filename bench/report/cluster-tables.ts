import { CLUSTER_TABLES, type ClusterTable } from '../cluster.js';
import { PEERS } from '../peers.js';
import type { Results } from '../run/results.js';
import type { Metric } from '../scenarios.js';
import { formatMetric, formatRatio, titleOf } from './format-metric.js';
import { markdownTable } from './markdown-table.js';
import { presentOf, ratiosOf, spreadOf } from './statistics.js';
import { valuesOf } from './values-of.js';

type Measured = Pick<Results, 'scenarios'>;

/** A table with its title and what has to be known to read it, for each thing that was measured of several processes. */
export function clusterTables(results: Measured): readonly string[] {
  return CLUSTER_TABLES.flatMap((table) => {
    const rows = table.rows.flatMap(({ name, label }) => rowsOf(results, { name, label, table }));
    if (rows.length === 0) return [];
    const heads = ['', titleOf(table.main), 'to Socket.IO', ...table.more.map(titleOf)];
    return [`### ${table.title}\n\n${table.note}\n\n${markdownTable(heads, rows)}`];
  });
}

/** The median and, where they differ, the least and the greatest of all rounds. */
export function spreadCell(values: readonly (number | undefined)[], metric: Metric): string {
  const spread = spreadOf(presentOf(values));
  if (!spread) return '–';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => formatMetric(metric, value));
  return min === max ? `**${median}**` : `**${median}** (${min} – ${max})`;
}

interface Row {
  readonly name: string;
  readonly label: string;
  readonly table: ClusterTable;
}

/** One for each peer that was measured in a scenario. */
function rowsOf(results: Measured, { name, label, table: { main, more } }: Row): readonly (readonly string[])[] {
  const peers = results.scenarios.find((scenario) => scenario.name === name)?.peers ?? [];
  return peers.map((peer) => {
    const values = (metric: Metric, of = peer.name) => valuesOf(results, { peer: of, scenario: name }, metric);
    const ratio = spreadOf(ratiosOf(values(main), values(main, baseOf(peer.name))));
    return [
      `${label}: ${peer.title}`,
      spreadCell(values(main), main),
      ratio ? `${formatRatio(ratio.median)} (${formatRatio(ratio.min)} – ${formatRatio(ratio.max)})` : '–',
      ...more.map((metric) => formatMetric(metric, spreadOf(presentOf(values(metric)))?.median)),
    ];
  });
}

/** Who has no broker is held against Socket.IO without one. */
function baseOf(name: string): string {
  return PEERS.find((peer) => peer.name === name)?.broker === undefined ? 'socket-io' : 'socket-io-redis';
}
