import { describe, expect, it } from 'vitest';
import { readEventMaps } from '../../src/core/event-maps.js';
import type { EventTable } from '../../src/core/event-table.js';
import { buildTable } from '../../src/core/table-builder.js';
import type { NamespaceTimeouts } from '../../src/ports/namespace-options.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, deferred, type EndOptions, guardRejections, openEnd } from './ends.js';

guardRejections();

/** Two namespaces, each with timeouts of its own. */
function tableOf(timeouts: { default?: NamespaceTimeouts; other?: NamespaceTimeouts }): EventTable {
  const handlers = { e() {}, slow: () => gate.promise };
  return buildTable([
    ...readEventMaps({ default: handlers }, { behaviour: timeouts.default ?? {} }),
    ...readEventMaps({ other: handlers }, { behaviour: timeouts.other ?? {} }),
  ]);
}

let gate = deferred();

const connected = (timeouts: Parameters<typeof tableOf>[0], options: EndOptions = {}) =>
  connectedEnd('server', {}, { table: tableOf(timeouts), ...options });

const CONNECT_OTHER = '$o;other;;_OnNamespaceConnect;0;0;';
const DISCONNECT_OTHER = '$o;other;;_OnNamespaceDisconnect;0;0;';

describe('readTimeoutMs', () => {
  it('of a namespace closes a connection in it that is silent for so long with 1001 "read timeout"', async () => {
    const { socket, clock, counters, conn } = await connected({ default: { readTimeoutMs: 100 } });

    clock.advanceMs(60);
    socket.receive(';default;;e;0;0;');
    socket.receivePong();
    clock.advanceMs(60);
    socket.receivePong();
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(40);

    expect(socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });
    expect(counters.get('timeouts.read')).toBe(1);
    await conn.closed;
    expect(clock.timers).toBe(0);
  });

  it.each([
    ['a raw message', 'text'],
    ['an empty frame', ''],
    ['a message for another namespace', ';other;;e;0;0;'],
    ['a reply', 'n1;;;;;;'],
  ])('is met by %s', async (_, frame) => {
    const { socket, clock } = await connected({ default: { readTimeoutMs: 100 } });

    clock.advanceMs(60);
    socket.receive(frame);
    clock.advanceMs(60);

    expect(socket.closedWith).toBeUndefined();
  });

  it('is the strictest of the namespaces that are connected, as long as they are', async () => {
    const { socket, clock } = await connected({ default: { readTimeoutMs: 1_000 }, other: { readTimeoutMs: 100 } });

    socket.receive(CONNECT_OTHER);
    await settle();
    clock.advanceMs(90);
    socket.receive(DISCONNECT_OTHER);
    await settle();
    clock.advanceMs(999);
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });
  });

  it('holds for nobody who is in another namespace, or has left it', async () => {
    const { socket, clock } = await connected({ other: { readTimeoutMs: 100 } });

    clock.advanceMs(10_000);
    expect(clock.timers).toBe(0);
    socket.receive(CONNECT_OTHER);
    await settle();
    expect(clock.timers).toBe(1);
    socket.receive(DISCONNECT_OTHER);
    await settle();
    clock.advanceMs(10_000);

    expect([socket.closedWith, clock.timers]).toEqual([undefined, 0]);
  });

  it('of the server holds from the start of the connection, and with a looser one of a namespace', async () => {
    const options = { table: tableOf({ default: { readTimeoutMs: 1_000 } }), readTimeoutMs: 100 };
    const silent = openEnd('server', {}, options);
    silent.clock.advanceMs(100);
    expect(silent.socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });

    const { socket, clock } = await connectedEnd('server', {}, options);
    clock.advanceMs(100);
    expect(socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });
  });

  it('stands still while this side does not read', async () => {
    gate = deferred();
    const { socket, clock, conn } = await connected(
      { default: { readTimeoutMs: 100, handlerTimeoutMs: 1_000_000 } },
      { limits: { maxInboxFrames: 1 } },
    );
    for (let n = 0; n < 3; n++) socket.receive(';default;;slow;0;0;');
    expect(conn.isReadingPaused).toBe(true);

    clock.advanceMs(10_000);
    expect(socket.closedWith).toBeUndefined();
    gate.resolve();
    await settle();
    expect(conn.isReadingPaused).toBe(false);
    clock.advanceMs(99);
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });
  });

  it('stands still from the beginning where it is set while this side does not read', async () => {
    const first = deferred();
    gate = first;
    const { socket, clock, conn } = await connected(
      { other: { readTimeoutMs: 100 } },
      { limits: { maxInboxFrames: 1 } },
    );
    socket.receive(';default;;slow;0;0;', CONNECT_OTHER, ...Array.from({ length: 3 }, () => ';other;;slow;0;0;'));
    socket.resume(); // what has been read already is still handed over
    gate = deferred();
    first.resolve();
    await settle();
    expect([conn.namespace('other')?.namespace, conn.isReadingPaused]).toEqual(['other', true]);

    clock.advanceMs(5_000);
    expect(socket.closedWith).toBeUndefined();
    gate.resolve();
    await settle();
    expect(conn.isReadingPaused).toBe(false);
    clock.advanceMs(99);
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1001, reason: 'read timeout' });
  });
});

describe('writeTimeoutMs', () => {
  it('of a namespace closes a connection that what was sent does not leave with 1013 "write timeout"', async () => {
    const { ns, socket, clock, counters, conn } = await connected({ default: { writeTimeoutMs: 100 } });

    ns.emit('e', 'leaves at once');
    expect(clock.timers).toBe(0);
    socket.isStalled = true;
    ns.emit('e', 'stays');
    clock.advanceMs(99);
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1013, reason: 'write timeout' });
    expect(counters.get('timeouts.write')).toBe(1);
    await conn.closed;
    expect(clock.timers).toBe(0);
  });

  it('counts broadcasts, answers, and what was held back for a gap', async () => {
    const { socket, clock } = await connected({ default: { writeTimeoutMs: 100 } }, { connectGapMs: 20 });
    clock.advanceMs(20);
    socket.isStalled = true;
    socket.receive(CONNECT_OTHER, '$1;other;;e;0;0;');
    await settle();
    socket.unstall(); // the acknowledgement has left, and what follows it is held back
    socket.isStalled = true;
    clock.advanceMs(20);
    clock.advanceMs(99);
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1013, reason: 'write timeout' });
  });

  it('is kept when it leaves in time', async () => {
    const { conn, ns, socket, clock } = await connected({ default: { writeTimeoutMs: 100 } });

    socket.isStalled = true;
    ns.emit('e', 'text');
    conn.outbound.sendFrame({ data: Buffer.from(';default;;e;0;0;'), binary: false, droppable: true });
    clock.advanceMs(99);
    socket.unstall();
    clock.advanceMs(10_000);

    expect([socket.closedWith, clock.timers]).toEqual([undefined, 0]);
  });

  it('of the server holds from the start of the connection', async () => {
    const { socket, clock } = openEnd('server', { default: { e() {} } }, { writeTimeoutMs: 100 });

    socket.isStalled = true;
    socket.receive('$1;nowhere;;_OnNamespaceConnect;0;0;');
    await settle();
    clock.advanceMs(100);

    expect(socket.closedWith).toEqual({ code: 1013, reason: 'write timeout' });
  });
});

describe('handlerTimeoutMs of a namespace', () => {
  const never = () => new Promise(() => {});
  const stuck = { e: never, onRoomJoin: never, onNamespaceConnected: never };
  const table = buildTable([
    ...readEventMaps({ default: { e: never } }),
    ...readEventMaps({ other: stuck }, { behaviour: { handlerTimeoutMs: 50 } }),
    ...readEventMaps({ '': { e: never } }, { behaviour: { handlerTimeoutMs: 70 } }),
  ]);

  it('holds for events, asks and lifecycle events in it, and in no other', async () => {
    const { socket, clock, errors } = await connectedEnd('server', {}, { table, handlerTimeoutMs: 1_000 });
    socket.receive(CONNECT_OTHER);
    await settle();
    clock.advanceMs(50);
    await settle();
    for (const frame of ['$1;other;;e;0;0;', ';other;;e;0;0;', '$2;other;r;_OnRoomJoin;0;0;']) {
      socket.receive(frame);
      clock.advanceMs(50);
      await settle();
    }
    expect(errors.map(({ error, event }) => [(error as Error).message.includes('within 50 ms'), event])).toEqual([
      [true, '_OnNamespaceConnected'],
      [true, 'e'],
      [true, 'e'],
      [true, '_OnRoomJoin'],
    ]);

    socket.receive('$3;default;;e;0;0;');
    clock.advanceMs(999);
    await settle();
    expect(errors).toHaveLength(4);
    clock.advanceMs(1);
    await settle();
    expect(errors).toHaveLength(5);
  });

  it('of "" is not that of the hooks of the connection', async () => {
    const { clock, socket } = openEnd('server', {}, { table, handlerTimeoutMs: 1_000, onConnect: never });

    clock.advanceMs(999);
    await settle();
    expect(socket.closedWith).toBeUndefined();
    clock.advanceMs(1);
    await settle();

    expect(socket.closedWith?.code).toBe(1011);
  });

  it('gives what is told of the end its time, when it is longer than the server gives', async () => {
    const told: string[] = [];
    const patient = buildTable(
      readEventMaps(
        { default: { onNamespaceDisconnect: () => gate.promise.then(() => void told.push('disconnect')) } },
        { behaviour: { handlerTimeoutMs: 500 } },
      ),
    );
    gate = deferred();
    const { clock, conn, errors } = await connectedEnd(
      'server',
      {},
      { table: patient, handlerTimeoutMs: 100, onDisconnect: () => void told.push('onDisconnect') },
    );
    conn.close();
    await settle();
    clock.advanceMs(400);
    gate.resolve();
    await conn.closed;

    expect([told, errors, clock.timers]).toEqual([['disconnect', 'onDisconnect'], [], 0]);
  });

  it('ends what is told of the end sooner, when it is shorter', async () => {
    const told: string[] = [];
    const impatient = buildTable(
      readEventMaps({ default: { onNamespaceDisconnect: never } }, { behaviour: { handlerTimeoutMs: 50 } }),
    );
    const { clock, conn, errors } = await connectedEnd(
      'server',
      {},
      { table: impatient, onDisconnect: () => void told.push('onDisconnect') },
    );
    conn.close();
    await settle();
    clock.advanceMs(50);
    await conn.closed;

    expect([told, errors.length]).toEqual([['onDisconnect'], 1]);
  });
});
