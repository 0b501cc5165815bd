import type { Group } from '../scenarios.js';
import { Child, type Program } from './child.js';
import type { Processors } from './machine.js';
import type { ReadyPeer } from './prepare-peers.js';
import type { Settings } from './results.js';

/** How one run is made. */
export interface Conditions {
  readonly settings: Settings;
  readonly processors: Processors;
}

/** A server, and the generator of its load. Both are new for each run. */
export interface Pair {
  readonly server: Child;
  readonly load: Child;
  readonly port: number;
}

/** Up to this many connections are opened however few are wanted: they are what the scenario is about. */
const FEW = 50;

/** Starts the server of a peer and a load generator for it, and ends both after use. */
export function withPair<T>(peer: ReadyPeer, conditions: Conditions, use: (pair: Pair) => Promise<T>): Promise<T> {
  const { server: cpu, load: loadCpu } = conditions.processors;
  return withChild({ command: peer.command, args: peer.args, cpu }, (server, hello) => {
    const program = { command: process.execPath, args: ['build/bench/load/main.js', peer.protocol], cpu: loadCpu };
    return withChild(program, (load) => use({ server, load, port: Number(hello['port']) }));
  });
}

/** Starts a program, and ends it after use. */
export async function withChild<T>(
  program: Program,
  use: (child: Child, hello: Readonly<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
  const { child, hello } = await Child.start(program);
  try {
    return await use(child, hello);
  } finally {
    await child.end();
  }
}

/** Opens a group of connections, and gives how many they are. */
export async function open(
  group: Group,
  { load, port }: Pick<Pair, 'load' | 'port'>,
  { fewer }: Settings,
): Promise<number> {
  const count = Math.max(Math.min(group.count, FEW), Math.round(group.count / fewer));
  await load.ask('open', { opening: { ...group, count, port } });
  return count;
}
