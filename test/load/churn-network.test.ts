import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyInstance } from 'fastify';
import { Container, inject, injectable } from 'inversify';
import { MemoryBus, type Message, memoryAdapter, Namespace, NSConn } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { startNefeli } from '../support/start-app.js';
import { settle } from '../support/test-server.js';

setFlagsFromString('--expose_gc');
const gc = runInNewContext('gc') as () => void; // what the flag brings

const CONNECTIONS = 10_000;
const BATCH = 100;
const WARM_UP = 1_000;
/**
 * What a runtime may keep for itself after 10,000 connections with sockets at both ends: 0.4 KB each. A connection that is kept
 * costs several KB.
 */
const MAX_GROWTH_BYTES = 4 * 1024 * 1024;
const PATIENCE = { timeout: 10_000 };

@injectable()
class Count {
  created = 0;
  disposed = 0;
}

@Namespace('default')
class Visitor {
  constructor(
    @inject(NSConn) private readonly ns: NSConn,
    @inject(Count) private readonly count: Count,
  ) {
    count.created += 1;
  }

  onChat({ body }: Message): void {
    this.ns.broadcast('chat', body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await settle();
    this.count.disposed += 1;
  }
}

/** Handshake, namespace, room, and the end: with a close frame, or without one. */
async function comeAndGo(url: string, index: number): Promise<void> {
  const socket = new WebSocket(url);
  const joined = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (String(data) === '$2;;;;;;') resolve();
    });
  });
  await once(socket, 'open');
  socket.send('M');
  socket.send('$1;default;;_OnNamespaceConnect;0;0;');
  socket.send(`$2;default;room-${index};_OnRoomJoin;0;0;`);
  await joined;
  const closed = once(socket, 'close');
  if (index % 2 === 0) socket.close();
  else socket.terminate();
  await closed;
}

async function churn(app: FastifyInstance, count: number): Promise<void> {
  const url = `ws://127.0.0.1:${portOf(app)}/ws`;
  for (let start = 0; start < count; start += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, (_, index) => comeAndGo(url, start + index)));
  }
  await expect.poll(() => app.nefeli.local.size, PATIENCE).toBe(0);
}

async function usedHeap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await settle();
    gc();
  }
  return process.memoryUsage().heapUsed;
}

describe('a mount that 10,000 clients have come to and gone from over a network', () => {
  it('holds none of them: no connection, namespace, room or controller is left, and the heap is as before', {
    timeout: 60_000,
  }, async () => {
    const container = new Container();
    const count = new Count();
    container.bind(Count).toConstantValue(count);
    const app = await startNefeli({ container, controllers: [Visitor], adapter: memoryAdapter(new MemoryBus()) });
    await churn(app, WARM_UP);
    const before = await usedHeap();

    await churn(app, CONNECTIONS);

    await expect.poll(() => count.disposed, PATIENCE).toBe(count.created);
    expect(count.created).toBe(WARM_UP + CONNECTIONS);
    const { local } = app.nefeli;
    expect([local.size, local.namespaces, local.rooms('default')]).toEqual([0, [], []]);
    const after = await usedHeap();
    expect(after - before).toBeLessThan(MAX_GROWTH_BYTES);
  });
});
