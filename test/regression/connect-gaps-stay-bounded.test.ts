import { describe, expect, it } from 'vitest';
import { guardRejections, openEnd } from '../core/ends.js';
import { settle, testServer } from '../support/test-server.js';

guardRejections();

const connect = (token: string, namespace = 'a'): string => `$${token};${namespace};;_OnNamespaceConnect;0;0;`;
const disconnect = (token: string): string => `$${token};a;;_OnNamespaceDisconnect;0;0;`;

describe('connectGapMs', () => {
  const welcoming = { onNamespaceConnected: (_: unknown, ns: { emit(event: string): void }) => ns.emit('welcome') };

  it('holds back no more than maxNamespaces gaps for a peer that connects and disconnects without end', async () => {
    const { socket, clock } = openEnd('server', { a: welcoming }, { connectGapMs: 20, limits: { maxNamespaces: 3 } });

    for (let round = 0; round < 100; round++) {
      socket.receive(connect(`c${round}`), disconnect(`d${round}`));
      await settle();
    }

    // 3 frames a round: all but those of the last gaps have left, though the clock stood still.
    expect(socket.sent.length).toBeGreaterThan(3 * (100 - 3) - 1);
    expect(socket.texts.filter((frame) => frame.startsWith('$c')).slice(0, 3)).toEqual([
      '$c0;;;;;;',
      '$c1;;;;;;',
      '$c2;;;;;;',
    ]);
    clock.advanceMs(3 * 20);
    expect([socket.sent.length, clock.timers]).toEqual([300, 0]);
  });

  it('is kept for each of maxNamespaces namespaces that are connected at once', async () => {
    const limits = { maxNamespaces: 3 };
    const maps = { a: welcoming, b: welcoming, c: welcoming };
    const { socket, clock } = openEnd('server', maps, { connectGapMs: 20, limits });

    for (const namespace of ['a', 'b', 'c']) {
      socket.receive(connect(namespace, namespace));
      await settle();
    }

    expect(socket.sent).toEqual(['$a;;;;;;']);
    clock.advanceMs(20);
    expect(socket.sent.slice(1)).toEqual([';a;;welcome;0;0;', '$b;;;;;;']);
    clock.advanceMs(20);
    expect(socket.sent.slice(3)).toEqual([';b;;welcome;0;0;', '$c;;;;;;']);
    clock.advanceMs(20);
    expect(socket.sent.slice(5)).toEqual([';c;;welcome;0;0;']);
  });

  it('ends where more than 4 × maxMessageBytes are held back, and all is sent in order', async () => {
    const { socket, clock, conn } = openEnd(
      'server',
      { a: {} },
      { connectGapMs: 20, limits: { maxMessageBytes: 100 } },
    );
    socket.receive(connect('1'));
    await settle();
    const header = ';a;;e;0;0;';
    const bodies = [1, 2, 3, 4].map((digit) => String(digit).repeat(100 - header.length));

    for (const body of bodies) conn.namespace('a')?.emit('e', body);
    expect(socket.sent).toEqual(['$1;;;;;;']);
    conn.namespace('a')?.emit('e', 'last');

    expect(socket.sent.slice(1)).toEqual([...bodies, 'last'].map((body) => header + body));
    expect(clock.timers).toBe(0);
  });

  it('keeps a peer that reads nothing within its outbox: it is closed with 1013, and no gap is left', async () => {
    const limits = { maxMessageBytes: 1_000, maxOutboxBytes: 3_000 };
    const t = testServer({ a: {} }, { connectGapMs: 20, limits });
    const { conn, socket } = t.accept({ hello: true });
    socket.isStalled = true;
    socket.receive(connect('1'));
    await settle();
    socket.receive(disconnect('2'), connect('3'));
    await settle();
    const timers = t.clock.timers;

    for (let index = 0; index < 5; index++) t.server.in('a').broadcast('e', 'x'.repeat(900));

    await expect(conn.closed).resolves.toEqual({ code: 1013, reason: 'too slow' });
    expect(t.counters.get('outbox.overflowed')).toBe(1);
    expect(t.clock.timers).toBeLessThan(timers);
  });
});
