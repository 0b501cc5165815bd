import { describe, expect, it } from 'vitest';
import { drawChart } from '../../bench/report/chart.js';
import { judgeBars } from '../../bench/report/judge-bars.js';
import { mergeResults } from '../../bench/report/merge-results.js';
import { updatePage } from '../../bench/report/page.js';
import { describeResults } from '../../bench/report/tables.js';
import type { Measurement, PeerResult, Results } from '../../bench/run/results.js';

const peer = (name: string, title: string, rounds: (Measurement | null)[]): PeerResult => ({ name, title, rounds });
const cpu = (...values: (number | null)[]) => values.map((cpuUs) => (cpuUs === null ? null : { cpuUs }));

const RESULTS: Results = {
  date: '2026-11-21T11:00:00.000Z',
  commit: 'abc1234',
  machine: { processor: 'Fast <2>', processors: 2, memoryGb: 24, system: 'linux', node: 'v20.20.2', isPinned: true },
  settings: { rounds: 5, warmUpMs: 1, measureMs: 2_000, fewer: 1 },
  versions: { ws: '8.23.0' },
  scenarios: [
    {
      name: 'broadcast-1',
      title: 'broadcast & more',
      unit: 'delivery',
      main: 'cpuUs',
      peers: [
        peer('nefeli', 'Nefeli', cpu(8, 9, null, 7, 10)),
        peer('ws', 'plain ws', cpu(10, 10, 10, 10, 10)),
        peer('neffos', 'neffos (Go)', cpu(100, 100, 100, 100, 100)),
      ],
    },
  ],
  missing: [{ what: 'Socket.IO', reason: 'not installed' }],
};
const MERGED = mergeResults([RESULTS]);
const PAGE = 'before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n';

describe('judgeBars', () => {
  it('holds the median of the ratios against the bar, without the rounds that failed', () => {
    const judged = judgeBars(RESULTS).find(({ bar }) => bar.scenario === 'broadcast-1');

    expect(judged).toMatchObject({ ratio: { min: 0.7, median: expect.closeTo(0.85), max: 1 }, isMet: true });
  });

  it('tells what is not met: at most is from below, at least from above', () => {
    const connects = (nefeli: number) => [
      {
        name: 'connect',
        title: '',
        unit: '',
        main: 'cpuUs' as const,
        peers: [peer('nefeli', '', [{ perCpuSecond: nefeli }])],
      },
      {
        name: 'upgrade',
        title: '',
        unit: '',
        main: 'cpuUs' as const,
        peers: [peer('fastify-websocket', '', [{ perCpuSecond: 100 }])],
      },
    ];
    const isMet = (nefeli: number) =>
      judgeBars({ scenarios: connects(nefeli) }).find(({ bar }) => bar.scenario === 'connect')?.isMet;

    expect([isMet(74), isMet(75), isMet(200)]).toEqual([false, true, true]);
  });

  it('leaves open what was not measured', () => {
    const judged = judgeBars({ scenarios: [] });

    expect(judged.length).toBeGreaterThan(5);
    for (const { ratio, isMet } of judged) expect([ratio, isMet]).toEqual([undefined, undefined]);
  });
});

describe('describeResults', () => {
  it('shows min, median, max and the ratios to plain ws', () => {
    const text = describeResults(RESULTS).replaceAll(/ +/g, ' ');

    expect(text).toContain('| Nefeli | 7.00 µs | **8.50 µs** | 10.0 µs | 0.85 (0.70 – 1.00) |');
    expect(text).toContain('| plain ws | 10.0 µs | **10.0 µs** | 10.0 µs | 1.00 (1.00 – 1.00) |');
    expect(text).toContain('| at most 0.90 | 0.85 | 0.70 – 1.00 | met |');
    expect(text).toContain('not measured');
  });
});

describe('updatePage', () => {
  it('replaces what is between the markers, and nothing else', () => {
    const page = updatePage(PAGE, MERGED);

    expect(page.startsWith('before\n<!-- measured: begin -->\n')).toBe(true);
    expect(page.endsWith('<!-- measured: end -->\nafter\n')).toBe(true);
    expect(page).not.toContain('old');
    expect(page).toContain('2026-11-21, commit `abc1234`, 5 rounds of 2 s');
    expect(page).toContain('Node 20.20.2');
    expect(page).toContain('- Socket.IO: not installed');
    expect(updatePage(page, MERGED)).toBe(page);
  });

  it.each([
    ['fewer than 5 rounds', { settings: { ...RESULTS.settings, rounds: 4 } }, '4 rounds are not enough: 5 or more'],
    ['a quick run', { settings: { ...RESULTS.settings, fewer: 10 } }, 'the results of a quick run'],
    ['a shared processor', { machine: { ...RESULTS.machine, isPinned: false } }, 'must have a processor each'],
  ])('refuses results of %s', (_, change, message) => {
    expect(() => updatePage(PAGE, mergeResults([{ ...RESULTS, ...change }]))).toThrow(message);
  });

  it('refuses a page without markers', () => {
    expect(() => updatePage('a page', MERGED)).toThrow('the page must have the lines <!-- measured: begin -->');
  });
});

describe('drawChart', () => {
  it('draws a bar for each peer, marks what is cut, and follows light and dark pages', () => {
    const svg = drawChart(RESULTS);

    expect(svg.match(/<rect /g)).toHaveLength(3);
    expect(svg).toContain('broadcast &amp; more');
    expect(svg).toContain('>8.50 µs</text>');
    expect(svg).toContain('>→ 100 µs</text>');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toContain('NaN');
  });

  it('draws nothing of scenarios that were not measured', () => {
    expect(drawChart({ scenarios: [] })).not.toContain('<rect');
  });
});
