import { describe, expect, it } from 'vitest';
import { CLUSTER, CLUSTER_TABLES, isCluster } from '../../bench/cluster.js';
import { PEERS } from '../../bench/peers.js';
import { SCENARIOS, takesPart } from '../../bench/scenarios.js';

const traffic = CLUSTER.flatMap((scenario) =>
  scenario.task.kind === 'traffic' ? [{ ...scenario, task: scenario.task }] : [],
);

describe('the scenarios of several processes', () => {
  it('are those whose names begin with cluster, each in one table', () => {
    expect(SCENARIOS.filter(({ name }) => name.startsWith('cluster-'))).toEqual(CLUSTER);
    expect(CLUSTER_TABLES.flatMap(({ rows }) => rows)).toEqual(CLUSTER);
    expect([isCluster('cluster-rooms'), isCluster('room')]).toEqual([true, false]);
  });

  it('are compared by the main metric of their table', () => {
    for (const { main, rows } of CLUSTER_TABLES) for (const row of rows) expect(row.main, row.name).toBe(main);
  });

  it('name peers that there are, and none without a broker where there are more processes than one', () => {
    for (const { name, processes, peers } of CLUSTER) {
      for (const each of peers) {
        const peer = PEERS.find((known) => known.name === each);
        expect(peer, `${name} ${each}`).toBeDefined();
        if (processes > 1) expect(peer?.broker, `${name} ${each}`).toBeDefined();
      }
    }
  });

  it('measure Socket.IO with Redis beside Nefeli wherever a broker is', () => {
    for (const { name, peers } of CLUSTER) {
      expect(peers, name).toEqual(expect.arrayContaining(['nefeli-redis', 'nefeli-nats', 'socket-io-redis']));
    }
  });

  it('broadcast to 400 over 1, 2 and 4 processes, from 1 sender and from 10', () => {
    const sizes = traffic.flatMap(({ processes, task: { work, connections } }) => {
      if (work.kind !== 'cluster-cast') return [];
      expect(connections.map(({ server }) => server)).toEqual(Array.from({ length: processes }, (_, index) => index));
      return [[processes, work.groups, work.senders, connections.reduce((sum, { count }) => sum + count, 0)]];
    });

    expect(sizes).toEqual(
      [1, 2, 4].flatMap((processes) => [1, 10].map((senders) => [processes, processes, senders, 400])),
    );
  });

  it('have a receiver for each sender, in its room', () => {
    for (const { name, task } of traffic) {
      if (task.work.kind !== 'relay') continue;
      const { pairs } = task.work;
      const [senders, receivers] = task.connections;
      expect([senders?.count, receivers?.count], name).toEqual([pairs, pairs]);
      expect([senders?.rooms, receivers?.rooms], name).toEqual([0, 1].map(() => ({ kind: 'turn', of: pairs })));
    }
  });
});

describe('takesPart', () => {
  it('is for all without a broker where no peers are named, and else for those alone', () => {
    const names = (peers?: readonly string[]) =>
      PEERS.filter((peer) => takesPart(peers ? { peers } : {}, peer)).map(({ name }) => name);

    expect(names()).toEqual(['nefeli', 'ws', 'fastify-websocket', 'socket-io', 'nestjs', 'neffos']);
    expect(names(['ws', 'nefeli-nats'])).toEqual(['ws', 'nefeli-nats']);
  });
});
