import type { FastifyInstance } from 'fastify';
import { Counters } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';
import { settle } from '../support/test-server.js';

const READERS = 10;
const KIB = 1024;

function join(app: FastifyInstance, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.join(app, 'default')));
}

/** The bodies of the next `count` events, without what fills them up. */
async function read(client: RawClient, count: number): Promise<string[]> {
  const bodies: string[] = [];
  while (bodies.length < count) {
    const frame = String(await client.next());
    bodies.push(frame.slice(';default;;tick;0;0;'.length).trimEnd());
  }
  return bodies;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('broadcasts over a network', () => {
  it('reach 10 connections, all 1,000 of one turn, in order', async () => {
    const app = await startNefeli({ namespaces: { default: {} } });
    const readers = await join(app, READERS);

    for (const number of numbers(1_000)) app.nefeli.in('default').broadcast('tick', number);

    const received = await Promise.all(readers.map((reader) => read(reader, 1_000)));
    for (const bodies of received) expect(bodies).toEqual(numbers(1_000));
  });

  it('reach 10 connections though one does not read: that one is closed with 1013 and counted', async () => {
    const metrics = new Counters();
    // 2,000 of 10 KiB: more than the outbox and the buffers of both kernels hold for one connection.
    const [count, batch, body] = [2_000, 10, 10 * KIB];
    const app = await startNefeli({ namespaces: { default: {} }, metrics, closeGraceMs: 60_000 });
    const stalled = await RawClient.join(app, 'default');
    const [conn] = app.nefeli.connections();
    const readers = await join(app, READERS);
    stalled.socket.pause();

    const reading = readers.map((reader) => read(reader, count));
    for (let sent = 0; sent < count; sent++) {
      app.nefeli.in('default').broadcast('tick', String(sent).padEnd(body));
      if (sent % batch === 0) await settle();
    }

    for (const bodies of await Promise.all(reading)) expect(bodies).toEqual(numbers(count));
    expect(await conn?.closed).toEqual({ code: 1013, reason: 'too slow' });
    expect(metrics.get('outbox.overflowed')).toBe(1);
    expect(app.nefeli.local.size).toBe(READERS);
    stalled.socket.resume();
    expect(await stalled.closed).toEqual({ code: 1013, reason: 'too slow' });
  });

  it('of 40 MiB in one turn overflow every outbox of 4 MiB, and close with 1013, however fast the reader', async () => {
    const metrics = new Counters();
    const app = await startNefeli({ namespaces: { default: {} }, metrics });
    const readers = await join(app, READERS);

    for (const number of numbers(4_000)) app.nefeli.in('default').broadcast('tick', number.padEnd(10 * KIB));

    const closed = await Promise.all(readers.map((reader) => reader.closed));
    for (const { code } of closed) expect(code).toBe(1013);
    expect(metrics.get('outbox.overflowed')).toBe(READERS);
  });
});
