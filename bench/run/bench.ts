import type { Order } from '../command-line.js';
import { PROTOCOLS } from '../load/protocols.js';
import { type Scenario, takesPart } from '../scenarios.js';
import { withCluster } from './cluster.js';
import { countInstructions } from './count-instructions.js';
import { measurePeer } from './measure.js';
import { measureCluster } from './measure-cluster.js';
import { measureProgram } from './measure-program.js';
import type { Conditions } from './pair.js';
import type { ReadyPeer } from './prepare-peers.js';
import type { Measurement, Missing, PeerResult, ScenarioResult } from './results.js';
import { verifyPeer } from './verify-peer.js';

/** Hears what is going on. */
export interface Progress {
  /** One run has ended: with its main figure, or with what went wrong. */
  ran(what: string, result: Measurement | string): void;
  /** A round is over, and the results are complete up to here. */
  roundOver(round: number): void;
}

/** What of an order can be measured. */
export interface Plan extends Pick<Order, 'scenarios'> {
  readonly peers: readonly ReadyPeer[];
  readonly conditions: Conditions;
}

/**
 * Measures every scenario with every peer, once a round or as often as it says: what is compared with each other runs one
 * right after the other, and in the other order every second time. A run that fails is told and left out; the others go on.
 *
 * @param results as `emptyResults` gives them; filled round by round
 */
export async function runBench(
  { scenarios, peers, conditions }: Plan,
  results: { readonly scenarios: readonly ScenarioResult[]; readonly missing: Missing[] },
  progress: Progress,
): Promise<void> {
  const programs = new Map(peers.map((peer) => [peer.name, peer]));
  const run = async (scenario: Scenario, { name, title, rounds }: PeerResult) => {
    const what = `${scenario.name} ${title} ${rounds.length + 1}`;
    try {
      const measurement = await measure(scenario, programs.get(name) ?? name, conditions);
      rounds.push(measurement);
      progress.ran(what, measurement);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      rounds.push(null);
      results.missing.push({ what, reason });
      progress.ran(what, reason);
    }
  };
  for (let round = 0; round < conditions.settings.rounds; round++) {
    for (const [index, scenario] of scenarios.entries()) {
      const inOrder = results.scenarios[index]?.peers ?? [];
      const times = timesOf(scenario, round);
      for (let turn = round * times; turn < (round + 1) * times; turn++) {
        for (const peer of turn % 2 === 0 ? inOrder : [...inOrder].reverse()) await run(scenario, peer);
      }
    }
    progress.roundOver(round);
  }
}

/** How often a scenario is measured in a round. */
function timesOf(scenario: Scenario, round: number): number {
  if (scenario.kind === 'cluster' && scenario.isOnce) return round === 0 ? 1 : 0;
  return scenario.kind === 'traffic' ? (scenario.times ?? 1) : 1;
}

/** Where the results of a plan go, without any. */
export function emptyResults({ scenarios, peers }: Pick<Plan, 'scenarios' | 'peers'>): readonly ScenarioResult[] {
  return scenarios.map(({ name, title, unit, main, ...scenario }) => {
    const chosen =
      scenario.kind === 'program'
        ? scenario.peers.map((way) => ({ name: way, title: way }))
        : peers.filter((peer) => takesPart(scenario, peer));
    return {
      name,
      title,
      unit,
      main,
      peers: chosen.map((peer) => ({ name: peer.name, title: peer.title, rounds: [] })),
    };
  });
}

/** Checks each peer, those with a broker as two processes, and gives those that do the work and why the others are left out. */
export async function verifiedPeers(
  peers: readonly ReadyPeer[],
  conditions: Conditions,
): Promise<{ peers: readonly ReadyPeer[]; missing: readonly Missing[] }> {
  const missing: Missing[] = [];
  const verified: ReadyPeer[] = [];
  for (const peer of peers) {
    try {
      await withCluster(peer, peer.broker ? 2 : 1, conditions, ({ servers }) => {
        const ports = servers.map(({ port }) => port);
        return verifyPeer(ports, PROTOCOLS[peer.protocol]);
      });
      verified.push(peer);
    } catch (error) {
      missing.push({ what: peer.title, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { peers: verified, missing };
}

function measure(scenario: Scenario, peer: ReadyPeer | string, conditions: Conditions): Promise<Measurement> {
  if (scenario.kind === 'program') {
    return measureProgram(scenario, typeof peer === 'string' ? peer : peer.name, conditions);
  }
  if (typeof peer === 'string') throw new Error(`there is no peer ${peer}`);
  if (scenario.kind === 'cluster') return measureCluster(scenario, peer, conditions);
  if (scenario.kind === 'instructions') return countInstructions(scenario, peer, conditions);
  return measurePeer(scenario, peer, conditions);
}
