import { describe, expect, it } from 'vitest';
import { CLOSE_BATCH } from '../../src/server/close-in-batches.js';
import type { MemorySocket } from '../support/memory-socket.js';
import { settle, type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';
import { HeldSocket } from './held-socket.js';

interface Crowd extends TestServer {
  readonly sockets: readonly MemorySocket[];
  /** How many have got their close frame. */
  closed(): number;
}

function crowd(count: number, options: TestServerOptions = {}): Crowd {
  const t = testServer({ default: { echo: (msg) => msg.body } }, options);
  const sockets = Array.from({ length: count }, () => t.accept({ hello: true }).socket);
  return { ...t, sockets, closed: () => sockets.filter((socket) => socket.closedWith).length };
}

/** A connection that never answers a close frame. */
function acceptSilent({ server, log }: TestServer): HeldSocket {
  const socket = new HeldSocket();
  const request = {} as never; // nothing here looks at it
  server.accept(socket, { id: 'silent', request, user: undefined, log, address: '127.0.0.1', reconnectTries: 0 });
  return socket;
}

describe('closing a server with many connections', () => {
  it('closes a batch at once, and the next each half a second', async () => {
    const t = crowd(2 * CLOSE_BATCH + 1);

    const closing = t.server.close({ code: 1012 });
    expect(t.closed()).toBe(CLOSE_BATCH);
    await t.clock.advance(499);
    expect(t.closed()).toBe(CLOSE_BATCH);
    await t.clock.advance(1);
    expect(t.closed()).toBe(2 * CLOSE_BATCH);
    await t.clock.advance(500);

    await closing;
    expect(new Set(t.sockets.map(({ closedWith }) => closedWith?.code))).toEqual(new Set([1012]));
    expect(t.clock.timers).toBe(0);
  });

  it('closes all at once where they are one batch', async () => {
    const t = crowd(CLOSE_BATCH);

    await t.server.close();

    expect(t.closed()).toBe(CLOSE_BATCH);
  });

  it.each([
    ['closeSpreadMs', { closeSpreadMs: 100 }, {}],
    ['spreadMs of the call, over closeSpreadMs', { closeSpreadMs: 400 }, { spreadMs: 100 }],
  ])('is faster where the batches would take longer than %s', async (_, options, how) => {
    const t = crowd(4 * CLOSE_BATCH + 1, options);

    const closing = t.server.close(how);
    await t.clock.advance(24);
    expect(t.closed()).toBe(CLOSE_BATCH);
    await t.clock.advance(1);
    expect(t.closed()).toBe(2 * CLOSE_BATCH);
    await t.clock.advance(75);

    await closing;
    expect(t.closed()).toBe(4 * CLOSE_BATCH + 1);
  });

  it('closes all in this turn of the clock for a spread of 0', async () => {
    const t = crowd(2 * CLOSE_BATCH);

    const closing = t.server.close({ spreadMs: 0 });
    await t.clock.advance(0);

    await closing;
    expect(t.closed()).toBe(2 * CLOSE_BATCH);
  });

  it('serves those whose turn has not come', async () => {
    const t = crowd(CLOSE_BATCH + 1);
    const last = t.sockets.at(-1);
    last?.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await settle();

    const closing = t.server.close();
    last?.receive('$2;default;;echo;0;0;still here');
    await settle();
    expect(last?.sent.at(-1)).toBe('$2;default;;echo;0;0;still here');

    await t.clock.advance(500);
    await closing;
  });

  it('gives each batch its own time to answer', async () => {
    const t = crowd(CLOSE_BATCH - 1);
    const [early, late] = [acceptSilent(t), acceptSilent(t)];

    const closing = t.server.close({ graceMs: 300 });
    await t.clock.advance(300);
    expect([early.isTerminated, late.isTerminated]).toEqual([true, false]);
    await t.clock.advance(499);
    expect([late.closedWith?.code, late.isTerminated]).toEqual([1001, false]);
    await t.clock.advance(1);

    await closing;
    expect(late.isTerminated).toBe(true);
  });

  it('cuts off whoever is left after timeoutMs', async () => {
    const t = crowd(3 * CLOSE_BATCH);

    const closing = t.server.close({ timeoutMs: 600 });
    await t.clock.advance(600);

    await closing;
    expect(t.closed()).toBe(2 * CLOSE_BATCH);
    expect(t.server.local.size).toBe(0);
    expect(t.clock.timers).toBe(0);
  });
});
