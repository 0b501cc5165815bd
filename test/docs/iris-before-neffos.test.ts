import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import * as style from 'nefeli/connection-style';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Connection } from '../../src/connection-style/connection.js';
import { IrisPage } from '../support/iris-page.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { readBlocks, readTables } from './markdown.js';

const PAGE = readFileSync('docs/iris-before-neffos.md', 'utf8');
const OPTIONS = readFileSync('docs/options.md', 'utf8');
const GENERATED = resolve('build/iris-before-neffos');
const FILE = /^\/\/ file: (\S+)$/m;

const tables = readTables(PAGE);
const tableOf = (header: string) => tables.find((table) => table.header[0] === header)?.rows ?? [];

async function start(file: string): Promise<FastifyInstance> {
  const { app } = (await import(pathToFileURL(join(GENERATED, file)).href)) as { app: FastifyInstance }; // all of them export it
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

describe('Iris before neffos', () => {
  beforeAll(() => {
    mkdirSync(GENERATED, { recursive: true });
    const examples = readBlocks(PAGE).filter(({ info }) => info === 'ts');
    for (const { text } of examples) writeFileSync(join(GENERATED, FILE.exec(text)?.[1] ?? ''), text);
  });

  it('has a chat in which two pages talk', async () => {
    const app = await start('chat.ts');
    const at = { path: '/my_endpoint' };
    const [ada, bob] = [await IrisPage.open(app, at), await IrisPage.open(app, at)];

    ada.emit('chat', 'hello');
    const said = { event: 'chat', kind: 0, data: expect.stringMatching(/^From: [0-9a-f-]{36}: hello$/) };

    expect(await ada.next()).toEqual(said);
    expect(await bob.next()).toEqual(said);
  });

  it('has listeners that say what they want', async () => {
    const page = await IrisPage.open(await start('values.ts'));
    const sent: [string, number, string][] = [
      ['chat', 1, '007a'],
      ['age', 0, '41'],
      ['picture', 3, 'bytes'],
      ['any', 2, 'false'],
      ['age', 0, 'old'],
    ];

    for (const [event, kind, data] of sent) page.send(event, kind, data);

    const heard = [];
    for (const _ of sent) heard.push(await page.next());
    expect(heard).toMatchObject([
      { event: 'chat', data: '007A' },
      { event: 'age', kind: 1, data: '42' },
      { event: 'size', kind: 1, data: '5' },
      { event: 'any', data: 'boolean' },
      { event: 'sorry', data: expect.stringContaining('VALUE_UNEXPECTED: "age" came with a text') },
    ]);
  });

  it('has old pages and clients of neffos in one room', async () => {
    const app = await start('both.ts');
    const page = await IrisPage.open(app, { path: '/old' });
    const client = await RawClient.open(app);
    client.send('M', '$0;;;_OnNamespaceConnect;0;0;');
    await client.next();
    await client.next();
    client.send(`${String(await client.next()).split(';')[0]};;;;;;`, ';;;chat;0;0;hello');

    expect(await page.next()).toEqual({ event: 'chat', kind: 0, data: 'hello' });
    page.emit('chat', 'hello too');
    expect(await client.next()).toBe(';;lobby;chat;0;0;hello');
    expect(await client.next()).toBe(';;lobby;chat;0;0;hello too');
  });

  it('has the options of Iris, as they were by default', async () => {
    const app = await start('options.ts');
    const at = { path: '/my_endpoint' };
    const page = await IrisPage.open(app, { ...at, headers: { 'user-agent': 'old page' } });

    expect(await page.next()).toEqual({ event: 'hello', kind: 0, data: 'old page' });
    expect(await statusOfUpgrade(app, { ...at, headers: { origin: 'https://evil.example' } })).toBe(403);
    expect((await app.inject('/my_endpoint')).body).toBe('426: this is a websocket: connect with ws:// or wss://');
    page.emitMessage('a'.repeat(1025));
    expect(await page.closed).toMatchObject({ code: 1009 });
  });

  it('names only options that there are, and tests that there are', () => {
    const rows = [...tableOf('configuration of Iris').map((row) => [row[2], row[4]])];
    rows.push(...tableOf("gorilla's `Upgrader`").map((row) => [row[1], row[3]]));
    const known = readTables(OPTIONS).flatMap(({ rows }) => rows.map(([name = '']) => name.replaceAll('`', '')));
    const ours = /^`(?:wire: |limits\.|heartbeat\.)?\{? ?(\w+)/;
    const notOptions = ['Fastify', 'reply', 'conn', 'prefix', 'binaryMessages', 'pingMs', 'pongMs'];

    expect(rows.length).toBeGreaterThan(20);
    for (const [here = '', heldBy = ''] of rows) {
      const [, name] = ours.exec(here) ?? [];
      if (name !== undefined && !notOptions.includes(name)) expect(known, here).toContain(name);
      const [, path] = /^\[test\]\(\.\.\/(.+)\)$/.exec(heldBy) ?? [];
      expect(path === undefined ? heldBy === '' : existsSync(path), `${here} ${heldBy}`).toBe(true);
    }
  });

  it('names every method of a Connection', () => {
    const told = tableOf('there')
      .map((row) => row[1] ?? '')
      .join(' ');
    const methods = Object.getOwnPropertyNames(Connection.prototype);

    for (const name of methods.filter((name) => !['constructor', 'toString'].includes(name))) {
      expect(told).toMatch(new RegExp(`\\bc\\.${name}\\b`));
    }
  });
});

describe('the package entry nefeli/connection-style', () => {
  it('exports these values and types and no others', () => {
    const source = readFileSync('src/connection-style/index.ts', 'utf8');
    const names = [...source.matchAll(/\{([^}]+)\}/g)].flatMap(([, list = '']) => list.split(','));

    expect(Object.keys(style).sort()).toEqual(['All', 'Broadcast', 'NotMe', 'onConnection']);
    expect(names.map((name) => name.replace('type ', '').trim()).sort()).toEqual(
      'All Broadcast Connection Emitter ListenOptions NotMe Recipients ValueKind ValueKinds onConnection'.split(' '),
    );
  });
});
