import type { Socket } from 'node:net';
import type { Counters, NefeliOptions } from 'nefeli';
import { describe, expect, it, vi } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const MESSAGE_BYTES = 100_000;
const LIMITS = { maxMessageBytes: 2 * MESSAGE_BYTES, maxUnfinishedBytes: 5 * MESSAGE_BYTES };

const frame = `$1;default;;size;0;0;${'x'.repeat(MESSAGE_BYTES)}`;

/** All but the last bytes of a message: as one frame, or as the first part of two. The mask is 0. */
const BEGINNINGS: Record<string, (text: string) => Buffer> = {
  'one frame': (text) => {
    const header = Buffer.alloc(14);
    header[0] = 0x81;
    header[1] = 0xff;
    header.writeUInt32BE(text.length, 6);
    return Buffer.concat([header, Buffer.from(text.slice(0, -1))]);
  },
  'a fragment': (text) => {
    const header = Buffer.alloc(14);
    header[0] = 0x01;
    header[1] = 0xff;
    header.writeUInt32BE(text.length - 1, 6);
    return Buffer.concat([header, Buffer.from(text.slice(0, -1))]);
  },
};

const ENDS: Record<string, Buffer> = {
  'one frame': Buffer.from('x'),
  'a fragment': Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0x78]),
};

/** Past the rules: ws has no way to send part of a message. */
const netOf = ({ socket }: RawClient): Socket => (socket as unknown as { _socket: Socket })._socket;

async function startWith(count: number, options: NefeliOptions = {}) {
  const app = await startNefeli({
    namespaces: { default: { size: (msg) => `${msg.body.length}` } },
    limits: LIMITS,
    ...options,
  });
  const clients: RawClient[] = [];
  for (let index = 0; index < count; index++) clients.push(await RawClient.join(app, 'default'));
  const closes: (readonly [index: number, code: number])[] = [];
  for (const [index, { socket }] of clients.entries()) socket.on('close', (code) => closes.push([index, code]));
  return { app, clients, closes };
}

const OPTIONS: readonly (readonly [string, NefeliOptions])[] = [
  ['plain', {}],
  ['where compression was agreed', { compression: true }],
  ['read by ws', { websocket: { options: { allowSynchronousEvents: false } } }],
];

describe('messages that nobody finishes', () => {
  it.each(
    OPTIONS.flatMap(([title, options]) => Object.keys(BEGINNINGS).map((kind) => [title, kind, options] as const)),
  )('close those that have begun first where they are too many, and no others: %s, %s', async (_, kind, options) => {
    const { app, clients, closes } = await startWith(7, options);

    for (const client of clients) {
      netOf(client).write(BEGINNINGS[kind]?.(frame) ?? '');
      await vi.waitFor(() => expect(netOf(client).writableLength).toBe(0));
      await new Promise((done) => setTimeout(done, 20));
    }
    await vi.waitFor(() => expect(closes.map(([index]) => index).sort()).toEqual([0, 1, 2]));
    expect((app.nefeli.metrics as Counters).get('unfinished.closed')).toBe(3);

    for (const client of clients.slice(3)) netOf(client).write(ENDS[kind] ?? '');
    for (const client of clients.slice(3)) expect(await client.next()).toBe(`$1;default;;size;0;0;${MESSAGE_BYTES}`);
    expect(closes).toHaveLength(3);
  });

  it('are told why, with a code that says to come back later', async () => {
    const { clients, closes } = await startWith(6);

    for (const client of clients) netOf(client).write(BEGINNINGS['one frame']?.(frame) ?? '');

    await vi.waitFor(() => expect(closes.map(([, code]) => code)).toEqual([1013, 1013]));
  });

  it('count no more when their connections have gone, or they have been finished', async () => {
    const { app, clients } = await startWith(4);

    for (let times = 0; times < 3; times++) {
      for (const client of clients) netOf(client).write(BEGINNINGS['one frame']?.(frame) ?? '');
      for (const client of clients) {
        netOf(client).write(ENDS['one frame'] ?? '');
        expect(await client.next()).toBe(`$1;default;;size;0;0;${MESSAGE_BYTES}`);
      }
    }
    for (const client of clients) {
      netOf(client).write(BEGINNINGS['one frame']?.(frame) ?? '');
      await new Promise((done) => setTimeout(done, 20));
      client.socket.terminate();
    }
    await vi.waitFor(() => expect(app.nefeli.connections()).toHaveLength(0));
    const later = await RawClient.join(app, 'default');
    const other = await RawClient.join(app, 'default');
    for (const client of [later, other]) netOf(client).write(BEGINNINGS['one frame']?.(frame) ?? '');
    for (const client of [later, other]) {
      netOf(client).write(ENDS['one frame'] ?? '');
      expect(await client.next()).toBe(`$1;default;;size;0;0;${MESSAGE_BYTES}`);
    }
  });

  it('are counted also where the connection is being closed, and is cut off then', async () => {
    const { app, clients } = await startWith(7, { closeGraceMs: 60_000 });
    for (const { socket } of clients) socket.pause(); // the close frame is not answered
    const connections = (): Promise<number> =>
      new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));

    for (const conn of app.nefeli.connections()) conn.close(4000);
    for (const client of clients) netOf(client).write(BEGINNINGS['a fragment']?.(frame) ?? '');

    await vi.waitFor(async () => expect(await connections()).toBeLessThanOrEqual(5));
    for (const { socket } of clients) socket.terminate();
  });

  it.each(OPTIONS)(
    'are not those that have come whole, however many, where none ends with a read: %s',
    async (_, options) => {
      const { app, clients, closes } = await startWith(2, options);
      const [begin = Buffer.of(), end = Buffer.of()] = [BEGINNINGS['one frame']?.(frame), ENDS['one frame']];

      for (const client of clients) netOf(client).write(begin);
      for (let times = 0; times < 10; times++) {
        for (const client of clients) {
          netOf(client).write(Buffer.concat([end, begin]));
          const answer = await Promise.race([client.next(), client.closed]);
          expect(answer).toBe(`$1;default;;size;0;0;${MESSAGE_BYTES}`);
        }
      }

      expect([closes, (app.nefeli.metrics as Counters).get('unfinished.closed')]).toEqual([[], 0]);
    },
  );
});
