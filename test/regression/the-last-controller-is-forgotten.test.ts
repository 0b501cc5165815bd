import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Container, inject } from 'inversify';
import { Namespace, NSConn, registerPerConnection } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { prepare } from '../../src/fastify/prepare.js';
import { Server } from '../../src/server/server.js';
import { MemorySocket } from '../support/memory-socket.js';
import { settle, silentLog } from '../support/test-server.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

class Cart {}

@Namespace('shop')
class Shop {
  constructor(
    @inject(NSConn) readonly ns: NSConn,
    @inject(Cart) readonly cart: Cart,
  ) {}
  onChat() {}
}

/** A connection that comes, has a controller made that takes its time, and goes. */
async function visit(server: Server): Promise<WeakRef<object>> {
  const socket = new MemorySocket();
  const arrival = { id: 'anna', user: undefined, log: silentLog, address: '::1', reconnectTries: 0 };
  const conn = server.accept(socket, { ...arrival, request: {} as never }); // nothing here looks at it
  socket.receive('M', '$1;shop;;_OnNamespaceConnect;0;0;');
  while (!socket.texts.includes('$1;;;;;;')) await settle();
  socket.receiveClose();
  await conn?.closed;
  return new WeakRef(conn ?? {});
}

describe('a controller with asynchronous services', () => {
  it('is forgotten when its connection has ended, also the last one', async () => {
    const container = new Container();
    registerPerConnection(container, Cart, async () => new Cart());
    const prepared = await prepare({ container, controllers: [Shop] }, silentLog);
    const conn = await visit(new Server({ log: silentLog, ...prepared.options }));

    for (let turns = 0; turns < 20 && conn.deref(); turns++) {
      await turn();
      collectGarbage();
    }

    expect(conn.deref()).toBeUndefined();
  });
});
