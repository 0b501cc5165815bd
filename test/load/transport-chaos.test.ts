import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions as HttpOptions, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { Counters } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { SocketListener } from '../../src/ports/socket.js';
import type { FrameData } from '../../src/protocol/message.js';
import { Outbox, type SlowReaderPolicy } from '../../src/server/outbox.js';
import { UnfinishedMessages } from '../../src/transport/unfinished-messages.js';
import { WsSocket } from '../../src/transport/ws-socket.js';
import { randomOf } from './random-of.js';

const KIB = 1024;
const PAIRS = 6;
const TURNS = 100;
const SIZES = [0, 1, 100, 125, 126, 127, 1_000, 4 * KIB, 16 * KIB - 20, 16 * KIB, 65_530, 65_536, 150 * KIB];
const FILLS = ['x', 'é', '€'];
/** What the system buffers for both ends of a connection is the least that has to be sent to fill an outbox. */
const LARGE_OUTBOX = 512 * KIB * KIB;
const PATIENCE = { timeout: 15_000 };

const tls = (name: string): Buffer => readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url));

interface Network {
  readonly http?: HttpOptions;
  readonly isTls?: boolean;
  readonly ws?: ServerOptions;
}

const NETWORKS: Readonly<Record<string, Network>> = {
  plain: {},
  'streams that ask for a pause at once': { http: { highWaterMark: 1 } },
  'streams that ask for a pause after a megabyte': { http: { highWaterMark: KIB * KIB } },
  TLS: { isTls: true },
  compression: { ws: { perMessageDeflate: { threshold: 200 } } },
  'messages that ws tells of later': { ws: { allowSynchronousEvents: false } },
};

/** What is told at both ends: the number of a frame, and what it is filled with. */
const bodyOf = (index: number, fill: string, size: number): string =>
  `${index}:${fill.repeat(size / Buffer.byteLength(fill))}`;

const textOf = (data: FrameData): string => (typeof data === 'string' ? data : Buffer.from(data).toString());

/** How a connection ends before its time. */
type End = 'close' | 'terminate' | 'half-close' | 'reset' | 'server closes' | 'server terminates';
const ENDS: readonly End[] = ['close', 'terminate', 'half-close', 'reset', 'server closes', 'server terminates'];

/** One connection, and what both ends have sent and received. */
class Pair implements SocketListener {
  readonly sent: string[] = [];
  /** Those of them that no slow reader may lose. */
  readonly required: string[] = [];
  readonly received: string[] = [];
  readonly sentBack: string[] = [];
  readonly receivedBack: string[] = [];
  readonly closes: number[] = [];
  readonly wrong: string[] = [];
  readonly client: WebSocket;
  readonly outbox: Outbox;
  end: End | undefined;

  constructor(client: WebSocket, outbox: Outbox) {
    this.client = client;
    this.outbox = outbox;
    client.on('message', (data: Buffer) => void this.received.push(data.toString()));
    outbox.listen(this);
  }

  get net(): NetSocket {
    return (this.client as unknown as { _socket: NetSocket })._socket; // ws neither half-closes nor resets
  }

  get isOver(): boolean {
    return this.closes.length > 0;
  }

  onFrame(data: FrameData): void {
    if (this.isOver) this.wrong.push('a frame after the end');
    this.receivedBack.push(textOf(data));
  }

  onPong(): void {}
  onOverdue(): void {}
  onCrowded(): void {}
  onDrain(): void {}

  onClose(code: number): void {
    this.closes.push(code);
  }

  send(body: string, binary: boolean, droppable: boolean): void {
    if (!this.outbox.isOpen) return;
    const data = binary ? Buffer.from(body) : body;
    this.outbox.send({ data, binary, droppable });
    this.sent.push(body);
    if (!droppable) this.required.push(body);
  }

  endBy(end: End): void {
    this.end = end;
    if (end === 'close') this.client.close(4002);
    else if (end === 'terminate') this.client.terminate();
    else if (end === 'half-close') this.net.end();
    else if (end === 'reset') this.#reset();
    else if (end === 'server closes') this.#closeInTheMiddle();
    else this.outbox.terminate();
    // Who closes reads on until the end: or it would be cut off.
    if (end === 'close' || end === 'half-close' || end === 'server closes') this.client.resume();
  }

  #closeInTheMiddle(): void {
    for (let count = 0; count < 3; count++) this.send(bodyOf(this.sent.length, 'x', 1_000), false, false);
    this.outbox.close(4001, '');
  }

  /** Of what is encrypted Node can only end the connection beneath. */
  #reset(): void {
    if (this.net instanceof TLSSocket) this.net.destroy();
    else this.net.resetAndDestroy();
  }
}

interface ChaosOptions {
  readonly seed: number;
  readonly slowReader?: SlowReaderPolicy;
  readonly maxOutboxBytes?: number;
}

class Chaos {
  readonly #random: () => number;
  readonly metrics = new Counters();
  readonly unfinished = new UnfinishedMessages(LARGE_OUTBOX);
  readonly pairs: Pair[] = [];
  mostBuffered = 0;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  static async start({ http = {}, isTls, ws = {} }: Network, options: ChaosOptions): Promise<Chaos> {
    const { seed, slowReader = 'close', maxOutboxBytes = LARGE_OUTBOX } = options;
    const chaos = new Chaos(seed);
    const web = isTls ? createTlsServer({ ...http, key: tls('key'), cert: tls('cert') }) : createServer(http);
    const server = new WebSocketServer({ server: web, ...ws });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    onTestFinished(async () => {
      for (const each of [...server.clients, ...chaos.pairs.map(({ client }) => client)]) each.terminate();
      await new Promise((resolve) => web.close(resolve));
    });
    const { port } = web.address() as AddressInfo; // not a pipe
    const settings = { serverOptions: server.options, unfinished: chaos.unfinished };
    for (let count = 0; count < PAIRS; count++) {
      const client = new WebSocket(`${isTls ? 'wss' : 'ws'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      client.on('error', () => {}); // how it ended is looked at
      const [[accepted, { socket: stream }]] = await Promise.all([
        once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>,
        once(client, 'open'),
      ]);
      const socket = new WsSocket(accepted, { stream, settings });
      chaos.pairs.push(new Pair(client, new Outbox(socket, { maxOutboxBytes, slowReader, metrics: chaos.metrics })));
    }
    return chaos;
  }

  async run({ withEnds }: { withEnds: boolean }): Promise<void> {
    for (let count = 0; count < TURNS; count++) {
      for (const pair of this.pairs) {
        if (this.#chance(0.5)) this.#sendSome(pair);
        if (this.#chance(0.3)) this.#sendBack(pair);
        this.#read(pair);
        if (withEnds && !pair.end && this.#chance(0.01)) pair.endBy(this.#pick(ENDS));
        this.mostBuffered = Math.max(this.mostBuffered, pair.outbox.bufferedBytes);
      }
      if (this.#chance(0.7)) await turn();
    }
    for (const { client, outbox } of this.pairs) {
      client.resume();
      outbox.resume();
    }
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T; // the index is within
  }

  #sendSome(pair: Pair): void {
    const count = this.#chance(0.5) ? 1 : Math.floor(this.#random() * 15);
    for (let index = 0; index < count && !pair.isOver; index++) {
      const body = bodyOf(pair.sent.length, this.#pick(FILLS), this.#pick(SIZES));
      pair.send(body, this.#chance(0.4), this.#chance(0.8));
    }
    if (this.#chance(0.1)) pair.outbox.ping();
  }

  #sendBack({ client, sentBack }: Pair): void {
    for (let count = 0; count < 3 && client.readyState === client.OPEN; count++) {
      const body = bodyOf(sentBack.length, this.#pick(FILLS), this.#pick(SIZES));
      client.send(body, { binary: this.#chance(0.4) });
      sentBack.push(body);
    }
    if (this.#chance(0.1) && client.readyState === client.OPEN) client.ping();
  }

  /** Both stop reading for a while. */
  #read({ client, outbox, end }: Pair): void {
    if (!end && this.#chance(0.1)) client.pause();
    else if (this.#chance(0.2)) client.resume();
    if (!end && this.#chance(0.1)) outbox.pause();
    else if (this.#chance(0.2)) outbox.resume();
  }
}

/** Compared as a whole: a difference would be printed by the megabyte. */
const areSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((body, index) => body === others[index]);

const isBeginningOf = (some: readonly string[], all: readonly string[]): boolean =>
  areSame(some, all.slice(0, some.length));

/** Whether all of them are there, in order. */
function areWithin(some: readonly string[], all: readonly string[]): boolean {
  let found = 0;
  for (const body of all) if (body === some[found]) found += 1;
  return found === some.length;
}

describe.each(Object.entries(NETWORKS))('a transport whose ends do as they like: %s', (_, network) => {
  it.each([1])('loses and doubles nothing, in either direction, where nobody closes, with seed %i', async (seed) => {
    const chaos = await Chaos.start(network, { seed });

    await chaos.run({ withEnds: false });

    for (const { sent, received, sentBack, receivedBack, closes, outbox } of chaos.pairs) {
      await expect.poll(() => received.length, PATIENCE).toBe(sent.length);
      await expect.poll(() => receivedBack.length, PATIENCE).toBe(sentBack.length);
      expect([areSame(received, sent), areSame(receivedBack, sentBack), closes]).toEqual([true, true, []]);
      await expect.poll(() => outbox.bufferedBytes, PATIENCE).toBe(0);
    }
    expect(chaos.unfinished.bytes).toBe(0);
  });

  it.each([2, 3])(
    'gives a beginning of what was sent, and one end, where somebody closes, with seed %i',
    async (seed) => {
      const chaos = await Chaos.start(network, { seed });

      await chaos.run({ withEnds: true });

      for (const pair of chaos.pairs) {
        if (!pair.end) pair.endBy('server closes');
        await expect.poll(() => pair.closes.length, PATIENCE).toBe(1);
      }
      for (const { sent, received, sentBack, receivedBack, end, wrong, closes } of chaos.pairs) {
        const seen = [isBeginningOf(received, sent), isBeginningOf(receivedBack, sentBack), wrong, closes.length];
        expect([end, ...seen]).toEqual([end, true, true, [], 1]);
        if (end === 'server closes') expect(received.length).toBe(sent.length);
        if (end === 'close') expect(receivedBack.length).toBe(sentBack.length);
      }
      expect(chaos.unfinished.bytes).toBe(0);
    },
  );

  it.each<[SlowReaderPolicy, number]>([
    ['drop-oldest', 4],
    ['drop-newest', 5],
  ])('holds its bound, and loses only what may be lost: %s', async (slowReader, seed) => {
    const maxOutboxBytes = 1_500 * KIB;
    const chaos = await Chaos.start(network, { seed, slowReader, maxOutboxBytes });

    await chaos.run({ withEnds: false });

    for (const pair of chaos.pairs) {
      await expect.poll(() => pair.outbox.bufferedBytes, PATIENCE).toBe(0);
      if (!pair.isOver) pair.endBy('server closes');
      await expect.poll(() => pair.client.readyState, PATIENCE).toBe(WebSocket.CLOSED);
    }
    for (const { sent, required, received, closes } of chaos.pairs) {
      expect(areWithin(received, sent)).toBe(true);
      if (closes[0] !== 1013) expect(areWithin(required, received)).toBe(true);
    }
    expect(chaos.mostBuffered).toBeLessThanOrEqual(maxOutboxBytes);
  });
});
