import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildMessagesApp } from '../../controllers/messages/app.js';
import type { SystemMessage } from '../../controllers/messages/system-message.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { ADA, GRACE, originOf, postJson, signedIn } from './signed-in.js';

const SOCKET = '/socket/system/message';
const MESSAGE_RULE = 'A message has 1 to 500 characters.';

describe('the messages', () => {
  let app: FastifyInstance;
  let file: string;
  let lines: Record<string, unknown>[];

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nefeli-messages-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'new', 'messages.db');
    app = await serve();
  });

  async function serve(): Promise<FastifyInstance> {
    lines = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const served = await buildMessagesApp({ file, log });
    onTestFinished(() => served.close());
    await served.listen({ port: 0, host: '127.0.0.1' });
    return served;
  }

  type Headers = Readonly<Record<string, string>>;
  const send = (body: unknown, headers: Headers): Promise<Response> =>
    postJson(`${originOf(app)}/api/tool/send_message`, body, headers);
  const list = async (headers: Headers): Promise<SystemMessage[]> => {
    const response = await fetch(`${originOf(app)}/api/tool/messages`, { headers });
    return (await response.json()) as SystemMessage[]; // what the route answers with
  };
  const open = (headers: Headers): Promise<RawClient> => RawClient.open(app, { path: SOCKET, headers });
  const next = async (client: RawClient): Promise<unknown> => JSON.parse(String(await client.next()));
  const logged = (): unknown[] => lines.map(({ msg }) => msg);

  describe('POST /api/tool/send_message', () => {
    it('is seen by every bare websocket at /socket/system/message as JSON {username, message, time}', async () => {
      const ada = await signedIn(app);
      const pages = [await open(ada), await open(ada), await open(await signedIn(app, GRACE))];

      const response = await send({ message: 'hi' }, ada);

      expect([response.status, await response.json()]).toEqual([200, { receivers: 3 }]);
      for (const page of pages) {
        const message = await next(page);
        expect(message).toEqual({ id: 1, username: 'ada', message: 'hi', time: expect.any(String) });
        expect(new Date((message as SystemMessage).time).toISOString()).toBe((message as SystemMessage).time); // as above
      }
    });

    it('takes a form, as HTML and curl -d send it', async () => {
      const ada = await signedIn(app);
      const page = await open(ada);

      const response = await fetch(`${originOf(app)}/api/tool/send_message`, {
        method: 'POST',
        headers: ada,
        body: new URLSearchParams({ message: 'hi & bye', user: '' }),
      });

      expect(response.status).toBe(200);
      expect(await next(page)).toMatchObject({ message: 'hi & bye' });
    });

    it('reaches all pages of the user that is named, and nobody else', async () => {
      const [ada, grace] = [await signedIn(app), await signedIn(app, GRACE)];
      const [own, other] = [await open(ada), await open(ada)];
      const page = await open(grace);

      expect(await (await send({ message: 'for ada', user: 'ada' }, grace)).json()).toEqual({ receivers: 2 });
      await send({ message: 'for all' }, grace);

      for (const receiver of [own, other]) expect(await next(receiver)).toMatchObject({ message: 'for ada' });
      expect(await next(page)).toMatchObject({ message: 'for all' });
    });

    it('answers 400 with the code 10120 when nobody is connected, and keeps nothing', async () => {
      const ada = await signedIn(app);

      const response = await send({ message: 'hi' }, ada);

      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ statusCode: 400, code: 10120, message: 'Nobody is connected.' });
      expect(await list(ada)).toEqual([]);
    });

    it('answers 400 with the code 10120 when the user that is named is not connected', async () => {
      const ada = await signedIn(app);
      await open(ada);

      const response = await send({ message: 'hi', user: 'grace' }, ada);

      expect(await response.json()).toEqual({ statusCode: 400, code: 10120, message: 'grace is not connected.' });
    });

    it.each([
      ['no message', {}, MESSAGE_RULE],
      ['a message of spaces', { message: '  ' }, MESSAGE_RULE],
      ['a message of 501 characters', { message: 'x'.repeat(501) }, MESSAGE_RULE],
      ['a message that is a number', { message: 7 }, MESSAGE_RULE],
      ['a user that is a list', { message: 'hi', user: ['ada'] }, 'A user is a name of at most 24 characters.'],
      ['null', null, 'Send a form or JSON with a message and, if it is for one, a user.'],
    ])('answers 400 with the reason to %s', async (_what, body, message) => {
      const ada = await signedIn(app);
      await open(ada);

      const response = await send(body, ada);

      expect([response.status, await response.json()]).toEqual([400, { statusCode: 400, message }]);
    });

    it('answers 413 to more than 8 KiB', async () => {
      expect((await send({ message: 'x'.repeat(9_000) }, await signedIn(app))).status).toBe(413);
    });

    it('keeps SQL in a message as the text it is', async () => {
      const ada = await signedIn(app);
      const page = await open(ada);
      const sql = `'); DROP TABLE messages; --`;

      await send({ message: sql }, ada);

      expect(await next(page)).toMatchObject({ message: sql });
      expect((await list(ada)).map(({ message }) => message)).toEqual([sql]);
    });
  });

  describe('what was sent', () => {
    it('survives a restart, and who had signed in still is', async () => {
      const ada = await signedIn(app);
      await open(ada);
      await send({ message: 'before' }, ada);
      await app.close();

      app = await serve();

      const again = { ...ada, origin: originOf(app) };
      expect(await list(again)).toEqual([{ id: 1, username: 'ada', message: 'before', time: expect.any(String) }]);
      await open(again);
      await send({ message: 'after' }, again);
      expect((await list(again)).map(({ id, message }) => [id, message])).toEqual([
        [1, 'before'],
        [2, 'after'],
      ]);
    });

    it('who had signed out before a restart still is out', async () => {
      const ada = await signedIn(app);
      await fetch(`${originOf(app)}/session`, { method: 'DELETE', headers: ada });
      await app.close();

      app = await serve();

      const again = { ...ada, origin: originOf(app) };
      expect((await fetch(`${originOf(app)}/session`, { headers: again })).status).toBe(401);
    });

    it('is listed for those who were meant to get it, the oldest first, at most 50', async () => {
      const [ada, grace] = [await signedIn(app), await signedIn(app, GRACE)];
      await open(ada);
      await send({ message: 'for ada', user: 'ada' }, grace);
      for (let n = 1; n <= 50; n += 1) await send({ message: `${n}` }, ada);

      const [own, other] = [await list(ada), await list(grace)];

      expect(own).toEqual(other);
      expect([own.length, own.at(0)?.message, own.at(-1)?.message]).toEqual([50, '1', '50']);
      await send({ message: 'only ada', user: 'ada' }, grace);
      expect((await list(ada)).at(-1)?.message).toBe('only ada');
      expect(await list(grace)).toEqual(other);
    });

    it('cannot be read while another program writes, and the error says what to do', async () => {
      await app.close();
      mkdirSync(`${file}.lock`);

      await expect(serve()).rejects.toThrow(
        `The database ${file} is in use. If nothing uses it, remove the folder ${file}.lock, and start again.`,
      );
    });

    it('is in a file that only its owner can read', () => {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(lines).toContainEqual(expect.objectContaining({ msg: 'the messages are kept in this file', file }));
    });
  });

  describe('what a page sends', () => {
    it('is logged as "receive message: x", in one line whatever is in it', async () => {
      const page = await open(await signedIn(app));

      page.send('hello', 'two\nlines');

      await expect.poll(logged).toContain('receive message: two\nlines');
      expect(lines).toContainEqual(expect.objectContaining({ msg: 'receive message: hello', user: 'ada' }));
    });

    it('is closed with 1009 when it is more than 4 KiB', async () => {
      const page = await open(await signedIn(app));

      page.send('x'.repeat(4_097));

      expect(await page.closed).toMatchObject({ code: 1009 });
      await expect.poll(logged).toContain('a page was closed');
    });
  });

  describe('who has not signed in', () => {
    it.each([
      ['without a cookie', {}],
      ['with a cookie that nobody has signed', { cookie: 'messages=ada' }],
    ])('is answered 401 %s, before the upgrade', async (_what, headers) => {
      const request = { ...headers, origin: originOf(app) };

      expect(await statusOfUpgrade(app, { path: SOCKET, headers: request })).toBe(401);
      expect((await send({ message: 'hi' }, request)).status).toBe(401);
      expect((await fetch(`${originOf(app)}/api/tool/messages`, { headers: request })).status).toBe(401);
    });

    it('is not let in with a wrong password or an unknown address', async () => {
      for (const who of [
        { ...ADA, password: 'hopper' },
        { ...ADA, email: 'eve@nefeli.example' },
      ]) {
        const response = await postJson(`${originOf(app)}/session`, who);
        expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
      }
    });
  });

  describe('a page of another site', () => {
    const foreign = { origin: 'https://elsewhere.example' };

    it('cannot open the websocket with the cookie of its visitor', async () => {
      const { cookie } = await signedIn(app);

      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie, ...foreign } })).toBe(403);
      expect(await statusOfUpgrade(app, { path: SOCKET, headers: { cookie } })).toBe(403);
    });

    it('cannot send a message in the name of its visitor, and gets no cookie sent', async () => {
      const ada = await signedIn(app);
      const page = await open(ada);

      expect((await send({ message: 'spam' }, { ...ada, ...foreign })).status).toBe(403);
      expect((await send({ message: 'spam' }, { ...ada, origin: 'null' })).status).toBe(403);
      await send({ message: 'mine' }, ada);
      expect(await next(page)).toMatchObject({ message: 'mine' });

      const { headers } = await postJson(`${originOf(app)}/session`, ADA);
      expect(headers.getSetCookie()).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Strict$/)]);
    });
  });
});
