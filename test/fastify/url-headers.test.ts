import Fastify from 'fastify';
import { type Conn, nefeli } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const namespaces = { default: { chat: () => {} } };

/** What the application sees of the headers of an upgrade. */
async function headersOf(query: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {};
  const app = await startNefeli({
    namespaces,
    urlHeaders: ['X-Username', 'X-Other'],
    idGenerator: (request) => {
      seen = { ...request.headers };
      return 'id';
    },
  });
  await RawClient.open(app, { path: `/ws?${query}`, headers });
  return seen;
}

describe('headers in the URL', () => {
  it('count where they are allowed, whatever their case', async () => {
    const headers = await headersOf('X-Websocket-Header-X-Username=bob&x-websocket-header-x-other=1');
    expect(headers).toMatchObject({ 'x-username': 'bob', 'x-other': '1' });
  });

  it('always tell the tries of a client that comes back', async () => {
    let tries = 0;
    const onConnect = (conn: Conn): void => {
      tries = conn.reconnectTries;
    };
    const app = await startNefeli({ namespaces, onConnect });
    await RawClient.open(app, { path: '/ws?X-Websocket-Header-X-Websocket-Reconnect=3' });
    expect(tries).toBe(3);
  });

  it('are ignored where they are not allowed', async () => {
    expect(await headersOf('X-Websocket-Header-X-Admin=1')).not.toHaveProperty('x-admin');
  });

  it('never replace a real header', async () => {
    const headers = await headersOf('X-Websocket-Header-X-Username=bob', { 'x-username': 'ada' });
    expect(headers['x-username']).toBe('ada');
  });

  it('never say who somebody is or where a request comes from', async () => {
    const names = [
      'Cookie',
      'Authorization',
      'Origin',
      'Forwarded',
      'X-Forwarded-For',
      'X-Real-IP',
      'Sec-WebSocket-Protocol',
    ];
    const headers = await headersOf(names.map((name) => `X-Websocket-Header-${name}=x`).join('&'));
    for (const name of names) expect(headers).not.toHaveProperty(name.toLowerCase());
  });

  it('are ignored when they are long, many, repeated, or hold control characters', async () => {
    expect(await headersOf(`X-Websocket-Header-X-Username=${'x'.repeat(1_025)}`)).not.toHaveProperty('x-username');
    const many = Array.from({ length: 16 }, (_, index) => `X-Websocket-Header-X-N${index}=1`).join('&');
    expect(await headersOf(`${many}&X-Websocket-Header-X-Username=bob`)).not.toHaveProperty('x-username');
    expect(await headersOf('X-Websocket-Header-X-Username=a&X-Websocket-Header-X-Username=b')).not.toHaveProperty(
      'x-username',
    );
    expect(await headersOf('X-Websocket-Header-X-Username=a%0d%0ab')).not.toHaveProperty('x-username');
  });

  it.each(['Cookie', 'authorization', 'X-Forwarded-Host', 'Sec-WebSocket-Key', 'Upgrade'])(
    'are refused at start for %s',
    async (name) => {
      await expect(Fastify().register(nefeli, { namespaces, urlHeaders: [name] })).rejects.toThrow(
        new RegExp(`OPTION_INVALID.*urlHeaders is "${name}"`),
      );
    },
  );
});
