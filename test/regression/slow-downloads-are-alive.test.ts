import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { type NefeliOptions, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { RawClient, startNefeli } from '../support/start-app.js';

/** Far more than the buffers of the system hold. */
const BODY = Buffer.alloc(32 * 1024 * 1024);
const PAUSE_MS = 40;

const OPTIONS: NefeliOptions = {
  namespaces: { default: { film: () => BODY } },
  heartbeat: { pingMs: 100, pongMs: 400 }, // a ping cannot pass the frame: before, that was taken for silence
  limits: { maxMessageBytes: 2 * BODY.length, maxOutboxBytes: 2 * BODY.length },
  closeGraceMs: 50,
};

/** Asks for a large message and reads it in slices, the network being slow. */
async function download(client: RawClient): Promise<void> {
  const { _socket: net } = client.socket as unknown as { _socket: Socket }; // ws has no way to read a part of a frame
  let isThere = false;
  client.socket.once('message', () => {
    isThere = true;
  });
  client.send('$1;default;;film;0;0;');
  while (!isThere && client.socket.readyState === client.socket.OPEN) {
    net.pause();
    await after(PAUSE_MS);
    net.resume();
    await after(1);
  }
}

async function startTls(options: NefeliOptions): Promise<FastifyInstance> {
  const read = (name: string): Buffer => readFileSync(new URL(`../support/tls/${name}`, import.meta.url));
  const app = Fastify({ https: { key: read('key.pem'), cert: read('cert.pem') } });
  onTestFinished(() => app.close());
  await app.register(nefeli, { path: '/ws', ...options });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

describe('a message that takes longer to leave than a pong may take', () => {
  it('arrives', async () => {
    const app = await startNefeli(OPTIONS);
    const client = await RawClient.join(app, 'default');

    await download(client);

    expect((await client.next()).length).toBeGreaterThan(BODY.length);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('arrives over TLS', async () => {
    const app = await startTls(OPTIONS);
    const client = new RawClient(new WebSocket(`wss://127.0.0.1:${portOf(app)}/ws`, { rejectUnauthorized: false }));
    onTestFinished(() => client.socket.terminate());
    await new Promise<void>((resolve) => client.socket.once('open', () => resolve()));
    client.send('M', '$0;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    await client.next();

    await download(client);

    expect((await client.next()).length).toBeGreaterThan(BODY.length);
  });

  it('closes the connection after limits.messageTimeoutMs, whose place is free then', async () => {
    const app = await startNefeli({ ...OPTIONS, limits: { ...(OPTIONS.limits as object), messageTimeoutMs: 300 } });
    const client = await RawClient.join(app, 'default');

    await download(client);

    expect(await client.closed).toMatchObject({ code: 1006 });
    await expect.poll(() => app.nefeli.local.size).toBe(0);
  });

  it('is lost when the peer takes no more of it', async () => {
    const app = await startNefeli(OPTIONS);
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;film;0;0;');
    client.socket.pause();

    await expect.poll(() => app.nefeli.local.size, { timeout: 3_000 }).toBe(0);
  });
});
