import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Baseline, compareWithBaseline, describeChanges } from '../../bench/report/compare-baseline.js';
import type { Results } from '../../bench/run/results.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const scenario = (name: string, nefeli: number[], ws: number[]): Results['scenarios'][number] => ({
  name,
  title: name,
  unit: 'message',
  main: 'cpuUs',
  peers: [
    { name: 'nefeli', title: 'Nefeli', rounds: nefeli.map((cpuUs) => ({ cpuUs })) },
    { name: 'ws', title: 'plain ws', rounds: ws.map((cpuUs) => ({ cpuUs })) },
  ],
});

describe('the comparison with the baseline', () => {
  it('warns where the median of the ratios is worse by more than noise, and nowhere else', () => {
    const scenarios = [scenario('a', [10, 12, 30], [10, 10, 10]), scenario('b', [14, 14, 1], [10, 10, 10])];

    const changes = compareWithBaseline({ scenarios }, { a: 1, b: 1, c: 0.5 });

    expect(changes).toEqual([
      { scenario: 'a', before: 1, now: 1.2, isWorse: false },
      { scenario: 'b', before: 1, now: 1.4, isWorse: true },
      { scenario: 'c', before: 0.5, now: undefined, isWorse: false },
    ]);
    expect(describeChanges(changes).split('\n')).toEqual([
      'server CPU to ws      baseline     now',
      'a                         1.00    1.20',
      'b                         1.00    1.40  WARNING: slower than the baseline',
      'c                         0.50       –',
    ]);
  });

  it('has scenarios that there are', () => {
    const baseline = JSON.parse(readFileSync('bench/baseline.json', 'utf8')) as Baseline;
    const names = SCENARIOS.map(({ name }) => name);

    expect(Object.keys(baseline).length).toBeGreaterThan(2);
    for (const [name, ratio] of Object.entries(baseline)) {
      expect(names).toContain(name);
      expect(ratio).toBeGreaterThan(0);
    }
  });
});
