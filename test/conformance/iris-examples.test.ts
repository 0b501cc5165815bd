import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Message, NATIVE_MESSAGE, type Namespaces, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { connected } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, startApp, statusOfUpgrade } from '../support/start-app.js';

describe('the example gorilla-filewatch of Iris', () => {
  /** Serves what stands in a file, as raw text, at once and whenever it changes. */
  async function serveFile(): Promise<{ app: FastifyInstance; write(text: string): Promise<void> }> {
    const folder = await mkdtemp(join(tmpdir(), 'nefeli-filewatch-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'watched.txt');
    const write = async (text: string): Promise<void> => {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file); // at once: nobody reads a half
    };
    await write('first');
    const app = await startApp(async (app) => {
      await app.register(nefeli, {
        path: '/ws',
        native: 'only',
        namespaces: { '': { onNativeMessage() {} } },
        heartbeat: { pingMs: 54_000, pongMs: 6_000 },
        writeTimeoutMs: 10_000,
        onConnect: async (conn) => conn.emitNative(await readFile(file, 'utf8')),
      });
      const watcher = watch(folder, async (_change, name) => {
        if (name === 'watched.txt') app.nefeli.in('').broadcast(NATIVE_MESSAGE, await readFile(file, 'utf8'));
      });
      app.addHook('onClose', async () => watcher.close());
    });
    return { app, write };
  }

  it('pushes the file to a bare WebSocket when it connects, and again when it changes', async () => {
    const { app, write } = await serveFile();
    const [ada, bob] = [await RawClient.open(app), await RawClient.open(app)];
    expect([await ada.next(), await bob.next()]).toEqual(['first', 'first']);

    await write('second; <b>text</b>');

    expect([await ada.next(), await bob.next()]).toEqual(['second; <b>text</b>', 'second; <b>text</b>']);
  });
});

describe('the example socketio of Iris', () => {
  it('runs the server of somebody else on a route of its own, beside a namespace', async () => {
    const theirs = new WebSocketServer({ noServer: true });
    theirs.on('connection', (socket) => socket.on('message', (data) => socket.send(`theirs: ${data}`)));
    const app = await startApp(async (app) => {
      await app.register(nefeli, {
        path: '/ws',
        namespaces: { default: { ours: (msg: Message) => `ours: ${msg.body}` } },
      });
      app.get('/theirs', { websocket: true }, (socket, request) => void theirs.emit('connection', socket, request.raw));
    });
    const [one, other] = [await RawClient.open(app, { path: '/theirs' }), await RawClient.join(app, 'default')];

    one.send('M');
    other.send('$1;default;;ours;0;0;hello');

    expect(await one.next()).toBe('theirs: M');
    expect(await other.next()).toBe('$1;default;;ours;0;0;ours: hello');
    expect(app.nefeli.connections()).toHaveLength(1);
    one.socket.close();
    await once(one.socket, 'close');
  });
});

describe('the bootstrapper of Iris', () => {
  /** What an application calls while it is put together. */
  const setupWebsockets = async (app: FastifyInstance, endpoint: string, namespaces: Namespaces): Promise<void> => {
    await app.register(nefeli, { namespaces });
    app.get(endpoint, { websocket: true }, app.nefeli.handler());
  };

  it('mounts a handler on an endpoint, by a function of the application', async () => {
    const chat = { default: { chat: (msg: Message) => msg.body } };
    const app = await startApp((app) => setupWebsockets(app, '/my/endpoint', chat));

    const { ns } = await connected({ url: `ws://127.0.0.1:${portOf(app)}/my/endpoint` });

    expect((await ns.ask('chat', 'hello')).Body).toBe('hello');
    expect(await statusOfUpgrade(app, { path: '/ws' })).toBe(404);
  });
});
