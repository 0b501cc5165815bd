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
const inDefault = { kind: 'namespace', namespace: 'default' } as const;
const failing = (): never => {
  throw new Error('no broker');
};

async function start(local: Partial<LocalServer> = {}) {
  const adapter = new ScriptedAdapter();
  const clock = new ManualClock();
  const metrics = new Counters();
  const log = new MemoryLog();
  const cluster = new Cluster({ adapter, scheduler: clock, random: systemRandom, metrics, log });
  await cluster.start({ deliver: () => 0, answer: () => one, hear: () => {}, ...local });
  /** The query that was published last, as the others got it. */
  const asked = (): string => {
    const envelope = adapter.published.findLast(({ kind }) => kind === 'query');
    if (envelope?.kind !== 'query') throw new Error('no query was published');
    return envelope.queryId;
  };
  const answer = (result: QueryResult, queryId = asked()): void => adapter.answer(queryId, result);
  return { cluster, adapter, clock, metrics, log, asked, answer };
}

describe('Cluster', () => {
  describe('enter', () => {
    it('is fulfilled when the adapter has subscribed, and subscribes a namespace once for all connections', async () => {
      const { cluster, adapter } = await start();
      let subscribed: () => void = () => {};
      adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));
      let entered = 0;

      const both = [cluster.enter(inDefault), cluster.enter(inDefault)].map((entering) =>
        entering?.then(() => entered++),
      );
      await settle();
      expect(entered).toBe(0);
      subscribed();
      await Promise.all(both);

      expect(entered).toBe(2);
      expect(adapter.subscribed).toEqual(['ndefault']);
    });

    it.each([
      ['throws', failing],
      ['rejects', async () => failing()],
    ])(
      'rejects when the adapter %s, counts adapter.failed, and tries again for the next one',
      async (_, onSubscribe) => {
        const { cluster, adapter, metrics, log } = await start();
        adapter.onSubscribe = onSubscribe;

        await expect(cluster.enter(inDefault)).rejects.toThrow('no broker');
        adapter.onSubscribe = () => {};
        await cluster.enter(inDefault);

        expect(adapter.subscribed).toEqual(['ndefault', 'ndefault']);
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
      await cluster.enter(inDefault);
      await cluster.enter(inDefault);

      cluster.leave(inDefault);
      expect(adapter.unsubscribed).toEqual([]);
      cluster.leave(inDefault);
      expect(adapter.unsubscribed).toEqual(['ndefault']);
      await cluster.enter(inDefault);

      expect(adapter.subscribed).toEqual(['ndefault', 'ndefault']);
    });

    it('does nothing for a namespace that nobody has entered', async () => {
      const { cluster, adapter } = await start();

      cluster.leave(inDefault);

      expect(adapter.unsubscribed).toEqual([]);
    });

    it('does not throw when the adapter does, and counts adapter.failed', async () => {
      const { cluster, adapter, metrics } = await start();
      adapter.onUnsubscribe = failing;
      await cluster.enter(inDefault);

      cluster.leave(inDefault);

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
    it('tells each result as it comes, and is fulfilled when all peers have said their last', async () => {
      const { cluster, adapter, clock, answer, asked } = await start();
      adapter.others = ['other', 'third'];
      const results: QueryResult[] = [];

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, (result) => results.push(result));
      adapter.answer(asked(), one, { isLast: false });
      answer(one);
      adapter.answer(asked(), { kind: 'nobody' }, { from: 'third' });

      expect(await all).toEqual([]);
      expect(results).toEqual([one, one, { kind: 'nobody' }]);
      expect(clock.timers).toBe(0);
    });

    it('is on its way before what is broadcast after it', async () => {
      const { cluster, adapter, answer } = await start();

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, () => {});
      cluster.broadcast(target, content);
      answer(one);
      await all;

      expect(adapter.published.map(({ kind }) => kind)).toEqual(['query', 'broadcast']);
    });

    it('is fulfilled with who has kept silent once timeoutMs has passed, and a late result is dropped', async () => {
      const { cluster, clock, answer } = await start();
      const results: QueryResult[] = [];

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, (result) => results.push(result));
      await settle();
      clock.advanceMs(1_000);
      expect(await all).toEqual(['other']);
      answer(one);

      expect(results).toEqual([]);
    });

    it('does not wait for a server that leaves meanwhile', async () => {
      const { cluster, adapter } = await start();

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, () => {});
      adapter.peerLeft('other');

      expect(await all).toEqual(['other']);
    });

    it('ends when the signal aborts, and does not ask when it has aborted before', async () => {
      const { cluster, adapter, clock } = await start();
      const controller = new AbortController();
      const question = { query: count, timeoutMs: 1_000, until: controller.signal };

      const all = cluster.query(question, () => {});
      controller.abort();
      expect(await all).toEqual(['other']);
      expect(await cluster.query(question, () => {})).toEqual(['other']);

      expect(adapter.published).toHaveLength(1);
      expect(clock.timers).toBe(0);
    });

    it.each([
      ['ask', { kind: 'ask', target, content, timeoutMs: 1_000 }, ['query', 'cancel']],
      ['gather', { kind: 'gather', target, content, timeoutMs: 1_000 }, ['query', 'cancel']],
      ['count', count, ['query']],
    ] as const)('calls off what takes time when it ends early: %s', async (_, query, published) => {
      const { cluster, adapter, asked } = await start();
      const controller = new AbortController();

      const all = cluster.query({ query, timeoutMs: 1_000, until: controller.signal }, () => {});
      controller.abort();
      await all;

      expect(adapter.published.map(({ kind }) => kind)).toEqual(published);
      if (published.length > 1) expect(adapter.published[1]).toMatchObject({ queryId: asked() });
    });

    it('calls nothing off that everybody has answered', async () => {
      const { cluster, adapter, answer } = await start();

      const all = cluster.query({ query: { kind: 'ask', target, content, timeoutMs: 9 }, timeoutMs: 1_000 }, () => {});
      answer({ kind: 'nobody' });
      await all;

      expect(adapter.published.map(({ kind }) => kind)).toEqual(['query']);
    });

    it.each([
      ['at once', failing],
      ['later', async () => failing()],
    ])('rejects when the adapter fails %s, and counts adapter.failed', async (_, onPublish) => {
      const { cluster, adapter, clock, metrics } = await start();
      adapter.onPublish = onPublish;

      await expect(cluster.query({ query: count, timeoutMs: 1_000 }, () => {})).rejects.toThrow('no broker');

      expect(metrics.get('adapter.failed')).toBe(1);
      expect(clock.timers).toBe(0);
    });

    it('names whoever is awaited when the adapter goes down: what they answer meanwhile is not heard', async () => {
      const { cluster, adapter, answer, asked } = await start();
      const results: QueryResult[] = [];

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, (result) => results.push(result));
      adapter.answer(asked(), one, { isLast: false });
      adapter.become('down');
      await settle();
      adapter.become('up');
      answer(one);

      expect(await all).toEqual(['other']);
      expect(results).toEqual([one]);
    });

    it('rejects when the adapter goes down before it has sent the question', async () => {
      const { cluster, adapter } = await start();
      let reject: (error: unknown) => void = () => {};
      adapter.onPublish = () => new Promise((_, fail) => (reject = fail));

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, () => {});
      adapter.become('down');
      reject(new Error('no broker'));

      await expect(all).rejects.toThrow('no broker');
    });

    it('rejects when the adapter refuses it, also where no other server is known', async () => {
      const { cluster, adapter } = await start();
      adapter.others = [];
      adapter.onPublish = failing;

      await expect(cluster.query({ query: count, timeoutMs: 1_000 }, () => {})).rejects.toThrow('no broker');
    });

    it('ends when the adapter is stopped', async () => {
      const { cluster } = await start();

      const all = cluster.query({ query: count, timeoutMs: 1_000 }, () => {});
      await cluster.stop();

      expect(await all).toEqual(['other']);
    });
  });

  describe('a question of another server', () => {
    it('is answered to that server, the last result marked', async () => {
      const { adapter } = await start({
        answer: async (_, tell) => {
          tell(one);
          return { kind: 'count', count: 7 };
        },
      });

      adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });
      await settle();

      const result = { kind: 'result', from: adapter.serverId, to: 'other', queryId: 'q' };
      expect(adapter.published).toEqual([
        { ...result, result: one, isLast: false },
        { ...result, result: { kind: 'count', count: 7 }, isLast: true },
      ]);
    });

    it('is not said to be answered when a result before the last could not be sent', async () => {
      const { adapter } = await start({
        answer: async (_, tell) => {
          tell(one);
          return one;
        },
      });
      let sent = 0;
      adapter.onPublish = async () => {
        sent += 1;
        if (sent === 1) failing();
      };

      adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });
      await settle();

      expect(adapter.published).toMatchObject([{ kind: 'result', isLast: false }]);
    });

    it('is answered with nobody where it cannot be answered, so that the other server need not wait', async () => {
      const { adapter, log } = await start({ answer: failing });

      adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });
      await settle();

      expect(adapter.published).toMatchObject([{ result: { kind: 'nobody' }, isLast: true }]);
      expect(log.lines).toMatchObject([{ level: 'error', fields: { query: 'count' } }]);
    });

    it('is called off by who has asked it, and by nobody else: nothing is answered any more', async () => {
      let signal: AbortSignal | undefined;
      let finish: () => void = () => {};
      const { adapter } = await start({
        answer: (_, tell, aborted) => {
          signal = aborted;
          return new Promise((resolve) => {
            finish = () => {
              tell(one);
              resolve(one);
            };
          });
        },
      });
      adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });

      adapter.deliver({ kind: 'cancel', from: 'third', queryId: 'q' });
      expect(signal?.aborted).toBe(false);
      adapter.deliver({ kind: 'cancel', from: 'other', queryId: 'q' });
      expect(signal?.aborted).toBe(true);
      finish();
      await settle();

      expect(adapter.published).toEqual([]);
    });

    it('is called off when the server that has asked it is gone', async () => {
      const signals: AbortSignal[] = [];
      const { adapter } = await start({
        answer: (_, __, aborted) => {
          signals.push(aborted);
          return new Promise(() => {});
        },
      });
      for (const from of ['other', 'another']) adapter.deliver({ kind: 'query', from, queryId: 'q', query: count });

      adapter.peerLeft('other');

      expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    });

    it('is called off when this server stops', async () => {
      let signal: AbortSignal | undefined;
      const { cluster, adapter } = await start({
        answer: (_, __, aborted) => {
          signal = aborted;
          return new Promise(() => {});
        },
      });
      adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query: count });

      await cluster.stop();

      expect(signal?.aborted).toBe(true);
    });
  });

  it('emits events to the others under its own name, and hears theirs', async () => {
    const heard: unknown[] = [];
    const { cluster, adapter } = await start({ hear: (...args) => void heard.push(args) });

    cluster.emit(content);
    adapter.deliver({ kind: 'event', from: 'other', content });

    expect(adapter.published).toEqual([{ kind: 'event', from: adapter.serverId, content }]);
    expect(heard).toEqual([['other', content]]);
  });

  it('knows whether the adapter is up, counts its outages, and logs no failure while it is down', async () => {
    const { cluster, adapter, metrics, log } = await start();
    adapter.onPublish = failing;
    expect(cluster.state).toBe('up');

    adapter.become('down');
    adapter.become('down');
    cluster.broadcast(target, content);
    await settle();

    expect(cluster.state).toBe('down');
    expect(log.lines).toEqual([]);
    expect([metrics.get('adapter.down'), metrics.get('adapter.failed')]).toEqual([1, 1]);
    adapter.become('up');
    expect(cluster.state).toBe('up');
  });

  it('does not stop an adapter that would not start: it may serve another server', async () => {
    const adapter = new ScriptedAdapter();
    adapter.onStart = () => Promise.reject(new Error('in use'));
    const parts = { scheduler: new ManualClock(), random: systemRandom, metrics: new Counters(), log: new MemoryLog() };
    const cluster = new Cluster({ adapter, ...parts });

    const started = cluster.start({ deliver: () => 0, answer: () => one, hear: () => {} });
    await expect(started).rejects.toThrow('in use');
    await cluster.stop();

    expect(adapter.isStopped).toBe(false);
  });

  it('stops the adapter', async () => {
    const { cluster, adapter } = await start();

    await cluster.stop();

    expect(adapter.isStopped).toBe(true);
  });
});
