import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Results } from '../../bench/run/results.js';
import { whyNoBroker } from '../support/broker-process.js';

const run = promisify(execFile);
const OUT = 'build/smoke-performance.json';
const SMOKE_MS = 60_000;

describe('the benchmark', () => {
  beforeAll(async () => {
    // Measured is what was built: the package, then this.
    expect(existsSync('dist/index.js'), 'npm run build').toBe(true);
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.json']);
  }, SMOKE_MS);

  it(
    'makes a quick run, ends by itself and writes what it has measured',
    async () => {
      const args = ['--quick', 'lone', 'broadcast-1', 'growth-joined-10', '--peers', 'nefeli,ws', '--out', OUT];
      const { stdout } = await run(process.execPath, ['build/bench/main.js', ...args], { timeout: SMOKE_MS });

      // It wrote this itself.
      const { scenarios, missing, versions } = JSON.parse(readFileSync(OUT, 'utf8')) as Results;
      expect(missing).toEqual([]);
      expect(versions).toMatchObject({ nefeli: '0.1.0', ws: expect.any(String) });
      expect(scenarios.map(({ name }) => name)).toEqual(['lone', 'broadcast-1', 'growth-joined-10']);
      for (const { peers } of scenarios) {
        expect(peers.map(({ name }) => name)).toEqual(['nefeli', 'ws']);
        for (const { rounds } of peers) {
          expect(rounds).toHaveLength(1);
          for (const metric of ['cpuUs', 'perSecond', 'p50Us', 'p99Us'] as const) {
            expect(rounds[0]?.[metric]).toBeGreaterThan(0);
          }
        }
      }
      expect(stdout).toContain('round trip of a lone message');
    },
    SMOKE_MS,
  );

  const missing = whyNoBroker('redis');

  it.skipIf(missing !== undefined)(
    `measures several processes over a broker, and ends all of them${missing ? ` (skipped: ${missing})` : ''}`,
    async () => {
      const scenarios = ['cluster-broadcast-2-1', 'cluster-taken', 'cluster-connections', 'cluster-rooms'];
      const args = ['--quick', ...scenarios, '--peers', 'nefeli-redis', '--out', OUT];
      await run(process.execPath, ['build/bench/main.js', ...args], { timeout: SMOKE_MS });

      // It wrote this itself.
      const results = JSON.parse(readFileSync(OUT, 'utf8')) as Results;
      const measured = results.scenarios.map(({ peers }) => peers[0]?.rounds[0]);
      expect(results.missing).toEqual([]);
      expect(results.versions).toMatchObject({ 'redis-server': expect.stringMatching(/^\d/) });
      expect(measured[0]?.cpuUs).toBeGreaterThan(0);
      expect(measured[0]?.brokerCpuUs).toBeGreaterThan(0);
      expect(measured[1]?.perCpuSecond).toBeGreaterThan(0);
      expect(measured[2]).toEqual({ brokerConnections: 2 });
      expect(measured[3]?.brokerBytes).toBeGreaterThan(0);
    },
    SMOKE_MS,
  );

  it('refuses an argument that it does not know, and shows how it is called', async () => {
    const failing = run(process.execPath, ['build/bench/main.js', 'nothing']);

    await expect(failing).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^no scenario begins with "nothing"\n\nnpm run bench -- \[scenario/),
    });
  });
});
