import { describe, expect, it } from 'vitest';
import { BARS } from '../../bench/bars.js';
import { CLUSTER } from '../../bench/cluster.js';
import { readCommandLine, USAGE } from '../../bench/command-line.js';
import { GROWTH } from '../../bench/growth.js';
import { PEERS } from '../../bench/peers.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const namesOf = (...args: string[]) => readCommandLine(args).scenarios.map(({ name }) => name);

describe('readCommandLine', () => {
  it('measures everything but instructions and several processes in 5 rounds when nothing is said', () => {
    const order = readCommandLine([]);

    expect(order.scenarios).toEqual(SCENARIOS.filter(({ kind }) => kind !== 'instructions' && kind !== 'cluster'));
    expect(order.peers).toEqual(PEERS);
    expect(order.settings).toMatchObject({ rounds: 5, fewer: 1 });
    expect(order.out).toBe('build/performance.json');
  });

  it('takes scenarios by how they begin, and by their whole name only that', () => {
    expect(namesOf('broadcast')).toEqual(['broadcast-1', 'broadcast-10']);
    expect(namesOf('room')).toEqual(['room']);
    expect(namesOf('echo-ask-1-')).toHaveLength(3);
    expect(namesOf('growth')).toEqual(GROWTH.map(({ name }) => name));
    expect(namesOf('growth-echo-10')).toEqual(['growth-echo-10']);
    expect(namesOf('cluster')).toEqual(CLUSTER.map(({ name }) => name));
    expect(namesOf('instructions')).toEqual(['instructions-echo', 'instructions-broadcast']);
  });

  it('makes one short round of few peers with --quick, unless others are named', () => {
    expect(readCommandLine(['--quick'])).toMatchObject({ settings: { rounds: 1 }, peers: { length: 5 } });
    expect(readCommandLine(['--quick', '--peers', 'ws', '--rounds', '2'])).toMatchObject({
      settings: { rounds: 2 },
      peers: [{ name: 'ws' }],
    });
  });

  it.each([
    [['nothing'], 'no scenario begins with "nothing"'],
    [['--peers', 'ws,deno'], 'there is no peer "deno", but nefeli, ws'],
    [['--rounds', '0'], '--rounds 0: not a whole number above 0'],
    [['--measure', 'long'], '--measure long: not a whole number above 0'],
  ])('refuses %j', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(message);
  });

  it('has a usage that names every scenario and peer', () => {
    for (const { name } of [...SCENARIOS, ...PEERS]) expect(USAGE).toContain(name);
  });
});

describe('the scenarios, peers and bars', () => {
  it('have a name each', () => {
    for (const list of [SCENARIOS, PEERS]) expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
  });

  it('fit together: a bar is of scenarios that both of its peers take part in', () => {
    for (const { scenario, against } of BARS) {
      for (const part of [{ peer: 'nefeli', scenario }, against]) {
        const found = SCENARIOS.find(({ name }) => name === part.scenario);
        expect(found, part.scenario).toBeDefined();
        expect(found?.peers ?? PEERS.map(({ name }) => name)).toContain(part.peer);
      }
    }
  });
});
