import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type NatsAdapterOptions, natsAdapter } from '../../../src/adapters/nats/index.js';
import type { Adapter } from '../../../src/ports/adapter.js';
import type { Target } from '../../../src/ports/hub.js';
import { RecordingHost } from '../../support/adapter-host.js';
import { BrokerProcess, freePort, whyNoBroker } from '../../support/broker-process.js';
import { FaultProxy } from '../../support/fault-proxy.js';
import { SilentServer } from '../../support/silent-server.js';

const missing = whyNoBroker('nats');
const SOON = { timeout: 15_000, interval: 20 };
const EVERYBODY: Target = { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };

/** One server that takes part, until the test has finished. */
class Node {
  readonly host: RecordingHost;
  readonly adapter: Adapter;

  private constructor(name: string, options: Omit<NatsAdapterOptions, 'app'>) {
    this.host = new RecordingHost(name);
    this.adapter = natsAdapter({ app: 'app', ...options });
    onTestFinished(() => this.adapter.stop());
  }

  static async start(name: string, options: Omit<NatsAdapterOptions, 'app'>): Promise<Node> {
    const node = new Node(name, options);
    await node.adapter.start(node.host);
    await node.adapter.subscribe([{ kind: 'namespace', namespace: 'default' }]);
    return node;
  }

  publish(body: string): void {
    const content = { event: 'e', body, binary: false };
    void this.adapter.publish({ kind: 'broadcast', from: this.host.serverId, target: EVERYBODY, content });
  }

  get bodies(): string[] {
    const broadcasts = this.host.received.filter((envelope) => envelope.kind === 'broadcast');
    return broadcasts.map(({ content }) => String(content.body));
  }

  get state(): string {
    return this.host.states.at(-1) ?? 'up';
  }

  get lost(): number {
    return this.host.metrics.snapshot()['adapter.lost'] ?? 0;
  }
}

async function startNats(...args: readonly string[]): Promise<BrokerProcess> {
  const nats = await BrokerProcess.start('nats', ...args);
  onTestFinished(() => nats.stop());
  return nats;
}

const at = ({ port }: { readonly port: number }): string => `nats://127.0.0.1:${port}`;

/** A configuration of the NATS server, until the test has finished. */
function configured(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nefeli-nats-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'nats.conf'), text);
  return ['-c', join(folder, 'nats.conf')];
}

describe.skipIf(missing !== undefined)(missing ? `NATS (skipped: ${missing})` : 'natsAdapter', () => {
  it('rejects the start with ADAPTER_UNREACHABLE when nobody listens', async () => {
    const starting = Node.start('a', { servers: at({ port: await freePort() }) });

    await expect(starting).rejects.toThrow(/^ADAPTER_UNREACHABLE: .*NATS.*connection refused/);
  });

  it('rejects the start when the password is wrong, and does not tell it', async () => {
    const nats = await startNats('--user', 'nefeli', '--pass', 'right');

    const error = await Node.start('a', { servers: `nats://nefeli:wr0ng@127.0.0.1:${nats.port}` }).catch(String);

    expect(error).toMatch(/ADAPTER_UNREACHABLE: .*Authorization Violation/);
    expect(error).not.toContain('wr0ng');
  });

  it.each(['publish', 'subscribe'])('rejects the start when the user may not %s', async (right) => {
    const permissions = { publish: 'app.>', subscribe: 'app.>', [right]: 'other.>' };
    const users = [{ user: 'nefeli', password: 'right', permissions }];
    const nats = await startNats(...configured(JSON.stringify({ authorization: { users } })));

    const starting = Node.start('a', { servers: `nats://nefeli:right@127.0.0.1:${nats.port}` });

    await expect(starting).rejects.toThrow(/ADAPTER_UNREACHABLE: .*permissions violation/i);
  });

  it('needs no right but to publish and to subscribe to its own subjects', async () => {
    const permissions = { publish: 'app.>', subscribe: 'app.>' };
    const users = [{ user: 'nefeli', password: 'right', permissions }];
    const nats = await startNats(...configured(JSON.stringify({ authorization: { users } })));
    const servers = `nats://nefeli:right@127.0.0.1:${nats.port}`;
    const [a, b] = [await Node.start('a', { servers }), await Node.start('b', { servers })];

    a.publish('hi');

    await vi.waitFor(() => expect(b.bodies).toEqual(['hi']), SOON);
  });

  it.each(['publish', 'subscribe'])(
    "goes on with its own kind when it may not %s on neffos's subjects",
    async (right) => {
      const permissions = { publish: ['app.>', 'neffos.>'], subscribe: ['app.>', 'neffos.>'], [right]: 'app.>' };
      const users = [{ user: 'nefeli', password: 'right', permissions }];
      const nats = await startNats(...configured(JSON.stringify({ authorization: { users } })));
      const servers = `nats://nefeli:right@127.0.0.1:${nats.port}`;
      const [a, b] = [await Node.start('a', { servers, wire: 'neffos' }), await Node.start('b', { servers })];

      a.publish('hi');
      const lines = (): string[] => a.host.log.lines.map(({ fields }) => String('err' in fields && fields.err));
      await vi.waitFor(() => expect(lines()).toEqual([expect.stringMatching(/permissions violation.*neffos/i)]), SOON);
      a.publish('again');

      await vi.waitFor(() => expect(b.bodies).toEqual(['hi', 'again']), SOON);
      expect(a.host.states).toEqual([]);
      if (right === 'publish') await vi.waitFor(() => expect(a.host.metrics.get('neffos.lost')).toBe(2), SOON);
    },
  );

  it('speaks TLS, and believes no certificate but those it is told to', async () => {
    const tls = ['--tls', '--tlscert', 'test/support/tls/cert.pem', '--tlskey', 'test/support/tls/key.pem'];
    const nats = await startNats(...tls);
    const servers = `tls://localhost:${nats.port}`;
    const ca = readFileSync('test/support/tls/cert.pem', 'utf8');

    await expect(Node.start('a', { servers })).rejects.toThrow(/ADAPTER_UNREACHABLE: .*self-signed certificate/);
    const b = await Node.start('b', { servers, nats: { tls: { ca } } });

    expect(b.state).toBe('up');
  });

  it('has one connection a server, before and after an outage', async () => {
    const monitor = await freePort();
    const nats = await startNats('-m', String(monitor));
    const connections = async (): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${monitor}/connz`);
      const { num_connections } = (await response.json()) as { num_connections: unknown }; // checked by who compares it
      return num_connections;
    };
    const nodes = [await Node.start('a', { servers: at(nats) }), await Node.start('b', { servers: at(nats) })];
    for (let room = 0; room < 500; room += 1) {
      for (const { adapter } of nodes)
        void adapter.subscribe([{ kind: 'room', namespace: 'default', room: `${room}` }]);
    }

    expect(await connections()).toBe(2);
    await nats.kill();
    await vi.waitFor(() => expect(nodes.map(({ state }) => state)).toEqual(['down', 'down']), SOON);
    await nats.resume();
    await vi.waitFor(() => expect(nodes.map(({ state }) => state)).toEqual(['up', 'up']), SOON);
    expect(await connections()).toBe(2);
  });

  it('sends what was published while NATS was killed, in order and once, when it is there again', async () => {
    const nats = await startNats();
    const [a, b] = [await Node.start('a', { servers: at(nats) }), await Node.start('b', { servers: at(nats) })];
    const bodies = Array.from({ length: 300 }, (_, index) => String(index));

    for (const body of bodies.slice(0, 100)) a.publish(body);
    await vi.waitFor(() => expect(b.bodies).toHaveLength(100), SOON);
    await nats.kill();
    for (const body of bodies.slice(100, 200)) a.publish(body);
    await vi.waitFor(() => expect([a.state, b.state]).toEqual(['down', 'down']), SOON);
    for (const body of bodies.slice(200)) a.publish(body);
    await nats.resume();

    await vi.waitFor(() => expect(b.bodies).toEqual(bodies), SOON);
    expect([a.lost, b.lost]).toEqual([0, 0]);
  });

  it('finds out that NATS has stopped to answer, and goes on when it answers again', async () => {
    const nats = await startNats();
    const [a, b] = [await Node.start('a', { servers: at(nats) }), await Node.start('b', { servers: at(nats) })];

    nats.freeze();
    a.publish('while it stood still');
    await vi.waitFor(() => expect([a.state, b.state]).toEqual(['down', 'down']), SOON);
    nats.freeze(false);

    await vi.waitFor(() => expect(b.bodies).toEqual(['while it stood still']), SOON);
    // What the other has heard of its hello may be here before the broker has said that it has that.
    await vi.waitFor(() => expect([a.state, b.state]).toEqual(['up', 'up']), SOON);
  });

  it('leaves no connection behind at a server that takes them and says nothing, however often it tries', async () => {
    const silent = await SilentServer.start();
    onTestFinished(() => silent.stop());
    const adapter = natsAdapter({ app: 'app', servers: at(silent), whenDown: 'degrade', nats: { timeout: 100 } });
    onTestFinished(() => adapter.stop());

    await adapter.start(new RecordingHost('a'));
    await vi.waitFor(() => expect(silent.dialled).toBeGreaterThan(3), SOON);

    expect(silent.open).toBeLessThan(2);
  });

  it('lets go of what it has begun when it is stopped, and dials no other server any more', async () => {
    const silent = await Promise.all([1, 2, 3].map(() => SilentServer.start()));
    onTestFinished(() => void silent.map((server) => server.stop()));
    const sumOf = (count: 'open' | 'dialled'): number => silent.reduce((sum, server) => sum + server[count], 0);
    const adapter = natsAdapter({ app: 'app', servers: silent.map(at) });
    const started = adapter.start(new RecordingHost('a'));
    await vi.waitFor(() => expect(sumOf('open')).toBe(1), SOON);

    const stoppedAtMs = performance.now();
    await adapter.stop();
    await started;
    await vi.waitFor(() => expect(sumOf('open')).toBe(0), SOON);

    expect(performance.now() - stoppedAtMs).toBeLessThan(1_500);
    expect(sumOf('dialled')).toBe(1);
  });

  it('counts what it has missed, to the message, while its line was dead', async () => {
    const nats = await startNats();
    const line = await FaultProxy.start(nats.port);
    onTestFinished(() => line.stop());
    const [a, b] = [await Node.start('a', { servers: at(nats) }), await Node.start('b', { servers: at(line) })];
    a.publish('before');
    await vi.waitFor(() => expect(b.bodies).toEqual(['before']), SOON);

    line.stall();
    for (let index = 0; index < 50; index += 1) a.publish(`meanwhile ${index}`);
    await vi.waitFor(() => expect(b.state).toBe('down'), SOON);
    line.stall(false);
    await vi.waitFor(() => expect(b.state).toBe('up'), SOON);
    a.publish('after');

    await vi.waitFor(() => expect(b.bodies).toEqual(['before', 'after']), SOON);
    await vi.waitFor(() => expect(b.lost).toBe(50), SOON);
    expect([a.state, a.lost]).toEqual(['up', 0]);
  });

  it('goes to the next of its servers when one has died', async () => {
    const cluster = ['--cluster_name', 'c', '--cluster'];
    const routes = [await freePort(), await freePort()].map((port) => `nats://127.0.0.1:${port}`);
    const [route = '', other = ''] = routes;
    const first = await startNats(...cluster, route, '--routes', other);
    const second = await startNats(...cluster, other, '--routes', route);
    const a = await Node.start('a', { servers: [at(first), at(second)] });
    const b = await Node.start('b', { servers: [at(second), at(first)] });

    await first.kill();
    await vi.waitFor(() => expect(a.host.states).toEqual(['down', 'up']), SOON);
    a.publish('hi');

    await vi.waitFor(() => expect(b.bodies).toEqual(['hi']), SOON);
  });

  it('sends a message in parts that is larger than max_payload, in its place', async () => {
    const nats = await startNats(...configured(JSON.stringify({ max_payload: 4_096, max_pending: 1_000_000 })));
    const [a, b] = [await Node.start('a', { servers: at(nats) }), await Node.start('b', { servers: at(nats) })];
    const bodies = ['before', 'é'.repeat(20_000), 'x'.repeat(4_096), 'after'];

    for (const body of bodies) {
      a.publish(body);
      await new Promise(setImmediate);
    }

    await vi.waitFor(() => expect(b.bodies).toEqual(bodies), SOON);
  });
});
