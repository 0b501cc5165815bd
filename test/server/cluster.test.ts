import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/core/web-platform.js';
import type { Query, QueryResult } from '../../src/ports/adapter.js';
import { Cluster, type LocalServer } from '../../src/server/cluster.js';
import { Counters } from '../../src/server/counters.js';
import { everybodyIn } from '../../src/server/live-broadcast-target.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemoryLog, settle } from '../support/test-server.js';
import { ScriptedAdapter } from './scripted-adapter.js';

const target = everybodyIn('default');
const content = { event: 'chat', body: 'hi', binary: false };
const count: Query = { kind: 'count', target };
const one: QueryResult = { kind: 'count', count: 1 };
const failing = (): never => {
  throw new Error('no broker');
};

async function start(local: Partial<LocalServer> = {}) {
  const adapter = new ScriptedAdapter();
  const clock = new ManualClock();
  const metrics = new Counters();
  const log = new MemoryLog();
  const cluster = new Cluster({ adapter, scheduler: clock, random: systemRandom, metrics, log });
  await cluster.start({ deliver: () => 0, answer: () => one, ...local });
  /** The query that was published last, as the others got it. */
  const asked = (): string => {
    const envelope = adapter.published.at(-1);
    if (envelope?.kind !== 'query') throw new Error('no query was published');
    return envelope.queryId;
  };
  const answer = (result: QueryResult, queryId = asked()): void =>
    adapter.deliver({ kind: 'result', to: adapter.serverId, queryId, result });
  return { cluster, adapter, clock, metrics, log, asked, answer };
}

describe('Cluster', () => {
  describe('enter', () => {
    it('is fulfilled when the adapter has subscribed, and subscribes a namespace once for all connections', async () => {
      const { cluster, adapter } = await start();
      let subscribed: () => void = () => {};
      adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));
      let entered = 0;

      const both = [cluster.enter('default'), cluster.enter('default')].map((entering) =>
        entering.then(() => entered++),
      );
      await settle();
      expect(entered).toBe(0);
      subscribed();
      await Promise.all(both);

      expect(entered).toBe(2);
      expect(adapter.subscribed).toEqual(['default']);
    });

    it.each([
      ['throws', failing],
      ['rejects', async () => failing()],
    ])(
      'rejects when the adapter %s, counts adapter.failed, and tries again for the next one',
      async (_, onSubscribe) => {
        const { cluster, adapter, metrics, log } = await start();
        adapter.onSubscribe = onSubscribe;

        await expect(cluster.enter('default')).rejects.toThrow('no broker');
        adapter.onSubscribe = () => {};
        await cluster.enter('default');

        expect(adapter.subscribed).toEqual(['default', 'default']);
        expect(metrics.get('adapter.failed')).toBe(1);
        expect(log.lines).toMatchObject([
          { level: 'error', fields: { doing: 'subscribe' }, message: 'the adapter failed' },
        ]);
      },
    );
  });

  describe('leave', () => {
    it('unsubscribes with the last connection, and subscribes anew for the next first one', async () => {
      const { cluster, adapter } = await start();
      await cluster.enter('default');
      await cluster.enter('default');

      cluster.leave('default');
      expect(adapter.unsubscribed).toEqual([]);
      cluster.leave('default');
      expect(adapter.unsubscribed).toEqual(['default']);
      await cluster.enter('default');

      expect(adapter.subscribed).toEqual(['default', 'default']);
    });

    it('does nothing for a namespace that nobody has entered', async () => {
      const { cluster, adapter } = await start();

      cluster.leave('default');

      expect(adapter.unsubscribed).toEqual([]);
    });

    it('does not throw when the adapter does, and counts adapter.failed', async () => {
      const { cluster, adapter, metrics } = await start();
      adapter.onUnsubscribe = failing;
      await cluster.enter('default');

      cluster.leave('default');

      expect(metrics.get('adapter.failed')).toBe(1);
    });
  });

  describe('broadcast', () => {
    it('publishes the target and the content under the name of this server', async () => {
      const { cluster, adapter } = await start();

      cluster.broadcast(target, content);

      expect(adapter.published).toEqual([{ kind: 'broadcast', from: adapter.serverId, target, content }]);
    });

    it.each([
      ['throws', failing],
      ['rejects', async () => failing()],
    ])('does not throw when the adapter %s, and counts adapter.failed', async (_, onPublish) => {
      const { cluster, adapter, metrics, log } = await start();
      adapter.onPublish = onPublish;

      cluster.broadcast(target, content);
      await settle();

      expect(metrics.get('adapter.failed')).toBe(1);
      expect(log.lines).toMatchObject([{ fields: { doing: 'publish broadcast' } }]);
    });

    it('drops and counts what this server cannot deliver for another, and does not throw into the adapter', async () => {
      const { adapter, metrics, log } = await start({ deliver: failing });

      adapter.deliver({ kind: 'broadcast', from: 'other', target, content });

      expect(metrics.get('adapter.dropped')).toBe(1);
      expect(log.lines).toMatchObject([{ level: 'error', fields: { event: 'chat' } }]);
    });
  });

  describe('query', () => {
    it('tells each result as it comes, and is fulfilled with true when all peers have answered', async () => {
      const { cluster, adapter, clock, answer } = await start();
      adapter.peers = () => 2;
      const results: QueryResult[] = [];

      const all = cluster.query(count, 1_000, (result) => results.push(result));
      answer(one);
      answer({ kind: 'nobody' });

      expect(await all).toBe(true);
      expect(results).toEqual([one, { kind: 'nobody' }]);
      expect(clock.timers).toBe(0);
    });

    it('is on its way before what is broadcast after it, also while the peers are still being counted', async () => {
      const { cluster, adapter, answer, asked } = await start();
      let counted: (peers: number) => void = () => {};
      adapter.peers = () => new Promise((resolve) => (counted = resolve));

      const all = cluster.query(count, 1_000, () => {});
      const queryId = asked();
      cluster.broadcast(target, content);
      expect(adapter.published.map(({ kind }) => kind)).toEqual(['query', 'broadcast']);
      answer(one, queryId);
      counted(1);

      expect(await all).toBe(true);
    });

    it('is fulfilled with false once timeoutMs has passed, and a late result is dropped', async () => {
      const { cluster, clock, answer } = await start();
      const results: QueryResult[] = [];

      const all = cluster.query(count, 1_000, (result) => results.push(result));
      await settle();
      clock.advanceMs(1_000);
      expect(await all).toBe(false);
      answer(one);

      expect(results).toEqual([]);
    });

    it('is fulfilled with false when the signal aborts, and does not ask when it has aborted before', async () => {
      const { cluster, adapter, clock } = await start();
      const controller = new AbortController();

      const all = cluster.query(count, 1_000, () => {}, controller.signal);
      controller.abort();
      expect(await all).toBe(false);
      expect(await cluster.query(count, 1_000, () => {}, controller.signal)).toBe(false);

      expect(adapter.published).toHaveLength(1);
      expect(clock.timers).toBe(0);
    });

    it.each([
      ['counting the peers, at once', { peers: failing }],
      ['counting the peers, later', { peers: async () => failing() }],
      ['the question, at once', { onPublish: failing }],
      ['the question, later', { onPublish: async () => failing() }],
    ])('rejects when the adapter fails on %s, and counts adapter.failed', async (_, broken) => {
      const { cluster, adapter, clock, metrics } = await start();
      Object.assign(adapter, broken);

      await expect(cluster.query(count, 1_000, () => {})).rejects.toThrow('no broker');

      expect(metrics.get('adapter.failed')).toBe(1);
      expect(clock.timers).toBe(0);
    });
  });

  it('answers a question of another server, to that server', async () => {
    const { adapter } = await start({ answer: async () => ({ kind: 'count', count: 7 }) });

    adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });
    await settle();

    expect(adapter.published).toEqual([
      { kind: 'result', to: 'other', queryId: 'q', result: { kind: 'count', count: 7 } },
    ]);
  });

  it('answers with nobody where it cannot answer, so that the other server need not wait', async () => {
    const { adapter, log } = await start({ answer: failing });

    adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });
    await settle();

    expect(adapter.published).toEqual([{ kind: 'result', to: 'other', queryId: 'q', result: { kind: 'nobody' } }]);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { query: 'count' } }]);
  });

  it('stops the adapter', async () => {
    const { cluster, adapter } = await start();

    await cluster.stop();

    expect(adapter.isStopped).toBe(true);
  });
});
