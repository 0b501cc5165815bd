import { describe, expect, it } from 'vitest';
import { bodyTables } from '../../bench/report/body-tables.js';
import { judgeBars } from '../../bench/report/judge-bars.js';
import { mergeResults } from '../../bench/report/merge-results.js';
import { updatePage } from '../../bench/report/page.js';
import type { Results, ScenarioResult } from '../../bench/run/results.js';

const MACHINE = { processor: 'Fast', processors: 2, memoryGb: 24, system: 'linux', node: 'v20.20.2', isPinned: true };
const PAGE = '<!-- measured: begin -->\n<!-- measured: end -->\n';
const NEW = '2026-11-22T00:00:00.000Z';
const OLD = '2026-11-21T00:00:00.000Z';

function scenario(name: string, nefeli: number, ws = 10): ScenarioResult {
  const rounds = (cpuUs: number) => Array.from({ length: 5 }, () => ({ cpuUs }));
  return {
    name,
    title: name,
    unit: 'message',
    main: 'cpuUs',
    peers: [
      { name: 'nefeli', title: 'Nefeli', rounds: rounds(nefeli) },
      { name: 'ws', title: 'plain ws', rounds: rounds(ws) },
    ],
  };
}

function run(date: string, scenarios: readonly ScenarioResult[], more: Partial<Results> = {}): Results {
  const settings = { rounds: 5, warmUpMs: 1, measureMs: 2_000, fewer: 1 };
  const fixed = { machine: MACHINE, settings, versions: { ws: '8.23.0' }, missing: [] };
  return { date, commit: `of ${date.slice(8, 10)}`, ...fixed, scenarios, ...more };
}

describe('mergeResults', () => {
  it('takes of each scenario the newest, in whatever order the runs are given', () => {
    const old = run(OLD, [scenario('broadcast-1', 1), scenario('lone', 2)]);
    const recent = run(NEW, [scenario('lone', 3), scenario('churn', 4)]);

    for (const runs of [
      [old, recent],
      [recent, old],
    ]) {
      const merged = mergeResults(runs);

      expect(merged.scenarios.map(({ name, measuredOn, peers }) => [name, measuredOn, peers[0]?.rounds[0]])).toEqual([
        ['lone', NEW, { cpuUs: 3 }],
        ['broadcast-1', OLD, { cpuUs: 1 }],
        ['churn', NEW, { cpuUs: 4 }],
      ]);
      expect(merged.runs.map(({ date, scenarios }) => [date, scenarios])).toEqual([
        [NEW, ['lone', 'churn']],
        [OLD, ['broadcast-1']],
      ]);
    }
  });

  it('does not tell of a run that nothing is taken from', () => {
    const merged = mergeResults([
      run(OLD, [scenario('lone', 1)], { machine: { ...MACHINE, memoryGb: 1 } }),
      run(NEW, [scenario('lone', 2)]),
    ]);

    expect(merged.runs.map(({ date }) => date)).toEqual([NEW]);
    expect(merged.machine).toEqual(MACHINE);
  });

  it('keeps what is still missing: peers, and runs of the scenarios that are taken', () => {
    const missing = ['lone Nefeli 2', 'churn Nefeli 1', 'Socket.IO'].map((what) => ({ what, reason: 'why' }));

    const merged = mergeResults([
      run(OLD, [scenario('lone', 1), scenario('churn', 1)], { missing }),
      run(NEW, [scenario('lone', 2)]),
    ]);

    expect(merged.missing.map(({ what }) => what)).toEqual(['churn Nefeli 1', 'Socket.IO']);
  });

  it('refuses results of different machines, and none', () => {
    const other = run(OLD, [scenario('churn', 1)], { machine: { ...MACHINE, node: 'v22.0.0' } });

    expect(() => mergeResults([other, run(NEW, [scenario('lone', 2)])])).toThrow('results of different machines');
    expect(() => mergeResults([])).toThrow('nothing was measured');
  });
});

describe('judgeBars', () => {
  const isMet = (...runs: Results[]) => judgeBars(mergeResults(runs)).find(({ bar }) => bar.scenario === 'room')?.isMet;

  it('compares two scenarios only where one run has measured both', () => {
    const [room, alone] = [scenario('room', 10), scenario('room-alone', 10)];

    expect(isMet(run(NEW, [room, alone]))).toBe(true);
    expect(isMet(run(NEW, [room]), run(OLD, [alone]))).toBeUndefined();
  });
});

describe('updatePage', () => {
  it('says what was measured when, and with which versions, where the runs are several', () => {
    const page = updatePage(
      PAGE,
      mergeResults([
        run(NEW, [scenario('lone', 1)], { versions: { ws: '8.24.0' } }),
        run(OLD, [scenario('churn', 1), scenario('growth-echo-10', 1), scenario('growth-echo-100', 1)]),
      ]),
    );

    expect(page).toContain('- Measured on 2026-11-22, commit `of 22`, 5 rounds of 2 s: `lone`.');
    expect(page).toContain('- Measured on 2026-11-21, commit `of 21`, 5 rounds of 2 s: `churn`, `growth-echo`.');
    expect(page).toContain('- ws 8.24.0 and 8.23.0.');
  });

  it('takes curves of 3 rounds, and nothing else of so few', () => {
    const settings = { rounds: 3, warmUpMs: 1, measureMs: 2_000, fewer: 1 };
    const curve = ['10', '100', '1000', '10000'].map((size) => scenario(`growth-room-${size}`, 10));

    const page = updatePage(PAGE, mergeResults([run(NEW, curve, { settings })]));

    expect(page).toContain('## Growth');
    expect(page).toContain('](images/growth.svg)');
    expect(page).not.toContain('`growth-room-10`');
    const mixed = mergeResults([run(NEW, [...curve, scenario('lone', 1)], { settings })]);
    expect(() => updatePage(PAGE, mixed)).toThrow('3 rounds are not enough: 5 or more');
    const few = mergeResults([run(NEW, curve, { settings: { ...settings, rounds: 2 } })]);
    expect(() => updatePage(PAGE, few)).toThrow('2 rounds are not enough: 3 or more');
  });

  it('has no section of what was not measured', () => {
    const page = updatePage(PAGE, mergeResults([run(NEW, [scenario('lone', 1)])]));

    expect(page).not.toMatch(/## Growth|## Larger bodies/);
  });
});

describe('bodyTables', () => {
  it('shows the cost and its ratio to plain ws for each body that was measured', () => {
    const scenarios = [
      scenario('echo-emit-1-64', 9),
      scenario('echo-emit-1-65536', 40, 50),
      scenario('echo-emit-16-64', 2),
    ];

    const tables = bodyTables({ scenarios }).map((table) => table.replaceAll(/ +/g, ' '));

    expect(tables).toHaveLength(1);
    expect(tables[0]).toContain(
      '| 1 in flight | emit, 64 B | emit, 1 KB | emit, 64 KB | ask, 64 B | ask, 1 KB | ask, 64 KB |',
    );
    expect(tables[0]).toContain('| Nefeli | 9.00 µs (0.90) | – | 40.0 µs (0.80) | – | – | – |');
  });
});
