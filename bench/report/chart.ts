import type { PeerResult, Results, ScenarioResult } from '../run/results.js';
import { formatMetric, titleOf } from './format-metric.js';
import { type Spread, spreadOf } from './statistics.js';
import { escapeXml, rounded, svgDocument } from './svg-document.js';

/** What is drawn, in this order: less is better in all of it. */
const DRAWN = [
  'echo-emit-1-64',
  'echo-emit-16-64',
  'echo-ask-1-64',
  'echo-ask-16-64',
  'broadcast-1',
  'broadcast-10',
  'room',
  'idle',
];
const COLUMNS = 2;
const PANEL_WIDTH = 420;
const MARGIN = 16;
const LABEL_WIDTH = 130;
const VALUE_WIDTH = 70;
const BAR_WIDTH = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH - MARGIN;
const TITLE_HEIGHT = 48;
const ROW_HEIGHT = 20;
const BAR_HEIGHT = 12;
/** A bar that is longer than so many times the one of plain ws is cut, or the others could not be told apart. */
const MOST_TIMES = 4;

const STYLE = `
  .bar { fill: #8c959f; }
  .nefeli { fill: #0969da; }
  .spread { stroke: #1f2328; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    .bar { fill: #6e7681; }
    .nefeli { fill: #4493f8; }
    .spread { stroke: #e6edf3; }
  }`;

interface Bar {
  readonly peer: PeerResult;
  readonly spread: Spread;
}

/** Draws medians as bars and spreads as lines on them, a panel for each scenario that was measured. An SVG. */
export function drawChart({ scenarios }: Pick<Results, 'scenarios'>): string {
  const drawn = DRAWN.flatMap((name) => scenarios.filter((scenario) => scenario.name === name))
    .map((scenario) => ({ scenario, bars: barsOf(scenario) }))
    .filter(({ bars }) => bars.length > 0);
  const panelHeight = TITLE_HEIGHT + ROW_HEIGHT * Math.max(0, ...drawn.map(({ bars }) => bars.length)) + MARGIN;
  const height = Math.ceil(drawn.length / COLUMNS) * panelHeight;
  const panels = drawn.map(({ scenario, bars }, index) => {
    const x = (index % COLUMNS) * PANEL_WIDTH;
    const y = Math.floor(index / COLUMNS) * panelHeight;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(scenario, bars)}\n</g>`;
  });
  const label = 'Server CPU of a message and memory of a connection, by library';
  return svgDocument({ width: PANEL_WIDTH * COLUMNS, height, label, style: STYLE }, panels);
}

function barsOf({ peers, main }: ScenarioResult): readonly Bar[] {
  return peers.flatMap((peer) => {
    const values = peer.rounds.flatMap((round) => (round?.[main] === undefined ? [] : [round[main]]));
    const spread = spreadOf(values);
    return spread ? [{ peer, spread }] : [];
  });
}

function drawPanel({ title, main, unit }: ScenarioResult, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ spread }) => spread.max));
  const base = bars.find(({ peer }) => peer.name === 'ws')?.spread.median ?? longest;
  const scale = BAR_WIDTH / Math.min(longest, base * MOST_TIMES);
  const rows = bars.map(({ peer, spread }, index) => {
    const y = TITLE_HEIGHT + index * ROW_HEIGHT;
    const to = (value: number) => LABEL_WIDTH + Math.min(BAR_WIDTH, value * scale);
    const middle = y + BAR_HEIGHT / 2;
    const isCut = spread.median * scale > BAR_WIDTH;
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${y + 10}" text-anchor="end">${escapeXml(peer.title)}</text>`,
      rect(peer.name === 'nefeli' ? 'nefeli' : 'bar', { x: LABEL_WIDTH, y, width: to(spread.median) - LABEL_WIDTH }),
      `<line class="spread" x1="${rounded(to(spread.min))}" x2="${rounded(to(spread.max))}" y1="${middle}" y2="${middle}"/>`,
      `<text x="${rounded(to(spread.max)) + 6}" y="${y + 10}">${isCut ? '→ ' : ''}${formatMetric(main, spread.median)}</text>`,
    ].join('\n');
  });
  const heading = `<text class="title" x="${MARGIN}" y="20">${escapeXml(title)}</text>`;
  const what = `<text x="${MARGIN}" y="36">${escapeXml(`${titleOf(main)} by the ${unit}`)}</text>`;
  return [heading, what, ...rows].join('\n');
}

function rect(
  name: string,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${rounded(width)}" height="${BAR_HEIGHT}" rx="2"/>`;
}
