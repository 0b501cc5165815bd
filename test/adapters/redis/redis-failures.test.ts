import { fileURLToPath } from 'node:url';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RedisAdapterOptions, redisAdapter } from '../../../src/adapters/redis/index.js';
import type { Adapter } from '../../../src/ports/adapter.js';
import type { Topic } from '../../../src/ports/topic.js';
import { RecordingHost } from '../../support/adapter-host.js';
import { BrokerProcess, freePort, whyNoBroker } from '../../support/broker-process.js';
import { FaultProxy } from '../../support/fault-proxy.js';
import { SilentServer } from '../../support/silent-server.js';

const missing = whyNoBroker('redis');
const inDefault: readonly Topic[] = [{ kind: 'namespace', namespace: 'default' }];
const SOON = { timeout: 10_000, interval: 10 };

interface Node {
  readonly host: RecordingHost;
  readonly adapter: Adapter;
  readonly send: (body: string) => void;
  readonly bodies: () => unknown[];
}

async function startNode(id: string, options: Omit<RedisAdapterOptions, 'app'>): Promise<Node> {
  const host = new RecordingHost(id);
  const adapter = redisAdapter({ app: 'test', ...options });
  onTestFinished(() => adapter.stop());
  await adapter.start(host);
  await adapter.subscribe(inDefault);
  const target = { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };
  return {
    host,
    adapter,
    send: (body) =>
      void adapter.publish({ kind: 'broadcast', from: id, target, content: { event: 'e', body, binary: false } }),
    bodies: () => host.received.map((envelope) => envelope.kind === 'broadcast' && envelope.content.body),
  };
}

async function startRedis(...args: readonly string[]): Promise<BrokerProcess> {
  const redis = await BrokerProcess.start('redis', ...args);
  onTestFinished(() => redis.stop());
  return redis;
}

/** Somebody else at the same Redis. */
function outsider(redis: BrokerProcess): Redis {
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  return client;
}

const become = (node: Node, state: 'up' | 'down'): Promise<void> =>
  vi.waitFor(() => expect(node.host.states.at(-1)).toBe(state), SOON);

describe.skipIf(missing !== undefined)(missing ? `redisAdapter (skipped: ${missing})` : 'redisAdapter', () => {
  describe('at start', () => {
    it('rejects with ADAPTER_UNREACHABLE and the reason when nobody listens there, and tells no password', async () => {
      const url = `redis://somebody:topsecret@127.0.0.1:${await freePort()}`;

      const failure = await startNode('a', { url }).catch((error: unknown) => error);

      expect(failure).toMatchObject({
        code: 'ADAPTER_UNREACHABLE',
        details: { broker: 'Redis', reason: expect.stringContaining('ECONNREFUSED') },
      });
      expect(everythingOf(failure)).not.toContain('topsecret');
    });

    it('rejects with what Redis says about a wrong password, and tells none, nor in the log', async () => {
      const redis = await startRedis('--requirepass', 'right');
      const host = new RecordingHost('a');
      const adapter = redisAdapter({ app: 'test', url: `redis://:topsecret@127.0.0.1:${redis.port}` });
      onTestFinished(() => adapter.stop());

      const failure = await adapter.start(host).catch((error: unknown) => error);

      expect(failure).toMatchObject({ details: { reason: expect.stringMatching(/WRONGPASS|NOAUTH/) } });
      expect(everythingOf(failure) + host.log.lines.map(({ fields }) => everythingOf(fields)).join()).not.toContain(
        'topsecret',
      );
    });

    it('lets go of what it has begun when it is stopped, and dials no other node any more', async () => {
      const silent = await Promise.all([1, 2, 3].map(() => SilentServer.start()));
      onTestFinished(() => void silent.map((server) => server.stop()));
      const sumOf = (count: 'open' | 'dialled'): number => silent.reduce((sum, server) => sum + server[count], 0);
      const nodes = silent.map(({ port }) => `redis://:secret@127.0.0.1:${port}`);
      const adapter = redisAdapter({ app: 'test', nodes });
      const started = adapter.start(new RecordingHost('a'));
      await vi.waitFor(() => expect(sumOf('open')).toBe(2), SOON);

      const stoppedAtMs = performance.now();
      await adapter.stop();
      await started;
      await vi.waitFor(() => expect(sumOf('open')).toBe(0), SOON);

      expect(performance.now() - stoppedAtMs).toBeLessThan(2_000);
      expect(sumOf('dialled')).toBe(2);
    });

    it("goes on alone with whenDown: 'degrade', and joins the others when Redis comes", async () => {
      const redis = await startRedis();
      await redis.kill();
      const node = await startNode('a', { url: redis.url, whenDown: 'degrade' });
      expect(node.host.states).toEqual(['down']);

      await redis.resume();
      await become(node, 'up');
      const other = await startNode('b', { url: redis.url });
      other.send('hi');

      await vi.waitFor(() => expect(node.bodies()).toEqual(['hi']), SOON);
    });

    it.each([
      [{}, 'none of them'],
      [{ url: 'redis://a', nodes: ['redis://b'] }, 'several of them'],
      [{ url: '127.0.0.1:6379' }, 'a URL such as redis://127.0.0.1:6379'],
      [{ url: 'http://topsecret@127.0.0.1' }, 'a URL such as redis://127.0.0.1:6379'],
      [{ nodes: [] }, 'to say where Redis is'],
    ])('refuses %j with OPTION_INVALID, and shows no value that may hold a password', (options, message) => {
      const make = (): Adapter => redisAdapter({ app: 'test', ...options });

      expect(make).toThrow(message);
      expect(make).not.toThrow('topsecret');
    });
  });

  describe('while it runs', () => {
    it('delivers what was sent while Redis was away for a restart, in order, and loses nothing', async () => {
      const redis = await startRedis();
      const [a, b] = [await startNode('a', { url: redis.url }), await startNode('b', { url: redis.url })];
      a.send('before');
      await vi.waitFor(() => expect(b.bodies()).toEqual(['before']), SOON);

      await redis.kill();
      await become(a, 'down');
      for (const body of ['1', '2', '3']) a.send(body);
      await redis.resume();

      await vi.waitFor(() => expect(b.bodies()).toEqual(['before', '1', '2', '3']), SOON);
      expect(b.host.metrics.get('adapter.lost')).toBe(0);
    });

    it('gives up a Redis that stands still within 5 s, goes on by itself, and is back when that goes on', async () => {
      const redis = await startRedis();
      const [a, b] = [await startNode('a', { url: redis.url }), await startNode('b', { url: redis.url })];

      redis.freeze();
      await become(a, 'down');
      a.send('meanwhile');
      expect(() => a.adapter.publish({ kind: 'cancel', from: 'a', queryId: 'q' })).toThrow(/^ADAPTER_DOWN/);
      redis.freeze(false);

      await become(a, 'up');
      await vi.waitFor(() => expect(b.bodies()).toEqual(['meanwhile']), SOON);
    });

    it('finds out that its line is dead though nobody says so, and counts what it has missed', async () => {
      const redis = await startRedis();
      const line = await FaultProxy.start(redis.port);
      onTestFinished(() => line.stop());
      const [a, b] = [await startNode('a', { url: redis.url }), await startNode('b', { url: line.url })];
      a.send('1');
      await vi.waitFor(() => expect(b.bodies()).toEqual(['1']), SOON);

      line.stall();
      a.send('2');
      a.send('3');
      await become(b, 'down');
      line.stall(false);
      await become(b, 'up');
      a.send('4');

      await vi.waitFor(() => expect(b.bodies()).toEqual(['1', '4']), SOON);
      expect(b.host.metrics.get('adapter.lost')).toBe(2);
    });

    it('takes nothing for an envelope that anybody else publishes there', async () => {
      const redis = await startRedis();
      const a = await startNode('a', { url: redis.url });
      const client = outsider(redis);
      const garbage = ['', 'hello', Buffer.from([1, 1, 98, 255]), Buffer.alloc(1_000_000, 1), '{"__proto__":{}}'];

      for (const message of garbage) await client.publish('test.all', message);

      await vi.waitFor(() => expect(a.host.metrics.get('adapter.malformed')).toBe(garbage.length), SOON);
      expect(a.host.received).toEqual([]);
    });
  });

  describe('at Redis', () => {
    it('has two connections, however many topics there are, each with a channel and none with a pattern', async () => {
      const redis = await startRedis();
      const { adapter } = await startNode('a', { url: redis.url });
      const topics = Array.from({ length: 2_000 }, (_, index): Topic => ({ kind: 'id', id: `* ${index}` }));
      await adapter.subscribe(topics);
      const client = outsider(redis);

      const clients = String(await client.client('LIST'))
        .trim()
        .split('\n');
      const channels = (await client.pubsub('CHANNELS')) as string[];

      expect(clients).toHaveLength(2 + 1);
      expect(channels).toHaveLength(2_000 + 3);
      expect(channels.every((channel) => /^test\.[\w.-]+$/.test(channel))).toBe(true);
      expect(await client.pubsub('NUMPAT')).toBe(0);
    });

    it('needs no more rights than its documentation says', async () => {
      const redis = await startRedis();
      const client = outsider(redis);
      await client.call(
        ...(['ACL', 'SETUSER', 'nefeli', 'on', '>pw', 'resetchannels', '&test.*'] as const),
        ...['-@all', '+subscribe', '+unsubscribe', '+publish', '+ping'],
      );
      const url = `redis://nefeli:pw@127.0.0.1:${redis.port}`;
      const [a, b] = [await startNode('a', { url }), await startNode('b', { url })];

      a.send('hi');
      b.adapter.unsubscribe([{ kind: 'id', id: 'nobody' }]);

      await vi.waitFor(() => expect(b.bodies()).toEqual(['hi']), SOON);
      const elsewhere = redisAdapter({ app: 'other', url });
      await expect(elsewhere.start(new RecordingHost('c'))).rejects.toMatchObject({
        details: { reason: expect.stringContaining('NOPERM') },
      });
    });

    it('goes to the next of several nodes where one is away, and over the bus of a cluster to all', async () => {
      const nodes = await startCluster();
      const [first, second] = nodes;
      const [a, b] = [
        await startNode('a', { nodes: [first.url, second.url] }),
        await startNode('b', { nodes: [second.url] }),
      ];

      a.send('over the bus');
      await vi.waitFor(() => expect(b.bodies()).toEqual(['over the bus']), SOON);
      await first.kill();
      await become(a, 'up');
      a.send('over the other one');

      await vi.waitFor(() => expect(b.bodies()).toEqual(['over the bus', 'over the other one']), SOON);
    });

    it('connects where a client of the application does, of one Redis or of a cluster, and leaves that alone', async () => {
      const [first] = await startCluster();
      const redis = new Redis(first.url);
      const cluster = new Cluster([{ host: '127.0.0.1', port: first.port }]);
      onTestFinished(() => redis.disconnect());
      onTestFinished(() => cluster.disconnect());
      await vi.waitFor(() => expect(cluster.nodes('all').length).toBeGreaterThan(0), SOON);
      const [a, b] = [await startNode('a', { client: redis }), await startNode('b', { client: cluster })];

      a.send('hi');
      await vi.waitFor(() => expect(b.bodies()).toEqual(['hi']), SOON);
      await a.adapter.stop();

      expect(await redis.ping()).toBe('PONG');
    });

    it('asks sentinels for the address', async () => {
      const redis = await startRedis();
      const sentinel = await BrokerProcess.startSentinel(redis.port);
      onTestFinished(() => sentinel.stop());
      const sentinels = [{ host: '127.0.0.1', port: sentinel.port }];
      const [a, b] = [
        await startNode('a', { redis: { sentinels, name: 'main' } }),
        await startNode('b', { url: redis.url }),
      ];

      a.send('hi');

      await vi.waitFor(() => expect(b.bodies()).toEqual(['hi']), SOON);
    });

    it('speaks TLS', async () => {
      const port = String(await freePort());
      const redis = await startRedis(
        ...['--tls-port', port, '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', fileOf('cert.pem'), '--tls-key-file', fileOf('key.pem')],
      );
      const url = `rediss://127.0.0.1:${port}`;
      const a = await startNode('a', { url, redis: { tls: { rejectUnauthorized: false } } });
      const b = await startNode('b', { url: redis.url });

      a.send('hi');

      await vi.waitFor(() => expect(b.bodies()).toEqual(['hi']), SOON);
      await expect(startNode('c', { url })).rejects.toThrow(/^ADAPTER_UNREACHABLE.*certificate/);
    });
  });
});

const fileOf = (name: string): string => fileURLToPath(new URL(`../../support/tls/${name}`, import.meta.url));

/** Two nodes of a cluster that know each other. */
async function startCluster(): Promise<[BrokerProcess, BrokerProcess]> {
  const args = async (): Promise<string[]> => ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())];
  const [firstArgs, secondArgs] = [await args(), await args()];
  const [first, second] = [await startRedis(...firstArgs), await startRedis(...secondArgs)];
  const client = outsider(first);
  await client.cluster('ADDSLOTSRANGE', 0, 16_383);
  await client.call('CLUSTER', 'MEET', '127.0.0.1', String(second.port), secondArgs[3] ?? '');
  await vi.waitFor(async () => {
    const known = String(await outsiderInfo(second));
    expect(known).toContain('cluster_known_nodes:2');
    expect(known).toContain('cluster_state:ok');
  }, SOON);
  return [first, second];
}

async function outsiderInfo(redis: BrokerProcess): Promise<unknown> {
  const client = new Redis(redis.url);
  try {
    return await client.cluster('INFO');
  } finally {
    client.disconnect();
  }
}

/** All that a logger could write down of something: its fields, those of its causes, and stacks. */
function everythingOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.getOwnPropertyNames(value).map((name) => Reflect.get(value, name) as unknown);
  return fields.map(everythingOf).join(' ');
}
