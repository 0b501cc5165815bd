import { setTimeout as after } from 'node:timers/promises';
import type { Counters } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const BODY = 'x'.repeat(100_000);
const WRITE_TIMEOUT_MS = 400;

describe.each(['drop-newest', 'drop-oldest'] as const)('with slowReader %s and writeTimeoutMs', (slowReader) => {
  const start = () =>
    startNefeli({
      namespaces: { default: {} },
      slowReader,
      writeTimeoutMs: WRITE_TIMEOUT_MS,
      heartbeat: false,
      closeGraceMs: 50,
      limits: { maxMessageBytes: 200_000, maxOutboxBytes: 1_000_000 },
    });

  it('who takes nothing any more is closed, however much goes on being dropped', async () => {
    const app = await start();
    const client = await RawClient.join(app, 'default');
    client.socket.pause();

    await expect
      .poll(
        () => {
          app.nefeli.in('default').broadcast('e', BODY);
          return app.nefeli.local.size;
        },
        { interval: 10, timeout: 10 * WRITE_TIMEOUT_MS },
      )
      .toBe(0);

    const metrics = app.nefeli.metrics as Counters;
    expect(metrics.get('timeouts.write')).toBe(1);
    expect(metrics.get('outbox.dropped')).toBeGreaterThan(0);
  });

  it('who takes a little now and then stays', async () => {
    const app = await start();
    const client = await RawClient.join(app, 'default');
    const metrics = app.nefeli.metrics as Counters;
    const untilMs = performance.now() + 5 * WRITE_TIMEOUT_MS;

    for (let turn = 0; performance.now() < untilMs; turn++) {
      // More than the system and the outbox hold together, so that some of it is dropped.
      for (let count = 0; count < 100; count++) app.nefeli.in('default').broadcast('e', BODY);
      if (turn % 2 === 0) client.socket.pause();
      else client.socket.resume();
      await after(WRITE_TIMEOUT_MS / 8);
    }

    expect([app.nefeli.local.size, metrics.get('timeouts.write')]).toEqual([1, 0]);
    expect(metrics.get('outbox.dropped')).toBeGreaterThan(0);
  });
});
