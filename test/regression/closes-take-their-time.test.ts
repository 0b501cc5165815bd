import Fastify, { type FastifyInstance } from 'fastify';
import { type NefeliOptions, nefeli } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { CLOSE_BATCH } from '../../src/server/close-in-batches.js';
import { RawClient } from '../support/start-app.js';

/** Fastify fails a hook that takes longer than `pluginTimeout`: 10 s unless it is told otherwise. */
async function start(
  options: NefeliOptions,
  before: (app: FastifyInstance) => void = () => {},
): Promise<FastifyInstance> {
  const app = Fastify({ pluginTimeout: 300 });
  before(app);
  await app.register(nefeli, { path: '/ws', ...options });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

const joinAll = (app: FastifyInstance, count: number): Promise<RawClient[]> =>
  Promise.all(Array.from({ length: count }, () => RawClient.open(app)));

describe('app.close() that takes longer than pluginTimeout', () => {
  it('waits for the last handler, and what was registered before goes after it', async () => {
    const told: string[] = [];
    let end: (how: string) => void = () => {};
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const app = await start(
      {
        namespaces: { default: { work: () => ended.then((by) => void told.push(`the handler, ${by}`)) } },
        onDisconnect: () => void told.push('the connection'),
      },
      (each) => void each.addHook('onClose', async () => void told.push('the database')),
    );
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;work;0;0;');
    await new Promise<void>((resolve) => {
      client.socket.once('pong', () => resolve());
      client.socket.ping(); // what was sent before it has been read then
    });

    const closed = app.close();
    app.server.once('close', () => end('when the app listens no more'));
    await closed;

    expect(told).toEqual(['the handler, when the app listens no more', 'the connection', 'the database']);
    expect(await client.closed).toEqual({ code: 1001, reason: '' });
  });

  it('tells all of many connections 1001, those whose turn comes later, too', async () => {
    const app = await start({ namespaces: { default: { echo: (msg) => msg.body } } });
    const clients = await joinAll(app, CLOSE_BATCH + 1);

    await app.close();

    const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
    expect(new Set(codes)).toEqual(new Set([1001]));
  });

  it('closes the websockets of other routes at once', async () => {
    const app = Fastify({ pluginTimeout: 300 });
    await app.register(nefeli, { path: '/ws', namespaces: { default: { echo: (msg) => msg.body } } });
    app.get('/own', { websocket: true }, () => {});
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await RawClient.open(app, { path: '/own' });

    await app.close();

    expect((await client.closed).code).toBe(1005);
  });
});
