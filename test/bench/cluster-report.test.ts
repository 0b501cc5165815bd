import { describe, expect, it } from 'vitest';
import { clusterTables } from '../../bench/report/cluster-tables.js';
import { mergeResults } from '../../bench/report/merge-results.js';
import { updatePage, updateSizing } from '../../bench/report/page.js';
import { sizingTable } from '../../bench/report/sizing-table.js';
import { describeResults } from '../../bench/report/tables.js';
import type { Measurement, Results, ScenarioResult } from '../../bench/run/results.js';
import type { Metric } from '../../bench/scenarios.js';

const MACHINE = { processor: 'Fast', processors: 2, memoryGb: 24, system: 'linux', node: 'v20.20.2', isPinned: true };
const PAGE = 'before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n';

type Rounds = Readonly<Record<string, readonly (Measurement | null)[]>>;

const scenario = (name: string, main: Metric, rounds: Rounds): ScenarioResult => ({
  ...{ name, title: `title of ${name}`, unit: 'delivery', main },
  peers: Object.entries(rounds).map(([peer, values]) => ({ name: peer, title: `T ${peer}`, rounds: [...values] })),
});

function run(scenarios: readonly ScenarioResult[], more: Partial<Results> = {}): Results {
  const settings = { rounds: 3, warmUpMs: 1, measureMs: 1_500, fewer: 1 };
  const fixed = { machine: MACHINE, settings, versions: { 'redis-server': '7.0.15' }, missing: [] };
  return { date: '2026-11-22T00:00:00.000Z', commit: 'abc', ...fixed, scenarios, ...more };
}

const squeezed = (text = ''): string => text.replaceAll(/ +/g, ' ');

const BROADCAST = scenario('cluster-broadcast-2-1', 'cpuUs', {
  'nefeli-redis': [5, 6, 8].map((cpuUs) => ({ cpuUs, brokerCpuUs: 0.5, perSecond: 30_000 })),
  'socket-io-redis': [10, 10, 10].map((cpuUs) => ({ cpuUs, brokerCpuUs: 1, perSecond: 20_000 })),
});
const taken = (cpuUs: number): Measurement => ({ cpuUs, perCpuSecond: 1e6 / cpuUs });
const TAKEN = scenario('cluster-taken', 'cpuUs', {
  'nefeli-redis': [12, 14, 13].map(taken),
  'nefeli-nats': [taken(11), null, taken(11)],
});

describe('clusterTables', () => {
  it('have a row for each peer with its spread, its ratios round by round, and medians of the rest', () => {
    const [table] = clusterTables({ scenarios: [BROADCAST] });

    expect(squeezed(table)).toContain('### A broadcast to all');
    expect(squeezed(table)).toContain('| | server CPU | to Socket.IO | broker CPU | a second | p50 | p99 |');
    expect(squeezed(table)).toContain(
      '| 2 processes, 1 sender: T nefeli-redis | **6.00 µs** (5.00 µs – 8.00 µs) | 0.60 (0.50 – 0.80) | 0.500 µs | 30,000 | – | – |',
    );
    expect(squeezed(table)).toContain(
      '| 2 processes, 1 sender: T socket-io-redis | **10.0 µs** | 1.00 (1.00 – 1.00) |',
    );
  });

  it('hold those without a broker against Socket.IO without one', () => {
    const rounds = {
      nefeli: [{ cpuUs: 4 }],
      'nefeli-nats': [{ cpuUs: 9 }],
      'socket-io': [{ cpuUs: 8 }],
      'socket-io-redis': [{ cpuUs: 12 }],
    };

    const [table] = clusterTables({ scenarios: [scenario('cluster-broadcast-1-1', 'cpuUs', rounds)] });

    expect(squeezed(table)).toContain('T nefeli | **4.00 µs** | 0.50 (0.50 – 0.50)');
    expect(squeezed(table)).toContain('T nefeli-nats | **9.00 µs** | 0.75 (0.75 – 0.75)');
  });

  it('are none of what was not measured', () => {
    expect(clusterTables({ scenarios: [] })).toEqual([]);
  });

  it('stand in the results instead of a table for each scenario', () => {
    const text = describeResults({ scenarios: [BROADCAST] });

    expect(text).toContain('### A broadcast to all');
    expect(text).not.toContain('title of cluster-broadcast-2-1');
  });
});

describe('sizingTable', () => {
  it('has what was measured of Redis and of NATS, without rounds that failed', () => {
    const table = squeezed(sizingTable({ scenarios: [TAKEN] }));

    expect(table).toContain('| | Redis | NATS |');
    expect(table).toContain('CPU of this server | **13.0 µs** (12.0 µs – 14.0 µs) | **11.0 µs** |');
    expect(table).toContain(
      '| how many of those fill one processor, a second | **76,923** (71,429 – 83,333) | **90,909** |',
    );
    expect(table).not.toContain('nobody here');
  });

  it('is none where nothing of it was measured', () => {
    expect(sizingTable({ scenarios: [scenario('lone', 'p50Us', {})] })).toBeUndefined();
  });
});

describe('the pages', () => {
  const merged = (...results: Results[]) => mergeResults(results);

  it('take several processes in 3 rounds, in a section of their own', () => {
    const page = updatePage(PAGE, merged(run([BROADCAST, TAKEN])));

    expect(page).toContain('## Several processes');
    expect(page.indexOf('### A broadcast to all')).toBeLessThan(page.indexOf('## All scenarios'));
    expect(page).toContain('- redis-server 7.0.15.');
    const few = run([BROADCAST], { settings: { rounds: 2, warmUpMs: 1, measureMs: 1, fewer: 1 } });
    expect(() => updatePage(PAGE, merged(few))).toThrow('2 rounds are not enough: 3 or more');
    expect(() => updateSizing(PAGE, merged(few))).toThrow('2 rounds are not enough: 3 or more');
  });

  it('tell the scenarios of several processes by what their names begin with', () => {
    const settings = { rounds: 5, warmUpMs: 1, measureMs: 2_000, fewer: 1 };
    const other = run([scenario('lone', 'p50Us', {})], { date: '2026-11-21T00:00:00.000Z', settings });

    const page = updatePage(PAGE, merged(other, run([BROADCAST, TAKEN])));

    expect(page).toContain('3 rounds of 1.5 s: `cluster`.');
  });

  it('are given the table of sizes between their markers, with the run that has measured it', () => {
    const page = updateSizing(PAGE, merged(run([TAKEN])));

    expect(page).toMatch(
      /^before\n<!-- measured: begin -->\n\n- Measured on 2026-11-22, commit `abc`, 3 rounds of 1.5 s.\n/,
    );
    expect(squeezed(page)).toContain('| | Redis | NATS |');
    expect(page).toMatch(/\n\n<!-- measured: end -->\nafter\n$/);
    expect(page).not.toContain('old');
  });

  it('stay as they are where nothing of that was measured, and must have the markers', () => {
    const settings = { rounds: 5, warmUpMs: 1, measureMs: 2_000, fewer: 1 };

    expect(updateSizing(PAGE, merged(run([scenario('lone', 'p50Us', {})], { settings })))).toBe(PAGE);
    expect(() => updateSizing('no markers', merged(run([TAKEN])))).toThrow('the page must have the lines');
  });
});
