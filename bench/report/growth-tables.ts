import type { Curve } from '../growth.js';
import type { Results } from '../run/results.js';
import { formatMetric, formatRatio } from './format-metric.js';
import { type JudgedCurve, judgeGrowth, type PeerGrowth } from './judge-growth.js';
import { markdownTable } from './markdown-table.js';
import type { Spread } from './statistics.js';

/** A table for each thing that grows, with the curves that were measured over it. */
export function growthTables(results: Pick<Results, 'scenarios'>): readonly string[] {
  const judged = judgeGrowth(results);
  return (['connections', 'rooms'] as const).flatMap((along) => {
    const curves = judged.filter(({ curve }) => curve.along === along);
    const [first] = curves;
    return first ? [tableOf(first.curve, curves)] : [];
  });
}

function tableOf({ along, points }: Curve, curves: readonly JudgedCurve[]): string {
  const sizes = points.map(({ size }) => size.toLocaleString('en-GB'));
  const heads = [`server CPU at so many ${along}`, ...sizes, 'growth', 'at most', ''];
  const rows = curves.flatMap(({ curve, peers }) => peers.map((peer) => rowOf(curve, peer)));
  return markdownTable(heads, rows);
}

function rowOf({ title, unit, limit }: Curve, { title: peer, costs, growth, isMet }: PeerGrowth): readonly string[] {
  const verdict = isMet === undefined ? '' : isMet ? 'met' : '**not met**';
  return [
    `${title}, by the ${unit}: ${peer}`,
    ...costs.map(cell),
    growth === undefined ? '–' : formatRatio(growth),
    isMet === undefined ? '' : formatRatio(limit),
    verdict,
  ];
}

function cell(cost: Spread | undefined): string {
  if (!cost) return '–';
  const [median, min, max] = [cost.median, cost.min, cost.max].map((value) => formatMetric('cpuUs', value));
  return `**${median}** (${min} – ${max})`;
}
