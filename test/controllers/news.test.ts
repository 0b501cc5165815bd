import type { FastifyInstance } from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildNewsApp } from '../../controllers/news/app.js';
import type { Headline } from '../../controllers/news/news-events.js';
import type { Publication } from '../../controllers/news/newsroom.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';

const PATH = '/websocket_endpoint';
const DRAFT = { title: 'Clouds over Athens', author: 'Ada' };
const TITLE_RULE = 'A headline has 1 to 120 visible characters.';
const NAME_RULE = 'A name has 1 to 24 visible characters.';

describe('the news', () => {
  let app: FastifyInstance;
  let lines: Record<string, unknown>[];

  beforeEach(async () => {
    lines = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    app = await buildNewsApp({ logger: { level: 'info', stream } });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const url = (path: string): string => `http://127.0.0.1:${portOf(app)}${path}`;

  const post = (body: unknown): Promise<Response> =>
    fetch(url('/headlines'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const publish = async (draft: unknown = DRAFT): Promise<Publication> => {
    const response = await post(draft);
    expect(response.status).toBe(201);
    return (await response.json()) as Publication; // what the controller returns
  };

  const list = async (): Promise<Headline[]> => (await (await fetch(url('/headlines'))).json()) as Headline[]; // likewise

  /** A reader, and the headlines that stood there already. */
  const read = async (): Promise<{ reader: RawClient; latest: Headline[] }> => {
    const reader = await RawClient.join(app, 'news', { path: PATH });
    return { reader, latest: (await heard(reader, 'latest')) as Headline[] }; // what the event carries
  };

  async function heard(reader: RawClient, event: string): Promise<unknown> {
    const frame = String(await reader.next());
    const start = `;news;;${event};0;0;`;
    expect(frame.slice(0, start.length)).toBe(start);
    return JSON.parse(frame.slice(start.length));
  }

  describe('over HTTP', () => {
    it('are published with 201, the headline, and how many readers it was handed to', async () => {
      await read();
      await read();

      expect(await publish({ title: '  Clouds over Athens ', author: 'Ada' })).toEqual({
        headline: { id: 1, ...DRAFT, at: expect.any(Number), applause: 0 },
        readers: 2,
      });
    });

    it('are listed with the newest first, at most 30 of them', async () => {
      expect(await list()).toEqual([]);
      for (let n = 1; n <= 31; n += 1) await publish({ ...DRAFT, title: `number ${n}` });

      const titles = (await list()).map(({ title }) => title);

      expect(titles).toHaveLength(30);
      expect([titles.at(0), titles.at(-1)]).toEqual(['number 31', 'number 2']);
    });

    it.each([
      ['no title', { author: 'Ada' }, TITLE_RULE],
      ['a title of spaces', { ...DRAFT, title: '   ' }, TITLE_RULE],
      ['a title that nobody can see', { ...DRAFT, title: '\u200b' }, TITLE_RULE],
      ['a title of 121 characters', { ...DRAFT, title: 'x'.repeat(121) }, TITLE_RULE],
      ['a title of two lines', { ...DRAFT, title: 'one\ntwo' }, TITLE_RULE],
      ['a title that turns the direction of writing', { ...DRAFT, title: '\u202esdrawkcab' }, TITLE_RULE],
      ['a title that is a number', { ...DRAFT, title: 7 }, TITLE_RULE],
      ['no author', { title: 'Clouds' }, NAME_RULE],
      ['an author of 25 characters', { ...DRAFT, author: 'x'.repeat(25) }, NAME_RULE],
      ['a list', [], 'Send JSON with a title and an author.'],
      ['null', null, 'Send JSON with a title and an author.'],
    ])('refuse %s with 400 and the reason, and tell nobody', async (_what, draft, message) => {
      const { reader } = await read();

      const response = await post(draft);

      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ statusCode: 400, error: 'Bad Request', message });
      expect(await list()).toEqual([]);
      await publish();
      expect(await heard(reader, 'published')).toMatchObject({ id: 1 });
    });

    it('count characters, not the halves that some are stored in', async () => {
      const { headline } = await publish({ ...DRAFT, title: '👩‍💻'.repeat(40) });

      expect(headline.title).toBe('👩‍💻'.repeat(40));
    });

    it.each([
      [400, 'no JSON', 'application/json', '{'],
      [400, 'plain text, as a page of another origin could send it', 'text/plain', JSON.stringify(DRAFT)],
      [413, 'more than 8 KiB', 'application/json', JSON.stringify({ ...DRAFT, more: 'x'.repeat(8_192) })],
      [415, 'a form', 'application/x-www-form-urlencoded', 'title=Clouds&author=Ada'],
    ])('answer %i to %s', async (status, _what, type, body) => {
      const response = await fetch(url('/headlines'), { method: 'POST', headers: { 'content-type': type }, body });

      expect(response.status).toBe(status);
      expect(await list()).toEqual([]);
    });
  });

  describe('over a websocket', () => {
    it('begin with what is there, the newest first', async () => {
      await publish({ ...DRAFT, title: 'first' });
      await publish({ ...DRAFT, title: 'second' });

      const { latest } = await read();

      expect(latest).toEqual(await list());
      expect(latest.map(({ title }) => title)).toEqual(['second', 'first']);
    });

    it('reach every reader as they are published, in order', async () => {
      const readers = [await read(), await read(), await read()];

      const published = [
        await publish({ ...DRAFT, title: '<b>one</b>' }),
        await publish({ ...DRAFT, title: 'two; 2' }),
      ];

      for (const { reader } of readers) {
        for (const { headline } of published) expect(await heard(reader, 'published')).toEqual(headline);
      }
    });

    it('reach a reader with neffos.js, who can applaud', async () => {
      const titles: string[] = [];
      const peer = await NeffosPeer.dial(`ws://127.0.0.1:${portOf(app)}${PATH}`, {
        news: {
          published(_ns, msg) {
            titles.push(String(msg.Body));
            return undefined;
          },
        },
      });
      const ns = await peer.conn.connect('news');

      const { headline } = await publish();
      await expect.poll(() => titles.map((body) => JSON.parse(body))).toEqual([headline]);

      await ns.ask('applaud', JSON.stringify({ id: headline.id }));
      expect(await list()).toEqual([{ ...headline, applause: 1 }]);
    });

    it('tell every reader of applause, and HTTP lists it: both sides share the store', async () => {
      const { headline } = await publish();
      const [{ reader: ada }, { reader: grace }] = [await read(), await read()];

      ada.send(`;news;;applaud;0;0;{"id":${headline.id}}`);

      const applauded = { ...headline, applause: 1 };
      expect(await heard(ada, 'applauded')).toEqual(applauded);
      expect(await heard(grace, 'applauded')).toEqual(applauded);
      expect(await list()).toEqual([applauded]);
    });

    it.each([
      ['{"id":7}', 'This headline is too old to applaud.'],
      ['{"id":"7"}', 'invalid body: id: Invalid input: expected number, received string'],
    ])('answer the applause %s with %j', async (body, text) => {
      const { reader } = await read();

      reader.send(`$1;news;;applaud;0;0;${body}`);

      expect(await reader.next()).toBe(`$1;news;;applaud;1;0;${text}`);
    });
  });

  it('write one log, from the services of the container and from Fastify', async () => {
    const { reader } = await read();
    await publish();
    reader.socket.close();

    await expect.poll(() => lines.map(({ msg }) => msg)).toContain('a reader has left');
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a headline is out', headline: 1, readers: 1 }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('Server listening') }));
    expect(lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  it('keep the two kinds of routes apart on one port', async () => {
    expect((await fetch(url(PATH))).status).toBe(426);
    expect((await fetch(url(PATH), { method: 'HEAD' })).status).toBe(204);
    expect(await statusOfUpgrade(app, { path: PATH })).toBe(101);
    expect(await statusOfUpgrade(app, { path: PATH, headers: { origin: 'https://elsewhere.example' } })).toBe(403);
    expect(await statusOfUpgrade(app, { path: '/headlines' })).toBe(400);
  });

  it('end with the app: readers are closed with 1001, and nobody is let in any more', async () => {
    const { reader } = await read();
    const address = url('/headlines');
    await publish();

    await app.close();

    expect(await reader.closed).toMatchObject({ code: 1001 });
    await expect(fetch(address)).rejects.toThrow('fetch failed');
  });

  it('can be built twice in one process: each has its own store and its own readers', async () => {
    const other = await buildNewsApp({ logger: false });
    onTestFinished(() => other.close());
    const { reader } = await read();

    const elsewhere = await other.inject({ method: 'POST', url: '/headlines', payload: DRAFT });
    expect(elsewhere.json()).toMatchObject({ readers: 0 });

    expect(await publish({ ...DRAFT, title: 'here' })).toMatchObject({ headline: { id: 1 }, readers: 1 });
    expect(await heard(reader, 'published')).toMatchObject({ title: 'here' });
  });

  it('serve the page and the client library themselves, under a policy that allows nothing from elsewhere', async () => {
    const [page, library, missing] = await Promise.all(['/', '/nefeli.mjs', '/app.js'].map((path) => fetch(url(path))));

    expect([page?.status, library?.status, missing?.status]).toEqual([200, 200, 404]);
    expect(await page?.text()).toContain('<title>Nefeli news</title>');
    for (const response of [page, library, missing]) {
      expect(response?.headers.get('content-security-policy')).toMatch(
        /^default-src 'self'; connect-src 'self' ws: wss:;/,
      );
      expect(response?.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});
