import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerProcess, whyNoBroker } from '../support/broker-process.js';
import { RawClient, ServerProcess } from './server-process.js';

const SOON = { timeout: 15_000, interval: 20 };

async function startServers(kind: 'redis' | 'nats', count: number) {
  const broker = await BrokerProcess.start(kind);
  const servers: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
    await broker.stop();
  };
  try {
    const starting = Array.from({ length: count }, () => ServerProcess.start(kind, broker.port));
    servers.push(...(await Promise.all(starting)));
    for (const server of servers) await vi.waitFor(async () => expect(await peersOf(server)).toBe(count - 1), SOON);
  } catch (error) {
    // What has not begun is not ended by `afterAll`.
    await stop();
    throw error;
  }
  return { broker, servers: servers as [ServerProcess, ServerProcess, ServerProcess], stop }; // three are asked for
}

async function infoOf(server: ServerProcess): Promise<{ readonly peers: readonly string[]; readonly state: string }> {
  return (await server.do('info')) as { readonly peers: readonly string[]; readonly state: string }; // as our program does
}

const peersOf = async (server: ServerProcess): Promise<number> => (await infoOf(server)).peers.length;

const everybody = {};

describe.each(['redis', 'nats'] as const)('over %s', (kind) => {
  const missing = whyNoBroker(kind);

  describe.skipIf(missing !== undefined)(missing ? `a cluster (skipped: ${missing})` : 'three processes', () => {
    let cluster: Awaited<ReturnType<typeof startServers>>; // set before the first test, unless that fails

    beforeAll(async () => {
      cluster = await startServers(kind, 3);
    }, 60_000);

    // Those of the test before are gone.
    beforeEach(() => vi.waitFor(async () => expect(await cluster.servers[0].do('count', everybody)).toBe(0), SOON));

    afterAll(() => cluster?.stop());

    it('broadcast to all, a room, an id, and all but one, as text and as bytes', async () => {
      const [a, b, c] = cluster.servers;
      const [anna, ben, carl] = await Promise.all([
        RawClient.connect(a, 'anna'),
        RawClient.connect(b, 'ben'),
        RawClient.connect(c, 'carl'),
      ]);
      expect(await a.do('joinRoom', { ids: ['ben', 'carl'] }, 'lobby')).toBe(2);

      await a.do('broadcast', everybody, 'all', 'text ; "quoted"');
      await a.do('broadcast', { rooms: ['lobby'] }, 'room');
      await a.do('broadcast', { ids: ['carl'] }, 'one');
      await a.do('broadcast', { except: ['carl'] }, 'others');
      ben.send(';default;;tell;0;0;from ben');
      expect(await a.do('broadcastAcked', everybody, 'last')).toBe(3);
      await a.do('bytes', { ids: ['ben'] }, 'raw', [0, 59, 255]);

      const names = (client: RawClient): string[] => client.events.map(([name]) => name ?? '');
      await vi.waitFor(() => expect(names(ben)).toContain('raw'), SOON);
      await vi.waitFor(() => expect(names(anna)).toContain('told'), SOON);
      await vi.waitFor(() => expect(names(carl)).toContain('told'), SOON);
      expect(names(anna).filter((name) => name !== 'told')).toEqual(['all', 'others', 'last']);
      expect(names(ben)).toEqual(['all', 'room', 'others', 'last', 'raw']);
      expect(names(carl).filter((name) => name !== 'told')).toEqual(['all', 'room', 'one', 'last']);
      expect(anna.events[0]).toEqual(['all', 'text ; "quoted"']);
      expect(ben.frames.at(-1)).toEqual(new Uint8Array([...Buffer.from(';default;;raw;0;0;'), 0, 59, 255]));
    });

    it('ask one wherever it is, and a room for all its answers, and count and list them', async () => {
      const [a, b, c] = cluster.servers;
      await Promise.all([RawClient.connect(b, 'ben'), RawClient.connect(c, 'carl')]);
      await RawClient.connect(c, 'silent', { answers: false });
      await a.do('joinRoom', everybody, 'lobby');

      expect(await a.do('ask', { ids: ['carl'] }, 'who', '')).toBe('carl');
      expect(await a.do('gather', { rooms: ['lobby'], except: ['silent'] }, 'who')).toEqual({
        answers: expect.arrayContaining([
          ['ben', 'ben'],
          ['carl', 'carl'],
        ]),
        ...{ failures: [], silentServers: [], isComplete: true },
      });
      expect(await a.do('gather', everybody, 'who', { timeoutMs: 300 })).toMatchObject({
        ...{ failures: ['silent'], silentServers: [], isComplete: false },
      });
      expect(await a.do('count', { rooms: ['lobby'] })).toBe(3);
      expect(await b.do('members', everybody)).toEqual(expect.arrayContaining(['ben', 'carl', 'silent']));
      expect(await a.do('rooms', everybody)).toEqual(['lobby']);
      await expect(a.do('ask', { ids: ['nobody'] }, 'who', '')).rejects.toThrow('ASK_UNHEARD');
    });

    it('move, disconnect and close the connections of each other, and emit events to each other', async () => {
      const [a, b, c] = cluster.servers;
      const ben = await RawClient.connect(b, 'ben');

      expect(await a.do('joinRoom', { ids: ['ben'] }, 'lobby')).toBe(1);
      expect(await c.do('leaveRoom', { ids: ['ben'] }, 'lobby')).toBe(1);
      expect(await a.do('disconnect', { ids: ['ben'] })).toBe(1);
      expect(await b.do('count', everybody)).toBe(0);
      const carl = await RawClient.connect(c, 'carl');
      expect(await a.do('close', { ids: ['carl'] }, 4001)).toBe(1);
      await vi.waitFor(() => expect(carl.closeCode).toBe(4001), SOON);
      expect(ben.closeCode).toBeUndefined();

      await a.do('emit', 'cache.clear', { key: 'x' });
      for (const server of [b, c]) {
        await vi.waitFor(async () => expect(await server.do('events')).toMatchObject([{ body: '{"key":"x"}' }]), SOON);
      }
      expect(await a.do('events')).toEqual([]);
    });

    it('serve their own while the broker is away, say so, and are one again when it is back', async () => {
      const [a, b] = cluster.servers;
      const [anna, ben] = [await RawClient.connect(a, 'anna'), await RawClient.connect(b, 'ben')];

      await cluster.broker.kill();
      await vi.waitFor(async () => expect((await infoOf(a)).state).toBe('down'), SOON);
      await a.do('broadcast', everybody, 'meanwhile');
      const late = await RawClient.connect(a, 'late');
      await vi.waitFor(() => expect(anna.events).toEqual([['meanwhile', '']]), SOON);
      await expect(a.do('count', everybody)).rejects.toThrow('ADAPTER_DOWN');
      await cluster.broker.resume();

      await vi.waitFor(() => expect(ben.events).toEqual([['meanwhile', '']]), SOON);
      await b.do('broadcast', { ids: ['late'] }, 'welcome');
      await vi.waitFor(() => expect(late.events).toEqual([['welcome', '']]), SOON);
      expect(await a.do('metrics')).toMatchObject({ 'adapter.down': 1 });
      expect(await b.do('metrics')).not.toHaveProperty('adapter.lost');
    }, 60_000);

    // The last one: it leaves one server of three.
    it('forget one that leaves at once, and one that is killed within 12 s, and answer without it', async () => {
      const [a, b, c] = cluster.servers;
      await RawClient.connect(c, 'carl');

      await b.do('stop');
      await vi.waitFor(async () => expect(await peersOf(a)).toBe(1), SOON);
      await c.kill();
      const killedAtMs = performance.now();
      await vi.waitFor(async () => expect(await peersOf(a)).toBe(0), SOON);

      expect(performance.now() - killedAtMs).toBeLessThan(12_500);
      expect(await a.do('count', everybody)).toBe(0);
    }, 60_000);
  });
});
