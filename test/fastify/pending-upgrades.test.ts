import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { connect, Socket } from 'node:net';
import { nefeli } from 'nefeli';
import { describe, expect, it, vi } from 'vitest';
import { PendingUpgrades } from '../../src/fastify/pending-upgrades.js';
import { ManualClock } from '../support/manual-clock.js';
import { portOf } from '../support/port-of.js';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';

const namespaces = { default: { chat: () => {} } };

function askUpgrade(port: number, path: string): Socket {
  const head = ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  });
  socket.on('error', () => {});
  return socket;
}

describe('an upgrade that does not come about', () => {
  it('does not hold back app.close(), wherever it was answered', async () => {
    const app = await startApp((app) =>
      app.register(async (scope) => void (await scope.register(nefeli, { path: '/ws', namespaces })), {
        prefix: '/v1',
      }),
    );
    const stray = askUpgrade(portOf(app), '/nowhere');
    await new Promise((resolve) => stray.once('data', resolve));

    await app.close();

    expect(app.server.listening).toBe(false);
  });

  it('does not hold back app.close() when it is asked for after that has begun', async () => {
    const app = await startNefeli({ namespaces, upgradeTimeoutMs: 60_000 });
    const late = connect(portOf(app), '127.0.0.1');
    late.on('error', () => {});
    await new Promise((resolve) => late.once('connect', resolve));
    await new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));

    const closed = app.close();
    late.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await closed;

    expect(app.server.listening).toBe(false);
  });

  it('is answered 503 with a time to come back for as long as the app closes, and its socket ends', async () => {
    let end: () => void = () => {};
    const handled = new Promise<void>((resolve) => {
      end = resolve;
    });
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const slow = (): Promise<void> => {
      begin();
      return handled;
    };
    const app = await startNefeli({ namespaces: { default: { slow } } });
    const client = await RawClient.join(app, 'default');
    client.send(';default;;slow;0;0;');
    await begun;
    const closed = app.close();

    for (const path of ['/ws', '/elsewhere']) {
      const late = askUpgrade(portOf(app), path);
      let answer = '';
      late.on('data', (chunk) => {
        answer += String(chunk);
      });
      await new Promise((resolve) => late.once('close', resolve));
      const [head = '', body = ''] = answer.split('\r\n\r\n');

      expect(head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(head).toMatch(/\r\nRetry-After: ([1-9]|10)(\r\n|$)/);
      expect(JSON.parse(body)).toEqual({ statusCode: 503, message: 'server closed' });
    }
    end();
    await closed;
  });

  it('is answered so, too, when its hooks have not ended as the closing begins, and comes about no more', async () => {
    let end: () => void = () => {};
    const hooked = new Promise<void>((resolve) => {
      end = resolve;
    });
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const app = await startApp(async (app) => {
      app.addHook('onRequest', async () => {
        begin();
        await hooked;
      });
      await app.register(nefeli, { path: '/ws', namespaces });
    });
    const early = askUpgrade(portOf(app), '/ws');
    let answer = '';
    early.on('data', (chunk) => {
      answer += String(chunk);
    });
    const ended = new Promise((resolve) => early.once('close', resolve));
    await begun;

    await app.close();
    end();
    await ended;

    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n(.+\r\n)*Retry-After: ([1-9]|10)\r\n/);
    expect(app.nefeli.local.size).toBe(0);
  });

  it('ends by itself after upgradeTimeoutMs', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces, upgradeTimeoutMs: 50 });
      const neverEnds = (): Promise<void> => new Promise(() => {});
      app.get('/ws', { websocket: true, preHandler: neverEnds }, app.nefeli.handler());
    });
    const socket = askUpgrade(portOf(app), '/ws');

    await new Promise((resolve) => socket.once('close', resolve));

    expect(app.nefeli.local.size).toBe(0);
  });

  it('does not touch those that do', async () => {
    const app = await startNefeli({ namespaces, upgradeTimeoutMs: 20 });
    const client = await RawClient.join(app, 'default');
    await new Promise((resolve) => setTimeout(resolve, 60)); // three times the time after which an idle upgrade ends
    client.send('$1;nope;;x;0;0;');
    expect(await client.next()).toBe('$1;nope;;x;1;0;bad namespace');
  });

  it('leaves no timeout and no listener at the socket of one that does', async () => {
    const app = await startNefeli({ namespaces });
    const sockets: Socket[] = [];
    app.server.on('connection', (socket: Socket) => sockets.push(socket));
    await RawClient.join(app, 'default');
    const [socket] = sockets;

    expect([socket?.timeout, socket?.listenerCount('timeout')]).toEqual([0, 0]);
    // One of the response that the upgrade began with, one of ws.
    expect(socket?.listenerCount('close')).toBe(2);
  });

  it('is not even looked at when it was answered within the event that tells of it', () => {
    const clock = new ManualClock();
    const server = new EventEmitter() as EventEmitter & Pick<Server, 'on' | 'prependListener'>; // all that is needed of it
    const isAnswered = new WeakMap<Socket, boolean>();
    server.on('upgrade', (_, socket: Socket) => {
      if (isAnswered.get(socket)) pending.answered({ socket });
    });
    const pending = new PendingUpgrades(server, { timeoutMs: 1_000, scheduler: clock });
    const [answered, other] = [new Socket(), new Socket()];
    isAnswered.set(answered, true);

    server.emit('upgrade', {}, answered);
    expect([pending.size, clock.timers, answered.listenerCount('close')]).toEqual([0, 0, 0]);
    server.emit('upgrade', {}, other);
    expect(pending.size).toBe(1);
    clock.advanceMs(1_000);
    expect([answered.destroyed, other.destroyed]).toEqual([false, true]);
    answered.destroy();
  });

  it('ends at its own time, whatever came before it and comes after it', async () => {
    const clock = new ManualClock();
    const server = new EventEmitter() as EventEmitter & Pick<Server, 'on' | 'prependListener'>; // all that is needed of it
    const pending = new PendingUpgrades(server, { timeoutMs: 1_000, scheduler: clock });
    const ask = (): Socket => {
      const socket = new Socket();
      server.emit('upgrade', {}, socket);
      return socket;
    };
    const first = ask();
    clock.advanceMs(600);
    const answered = ask();
    const second = ask();
    pending.answered({ socket: answered });
    await new Promise((resolve) => setImmediate(resolve));

    clock.advanceMs(400);
    expect([first, answered, second].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    clock.advanceMs(599);
    expect(second.destroyed).toBe(false);
    clock.advanceMs(1);
    expect([first, answered, second].map(({ destroyed }) => destroyed)).toEqual([true, false, true]);

    await vi.waitFor(() => expect(pending.size).toBe(0));
    answered.destroy();
  });
});
