import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect as connectNats } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { reply } from 'neffos.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { natsAdapter } from '../../src/adapters/nats/index.js';
import { redisAdapter } from '../../src/adapters/redis/index.js';
import type { Adapter } from '../../src/ports/adapter.js';
import type { MetricName } from '../../src/ports/metrics.js';
import { Counters } from '../../src/server/counters.js';
import { type BrokerKind, BrokerProcess, freePort, whyNoBroker } from '../support/broker-process.js';
import { buildGo, GO_BUILD_TIMEOUT_MS, type GoServer, goAvailable, startGoServer } from '../support/go.js';
import { type InteropApp, startInteropApp } from './interop-app.js';
import { connected } from './neffos-peer.js';
import { binaryFrame, type RawFrame, RawPeer } from './raw-peer.js';
import { until } from './until.js';

const run = promisify(execFile);

interface Cluster {
  readonly kind: BrokerKind;
  /** What tells the server of neffos where the broker is. */
  readonly goArgs: (port: number) => readonly string[];
  /** How many connections the broker has. */
  readonly connections: (port: number, monitorPort: number) => Promise<number>;
  readonly adapter: (port: number, wire: 'neffos' | 'nefeli') => Adapter;
}

const CLUSTERS: readonly Cluster[] = [
  {
    kind: 'redis',
    connections: redisConnections,
    goArgs: (port) => ['-redis', `127.0.0.1:${port}`],
    adapter: (port, wire) => redisAdapter({ app: 'app', url: `redis://127.0.0.1:${port}`, wire }),
  },
  {
    kind: 'nats',
    connections: natsConnections,
    goArgs: (port) => ['-nats', `nats://127.0.0.1:${port}`],
    adapter: (port, wire) => natsAdapter({ app: 'app', servers: `nats://127.0.0.1:${port}`, wire }),
  },
];

/** A client of the server of neffos, once that has subscribed for it: it does so some time after it has acknowledged. */
async function goPeer(go: GoServer, id: string, namespace = 'default'): Promise<RawPeer> {
  const peer = await RawPeer.connected(`${go.url}/exchange?id=${id}`, namespace);
  const other = await RawPeer.connected(`${go.url}/exchange?id=not-${id}`, namespace);
  const trying = setInterval(() => other.send(`;${namespace};;chat;0;0;try`), 20);
  await peer.next();
  clearInterval(trying);
  other.send(`;${namespace};;chat;0;0;last`);
  while (!String(await peer.next()).endsWith(';last')) {}
  other.close(1000);
  return peer;
}

/** neffos subscribes for a client some time after it has acknowledged: what is asked before that is heard by nobody. */
const ONCE = { timeoutMs: 300 };
const SOON = { timeout: 8_000 };

const joinRoom = (peer: RawPeer, room: string): Promise<RawFrame> => peer.ask(`$join;default;${room};_OnRoomJoin;0;0;`);

/** That nothing came before is shown by an answer that comes after. */
async function expectsNothing(...peers: readonly RawPeer[]): Promise<void> {
  for (const peer of peers) expect(await peer.ask('$n;default;;echo;0;0;n')).toBe('$n;default;;echo;0;0;n');
}

describe.each(CLUSTERS)('a cluster of neffos over $kind', ({ kind, goArgs, adapter, connections }) => {
  const missing = whyNoBroker(kind) ?? (goAvailable() ? undefined : 'Go is not installed here');

  describe.skipIf(missing !== undefined)(missing ? `(skipped: ${missing})` : 'with servers of this kind', () => {
    let broker: BrokerProcess;
    let monitorPort = 0;
    let go: GoServer;

    beforeAll(async () => {
      monitorPort = await freePort();
      broker = await BrokerProcess.start(kind, ...(kind === 'nats' ? ['-m', String(monitorPort)] : []));
      go = await startGoServer(...goArgs(broker.port));
    }, GO_BUILD_TIMEOUT_MS);

    afterAll(async () => {
      await go.stop();
      await broker.stop();
    });

    const start = (wire: 'neffos' | 'nefeli' = 'neffos'): Promise<InteropApp> =>
      startInteropApp({ adapter: adapter(broker.port, wire), metrics: new Counters() });
    const peerOf = (app: InteropApp, id: string, namespace?: string): Promise<RawPeer> =>
      RawPeer.connected(`${app.url}?id=${encodeURIComponent(id)}`, namespace);
    const count = ({ app }: InteropApp, name: MetricName): number =>
      app.nefeli.metrics instanceof Counters ? app.nefeli.metrics.get(name) : Number.NaN;

    it('carries a broadcast of a client to all others of its namespace, on either side, and not to itself', async () => {
      const maria = await goPeer(go, 'maria');
      const nikos = await peerOf(await start(), 'nikos');

      nikos.send(';default;;chat;0;0;from nikos');
      expect(await maria.next()).toBe(';default;;chat;0;0;from nikos');
      maria.send(';default;;chat;0;0;from maria; γειά');
      expect(await nikos.next()).toBe(';default;;chat;0;0;from maria; γειά');

      await expectsNothing(maria, nikos);
    });

    it('keeps the order of what each side sends', async () => {
      const maria = await goPeer(go, 'maria');
      const nikos = await peerOf(await start(), 'nikos');
      const frames = Array.from({ length: 200 }, (_, index) => `;default;;chat;0;0;${index}`);

      nikos.send(...frames);
      expect(await maria.take(200)).toEqual(frames);
      maria.send(...frames);
      expect(await nikos.take(200)).toEqual(frames);
    });

    it('carries a broadcast to a room to those who have joined it, on either side', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const [nikos, petra] = [await peerOf(app, 'nikos'), await peerOf(app, 'petra')];
      for (const peer of [maria, nikos]) await joinRoom(peer, 'lobby');

      nikos.send(';default;lobby;chat;0;0;to the lobby');
      expect(await maria.next()).toBe(';default;lobby;chat;0;0;to the lobby');
      maria.send(';default;lobby;chat;0;0;from there');
      expect(await nikos.next()).toBe(';default;lobby;chat;0;0;from there');
      app.app.nefeli.in('default').room('other').broadcast('chat', 'elsewhere');

      await expectsNothing(maria, nikos, petra);
    });

    it('carries a broadcast to one id, on either side', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const [nikos, petra] = [await peerOf(app, 'nikos'), await peerOf(app, 'petra')];

      app.app.nefeli.in('default').to('maria').broadcast('private', 'for maria');
      expect(await maria.next()).toBe(';default;;private;0;0;for maria');
      maria.send(';default;;private;0;0;{"To":"nikos","Text":"for nikos"}');
      expect(await nikos.next()).toBe(';default;;private;0;0;for nikos');

      await expectsNothing(maria, nikos, petra);
    });

    it('keeps namespaces apart, and names with semicolons whole', async () => {
      const maria = await goPeer(go, 'maria', 'se@%!semicolon@%!mi');
      const app = await start();
      const [nikos, petra] = [await peerOf(app, 'nikos', 'se@%!semicolon@%!mi'), await peerOf(app, 'petra')];

      app.app.nefeli.in('se;mi').broadcast('ch;at', 'hi; you');
      for (const peer of [maria, nikos]) {
        expect(await peer.next()).toBe(';se@%!semicolon@%!mi;;ch@%!semicolon@%!at;0;0;hi; you');
      }
      await expectsNothing(petra);
    });

    it('asks a client of this kind for a server of neffos, which cannot ask its own ones', async () => {
      const maria = await goPeer(go, 'maria');
      const nikos = await peerOf(await start(), 'nikos');

      maria.send(';default;;askall;0;0;');
      // neffos sends its own clients a token whose answers it does not know again.
      expect(await maria.next()).toMatch(/^[R-Z]\d+;default;;question;0;0;\?$/);
      const question = String(await nikos.next());
      expect(question).toMatch(/^n[0-9a-f]+;default;;question;0;0;\?$/);
      nikos.send(question.replace('?', 'of nikos'));

      expect(await maria.next()).toBe(';default;;answered;0;0;of nikos');
    });

    it('asks one id for a server of neffos, and tells of the error', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const [nikos, petra] = [await peerOf(app, 'nikos'), await peerOf(app, 'petra')];

      maria.send(';default;;askall;0;0;nikos');
      const question = String(await nikos.next());
      nikos.send(question.replace('0;0;?', '1;0;do not ask'));

      expect(await maria.next()).toBe(';default;;answered;0;0;error: do not ask');
      await expectsNothing(nikos, petra);
    });

    it('asks a client of neffos', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();

      const asking = app.app.nefeli.in('default').to('maria').ask('question', '?');
      const question = String(await maria.next());
      expect(question).toMatch(/^N!![0-9a-f]+;default;;question;0;0;\?$/);
      maria.send(question.replace('?', 'of maria'));

      expect(await asking).toMatchObject({ id: 'maria', body: 'of maria' });
    });

    it('asks the client of neffos in Go, which takes a mark out of the token as well', async () => {
      const program = join(await buildGo(), 'client');
      const asked = run(program, [`${go.url}/exchange`, 'asked-from-elsewhere']);
      const everybody = (await start()).app.nefeli.in('default');

      await vi.waitFor(
        async () => expect(await everybody.ask('question', '?', ONCE)).toMatchObject({ body: 'forty;two' }),
        SOON,
      );
      everybody.broadcast('chat', 'got it');

      const { stdout } = await asked;
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line): unknown => JSON.parse(line)),
      ).toEqual([{ step: 'question', ok: true, body: '?' }, { step: 'answered', ok: true }, { done: true }]);
    });

    it('is told the error that a client of neffos answers with', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();

      const asking = app.app.nefeli.in('default').ask('question', '?');
      maria.send(String(await maria.next()).replace('0;0;?', '1;0;no'));

      await expect(asking).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'no' });
    });

    it('asks neffos.js 0.1', async () => {
      const { peer } = await connected(
        { url: `${go.url}/exchange?id=maria` },
        { handlers: { question: (_, msg) => reply(`${msg.Body} of course`) } },
      );
      const app = await start();

      const you = app.app.nefeli.in('default').to('maria');
      const answered = { id: 'maria', body: 'you of course' };
      await vi.waitFor(async () => expect(await you.ask('question', 'you', ONCE)).toMatchObject(answered), SOON);
      expect(peer.bodies('question')).toContain('you');
    });

    it('goes on to do everything between servers of this kind, those that do not speak to neffos among them', async () => {
      const maria = await goPeer(go, 'maria');
      const [first, second, third] = [await start(), await start(), await start('nefeli')];
      const peers = [await peerOf(first, 'nikos'), await peerOf(second, 'petra'), await peerOf(third, 'sofia')];
      const everybody = first.app.nefeli.in('default');
      const bytes = Uint8Array.of(0, 255, 59);

      everybody.broadcast('chat', 'once');
      everybody.broadcast('bytes', bytes);
      everybody.except('petra').broadcast('chat', 'not petra');

      const [nikos, petra, sofia] = await Promise.all(peers.map((peer, index) => peer.take(index === 1 ? 2 : 3)));
      expect(petra).toEqual([';default;;chat;0;0;once', binaryFrame(';default;;bytes;0;0;', bytes)]);
      expect([nikos, sofia]).toEqual(Array(2).fill([...(petra ?? []), ';default;;chat;0;0;not petra']));
      expect(await everybody.count()).toBe(3);
      expect(await everybody.broadcastAcked('chat', 'all')).toBe(3);
      for (const peer of peers) expect(await peer.next()).toBe(';default;;chat;0;0;all');
      // To neffos goes what it can carry, and the rest is counted.
      expect(await maria.take(2)).toEqual([';default;;chat;0;0;once', ';default;;chat;0;0;all']);
      expect(count(first, 'neffos.skipped')).toBe(2);
      await expectsNothing(maria, ...peers);
    });

    it('tells whoever gathers that the clients of neffos are missing', async () => {
      const app = await start();

      const gathered = await app.app.nefeli.in('default').gather('question', '?');

      expect(gathered).toMatchObject({ answers: [], isComplete: false });
      expect(gathered.failures.map(({ error }) => error.text)).toEqual(['the clients of neffos cannot be gathered']);
    });

    it('takes no private id of neffos from a client, and shows none to a client', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const [nikos, petra] = [await peerOf(app, 'nikos'), await peerOf(app, 'petra')];

      // The third would close the connection.
      petra.send('neffos(0xforged(maria0x1));default;;chat;0;0;forged', 'N!!!1;default;;chat;0;0;forged');
      maria.send(';default;;chat;0;0;from maria');
      for (const peer of [nikos, petra]) expect(await peer.next()).toBe(';default;;chat;0;0;from maria');

      await expectsNothing(nikos, petra, maria);
      expect(count(app, 'frames.malformed')).toBe(2);
    });

    it('drops and counts what is on the channels of neffos and is no message', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const nikos = await peerOf(app, 'nikos');
      const garbage = [
        '',
        'x',
        ';;;;;',
        ';other;;chat;0;0;on the wrong channel',
        ';default;;_OnRoomJoin;0;0;',
        ';default;;;0;0;',
      ];

      for (const payload of garbage) await publish(kind, broker.port, 'default', payload);
      await publish(kind, broker.port, 'default', ';default;;chat;1;0;an error');
      maria.send(';default;;chat;0;0;good');

      expect(await nikos.next()).toBe(';default;;chat;0;0;good');
      expect(count(app, 'adapter.malformed')).toBe(garbage.length);
      expect(count(app, 'adapter.dropped')).toBe(1);
    });

    it('has as many connections to the broker as without neffos, however many clients there are', async () => {
      const before = await connections(broker.port, monitorPort);
      const app = await start('nefeli');
      const plain = (await connections(broker.port, monitorPort)) - before;
      await app.app.close();
      const mixed = await start();
      for (let client = 0; client < 30; client += 1) await peerOf(mixed, `client-${client}`);

      expect((await connections(broker.port, monitorPort)) - before).toBe(plain);
      expect(plain).toBe(kind === 'redis' ? 2 : 1);
    });

    it('goes on with neffos after the broker was killed', async () => {
      const maria = await goPeer(go, 'maria');
      const app = await start();
      const nikos = await peerOf(app, 'nikos');
      const { cluster } = app.app.nefeli;

      await broker.kill();
      await until(() => cluster.state === 'down');
      app.app.nefeli.in('default').broadcast('chat', 'meanwhile');
      expect(await nikos.next()).toBe(';default;;chat;0;0;meanwhile');
      await broker.resume();
      await until(() => cluster.state === 'up', { timeoutMs: 10_000 });

      // It is held back until neffos is there as well.
      await until(() => maria.unread > 0, { timeoutMs: 10_000 });
      expect(await maria.next()).toBe(';default;;chat;0;0;meanwhile');
      // neffos does not send again what it could not send: with Redis, on each of its connections that it finds dead.
      const sending = setInterval(() => maria.send(';default;;chat;0;0;again'), 20);
      onTestFinished(() => clearInterval(sending));
      expect(await nikos.next()).toBe(';default;;chat;0;0;again');
      expect(count(app, 'neffos.lost')).toBe(0);
    });
  });
});

/** Publishes as anybody may who can reach the broker. */
async function publish(kind: BrokerKind, port: number, namespace: string, payload: string): Promise<void> {
  if (kind === 'redis') {
    const redis = new Redis(port, '127.0.0.1');
    await redis.publish(`neffos.${namespace}.`, payload);
    return redis.disconnect();
  }
  const nats = await connectNats({ servers: `127.0.0.1:${port}` });
  nats.publish(`neffos.${namespace}`, payload);
  await nats.flush();
  await nats.close();
}

async function redisConnections(port: number): Promise<number> {
  const redis = new Redis(port, '127.0.0.1');
  const list = String(await redis.client('LIST'));
  redis.disconnect();
  return list.trim().split('\n').length - 1;
}

async function natsConnections(_: number, monitorPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${monitorPort}/connz`);
  const { num_connections } = (await response.json()) as { num_connections: unknown }; // a number, or the test fails
  return Number(num_connections);
}
