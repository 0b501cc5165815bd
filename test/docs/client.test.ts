import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { type ClientConn, dial, type NodeDialOptions } from 'nefeli/client';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describePage, ExamplePage, SOON } from '../controllers/example-page.js';
import { portOf } from '../support/port-of.js';
import { readBlocks, readTables } from './markdown.js';
import type { Element, mount } from './stand-in-react.js';

const PAGE = readFileSync('docs/client.md', 'utf8');
const GENERATED = resolve('build/client-docs');
const FILE = /^(?:\/\/|<!--) file: (\S+)/;

const files = new Map(
  readBlocks(PAGE).flatMap(
    ({ text }) =>
      FILE.exec(text)
        ?.slice(1, 2)
        .map((name) => [name, text]) ?? [],
  ),
);

const fileOf = (name: string): string => {
  const text = files.get(name);
  if (text === undefined) throw new Error(`docs/client.md has no file ${name}`);
  return text;
};

/** Every option there is: the compiler refuses this list when one is missing, or is none. */
const OPTIONS: Record<keyof NodeDialOptions, true> = {
  dialTimeoutMs: true,
  askTimeoutMs: true,
  handlerTimeoutMs: true,
  signal: true,
  reconnect: true,
  shouldReconnect: true,
  heartbeat: true,
  queue: true,
  maxBufferedBytes: true,
  native: true,
  onError: true,
  headers: true,
};

let copies = 0;

/** An app of the page that listens, a copy for each test. */
async function start(file: string, add: (app: FastifyInstance) => void = () => {}): Promise<string> {
  copies += 1;
  const url = `${pathToFileURL(join(GENERATED, file)).href}?copy=${copies}`;
  const { app } = (await import(url)) as { app: FastifyInstance }; // the apps of the page export it
  onTestFinished(() => app.close());
  app.get('/favicon.ico', (_request, reply) => reply.code(204).send());
  add(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${portOf(app)}`;
}

/** Serves files of the page, to a browser that allows what the page says is enough. */
const serveFiles = (app: FastifyInstance): void => {
  app.addHook('onSend', async (_request, reply) => void reply.header('content-security-policy', "default-src 'self'"));
  app.get('/', (_request, reply) => reply.type('text/html').send(fileOf('index.html')));
  for (const name of ['page.js', 'worker.js']) {
    app.get(`/${name}`, (_request, reply) => reply.type('text/javascript').send(fileOf(name)));
  }
  app.get('/empty', (_request, reply) => reply.type('text/html').send('<!doctype html>'));
};

/** The component of the page, bundled as a page would be, with what stands in for React. */
async function bundleStatus(): Promise<{ Status(props: { conn: ClientConn }): Element; mount: typeof mount }> {
  const standIn = resolve('test/docs/stand-in-react.ts');
  const entry = join(GENERATED, 'status-entry.js');
  writeFileSync(entry, `export { Status } from './status.jsx';\nexport { mount } from '${standIn}';\n`);
  const bundle = await rolldown({
    input: entry,
    tsconfig: false,
    resolve: { alias: { react: standIn, 'react/jsx-runtime': standIn } },
    transform: { jsx: { runtime: 'automatic', development: false } },
  });
  const file = join(GENERATED, 'status.bundle.js');
  await bundle.write({ file, format: 'es' });
  await bundle.close();
  return import(pathToFileURL(file).href);
}

describe('docs/client.md', () => {
  beforeAll(() => {
    mkdirSync(GENERATED, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(GENERATED, name), text);
  });

  it('names every option, and no other', () => {
    const table = readTables(PAGE).find(({ header }) => header[0] === 'option');

    expect(table?.rows.map(([name]) => name?.replaceAll('`', '')).toSorted()).toEqual(Object.keys(OPTIONS).toSorted());
  });

  it('has tables whose rows all have as many cells as their header', () => {
    for (const { header, rows } of readTables(PAGE)) {
      for (const row of rows) expect(row, row.join(' | ')).toHaveLength(header.length);
    }
  });

  it('links to parts of itself, and to pages and parts of them, that exist', () => {
    const anchorsOf = (markdown: string): string[] =>
      [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
    for (const [, page, anchor] of PAGE.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)) {
      const markdown = page ? readFileSync(join('docs', page), 'utf8') : PAGE;
      if (anchor) expect(anchorsOf(markdown)).toContain(anchor);
    }
  });

  it('says how large the files are, to a tenth of a kilobyte, and of its own one not too little', () => {
    const bytes = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length;
    const folderOf = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const rows = readTables(PAGE).find(({ header }) => header[0] === 'file')?.rows ?? [];
    const [own, neffos, socketIo] = rows.map(([, cell = '']) => Math.round(Number.parseFloat(cell) * 1_000));
    const near = (file: string, said = 0): number => Math.abs(bytes(file) - said);

    expect(bytes('dist/client/nefeli.min.mjs')).toBeLessThanOrEqual((own ?? 0) + 50);
    expect(near(join(folderOf('neffos.js'), 'dist/neffos.min.js'), neffos)).toBeLessThanOrEqual(50);
    expect(near(join('node_modules/socket.io-client', 'dist/socket.io.esm.min.js'), socketIo)).toBeLessThanOrEqual(50);
  });

  it('has a component for React that shows each state once, and stops when it is taken away', async () => {
    const { Status, mount } = await bundleStatus();
    const url = await start('app.ts');
    const conn = await dial(`${url}/ws`);
    const shown: unknown[] = [];
    const unmount = mount(
      () => Status({ conn }),
      ({ props }) => void shown.push(props['children']),
    );

    conn.close();

    expect(shown).toEqual(['Online', 'Reconnecting…']);
    unmount();
    expect(shown).toHaveLength(2);
  });
});

describePage('the pages in docs/client.md', (browser) => {
  it('show a chat in two windows', async () => {
    const url = await start('app.ts', serveFiles);
    expect((await fetch(url)).headers.get('content-security-policy')).toBe("default-src 'self'");
    const [ada, bob] = [await ExamplePage.open(browser(), url), await ExamplePage.open(browser(), url)];
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.text('state'), SOON).toBe('open');

    await ada.page.locator('input').fill('hello');
    await ada.page.keyboard.press('Enter');

    for (const visitor of [ada, bob]) await expect.poll(() => visitor.log, SOON).toEqual(['hello']);
  });

  it('load the script of the server by its integrity', async () => {
    const url = await start('script-tag.ts');

    const ada = await ExamplePage.open(browser(), url);

    await expect.poll(() => ada.text('answer'), SOON).toBe('hello Ada');
  });

  it('share one connection of two windows in a worker', async () => {
    let conns = 0;
    const url = await start('app.ts', (app) => {
      serveFiles(app);
      app.addHook('onRequest', async (request) => {
        if (request.url.startsWith('/ws')) conns += 1;
      });
    });
    const ada = await ExamplePage.open(browser(), `${url}/empty`);
    const tabs = [ada.page, await ada.page.context().newPage()];
    await tabs[1]?.goto(`${url}/empty`);
    for (const tab of tabs) {
      await tab.evaluate(() => {
        const { port } = new SharedWorker('/worker.js', { type: 'module' });
        port.onmessage = ({ data }) => {
          document.title = String(data);
        };
        Object.assign(globalThis, { port });
      });
    }

    await tabs[0]?.evaluate(() => (globalThis as unknown as { port: MessagePort }).port.postMessage('hello'));

    for (const tab of tabs) await expect.poll(() => tab.title(), SOON).toBe('hello');
    expect(conns).toBe(1);
  });
});
