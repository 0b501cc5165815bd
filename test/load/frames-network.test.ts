import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { type NefeliOptions, type NSConn, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { RawClient, startApp } from '../support/start-app.js';
import { randomOf } from './random-of.js';

const KIB = 1024;
const CLIENTS = 3;
const TURNS = 60;
/** Around every length at which a frame is written differently, or a write ends. */
const SIZES = [0, 1, 100, 125, 126, 1_000, 4 * KIB, 16 * KIB - 20, 16 * KIB, 64 * KIB, 65_535, 65_536, 200 * KIB];

const tls = (name: string): Buffer => readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url));

interface Network {
  readonly server: FastifyServerOptions & { https?: object };
  readonly mount: NefeliOptions;
  readonly scheme: 'ws' | 'wss';
}

const NETWORKS: Readonly<Record<string, Network>> = {
  plain: { server: {}, mount: {}, scheme: 'ws' },
  TLS: { server: { https: { key: tls('key'), cert: tls('cert') } }, mount: {}, scheme: 'wss' },
  compression: { server: {}, mount: { websocket: { options: { perMessageDeflate: true } } }, scheme: 'ws' },
};

/** A client, and what the server has sent to it, in order. */
interface Receiver {
  readonly client: RawClient;
  readonly ns: NSConn;
  readonly sent: Buffer[];
  readonly received: Buffer[];
}

/** One server that sends at random to clients who read at random. */
class Traffic {
  readonly #random: () => number;
  readonly #app: FastifyInstance;
  readonly #scheme: string;
  readonly receivers: Receiver[] = [];

  private constructor(app: FastifyInstance, scheme: string, seed: number) {
    this.#app = app;
    this.#scheme = scheme;
    this.#random = randomOf(seed);
  }

  static async start({ server, mount, scheme }: Network, seed: number): Promise<Traffic> {
    const limits = { maxOutboxBytes: 256 * KIB * KIB };
    const options: NefeliOptions = { path: '/ws', namespaces: { default: {} }, limits, ...mount };
    const app = await startApp((each) => each.register(nefeli, options), server);
    const traffic = new Traffic(app, scheme, seed);
    for (let index = 0; index < CLIENTS; index++) traffic.receivers.push(await traffic.#join());
    return traffic;
  }

  async run(): Promise<void> {
    for (let count = 0; count < TURNS; count++) {
      const frames = this.#random() < 0.3 ? 1 : Math.floor(this.#random() * 12);
      for (let frame = 0; frame < frames; frame++) this.#send();
      this.#read();
      if (this.#random() < 0.1) this.#pick(this.receivers).client.socket.ping();
      if (this.#random() < 0.7) await turn();
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T; // the index is within
  }

  async #join(): Promise<Receiver> {
    const url = `${this.#scheme}://127.0.0.1:${portOf(this.#app)}/ws`;
    const client = new RawClient(new WebSocket(url, { rejectUnauthorized: false }));
    onTestFinished(() => client.socket.terminate());
    await new Promise((resolve) => client.socket.once('open', resolve));
    client.send('M', '$0;default;;_OnNamespaceConnect;0;0;');
    while (String(await client.next()) !== '$0;;;;;;');
    const ns = this.#app.nefeli.connections().at(-1)?.namespace('default');
    if (!ns) throw new Error('not connected');
    const received: Buffer[] = [];
    client.socket.removeAllListeners('message').on('message', (data: Buffer) => void received.push(data));
    return { client, ns, sent: [], received };
  }

  /** To one by `emit`, or to all by `broadcast`. */
  #send(): void {
    const size = this.#pick(SIZES);
    const fill = this.#pick(['x', 'é', '€']);
    const text = fill.repeat(Math.floor(size / Buffer.byteLength(fill)));
    const body = this.#random() < 0.5 ? text : Buffer.from(text);
    const frame = Buffer.concat([Buffer.from(';default;;e;0;0;'), Buffer.from(body)]);
    const toAll = this.#random() < 0.4;
    const to = toAll ? this.receivers : [this.#pick(this.receivers)];
    for (const { sent } of to) sent.push(frame);
    if (toAll) this.#app.nefeli.in('default').broadcast('e', body);
    else to[0]?.ns.emit('e', body);
  }

  /** Some stop reading for a while. */
  #read(): void {
    for (const { client } of this.receivers) {
      const chance = this.#random();
      if (chance < 0.1) client.socket.pause();
      else if (chance < 0.4) client.socket.resume();
    }
  }
}

const areEqual = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, index) => others[index]?.equals(frame));

describe.each(Object.entries(NETWORKS))('frames of random sizes over a network (%s)', (_, network) => {
  it.each([1, 2, 3, 4])('arrive whole and in order before the close frame that follows, with seed %i', async (seed) => {
    const traffic = await Traffic.start(network, seed);
    await traffic.run();

    for (const { ns, client } of traffic.receivers) {
      ns.conn.close(4001, 'done');
      client.socket.resume();
    }

    for (const { client, sent, received } of traffic.receivers) {
      expect(await client.closed).toEqual({ code: 4001, reason: 'done' });
      expect(received.length).toBe(sent.length);
      expect(areEqual(received, sent)).toBe(true);
    }
  });

  it.each([5, 6])('arrive whole and in order until a client closes, with seed %i', async (seed) => {
    const traffic = await Traffic.start(network, seed);
    const running = traffic.run();
    const [first, ...others] = traffic.receivers;
    for (let turns = 0; turns < 20; turns++) await turn();
    first?.client.socket.resume();
    first?.client.socket.close(4002, 'bye');
    await running;

    expect(await first?.ns.conn.closed).toEqual({ code: 4002, reason: 'bye' });
    expect(areEqual(first?.received ?? [], first?.sent.slice(0, first.received.length) ?? [])).toBe(true);
    for (const { ns, client, sent, received } of others) {
      ns.conn.close(4001, 'done');
      client.socket.resume();
      await client.closed;
      expect(areEqual(received, sent)).toBe(true);
    }
  });
});
