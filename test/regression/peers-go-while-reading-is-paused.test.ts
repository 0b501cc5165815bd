import type { Counters } from 'nefeli';
import { expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

it('a client that goes while nothing is read, because of what it has sent, is found by the pings', async () => {
  let end: () => void = () => {};
  const endless = new Promise<void>((resolve) => {
    end = resolve;
  });
  const app = await startNefeli({
    namespaces: { default: { slow: () => endless } },
    heartbeat: { pingMs: 100, pongMs: 100 },
    limits: { maxInboxFrames: 2 },
  });
  const client = await RawClient.join(app, 'default');
  // More than the stream takes while it is paused: its end stands behind what is not read.
  for (let frame = 0; frame < 20; frame++) client.send(`;default;;slow;0;0;${'x'.repeat(20_000)}`);
  await expect.poll(() => (app.nefeli.metrics as Counters).get('reading.paused')).toBe(1);

  client.socket.terminate();

  await expect.poll(() => app.nefeli.local.size, { timeout: 5_000 }).toBe(0);
  end();
});

it('one that is there, and answers what is not read, stays', async () => {
  let end: () => void = () => {};
  const once = new Promise<void>((resolve) => {
    end = resolve;
  });
  const app = await startNefeli({
    namespaces: { default: { slow: () => once, last: () => 'here' } },
    heartbeat: { pingMs: 40, pongMs: 40 },
    limits: { maxInboxFrames: 2 },
  });
  const client = await RawClient.join(app, 'default');
  let pings = 0;
  client.socket.on('ping', () => {
    pings += 1;
  });
  for (let frame = 0; frame < 10; frame++) client.send(';default;;slow;0;0;');
  await expect.poll(() => pings, { timeout: 5_000 }).toBeGreaterThan(4);

  client.send('$1;default;;last;0;0;');
  end();

  expect(await client.next()).toBe('$1;default;;last;0;0;here');
});
