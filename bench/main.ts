// Measures what the command line says, shows the tables and writes the results as JSON.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Order, readCommandLine, USAGE } from './command-line.js';
import type { Peer } from './peers.js';
import { formatMetric } from './report/format-metric.js';
import { describeResults } from './report/tables.js';
import { emptyResults, type Plan, runBench, verifiedPeers } from './run/bench.js';
import { chooseProcessors, describeMachine } from './run/machine.js';
import { preparePeers, versionsOf } from './run/prepare-peers.js';
import type { Results } from './run/results.js';
import { takesPart } from './scenarios.js';

async function main(order: Order): Promise<boolean> {
  const processors = chooseProcessors();
  const prepared = await preparePeers(order.peers.filter((peer) => isNeeded(peer, order)));
  const conditions = { settings: order.settings, processors };
  const verified = await verifiedPeers(prepared.ready, conditions);
  const plan: Plan = { scenarios: order.scenarios, peers: verified.peers, conditions };
  const results: Results = {
    date: new Date().toISOString(),
    commit: commit(),
    machine: describeMachine(processors),
    settings: order.settings,
    versions: versionsOf(verified.peers),
    scenarios: emptyResults(plan),
    missing: [...prepared.missing, ...verified.missing],
  };
  for (const { what, reason } of results.missing) console.error(`left out: ${what}: ${reason}`);
  const mains = new Map(order.scenarios.map(({ name, main }) => [name, main]));
  await runBench(plan, results, {
    ran: (what, result) => {
      const metric = mains.get(what.split(' ', 1)[0] ?? '') ?? 'cpuUs';
      console.error(`${what}: ${typeof result === 'string' ? result : formatMetric(metric, result[metric])}`);
    },
    roundOver: () => write(order.out, results),
  });
  console.log(describeResults(results));
  console.log(`\nwritten to ${order.out}`);
  return results.missing.length === 0;
}

/** A peer that no scenario measures is not made ready. */
function isNeeded(peer: Peer, { scenarios }: Order): boolean {
  return scenarios.some((scenario) => scenario.kind !== 'program' && takesPart(scenario, peer));
}

function write(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown'; // not every copy of the source is a repository
  }
}

function orderOf(args: readonly string[]): Order | undefined {
  try {
    return readCommandLine(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

const order = orderOf(process.argv.slice(2));
if (!existsSync('build/bench/main.js')) throw new Error('run it in the root of the repository, by npm run bench');
process.exitCode = order && (await main(order)) ? 0 : 1;
