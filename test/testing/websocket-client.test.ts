import { once } from 'node:events';
import Fastify, { type FastifyInstance } from 'fastify';
import { NATIVE_MESSAGE, type NefeliOptions, nefeli, PublicError } from 'nefeli';
import { testClient } from 'nefeli/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { guardRejections } from '../core/ends.js';
import { portOf } from '../support/port-of.js';
import { startApp, startNefeli } from '../support/start-app.js';

guardRejections();

const namespaces: NonNullable<NefeliOptions['namespaces']> = {
  default: {
    onNamespaceConnect(msg) {
      if (msg.body === 'banned') throw new PublicError('you are banned');
    },
    onNamespaceConnected: (_, ns) => ns.emit('welcome'),
    chat: (msg, ns) => ns.broadcastOthers('chat', msg.body),
    echo: (msg) => msg.body,
    wait: (msg) => new Promise<void>((resolve) => msg.signal.addEventListener('abort', () => resolve())),
    survey: async (_, ns) => (await ns.ask('tea?')).body,
    kick: (_, ns) => ns.conn.close(4003, 'kicked'),
  },
};

function open(app: FastifyInstance, path = '/ws'): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}${path}`);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** A browser's view of a WebSocket of `ws`: bytes come as blobs unless it is told otherwise, and few codes may be closed with. */
class BrowserSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.binaryType = 'blob' as 'arraybuffer'; // the types of ws do not know it
  }

  override close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && code < 3000) throw new Error('InvalidAccessError');
    super.close(code, reason);
  }
}

describe('testClient', () => {
  it('speaks over a socket of ws that is opening still', async () => {
    const app = await startNefeli({ namespaces });

    const [anna, ben] = await Promise.all([testClient(open(app)), testClient(open(app))]);
    anna.emit('chat', 'hello');

    expect((await ben.expectEvent('chat')).body).toBe('hello');
    expect((await anna.ask('echo', new Uint8Array([1, 2]))).body).toEqual(new Uint8Array([1, 2]));
  });

  it('speaks over a socket that is open', async () => {
    const app = await startNefeli({ namespaces });
    const socket = open(app);
    await once(socket, 'open');

    const anna = await testClient(socket);

    await anna.expectEvent('welcome');
  });

  it('speaks over injectWS, without a port', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(nefeli, { path: '/ws', namespaces });
    await app.ready();

    const anna = await testClient(await app.injectWS('/ws'));
    anna.on('tea?', () => 'coffee');

    await anna.expectEvent('welcome');
    expect((await anna.ask('survey')).body).toBe('coffee');
    anna.terminate();
    expect(await anna.closed).toMatchObject({ code: 1006 });
  });

  it('speaks over a socket as browsers have it', async () => {
    const app = await startNefeli({ namespaces });

    const anna = await testClient(new BrowserSocket(`ws://127.0.0.1:${portOf(app)}/ws`));

    expect((await anna.ask('echo', new Uint8Array([1, 2]))).body).toEqual(new Uint8Array([1, 2]));
    anna.close(1001);
    await anna.closed;
  });

  it('hears what the server sends as soon as the socket is open', async () => {
    const app = await startNefeli({
      native: 'only',
      namespaces: { '': { onNativeMessage: (msg, ns) => ns.emit(NATIVE_MESSAGE, `you said ${String(msg.body)}`) } },
      onConnect: (conn) => void conn.waitConnect('').then((ns) => ns.emit(NATIVE_MESSAGE, 'welcome')),
    });

    const anna = await testClient(open(app), { native: 'only' });
    anna.emitNative('hello');

    expect((await anna.expectNative()).body).toBe('welcome');
    expect((await anna.expectNative()).body).toBe('you said hello');
  });

  it('connects the namespace that it is told, with a body', async () => {
    const app = await startNefeli({ namespaces: { ...namespaces, news: { where: (_, ns) => ns.namespace } } });

    const anna = await testClient(open(app), { namespace: 'news' });

    expect((await anna.ask('where')).body).toBe('news');
    await expect(testClient(open(app), { body: 'banned' })).rejects.toMatchObject({
      name: 'RemoteError',
      text: 'you are banned',
    });
  });

  it('rejects with the refusal of onConnect', async () => {
    const onConnect = (): never => {
      throw new PublicError('members only');
    };
    const app = await startNefeli({ namespaces, onConnect });

    await expect(testClient(open(app))).rejects.toMatchObject({ name: 'RemoteError', text: 'members only' });
  });

  it('rejects with CONN_CLOSED and the status where the upgrade is refused', async () => {
    const app = await startApp(async (each) => {
      await each.register(nefeli, { namespaces });
      const refuse = async (_: unknown, reply: { code(status: number): { send(): unknown } }) => reply.code(401).send();
      each.get('/ws', { websocket: true, preValidation: refuse }, each.nefeli.handler());
    });

    const refused = testClient(open(app));

    await expect(refused).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1006 } });
    await expect(refused).rejects.toThrow('Unexpected server response: 401');
  });

  it('rejects with CONN_CLOSED where the socket has closed already', async () => {
    const app = await startNefeli({ namespaces });
    const socket = open(app);
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');

    await expect(testClient(socket)).rejects.toMatchObject({ code: 'CONN_CLOSED' });
  });

  it('waits for an event for timeoutMs of real time', async () => {
    const app = await startNefeli({ namespaces });
    const anna = await testClient(open(app), { timeoutMs: 30 });

    await expect(anna.expectEvent('chat')).rejects.toThrow('has not come within 30 ms. Came instead: "welcome".');
    await expect(anna.expectEvent('chat', { timeoutMs: 10 })).rejects.toThrow('within 10 ms');
    await expect(anna.ask('wait', undefined, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    await anna.expectEvent('welcome');
    await anna.expectNoEvent(undefined, { timeoutMs: 10 });
  });

  it('waits for a reply for askTimeoutMs of real time', async () => {
    const app = await startNefeli({ namespaces });
    const anna = await testClient(open(app), { askTimeoutMs: 30 });

    await expect(anna.ask('wait')).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { timeoutMs: 30 } });
  });

  it('does not wait for an event once the connection has closed', async () => {
    const app = await startNefeli({ namespaces });
    const anna = await testClient(open(app), { timeoutMs: 15000 });
    anna.emit('kick');

    await expect(anna.expectEvent('chat')).rejects.toThrow('before the connection closed (4003: kicked)');
    expect(await anna.closed).toEqual({ code: 4003, reason: 'kicked' });
  });

  it('finds what comes too late for expectNoEvent by its timeoutMs', async () => {
    const app = await startNefeli({ namespaces });
    const [anna, ben] = [await testClient(open(app)), await testClient(open(app))];
    setTimeout(() => anna.emit('chat', 'late'), 20);

    await expect(ben.expectNoEvent('chat', { timeoutMs: 500 })).rejects.toMatchObject({ code: 'EVENT_UNEXPECTED' });
  });

  it('tells onError what a handler of the test throws', async () => {
    const app = await startNefeli({ namespaces });
    const heard: unknown[] = [];
    const anna = await testClient(open(app), { onError: (error) => void heard.push(error) });
    anna.on('tea?', () => {
      throw new TypeError('a bug of the test');
    });

    await anna.ask('survey').catch(() => {});

    expect(heard).toEqual([new TypeError('a bug of the test')]);
  });

  it('throws it where nobody catches it, without onError', async () => {
    const app = await startNefeli({ namespaces });
    const anna = await testClient(open(app));
    anna.on('tea?', () => {
      throw new TypeError('a bug of the test');
    });
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException'); // those of the runner, which would fail this test
    try {
      const uncaught = once(process, 'uncaughtException');
      await anna.ask('survey').catch(() => {});
      expect(await uncaught).toContainEqual(new TypeError('a bug of the test'));
    } finally {
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });
});
