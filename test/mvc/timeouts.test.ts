import { Container } from 'inversify';
import { joinConnHandlers, type Message, Namespace, withTimeouts } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { deferred } from '../core/ends.js';
import { RawClient, startNefeli } from '../support/start-app.js';

const MIB = 1024 * 1024;

/** Keeps the process from doing anything else. */
function standStill(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('the timeouts of a controller', () => {
  it('readTimeoutMs closes a connection that says nothing, and no other', async () => {
    @Namespace('watched', { readTimeoutMs: 50 })
    class Watched {
      onPing() {
        return 'pong';
      }
    }
    @Namespace('free')
    class Free {
      onPing() {
        return 'pong';
      }
    }
    const app = await startNefeli({ container: new Container(), controllers: [Watched, Free] });
    const free = await RawClient.join(app, 'free');
    const watched = await RawClient.join(app, 'watched');

    expect(await watched.closed).toEqual({ code: 1001, reason: 'read timeout' });
    free.send('$1;free;;ping;0;0;');
    expect(await free.next()).toBe('$1;free;;ping;0;0;pong');
  });

  it('readTimeoutMs takes no frame for late that came while the process stood still', async () => {
    const namespaces = { default: { ping: () => 'pong' } };
    const app = await startNefeli({ namespaces, namespaceOptions: { default: { readTimeoutMs: 200 } } });
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;ping;0;0;');
    standStill(500);

    expect(await client.next()).toBe('$1;default;;ping;0;0;pong');
  });

  it('writeTimeoutMs closes a connection that does not read what it is sent, with 1013', async () => {
    const namespaces = { default: { ping: () => 'pong' } };
    const app = await startNefeli({
      namespaces,
      handlers: joinConnHandlers(withTimeouts({ writeTimeoutMs: 1_000 }, { default: { other() {} } })),
      limits: { maxOutboxBytes: 256 * MIB },
      slowReader: 'close',
    });
    const client = await RawClient.join(app, 'default');
    const reader = await RawClient.join(app, 'default');
    const [slow] = app.nefeli.connections();
    client.socket.pause();

    for (let n = 0; n < 40; n++) app.nefeli.in('default').broadcast('film', 'x'.repeat(MIB / 2));

    expect(await slow?.closed).toEqual({ code: 1013, reason: 'write timeout' });
    for (let n = 0; n < 40; n++) expect(String(await reader.next())).toContain(';film;');
    expect(app.nefeli.connections()).toHaveLength(1);
  });

  it('handlerTimeoutMs ends the wait for a handler, in its own namespace', async () => {
    const aborted = deferred();
    @Namespace('default', { handlerTimeoutMs: 50 })
    class Stuck {
      onStuck(msg: Message) {
        msg.signal.addEventListener('abort', () => aborted.resolve());
        return new Promise(() => {});
      }
    }
    const app = await startNefeli({ container: new Container(), controllers: [Stuck], onError: () => {} });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;stuck;0;0;');

    expect(await client.next()).toBe('$1;default;;stuck;1;0;handler timeout');
    await aborted.promise;
  });
});
