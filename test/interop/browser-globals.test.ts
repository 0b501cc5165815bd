import { describe, expect, it } from 'vitest';
import { startInteropApp } from './interop-app.js';
import { RawPeer } from './raw-peer.js';

/** A URL as neffos.js makes it in a browser, where headers cannot be sent. */
function browserUrl(url: string, headers: Readonly<Record<string, string>>): string {
  const parts = Object.entries(headers).map(
    ([name, value]) => `${encodeURIComponent(`X-Websocket-Header-${name}`)}=${encodeURIComponent(value)}`,
  );
  return `${url}?${parts.join('&')}`;
}

describe('neffos.js in a browser', () => {
  it('gives its name and its tries as URL parameters', async () => {
    const { url, app } = await startInteropApp();

    const peer = await RawPeer.open(browserUrl(url, { 'X-Username': 'bob', 'X-Websocket-Reconnect': '3' }));

    expect(await peer.ask('M')).toBe('Abob');
    expect(app.nefeli.connections()).toMatchObject([{ id: 'bob', reconnectTries: 3, wasReconnected: true }]);
  });

  it('replaces no header that was sent, and adds none that is not allowed', async () => {
    const { url, app } = await startInteropApp();
    const parameters = { 'X-Username': 'mallory', 'X-Admin': 'yes', Cookie: 'session=stolen' };

    const peer = await RawPeer.open(browserUrl(url, parameters), { headers: { 'X-Username': 'alice' } });

    expect(await peer.ask('M')).toBe('Aalice');
    const [conn] = app.nefeli.connections();
    expect(conn?.request.headers).toMatchObject({ 'x-username': 'alice' });
    expect(conn?.request.headers).not.toHaveProperty('x-admin');
    expect(conn?.request.headers).not.toHaveProperty('cookie');
  });

  it('takes tries that are no number for none', async () => {
    const { url, app } = await startInteropApp();

    const peer = await RawPeer.open(browserUrl(url, { 'X-Websocket-Reconnect': '3; drop' }));
    await peer.ask('M');

    expect(app.nefeli.connections()).toMatchObject([{ reconnectTries: 0, wasReconnected: false }]);
  });

  it('is let in from a page of the same origin, and refused with 403 from another', async () => {
    const { url, port } = await startInteropApp();

    const peer = await RawPeer.open(url, { headers: { Origin: `http://127.0.0.1:${port}` } });

    expect(await peer.ask('M')).toMatch(/^A/);
    await expect(RawPeer.open(url, { headers: { Origin: 'https://elsewhere.example' } })).rejects.toThrow('403');
  });

  it('learns with HEAD that the server is back', async () => {
    const { url } = await startInteropApp();

    const response = await fetch(url.replace('ws://', 'http://'), { method: 'HEAD' });

    expect(response.status).toBe(204);
  });
});
