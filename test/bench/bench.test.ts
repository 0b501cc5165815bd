import { afterEach, describe, expect, it, vi } from 'vitest';
import { PEERS } from '../../bench/peers.js';
import { emptyResults, runBench, verifiedPeers } from '../../bench/run/bench.js';
import { Child } from '../../bench/run/child.js';
import type { Conditions } from '../../bench/run/pair.js';
import { preparePeers, type ReadyPeer } from '../../bench/run/prepare-peers.js';
import type { Missing } from '../../bench/run/results.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const NOWHERE: Conditions = {
  settings: { rounds: 2, warmUpMs: 1, measureMs: 1, fewer: 1 },
  processors: { server: undefined, load: undefined },
};

const program = (source: string) => ({ command: process.execPath, args: ['-e', source] });
const brokenPeers: ReadyPeer[] = PEERS.filter(({ name }) => name === 'ws' || name === 'nefeli').map((peer) => {
  return { ...peer, ...program('process.exit(3)') };
});

describe('runBench', () => {
  it('tells of each run that fails, leaves it out and goes on, in the other order every second round', async () => {
    const plan = {
      scenarios: SCENARIOS.filter(({ name }) => name === 'lone'),
      peers: brokenPeers,
      conditions: NOWHERE,
    };
    const results = { scenarios: emptyResults(plan), missing: [] as Missing[] };
    const rounds: number[] = [];

    await runBench(plan, results, { ran: () => {}, roundOver: (round) => rounds.push(round) });

    expect(rounds).toEqual([0, 1]);
    expect(results.scenarios[0]?.peers.map((peer) => peer.rounds)).toEqual([
      [null, null],
      [null, null],
    ]);
    const whats = ['lone Nefeli 1', 'lone plain ws 1', 'lone plain ws 2', 'lone Nefeli 2'];
    expect(results.missing.map(({ what }) => what)).toEqual(whats);
    expect(results.missing[0]?.reason).toContain('has ended: exit 3');
  });
});

describe('runBench, of a scenario that is measured several times in a round', () => {
  it('runs the peers one after the other each time, in the other order every second time', async () => {
    const plan = {
      scenarios: SCENARIOS.filter(({ name }) => name === 'mixed'),
      peers: brokenPeers,
      conditions: NOWHERE,
    };
    const results = { scenarios: emptyResults(plan), missing: [] as Missing[] };
    const ran: string[] = [];

    await runBench(plan, results, { ran: (what) => ran.push(what), roundOver: () => {} });

    expect(results.scenarios[0]?.peers.map(({ rounds }) => rounds.length)).toEqual([6, 6]);
    const first = ['mixed Nefeli 1', 'mixed plain ws 1', 'mixed plain ws 2', 'mixed Nefeli 2', 'mixed Nefeli 3'];
    expect(ran.slice(0, 5)).toEqual(first);
  });
});

describe('runBench, of what does not differ from one round to the next', () => {
  it('measures it in the first round alone', async () => {
    const peers = brokenPeers.map((peer) => (peer.name === 'nefeli' ? { ...peer, name: 'nefeli-redis' } : peer));
    const scenarios = SCENARIOS.filter(({ name }) => name === 'cluster-connections');
    const plan = { scenarios, peers, conditions: NOWHERE };
    const results = { scenarios: emptyResults(plan), missing: [] as Missing[] };

    await runBench(plan, results, { ran: () => {}, roundOver: () => {} });

    expect(results.scenarios[0]?.peers.map(({ rounds }) => rounds)).toEqual([[null]]);
  });
});

describe('verifiedPeers', () => {
  it('leaves out a peer that does not do the work, with its reason', async () => {
    const { peers, missing } = await verifiedPeers(brokenPeers, NOWHERE);

    expect(peers).toEqual([]);
    expect(missing.map(({ what }) => what)).toEqual(['Nefeli', 'plain ws']);
  });
});

describe('preparePeers', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('leaves out a peer whose broker is not installed, and says which', async () => {
    vi.stubEnv('PATH', '');
    const peers = PEERS.filter(({ kind }) => kind === 'ours');

    const { ready, missing } = await preparePeers(peers);

    expect(ready.map(({ name }) => name)).toEqual(['nefeli', 'ws', 'fastify-websocket']);
    expect(missing).toEqual([
      { what: 'Nefeli, Redis', reason: 'redis-server is not installed' },
      { what: 'Nefeli, NATS', reason: 'nats-server is not installed' },
    ]);
  });
});

describe('emptyResults', () => {
  it('has the peers that take part in a scenario, and the ways of a program instead', () => {
    const ready = PEERS.map((peer) => ({ ...peer, command: '', args: [] }));
    const peersOf = (name: string) =>
      emptyResults({ scenarios: SCENARIOS, peers: ready })
        .find((scenario) => scenario.name === name)
        ?.peers.map((peer) => peer.name);

    expect(peersOf('lone')).toEqual(['nefeli', 'ws', 'fastify-websocket', 'socket-io', 'nestjs', 'neffos']);
    expect(peersOf('cluster-taken')).toEqual(['nefeli-redis', 'nefeli-nats', 'socket-io-redis']);
    expect(peersOf('upgrade')).toEqual(['ws', 'fastify-websocket']);
    expect(peersOf('controller-cost')).toEqual(['new', 'nefeli', 'child-container']);
  });
});

describe('Child', () => {
  const ECHO = `
    process.stdin.on('data', (line) => console.log(String(line).includes('fail') ? '{"error":"no"}' : '{"value":7}'));
    process.stdin.on('end', () => process.exit(0));
    console.log('{"port":5}');`;

  it('gives what a program tells first, and its answers', async () => {
    const { child, hello } = await Child.start(program(ECHO));

    expect(hello).toEqual({ port: 5 });
    expect(await child.ask('anything')).toEqual({ value: 7 });
    await child.end();
  });

  it('rejects with the error that a program answers', async () => {
    const { child } = await Child.start(program(ECHO));

    await expect(child.ask('fail')).rejects.toThrow('no');
    await child.end();
  });

  it('rejects when a program ends instead of answering, and after that', async () => {
    const { child } = await Child.start(program(`console.log('{}'); process.stdin.on('data', () => process.exit(4));`));

    await expect(child.ask('anything')).rejects.toThrow('it has ended: exit 4');
    await expect(child.ask('anything')).rejects.toThrow('it has ended: exit 4');
    await child.end();
  });

  it('rejects when there is no such program', async () => {
    await expect(Child.start({ command: 'no-such-program', args: [] })).rejects.toThrow('ENOENT');
  });
});
