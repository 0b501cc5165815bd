import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstructionsScenario } from '../scenarios.js';
import { type Conditions, open, withPair } from './pair.js';
import type { ReadyPeer } from './prepare-peers.js';
import type { Measurement } from './results.js';

const LOG = join('build', 'bench', 'valgrind.log');
/** It only counts: no caches. Node writes code while it runs, of which valgrind has to know. */
const VALGRIND = [
  '--tool=cachegrind',
  '--cache-sim=no',
  '--cachegrind-out-file=/dev/null',
  '--smc-check=all-non-file',
  `--log-file=${LOG}`,
];
/** Without it, other threads compile and collect at times of their own. */
const NODE = ['--single-threaded'];

/** Counts what one more message costs a server in Node: two runs, and the difference by the difference in messages. */
export async function countInstructions(
  scenario: InstructionsScenario,
  peer: ReadyPeer,
  conditions: Conditions,
): Promise<Measurement> {
  const [few, many] = scenario.messages;
  const instructions = await countRun(scenario, peer, { conditions, messages: few });
  const more = await countRun(scenario, peer, { conditions, messages: many });
  return { instructions: (more - instructions) / (many - few) };
}

/** What valgrind has told of a whole run. */
export function readInstructions(log: string): number {
  const count = /I\s+refs:\s+([\d,]+)/.exec(log)?.[1];
  if (count === undefined) throw new Error('valgrind has counted nothing');
  return Number(count.replaceAll(',', ''));
}

async function countRun(
  { connections, work }: InstructionsScenario,
  peer: ReadyPeer,
  { conditions, messages }: { readonly conditions: Conditions; readonly messages: number },
): Promise<number> {
  const counted = { ...peer, command: 'valgrind', args: [...VALGRIND, peer.command, ...NODE, ...peer.args] };
  await withPair(counted, conditions, async (pair) => {
    for (const group of connections) await open(group, pair, { ...conditions.settings, fewer: 1 });
    await pair.load.ask('reset');
    await pair.load.ask('work', { work });
    await pair.load.ask('finish', { messages });
  });
  return readInstructions(readFileSync(LOG, 'utf8'));
}
