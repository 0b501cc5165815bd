import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Conn } from '../../src/ports/conn.js';
import { ConnectionCounts } from '../../src/server/quotas.js';
import { settle, type TestServer, testServer } from '../support/test-server.js';

setFlagsFromString('--expose_gc');
const gc = runInNewContext('gc') as () => void; // what the flag brings

const CONNECTIONS = 10_000;
const BATCH = 500;
/** What a runtime may keep for itself after 10,000 connections: 0.2 KB each. A connection that is kept costs several KB. */
const MAX_GROWTH_BYTES = 2 * 1024 * 1024;

/** Handshake, namespace, room, a message, an ask that is never answered, and the end: now from here, now from there. */
async function comeAndGo(t: TestServer, index: number): Promise<Conn> {
  const address = `192.0.${(index >> 8) % 256}.${index % 256}`;
  const { conn, socket } = t.accept({ id: `user-${index % 100}`, address });
  socket.receive('M', '$1;default;;_OnNamespaceConnect;0;0;');
  await settle();
  socket.receive(`$2;default;room-${index};_OnRoomJoin;0;0;`, ';default;;chat;0;0;hello');
  await settle();
  void conn
    .namespace('default')
    ?.ask('never')
    .catch(() => {});
  if (index % 2 === 0) socket.receiveClose(1001);
  else conn.close();
  await conn.closed;
  return conn;
}

async function churn(t: TestServer, from: number, count: number): Promise<WeakRef<Conn>[]> {
  const refs: WeakRef<Conn>[] = [];
  for (let start = from; start < from + count; start += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => comeAndGo(t, start + index));
    for (const conn of await Promise.all(batch)) refs.push(new WeakRef(conn));
  }
  return refs;
}

async function usedHeap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await settle();
    gc();
  }
  return process.memoryUsage().heapUsed;
}

describe('a server that 10,000 connections have come to and gone from', () => {
  it('holds none of them: every map is empty, no timer runs, and the heap is as before', {
    timeout: 60_000,
  }, async () => {
    const limits = { maxConnections: BATCH, maxConnectionsPerAddress: 2 * BATCH };
    const t = testServer({ default: { chat: (msg, ns) => ns.broadcast('chat', msg.body) } }, { limits });
    await churn(t, 0, BATCH);
    t.log.lines.length = 0;
    const before = await usedHeap();

    const refs = await churn(t, BATCH, CONNECTIONS);

    const { local } = t.server;
    expect([local.size, local.namespaces, local.rooms('default'), local.withId('user-1')]).toEqual([0, [], [], []]);
    expect(t.server.connections()).toEqual([]);
    expect(t.clock.timers).toBe(0);
    expect(t.counters.get('connections.opened')).toBe(CONNECTIONS + BATCH);
    expect(t.counters.get('connections.closed')).toBe(CONNECTIONS + BATCH);
    // As many places as before: no connection has been counted twice, and none has kept its own.
    expect(t.server.refusalFor('192.0.0.1')).toBeUndefined();
    t.log.lines.length = 0;
    const after = await usedHeap();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    refs.length = 0;
    expect(after - before).toBeLessThan(MAX_GROWTH_BYTES);
    await t.server.close();
  });

  it('has forgotten every address in its quotas', () => {
    const counts = new ConnectionCounts({ maxConnections: CONNECTIONS, maxConnectionsPerAddress: 1 });
    const addresses = Array.from({ length: CONNECTIONS }, (_, index) => `2001:db8:${index.toString(16)}::1`);

    for (const address of addresses) counts.add(address);
    expect(counts.addresses).toBe(CONNECTIONS);
    for (const address of addresses) counts.remove(address);

    expect(counts.addresses).toBe(0);
    expect(counts.refusalFor('2001:db8::1')).toBeUndefined();
  });
});
