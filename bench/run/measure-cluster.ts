import { setTimeout as after } from 'node:timers/promises';
import type { CastTask, ClusterGroup, ClusterScenario, ConnectionsTask, RoomsTask } from '../cluster-scenario.js';
import { type Cluster, withCluster } from './cluster.js';
import { type Conditions, open } from './pair.js';
import type { ReadyPeer } from './prepare-peers.js';
import type { Measurement, Settings } from './results.js';

/** What is delivered too often comes after what is delivered once: for so long it is waited for. */
const SETTLE_MS = 100;

/** Starts broker, servers and load generator, measures once, and ends them. */
export function measureCluster(
  { processes, task }: ClusterScenario,
  peer: ReadyPeer,
  conditions: Conditions,
): Promise<Measurement> {
  return withCluster(peer, processes, conditions, (cluster) => {
    switch (task.kind) {
      case 'traffic':
        return measureTraffic(task, cluster, conditions.settings);
      case 'connections':
        return measureConnections(task, cluster, conditions.settings);
      case 'rooms':
        return measureRooms(task, cluster, conditions.settings);
    }
  });
}

/** Nothing is on its way when a time begins and ends, so that what the processes have used is that of what has arrived. */
async function measureTraffic(task: CastTask, cluster: Cluster, settings: Settings): Promise<Measurement> {
  const { load } = cluster;
  for (const group of task.connections) await openOn(cluster, group, settings);
  await load.ask('prepare', { work: task.work });
  await load.ask('run', { ms: settings.warmUpMs * (task.warmer ?? 1) });
  const before = await used(cluster);
  const counted = await load.ask('run', { ms: settings.measureMs });
  const end = await used(cluster);
  await after(SETTLE_MS);
  await load.ask('check');
  const { messages = 0, seconds = 0, loadBusy = 0, p50Us = 0, p90Us = 0, p99Us = 0 } = counted;
  if (messages === 0) throw new Error('nothing arrived');
  const each = end.serversUs.map((us, index) => us - (before.serversUs[index] ?? 0));
  const all = each.reduce((sum, us) => sum + us, 0);
  const cpuUs = (task.counted === 'all' ? all : (each.at(-1) ?? 0)) / messages;
  return {
    cpuUs,
    ...(task.counted === 'last' && cpuUs > 0 ? { perCpuSecond: 1e6 / cpuUs } : {}),
    ...(cluster.broker ? { brokerCpuUs: (end.brokerUs - before.brokerUs) / messages } : {}),
    ...{ perSecond: messages / seconds, serverBusy: all / 1e6 / seconds, loadBusy, p50Us, p90Us, p99Us },
  };
}

async function measureConnections(task: ConnectionsTask, cluster: Cluster, settings: Settings): Promise<Measurement> {
  for (const group of task.connections) await openOn(cluster, group, settings);
  const { connections = Number.NaN } = (await cluster.broker?.ask('connections')) ?? {};
  return { brokerConnections: connections / cluster.servers.length };
}

async function measureRooms({ first, measured, rooms }: RoomsTask, cluster: Cluster, settings: Settings) {
  await openOn(cluster, first, settings);
  const before = await memories(cluster);
  const count = await openOn(cluster, measured, settings);
  const end = await memories(cluster);
  const joined = (rooms * count) / measured.count;
  const growth = (field: keyof typeof end): number => (end[field] - before[field]) / joined;
  return {
    heapBytes: growth('heapBytes'),
    rssBytes: growth('rssBytes'),
    ...(cluster.broker ? { brokerBytes: growth('memoryBytes') } : {}),
  };
}

function openOn({ load, servers }: Cluster, { server, ...group }: ClusterGroup, settings: Settings): Promise<number> {
  const port = servers[server]?.port;
  if (port === undefined) throw new Error(`there is no process ${server}`);
  return open(group, { load, port }, settings);
}

async function used({ servers, broker }: Cluster) {
  const answers = await Promise.all(servers.map(({ child }) => child.ask('cpu')));
  const { cpuUs: brokerUs = 0 } = (await broker?.ask('cpu')) ?? {};
  return { serversUs: answers.map(({ cpuUs = 0 }) => cpuUs), brokerUs };
}

async function memories({ servers: [server], broker }: Cluster) {
  const { heapBytes = 0, rssBytes = 0 } = (await server?.child.ask('memory')) ?? {};
  const { memoryBytes = 0 } = (await broker?.ask('memory')) ?? {};
  return { heapBytes, rssBytes, memoryBytes };
}
