import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildAuthenticationApp } from '../../controllers/authentication/app.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { ADA, type Credentials, GRACE, originOf, postJson, signedIn } from './signed-in.js';

const SOCKET = '/websocket_endpoint';
const SECRET = 'known to this test alone';
const HOUR_S = 3_600;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of anybody's making. */
function forge({ alg = 'HS256', secret = SECRET, expiresInS = HOUR_S }): string {
  const nowS = Math.floor(Date.now() / 1_000);
  const user = { email: 'eve@nefeli.example', name: 'eve', iat: nowS - HOUR_S, exp: nowS + expiresInS };
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(user)}`;
  return `${signed}.${alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('the authentication', () => {
  let app: FastifyInstance;
  let lines: Record<string, unknown>[];

  beforeEach(async () => {
    lines = [];
    app = await buildAuthenticationApp({
      secret: SECRET,
      logStream: { write: (line) => void lines.push(JSON.parse(line)) },
    });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const tokenOf = async (who: Credentials): Promise<string> => {
    const response = await postJson(`${originOf(app)}/token`, who);
    return ((await response.json()) as { token: string }).token; // what the route answers with
  };

  describe('before the upgrade', () => {
    it.each([
      ['none', () => ''],
      ['an empty one', () => '?token='],
      ['what is no token', () => '?token=ada'],
      ['one that another secret has signed', () => `?token=${forge({ secret: 'guessed' })}`],
      ['one that nobody has signed', () => `?token=${forge({ alg: 'none' })}`],
      ['one that has expired', () => `?token=${forge({ expiresInS: -1 })}`],
      ['two, of which none is meant', () => `?token=${forge({})}&token=${forge({})}`],
    ])('answers 401 to a token that is %s', async (_what, query) => {
      expect(await statusOfUpgrade(app, { path: `${SOCKET}${query()}` })).toBe(401);
    });

    it('gives tokens that last for eight hours', async () => {
      const [, payload = ''] = (await tokenOf(ADA)).split('.');

      const { exp, iat } = JSON.parse(String(Buffer.from(payload, 'base64url')));

      expect(exp - iat).toBe(8 * HOUR_S);
    });

    it('lets in who has a token, as a parameter or in the header', async () => {
      const token = await tokenOf(ADA);

      expect(await statusOfUpgrade(app, { path: `${SOCKET}?token=${token}` })).toBe(101);
      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { authorization: `Bearer ${token}` } })).toBe(101);
    });

    it('lets in who has the cookie, on a page of its own origin only', async () => {
      const { cookie, origin } = await signedIn(app);

      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie, origin } })).toBe(101);
      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie } })).toBe(403);
      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie, origin: 'https://evil.example' } })).toBe(
        403,
      );
    });

    it('answers 401 to a cookie that somebody has changed', async () => {
      const { cookie, origin } = await signedIn(app);

      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie: `${cookie}x`, origin } })).toBe(401);
    });

    it('rejects the dial of neffos.js', async () => {
      await expect(NeffosPeer.dial(`ws://127.0.0.1:${portOf(app)}${SOCKET}`, { default: {} })).rejects.toThrow();
    });
  });

  describe('after it', () => {
    const join = async (who: Credentials): Promise<RawClient> =>
      RawClient.join(app, 'default', { path: `${SOCKET}?token=${await tokenOf(who)}` });

    it('a chat goes to all but its sender as "email: text", under the name it was sent by', async () => {
      const [ada, grace] = [await join(ADA), await join(GRACE)];
      const page = await RawClient.join(app, 'default', { path: SOCKET, headers: await signedIn(app, GRACE) });

      ada.send(';default;;OnChat;0;0;hello', ';default;;chat;0;0;<b>hi</b>');
      grace.send(';default;;OnChat;0;0;hello, Ada');

      for (const receiver of [grace, page]) {
        expect(await receiver.next()).toBe(';default;;OnChat;0;0;ada@nefeli.example: hello');
        expect(await receiver.next()).toBe(';default;;chat;0;0;ada@nefeli.example: <b>hi</b>');
      }
      expect(await ada.next()).toBe(';default;;OnChat;0;0;grace@nefeli.example: hello, Ada');
    });

    it('neffos.js hears it, too, and is called by its X-Username', async () => {
      const url = `ws://127.0.0.1:${portOf(app)}${SOCKET}?token=${await tokenOf(GRACE)}`;
      const peer = await NeffosPeer.dial(url, { default: {} }, { headers: { 'X-Username': 'amazing' } });
      const ns = await peer.conn.connect('default');
      const ada = await join(ADA);

      ada.send(';default;;chat;0;0;hello');
      await expect.poll(() => peer.bodies('chat')).toEqual(['ada@nefeli.example: hello']);
      ns.emit('chat', 'hello, Ada');

      expect(await ada.next()).toBe(';default;;chat;0;0;grace@nefeli.example: hello, Ada');
      expect(peer.id).toBe('amazing');
    });

    it('who calls itself by another name is not somebody else', async () => {
      const [ada, grace] = [await join(ADA), await tokenOf(GRACE)];
      const query = `?token=${grace}&X-Websocket-Header-X-Username=ada@nefeli.example`;
      const eve = await RawClient.join(app, 'default', { path: SOCKET + query });

      eve.send(';default;;chat;0;0;it is me, Ada');

      expect(await ada.next()).toBe(';default;;chat;0;0;grace@nefeli.example: it is me, Ada');
    });

    it.each([
      ['empty', ''],
      ['longer than 500 characters', 'x'.repeat(501)],
    ])('a chat that is %s is answered with what one is', async (_what, text) => {
      const ada = await join(ADA);

      ada.send(`$1;default;;chat;0;0;${text}`);

      expect(await ada.next()).toBe('$1;default;;chat;1;0;A message has 1 to 500 characters.');
    });

    it('the log has the address of who is here, and no token', async () => {
      await join(ADA);

      await expect
        .poll(() => lines)
        .toContainEqual(expect.objectContaining({ msg: 'somebody is here', ip: '127.0.0.1' }));
      expect(JSON.stringify(lines)).toContain(SOCKET);
      expect(JSON.stringify(lines)).not.toContain('token=');
    });
  });

  describe('a session', () => {
    it('tells who has signed in, and ends with DELETE', async () => {
      const headers = await signedIn(app, { ...GRACE, email: ' Grace@nefeli.example ' });
      const session = `${originOf(app)}/session`;

      expect(await (await fetch(session, { headers })).json()).toEqual({ email: GRACE.email, name: 'grace' });
      const { status, headers: answer } = await fetch(session, { method: 'DELETE', headers });

      expect(status).toBe(204);
      expect(answer.getSetCookie()).toEqual([expect.stringMatching(/^authentication=; Max-Age=0; .*HttpOnly/)]);
      expect((await fetch(session, { headers })).status).toBe(401);
      expect(await statusOfUpgrade(app, { path: SOCKET, headers })).toBe(401);
    });

    it('that ends closes the connections of its user with 4001, and no others', async () => {
      const headers = await signedIn(app, GRACE);
      const grace = await RawClient.open(app, { path: SOCKET, headers });
      const ada = await RawClient.open(app, { path: `${SOCKET}?token=${await tokenOf(ADA)}` });

      await fetch(`${originOf(app)}/session`, { method: 'DELETE', headers });

      expect(await grace.closed).toEqual({ code: 4001, reason: 'signed out' });
      ada.send('M');
      expect(String(await ada.next())).toMatch(/^A/);
    });

    it('ends when its token does, with the connections that it has let in', async () => {
      const late = await RawClient.open(app, { path: `${SOCKET}?token=${forge({ expiresInS: 1 })}` });

      expect(await late.closed).toEqual({ code: 4001, reason: 'signed out' });
    });

    it.each([
      [401, 'a wrong password', { ...ADA, password: 'hopper' }],
      [401, 'an address that nobody has', { ...ADA, email: 'eve@nefeli.example' }],
      [400, 'no password', { email: ADA.email }],
      [400, 'a password of 201 characters', { ...ADA, password: 'x'.repeat(201) }],
      [413, 'more than 8 KiB', { ...ADA, password: 'x'.repeat(9_000) }],
    ])('is answered %i with %s, and neither is a token', async (status, _what, who) => {
      for (const path of ['/session', '/token']) {
        const response = await postJson(originOf(app) + path, who);
        expect([response.status, response.headers.getSetCookie()]).toEqual([status, []]);
      }
    });
  });
});
