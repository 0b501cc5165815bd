import type { Curve } from '../growth.js';
import type { Results } from '../run/results.js';
import { formatMetric, formatRatio } from './format-metric.js';
import { type JudgedCurve, judgeGrowth, type PeerGrowth } from './judge-growth.js';
import { escapeXml, rounded, svgDocument } from './svg-document.js';

const COLUMNS = 2;
const PANEL = { width: 420, height: 236 };
/** Where the curves are drawn in a panel. */
const PLOT = { left: 64, right: 290, top: 56, bottom: 184 };
const MARGIN = 16;
const LABEL_GAP = 10;
/** Labels of two lines each are moved apart up to this. */
const LABEL_HEIGHT = 32;
const LINE_HEIGHT = 14;
const NOTE_HEIGHT = 28;
const NOTE =
  'Dots are medians, strokes reach from the least to the greatest. Growth: the dearest median by the cheapest before it.';
/** What the vertical axis may end at, times a power of ten. */
const ROUND_ENDS = [1, 2, 3, 4, 5, 6, 8, 10];

const STYLE = `
  .small { font-size: 11px; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .nefeli { color: #0969da; }
  .other { color: #6e7781; }
  .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
  .spread { stroke: currentColor; stroke-width: 1.5; }
  .dot { fill: currentColor; }
  .name { fill: currentColor; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .quiet { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .nefeli { color: #4493f8; }
    .other { color: #9198a1; }
  }`;

/** Draws the cost of each curve over its sizes, a panel each: medians as lines, spreads as strokes through them. An SVG. */
export function drawGrowth(results: Pick<Results, 'scenarios'>): string {
  const curves = judgeGrowth(results);
  const panels = curves.map((judged, index) => {
    const x = (index % COLUMNS) * PANEL.width;
    const y = Math.floor(index / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(judged)}\n</g>`;
  });
  const end = Math.ceil(curves.length / COLUMNS) * PANEL.height;
  const note = `<text class="small quiet" x="${MARGIN}" y="${end + LINE_HEIGHT}">${NOTE}</text>`;
  const label =
    'Server CPU of a message at more and more connections and rooms: a level line is a cost that does not grow';
  return svgDocument({ width: PANEL.width * COLUMNS, height: end + NOTE_HEIGHT, label, style: STYLE }, [
    ...panels,
    note,
  ]);
}

/** The least round number that the greatest value fits under. */
export function roundEnd(greatest: number): number {
  if (!(greatest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(greatest));
  return power * (ROUND_ENDS.find((end) => end * power >= greatest) ?? 10);
}

/** Moves positions apart, so that each is at least so far from the one before it. They keep their order, and their middle. */
export function apart(positions: readonly number[], distance: number): readonly number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const moved: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    last = Math.max(positions[index] ?? 0, last + distance);
    moved[index] = last;
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const back = mean(moved) - mean(positions);
  return moved.map((position) => position - back);
}

/** Where a size and a cost are drawn. */
interface Scale {
  readonly x: (index: number) => number;
  readonly y: (cost: number) => number;
}

function drawPanel({ curve, peers }: JudgedCurve): string {
  const end = roundEnd(Math.max(0, ...peers.flatMap(({ costs }) => costs.map((cost) => cost?.max ?? 0))));
  const scale: Scale = {
    // Each size is ten times the one before: equal steps are a logarithmic axis.
    x: (index) => rounded(PLOT.left + ((PLOT.right - PLOT.left) * index) / Math.max(1, curve.points.length - 1)),
    y: (cost) => rounded(PLOT.bottom - ((PLOT.bottom - PLOT.top) * cost) / end),
  };
  return [
    `<text class="title" x="${MARGIN}" y="20">${escapeXml(curve.title)}</text>`,
    `<text class="quiet" x="${MARGIN}" y="37">${escapeXml(`server CPU by the ${curve.unit}`)}</text>`,
    ...drawAxes(curve, end, scale),
    // Nefeli is drawn last, above the others.
    ...[...peers].reverse().map((peer) => drawCurve(peer, scale)),
    ...drawLabels(peers, scale),
  ].join('\n');
}

function drawAxes({ points, along }: Curve, end: number, { x, y }: Scale): readonly string[] {
  const lines = [0, end / 2, end].map((cost) => {
    const text = cost === 0 ? '0' : `${cost} µs`;
    return [
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(cost)}" y2="${y(cost)}"/>`,
      `<text class="small quiet" x="${PLOT.left - 8}" y="${y(cost) + 4}" text-anchor="end">${text}</text>`,
    ].join('\n');
  });
  const sizes = points.map(({ size }, index) => {
    return `<text class="small quiet" x="${x(index)}" y="${PLOT.bottom + 18}" text-anchor="middle">${size.toLocaleString('en-GB')}</text>`;
  });
  const middle = rounded((PLOT.left + PLOT.right) / 2);
  return [
    ...lines,
    ...sizes,
    `<text class="small quiet" x="${middle}" y="${PLOT.bottom + 34}" text-anchor="middle">${along}</text>`,
  ];
}

function drawCurve({ peer, costs }: PeerGrowth, { x, y }: Scale): string {
  const name = classOf(peer);
  const known = costs.flatMap((cost, index) => (cost ? [{ cost, at: x(index) }] : []));
  const points = known.map(({ cost, at }) => `${at},${y(cost.median)}`).join(' ');
  const marks = known.map(({ cost, at }) => {
    const spread = `<line class="spread ${name}" x1="${at}" x2="${at}" y1="${y(cost.min)}" y2="${y(cost.max)}"/>`;
    return `${spread}\n<circle class="dot ${name}" cx="${at}" cy="${y(cost.median)}" r="3.5"/>`;
  });
  return [`<polyline class="curve ${name}" points="${points}"/>`, ...marks].join('\n');
}

/** At the end of each curve: whose it is, where it ends and how much it has grown. */
function drawLabels(peers: readonly PeerGrowth[], { y }: Scale): readonly string[] {
  const ends = peers.map(({ costs }) => costs.at(-1)?.median ?? 0);
  const positions = apart(ends.map(y), LABEL_HEIGHT);
  // Not as low as the sizes beneath the axis.
  const up = Math.max(0, Math.max(...positions) + LINE_HEIGHT - PLOT.bottom);
  return peers.map(({ peer, title, growth }, index) => {
    const at = rounded((positions[index] ?? 0) - up);
    const x = PLOT.right + LABEL_GAP;
    const figures = `${formatMetric('cpuUs', ends[index])}${growth === undefined ? '' : `, growth ${formatRatio(growth)}`}`;
    return [
      `<text class="small name ${classOf(peer)}" x="${x}" y="${at - 2}">${escapeXml(title)}</text>`,
      `<text class="small quiet" x="${x}" y="${at - 2 + LINE_HEIGHT}">${figures}</text>`,
    ].join('\n');
  });
}

function classOf(peer: string): string {
  return peer === 'nefeli' ? 'nefeli' : 'other';
}
