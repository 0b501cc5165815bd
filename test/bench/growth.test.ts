import { describe, expect, it } from 'vitest';
import { CURVES, GROWTH, isPoint } from '../../bench/growth.js';
import { apart, drawGrowth, roundEnd } from '../../bench/report/growth-chart.js';
import { growthTables } from '../../bench/report/growth-tables.js';
import { growthOf, judgeGrowth } from '../../bench/report/judge-growth.js';
import { describeResults } from '../../bench/report/tables.js';
import type { Results, ScenarioResult } from '../../bench/run/results.js';
import { SCENARIOS } from '../../bench/scenarios.js';

type Costs = Readonly<Record<string, readonly number[]>>;

/** The points of a curve, each with the same costs in three rounds: of Nefeli, and of plain ws. */
function measured(curve: string, costs: Costs, measuredOn?: readonly string[]): ScenarioResult[] {
  const points = CURVES.find(({ name }) => name === curve)?.points ?? [];
  return points.map(({ scenario }, index) => ({
    name: scenario,
    title: scenario,
    unit: 'message',
    main: 'cpuUs' as const,
    ...(measuredOn?.[index] === undefined ? {} : { measuredOn: measuredOn[index] }),
    peers: Object.entries(costs).map(([name, values]) => {
      const cpuUs = values[index];
      const round = cpuUs === undefined ? null : { cpuUs };
      return { name, title: name === 'nefeli' ? 'Nefeli' : 'plain ws', rounds: [round, round, round] };
    }),
  }));
}

const LEVEL = measured('growth-echo', { nefeli: [10, 11, 9, 11.5], ws: [10, 20, 30, 40] });

describe('the curves', () => {
  it('have a scenario for each point, measured with Nefeli and plain ws', () => {
    expect(CURVES.flatMap(({ points }) => points.map(({ scenario }) => scenario))).toEqual(
      GROWTH.map(({ name }) => name),
    );
    for (const scenario of GROWTH) expect(scenario.peers).toEqual(['nefeli', 'ws']);
    expect(SCENARIOS.filter(({ name }) => isPoint(name))).toEqual(GROWTH);
  });

  it('go from 10 to 10,000 connections, and from 1 to 1,000 rooms', () => {
    for (const { along, points } of CURVES) {
      const sizes = along === 'connections' ? [10, 100, 1_000, 10_000] : [1, 10, 100, 1_000];
      expect(points.map(({ size }) => size)).toEqual(sizes);
    }
  });

  it('open as many connections as they say, and never none', () => {
    for (const { along, points } of CURVES.filter((curve) => curve.along === 'connections')) {
      for (const { size, scenario } of points) {
        const connections = GROWTH.find(({ name }) => name === scenario)?.connections ?? [];
        expect(
          connections.reduce((sum, { count }) => sum + count, 0),
          `${scenario} ${along}`,
        ).toBe(size);
      }
    }
    for (const { count } of GROWTH.flatMap(({ connections }) => connections)) expect(count).toBeGreaterThan(0);
  });
});

describe('growthOf', () => {
  it('is the greatest ratio to a value before it', () => {
    expect(growthOf([10, 8, 12, 9])).toBe(1.5);
    expect(growthOf([4, 8])).toBe(2);
  });

  it('is 1 for a cost that falls, however far', () => {
    expect(growthOf([40, 10, 9, 9])).toBe(1);
  });
});

describe('judgeGrowth', () => {
  it('holds the medians of Nefeli against the limit, and nobody else', () => {
    const [judged] = judgeGrowth({ scenarios: LEVEL });

    expect(judged?.curve.name).toBe('growth-echo');
    expect(judged?.peers).toMatchObject([
      { peer: 'nefeli', growth: expect.closeTo(11.5 / 9), isMet: true },
      { peer: 'ws', growth: 4, isMet: undefined },
    ]);
  });

  it('tells what grows beyond the limit', () => {
    const scenarios = measured('growth-room', { nefeli: [10, 10, 10, 13.1] });

    expect(judgeGrowth({ scenarios })[0]?.peers[0]).toMatchObject({ growth: expect.closeTo(1.31), isMet: false });
  });

  it('leaves open what misses a point', () => {
    const scenarios = measured('growth-room', { nefeli: [10, 10, 10] });

    expect(judgeGrowth({ scenarios })[0]?.peers[0]).toMatchObject({ growth: undefined, isMet: undefined });
  });

  it('leaves out curves that were not measured, or by several runs', () => {
    const scenarios = measured('growth-echo', { nefeli: [1, 1, 1, 1] }, ['day 1', 'day 1', 'day 2', 'day 1']);

    expect(judgeGrowth({ scenarios: [] })).toEqual([]);
    expect(judgeGrowth({ scenarios })).toEqual([]);
  });
});

describe('growthTables', () => {
  it('has a table for connections and one for rooms, with the costs, the growth and whether it is met', () => {
    const rooms = measured('growth-joined', { nefeli: [10, 10, 10, 20] });

    const tables = growthTables({ scenarios: [...LEVEL, ...rooms] }).map((table) => table.replaceAll(/ +/g, ' '));

    expect(tables).toHaveLength(2);
    expect(tables[0]).toContain(
      '| server CPU at so many connections | 10 | 100 | 1,000 | 10,000 | growth | at most | |',
    );
    expect(tables[0]).toContain('by the message: Nefeli | **10.0 µs** (10.0 µs – 10.0 µs) |');
    expect(tables[0]).toContain('| 1.28 | 1.30 | met |');
    expect(tables[0]).toContain('| 4.00 | | |');
    expect(tables[1]).toContain('| server CPU at so many rooms | 1 | 10 | 100 | 1,000 | growth | at most | |');
    expect(tables[1]).toContain('| 2.00 | 1.30 | **not met** |');
  });

  it('stands in the results instead of a table for each point', () => {
    const results: Pick<Results, 'scenarios'> = { scenarios: LEVEL };

    const text = describeResults(results);

    expect(text).toContain('server CPU at so many connections');
    expect(text).not.toContain('`growth-echo-10`');
  });
});

describe('drawGrowth', () => {
  it('draws a line and a dot for each point of each peer, and follows light and dark pages', () => {
    const svg = drawGrowth({ scenarios: LEVEL });

    expect(svg.match(/<polyline /g)).toHaveLength(2);
    expect(svg.match(/<circle /g)).toHaveLength(8);
    expect(svg).toContain('>11.5 µs, growth 1.28</text>');
    expect(svg).toContain('>10,000</text>');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('spaces sizes evenly, as each is ten times the one before, and puts a dear point above a cheap one', () => {
    const svg = drawGrowth({ scenarios: measured('growth-echo', { nefeli: [10, 20, 40, 40] }) });
    const points =
      /points="([^"]+)"/
        .exec(svg)?.[1]
        ?.split(' ')
        .map((point) => point.split(',').map(Number)) ?? [];
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis] ?? Number.NaN));

    const steps = xs?.slice(1).map((x, index) => Math.round(x - (xs[index] ?? 0)));
    expect(new Set(steps).size).toBe(1);
    expect(ys?.[0]).toBeGreaterThan(ys?.[1] ?? 0);
    expect(ys?.[2]).toBe(ys?.[3]);
  });

  it('draws what there is of a curve that misses points', () => {
    const svg = drawGrowth({ scenarios: measured('growth-echo', { nefeli: [10, 11], ws: [] }) });

    expect(svg.match(/<circle /g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('keeps the labels of cheap ends above the sizes beneath the axis', () => {
    const svg = drawGrowth({ scenarios: measured('growth-echo', { nefeli: [90, 2, 2, 2], ws: [80, 1, 1, 1] }) });

    const labels = [...svg.matchAll(/y="([\d.]+)">(?:[^<]*growth|Nefeli|plain ws)/g)].map(([, y]) => Number(y));
    const [sizes = 0] = [...svg.matchAll(/y="([\d.]+)" text-anchor="middle">10,000/g)].map(([, y]) => Number(y));
    expect(labels).toHaveLength(4);
    for (const y of labels) expect(y).toBeLessThan(sizes - 11);
  });

  it('draws no panel of curves that were not measured', () => {
    expect(drawGrowth({ scenarios: [] })).not.toContain('<polyline');
  });
});

describe('roundEnd', () => {
  it('is a round number that the greatest value fits under', () => {
    expect([0.7, 1, 7.2, 11.1, 59, 101].map(roundEnd)).toEqual([0.8, 1, 8, 20, 60, 200]);
    expect(roundEnd(0)).toBe(1);
  });
});

describe('apart', () => {
  it('moves what is too close, in its order and around its middle', () => {
    expect(apart([50, 40], 20)).toEqual([55, 35]);
    expect(apart([10, 100], 20)).toEqual([10, 100]);
  });
});
