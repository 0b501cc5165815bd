import { Child, type Program } from './child.js';
import type { Conditions } from './pair.js';
import type { ReadyPeer } from './prepare-peers.js';

/** Several servers, the broker between them, and the generator of their load. All of them are new for each run. */
export interface Cluster {
  /** None where the peer has no broker. */
  readonly broker: Child | undefined;
  readonly servers: readonly Server[];
  readonly load: Child;
}

/** One of the processes. */
export interface Server {
  readonly child: Child;
  readonly port: number;
}

/**
 * Starts a broker, so many servers of a peer and a load generator, and ends all of them after use. The servers share their
 * processor; the broker is on that of the load generator, so that it does not take from them.
 */
export async function withCluster<T>(
  peer: ReadyPeer,
  processes: number,
  { processors }: Conditions,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const started: Child[] = [];
  const start = async (program: Program): Promise<Server> => {
    const { child, hello } = await Child.start(program);
    started.push(child);
    return { child, port: Number(hello['port']) };
  };
  const ours = (...args: string[]): Program => ({ command: process.execPath, args, cpu: processors.load });
  try {
    const broker = peer.broker && (await start(ours('build/bench/broker/main.js', peer.broker)));
    const env = { BROKER_PORT: String(broker?.port ?? '') };
    const server: Program = { command: peer.command, args: peer.args, cpu: processors.server, env };
    const servers = await all(Array.from({ length: processes }, () => start(server)));
    const load = await start(ours('build/bench/load/main.js', peer.protocol));
    return await use({ broker: broker?.child, servers, load: load.child });
  } finally {
    // Servers before their broker, which they would miss.
    for (const child of started.reverse()) await child.end();
  }
}

/** Rejects only when every one has settled: none may start after the others were ended. */
async function all<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
