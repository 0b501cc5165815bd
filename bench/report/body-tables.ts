import type { Results } from '../run/results.js';
import { BODY_SIZES } from '../scenarios.js';
import { formatMetric, formatRatio } from './format-metric.js';
import { markdownTable } from './markdown-table.js';
import { presentOf, ratiosOf, spreadOf } from './statistics.js';
import { valuesOf } from './values-of.js';

type Measured = Pick<Results, 'scenarios'>;

interface Column {
  readonly title: string;
  readonly scenario: string;
}

const BASE = 'ws';

/** What an echo costs by the size of its body: a table for 1 in flight and one for 16, where larger bodies were measured. */
export function bodyTables(results: Measured): readonly string[] {
  return [1, 16].flatMap((inFlight) => {
    const columns = (['emit', 'ask'] as const).flatMap((as) => {
      return BODY_SIZES.map(({ bytes, title }) => ({
        title: `${as}, ${title}`,
        scenario: `echo-${as}-${inFlight}-${bytes}`,
      }));
    });
    const isMeasured = columns.some(({ scenario }) => !scenario.endsWith('-64') && peersOf(results, scenario).size > 0);
    return isMeasured ? [tableOf(results, columns, inFlight)] : [];
  });
}

function tableOf(results: Measured, columns: readonly Column[], inFlight: number): string {
  const peers = new Map(columns.flatMap(({ scenario }) => [...peersOf(results, scenario)]));
  const rows = [...peers].map(([name, title]) => {
    return [title, ...columns.map(({ scenario }) => cell(results, scenario, name))];
  });
  return markdownTable([`${inFlight} in flight`, ...columns.map(({ title }) => title)], rows);
}

/** The median, and that of its ratios to plain `ws`. */
function cell(results: Measured, scenario: string, peer: string): string {
  const values = valuesOf(results, { peer, scenario }, 'cpuUs');
  const cost = spreadOf(presentOf(values));
  if (!cost) return '–';
  const ratio = spreadOf(ratiosOf(values, valuesOf(results, { peer: BASE, scenario }, 'cpuUs')));
  return `${formatMetric('cpuUs', cost.median)}${ratio ? ` (${formatRatio(ratio.median)})` : ''}`;
}

function peersOf({ scenarios }: Measured, scenario: string): ReadonlyMap<string, string> {
  const peers = scenarios.find(({ name }) => name === scenario)?.peers ?? [];
  return new Map(peers.map(({ name, title }) => [name, title]));
}
