import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connected } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient } from '../support/start-app.js';
import { readBlocks, readTables } from './markdown.js';

const PAGE = readFileSync('docs/coming-from.md', 'utf8');
const GENERATED = resolve('build/coming-from');
const FILE = /^\/\/ file: (\S+)$/m;

const files = readBlocks(PAGE)
  .filter(({ info }) => info === 'ts')
  .map(({ text }) => ({ name: FILE.exec(text)?.[1] ?? '', text }));

/** The chats of the page, and the names under which their events travel. */
const CHATS = [
  { file: 'from-iris.ts', chat: 'OnChat', who: 'OnWho', notice: 'OnNotice' },
  { file: 'from-nestjs.ts', chat: 'chat', who: 'who', notice: 'notice' },
  { file: 'from-socket-io.ts', chat: 'chat', who: 'who', notice: 'notice' },
];

/** A copy of the app for each test, so that no name is taken already. */
let copies = 0;
async function start(file: string): Promise<FastifyInstance> {
  copies += 1;
  const url = `${pathToFileURL(join(GENERATED, file)).href}?copy=${copies}`;
  const { app } = (await import(url)) as { app: FastifyInstance }; // every chat of the page exports it
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

describe('Coming from', () => {
  beforeAll(() => {
    mkdirSync(GENERATED, { recursive: true });
    for (const { name, text } of files) writeFileSync(join(GENERATED, name), text);
  });

  describe.each(CHATS)('the chat in $file', ({ file, chat, who, notice }) => {
    let app: FastifyInstance;
    beforeEach(async () => {
      app = await start(file);
    });

    const enter = (name: string): Promise<RawClient> =>
      RawClient.join(app, 'chat', { headers: { 'x-username': name } });

    async function enterRoom(name: string): Promise<RawClient> {
      const client = await enter(name);
      client.send('$1;chat;lobby;_OnRoomJoin;0;0;');
      expect(await client.next()).toBe('$1;;;;;;');
      return client;
    }

    it('refuses a name that is taken, and gives it once it is free', async () => {
      const ada = await enter('ada');

      await expect(enter('ada')).rejects.toThrow('_OnNamespaceConnect;1;0;the name is taken');
      await expect(enter('ada')).rejects.toThrow('_OnNamespaceConnect;1;0;the name is taken');
      ada.socket.close();

      await expect.poll(() => enter('ada').then(() => 'entered')).toBe('entered');
    });

    it('hands a line to the others in the room, with the name of who says it', async () => {
      const [ada, bob, eve] = [await enterRoom('ada'), await enterRoom('bob'), await enter('eve')];

      ada.send(`;chat;lobby;${chat};0;0;{"text":"hello; all"}`);
      expect(await bob.next()).toBe(`;chat;lobby;${chat};0;0;{"from":"ada","text":"hello; all"}`);

      for (const [client, answer] of [
        [ada, '["ada","bob"]'],
        [bob, '["ada","bob"]'],
      ] as const) {
        client.send(`$2;chat;;${who};0;0;lobby`);
        expect(await client.next()).toBe(`$2;chat;;${who};0;0;${answer}`);
      }
      eve.send(`$2;chat;lobby;${chat};0;0;{"text":"from outside"}`);
      expect(await eve.next()).toBe(`$2;chat;lobby;${chat};1;0;bad room`);
    });

    it('hands on nothing that does not fit', async () => {
      const [ada, bob] = [await enterRoom('ada'), await enterRoom('bob')];

      ada.send(`;chat;lobby;${chat};0;0;{"text":""}`, `;chat;lobby;${chat};0;0;{"text":"fits"}`);

      expect(await bob.next()).toBe(`;chat;lobby;${chat};0;0;{"from":"ada","text":"fits"}`);
    });

    it('pushes to the room what is posted over HTTP, and answers 400 to what does not fit', async () => {
      const [ada, bob] = [await enterRoom('ada'), await enterRoom('bob')];
      const post = (payload: object) => app.inject({ method: 'POST', url: '/rooms/lobby', payload });

      expect((await post({ text: '' })).statusCode).toBe(400);
      expect((await post({ text: 'from HTTP' })).json()).toEqual({ sent: true });

      for (const client of [ada, bob]) {
        expect(await client.next()).toBe(`;chat;lobby;${notice};0;0;{"text":"from HTTP"}`);
      }
    });
  });

  it('serves clients of neffos.js as Iris does', async () => {
    const app = await start('from-iris.ts');
    const url = `ws://127.0.0.1:${portOf(app)}/ws`;
    const enter = (name: string) => connected({ url }, { namespace: 'chat', headers: { 'X-Username': name } });
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const [room] = [await ada.ns.joinRoom('lobby'), await bob.ns.joinRoom('lobby')];

    room.emit('OnChat', '{"text":"hello"}');

    await expect.poll(() => bob.peer.bodies('OnChat')).toEqual(['{"from":"ada","text":"hello"}']);
    expect((await ada.ns.ask('OnWho', 'lobby')).Body).toBe('["ada","bob"]');
    await expect(enter('ada')).rejects.toThrow('the name is taken');
  });

  it('has tables whose rows all have as many cells as their header', () => {
    const tables = readTables(PAGE);

    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const { header, rows } of tables) {
      for (const row of rows) expect(row, row.join(' | ')).toHaveLength(header.length);
    }
  });
});
