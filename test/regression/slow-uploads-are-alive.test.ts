import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { NefeliOptions } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const SLICES = 20;
const SLICE_MS = 40;
const BODY_BYTES = 200_000;

/** A whole frame of text, as a browser would send it. */
function frameOf(text: string): Buffer {
  const header = Buffer.alloc(14);
  header[0] = 0x81;
  header[1] = 0xff;
  header.writeUInt32BE(text.length, 6);
  const mask = randomFillSync(header.subarray(10));
  return Buffer.concat([header, Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** Sends an ask with a large body in slices, the network being slow. */
async function upload(client: RawClient): Promise<void> {
  const { _socket: net } = client.socket as unknown as { _socket: Socket }; // ws has no way to send part of a frame
  const frame = frameOf(`$1;default;;size;0;0;${'x'.repeat(BODY_BYTES)}`);
  client.socket.pause(); // or ws would write its pong into the middle of the frame
  for (let slice = 0; slice < SLICES && client.socket.readyState === client.socket.OPEN; slice++) {
    const size = Math.ceil(frame.length / SLICES);
    net.write(frame.subarray(slice * size, (slice + 1) * size));
    await after(SLICE_MS);
  }
  client.socket.resume();
}

const start = (options: NefeliOptions = {}) =>
  startNefeli({
    namespaces: { default: { size: (msg) => `${msg.body.length}` } },
    heartbeat: { pingMs: 100, pongMs: 100 }, // a pong cannot pass the frame: before, that was taken for silence
    closeGraceMs: 50,
    ...options,
  });

describe('a message that takes longer to come than a pong may take', () => {
  it.each([
    ['plain', {}],
    ['where compression was agreed', { compression: true }],
    ['read by ws', { websocket: { options: { allowSynchronousEvents: false } } }],
    ['within a readTimeoutMs that is shorter', { readTimeoutMs: 200 }],
  ])('arrives: %s', async (_, options) => {
    const app = await start(options);
    const client = await RawClient.join(app, 'default');

    await upload(client);

    expect(await client.next()).toBe(`$1;default;;size;0;0;${BODY_BYTES}`);
  });

  it('closes the connection after limits.messageTimeoutMs, whose place is free then', async () => {
    const app = await start({ limits: { messageTimeoutMs: 300 } });
    const client = await RawClient.join(app, 'default');

    await upload(client);

    await client.closed;
    await expect.poll(() => app.nefeli.local.size).toBe(0);
  });

  it('is lost when it has stopped coming', async () => {
    const app = await start();
    const client = await RawClient.join(app, 'default');
    const { _socket: net } = client.socket as unknown as { _socket: Socket }; // as above

    net.write(frameOf('x'.repeat(1_000)).subarray(0, 500));

    expect(await client.closed).toMatchObject({ code: 1006 });
  });
});
