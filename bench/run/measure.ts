import { setTimeout as after } from 'node:timers/promises';
import type { ConnectScenario, IdleScenario, TrafficScenario } from '../scenarios.js';
import { type Conditions, open, type Pair, withPair } from './pair.js';
import type { ReadyPeer } from './prepare-peers.js';
import type { Measurement, Settings } from './results.js';

/** What a server and a load generator are needed for. */
export type PairScenario = TrafficScenario | ConnectScenario | IdleScenario;

/** Starts a server and a load generator, measures once, and ends both. */
export function measurePeer(scenario: PairScenario, peer: ReadyPeer, conditions: Conditions): Promise<Measurement> {
  return withPair(peer, conditions, (pair) => measurePair(scenario, pair, conditions.settings));
}

function measurePair(scenario: PairScenario, pair: Pair, settings: Settings): Promise<Measurement> {
  switch (scenario.kind) {
    case 'traffic':
      return measureTraffic(scenario, pair, settings);
    case 'connect':
      return measureConnects(scenario, pair, settings);
    case 'idle':
      return measureIdle(scenario, pair, settings);
  }
}

async function measureTraffic(scenario: TrafficScenario, pair: Pair, settings: Settings): Promise<Measurement> {
  const { server, load } = pair;
  for (const group of scenario.connections) await open(group, pair, settings);
  await load.ask('work', { work: scenario.work });
  await after(settings.warmUpMs * (scenario.longer ?? 1) * (scenario.warmer ?? 1));
  const [before] = await Promise.all([server.ask('cpu'), load.ask('reset')]);
  await after(settings.measureMs * (scenario.longer ?? 1));
  const [end, counted] = await Promise.all([server.ask('cpu'), load.ask('count')]);
  const { messages = 0, short = 0, lost = 0 } = counted;
  if (messages === 0) throw new Error('nothing arrived');
  if (short > 0) throw new Error(`${short} messages were shorter than what was asked for`);
  if (lost > 0 && !scenario.mayLose) throw new Error(`${lost} connections were lost`);
  const { rssBytes = 0 } = await server.ask('memory');
  return { ...costOf(before, end, counted), rssBytes };
}

async function measureConnects(scenario: ConnectScenario, pair: Pair, settings: Settings): Promise<Measurement> {
  const { server, load } = pair;
  await open(scenario.warmUp, pair, settings);
  const [before] = await Promise.all([server.ask('cpu'), load.ask('reset')]);
  await open(scenario.measured, pair, settings);
  const [end, counted] = await Promise.all([server.ask('cpu'), load.ask('count')]);
  const cost = costOf(before, end, counted);
  return { ...cost, perCpuSecond: 1e6 / cost.cpuUs };
}

type Answer = Readonly<Record<string, number>>;

/**
 * Server and load generator have measured over their own time, as each is asked when it has a moment for that: rates are
 * compared, not sums.
 */
function costOf(before: Answer, end: Answer, counted: Answer): Measurement & { readonly cpuUs: number } {
  const { messages = 0, seconds = 0, loadBusy = 0, p50Us = 0, p90Us = 0, p99Us = 0 } = counted;
  const since = (field: string) => (end[field] ?? 0) - (before[field] ?? 0);
  const serverBusy = since('cpuUs') / since('atUs');
  const perSecond = messages / seconds;
  return { cpuUs: (serverBusy * 1e6) / perSecond, perSecond, serverBusy, loadBusy, p50Us, p90Us, p99Us };
}

/** What the server was before, and what it grew by with the first connections, is not in the result. */
async function measureIdle(scenario: IdleScenario, pair: Pair, settings: Settings): Promise<Measurement> {
  await open(scenario.first, pair, settings);
  const before = await pair.server.ask('memory');
  const count = await open(scenario.measured, pair, settings);
  const end = await pair.server.ask('memory');
  return {
    rssBytes: ((end['rssBytes'] ?? 0) - (before['rssBytes'] ?? 0)) / count,
    heapBytes: ((end['heapBytes'] ?? 0) - (before['heapBytes'] ?? 0)) / count,
  };
}
