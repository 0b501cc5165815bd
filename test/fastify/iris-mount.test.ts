import 'reflect-metadata';
import { Container, inject } from 'inversify';
import {
  MemoryBus,
  type Message,
  memoryAdapter,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  On,
  PublicError,
  reply,
  type WireChoice,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { randomOf } from '../load/random-of.js';
import { IrisPage } from '../support/iris-page.js';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';

const startIris = (events: NonNullable<NefeliOptions['namespaces']>[string], options: NefeliOptions = {}) =>
  startNefeli({ namespaces: { '': events }, wire: 'iris', ...options });

@Namespace('')
class Chat {
  constructor(@inject(NSConn) private readonly ns: NSConn) {}

  async onNamespaceConnected() {
    await this.ns.joinRoom('lobby');
    this.ns.emit('welcome', { rooms: this.ns.rooms.length });
  }

  onChat(msg: Message) {
    this.ns.room('lobby')?.broadcastOthers('chat', msg.body);
  }

  @On('sum', { body: z.array(z.number()) })
  onSum(msg: Message<number[]>) {
    return reply(msg.body.reduce((a, b) => a + b, 0));
  }

  @On('name', { body: z.string() })
  onName(msg: Message<string>) {
    return reply(msg.body.toUpperCase());
  }

  onNativeMessage(msg: Message) {
    this.ns.broadcast('raw', msg.body);
  }
}

describe("a mount with wire: 'iris'", () => {
  it('serves controllers to old pages: events, rooms, schemas, replies and raw messages', async () => {
    const app = await startNefeli({ container: new Container(), controllers: [Chat], wire: 'iris' });
    const [ada, bob] = [await IrisPage.open(app), await IrisPage.open(app)];
    const welcome = { event: 'welcome', kind: 4, data: '{"rooms":1}' };
    expect([await ada.next(), await bob.next()]).toEqual([welcome, welcome]);

    ada.emit('chat', 'hello');
    expect(await bob.next()).toEqual({ event: 'chat', kind: 0, data: 'hello' });
    ada.emit('sum', { not: 'a list' });
    ada.send('sum', 4, '[1,2]');
    expect(await ada.next()).toEqual({ event: 'sum', kind: 1, data: '3' });
    ada.emit('name', 'ada');
    expect(await ada.next()).toEqual({ event: 'name', kind: 0, data: 'ADA' });
    ada.emitMessage('raw');
    expect(await bob.next()).toEqual({ event: 'raw', kind: 0, data: 'raw' });
  });

  it.each<[WireChoice, string]>([
    ['go-websocket', 'go-websocket-message:'],
    [{ prefix: 'my-app:' }, 'my-app:'],
    [{}, 'iris-websocket-message:'],
  ])('speaks %j with its own prefix, and takes other prefixes for raw messages', async (wire, prefix) => {
    const app = await startIris(
      { echo: (msg) => reply(msg.body), onNativeMessage: (msg) => reply(`raw ${msg.body.length}`) },
      { wire },
    );
    const page = await IrisPage.open(app, { prefix });

    page.emit('echo', 'hi');
    expect(await page.next()).toEqual({ event: 'echo', kind: 0, data: 'hi' });
    page.emitMessage('other-message:echo;0;hi');
    expect(await page.next()).toBe('raw 23');
  });

  it('needs no hello, and waits for none', async () => {
    const app = await startIris({ echo: (msg) => reply(msg.body) }, { limits: { handshakeTimeoutMs: 10 } });
    const page = await IrisPage.open(app);
    await new Promise((resolve) => setTimeout(resolve, 40)); // four times the time that a hello may take elsewhere

    page.emit('echo', 'still here');

    expect(await page.next()).toMatchObject({ data: 'still here' });
  });

  it('answers in binary who asks in binary', async () => {
    const app = await startIris({ echo: (msg) => reply(msg.body) });
    const page = await IrisPage.open(app);

    page.send('echo', 0, new TextEncoder().encode('hi'));

    expect(await page.next()).toBe('binary: iris-websocket-message:echo;0;hi');
  });

  it('tells no page of errors: they are reported here', async () => {
    const told: unknown[] = [];
    const app = await startIris(
      {
        fails: () => Promise.reject(new Error('secret')),
        refuses: () => {
          throw new PublicError('iris-websocket-message:admin;0;x');
        },
        onNativeMessage: () => {
          throw new PublicError('iris-websocket-message:admin;0;x');
        },
        end: () => reply('end'),
      },
      { onError: (error) => void told.push(error) },
    );
    const page = await IrisPage.open(app);

    page.emit('fails');
    page.emit('refuses');
    page.emitMessage('raw');
    page.emit('unknown');
    page.emit('end');

    expect(await page.next()).toMatchObject({ event: 'end' });
    expect(told).toEqual([new Error('secret')]);
  });

  it('closes with a CloseError of onConnect, or 1008, and says nothing before', async () => {
    const app = await startIris({}, { onConnect: () => Promise.reject(new PublicError('members only')) });
    const page = await IrisPage.open(app);

    expect(await page.closed).toEqual({ code: 1008, reason: 'members only' });
    await expect(Promise.race([page.next(), 'nothing'])).resolves.toBe('nothing');
  });

  it('closes with 1008 on the third malformed event within a minute, and on none that a page may send', async () => {
    const app = await startIris({ end: () => reply('end') });
    const [page, honest] = [await IrisPage.open(app), await IrisPage.open(app)];

    for (let index = 0; index < 3; index++) page.emitMessage('iris-websocket-message:no value');
    for (const value of [[], [7], new Date(0), 'NaN', undefined, { a: undefined }]) honest.emit('end', value);

    expect(await page.closed).toEqual({ code: 1008, reason: 'invalid payload' });
    for (let index = 0; index < 6; index++) expect(await honest.next()).toMatchObject({ event: 'end', data: 'end' });
  });

  it('refuses asks, which no page answers', async () => {
    const app = await startIris({});
    await IrisPage.open(app);

    await expect(app.nefeli.in('').ask('who')).rejects.toMatchObject({ code: 'ASK_UNANSWERABLE' });
  });

  it('refuses at start what its pages could not say', async () => {
    const handlers = { 'a;b': () => {}, '': () => {}, fine: () => {} };

    await expect(startNefeli({ wire: 'iris', namespaces: { '': handlers, chat: handlers } })).rejects.toThrow(
      'WIRE_TOO_SMALL: the wire "iris" has one namespace, "", and events whose names hold no ";". ' +
        'Found: "a;b", "", the namespace "chat".',
    );
    await expect(startIris({ onNativeMessage: () => {} }, { native: 'only' })).rejects.toThrow(
      `the option wire is "iris", but must be left out with native: 'only'`,
    );
  });

  it('lives on, and calls no handler by another name, whatever frames come', async () => {
    const heard = new Set<string>();
    const note = (msg: Message): void => void heard.add(`${msg.name} ${msg.isNative}`);
    const app = await startIris({ chat: note, onNativeMessage: note, end: () => reply('end') });
    const random = randomOf(Number(process.env['NEFELI_SEED'] ?? 7));
    const pieces = [
      'iris-websocket-message:',
      'iris-websocket-message:chat;0;',
      'chat',
      'Chat',
      '_OnNamespaceDisconnect',
      '__proto__',
      'constructor',
    ];
    pieces.push(';', ';', ';', '0', '1', '4', '7', '{"a":', 'true', '\u0000', 'é', 'end of it');
    const pick = (): string => pieces[Math.floor(random() * pieces.length)] ?? '';

    for (let round = 0; round < 100; round++) {
      const page = await IrisPage.open(app);
      for (let frame = 0; frame < 20; frame++) {
        const text = Array.from({ length: 1 + Math.floor(random() * 7) }, pick).join('');
        page.emitMessage(random() < 0.5 ? text : Buffer.from(text).subarray(Math.floor(random() * 3)));
      }
      page.socket.close();
    }
    const last = await IrisPage.open(app);
    last.emit('end');

    expect(await last.next()).toMatchObject({ data: 'end' });
    await expect.poll(() => app.nefeli.local.size).toBe(1);
    expect([...heard].sort()).toEqual(['_OnNativeMessage true', 'chat false']);
  });

  it('is one server with a mount that speaks neffos, by an adapter: rooms, ids and values are the same', async () => {
    const bus = new MemoryBus();
    const say = {
      onNamespaceConnected: async (_: Message, ns: NSConn) => void (await ns.joinRoom('lobby')),
      say: (msg: Message, ns: NSConn) => ns.room('lobby')?.broadcastOthers('said', msg.body),
      count: (_: Message, ns: NSConn) => ns.broadcast('count', 2),
    };
    const app = await startApp(async (app) => {
      const common = { namespaces: { '': say }, idGenerator: () => 'same' };
      await app.register(nefeli, { ...common, path: '/ws', adapter: memoryAdapter(bus) });
      await app.register(nefeli, { ...common, name: 'old', path: '/old', wire: 'iris', adapter: memoryAdapter(bus) });
    });
    const page = await IrisPage.open(app, { path: '/old' });
    const client = await RawClient.open(app);
    client.send('Mnefeli/1', '$0;;;_OnNamespaceConnect;0;0;');
    expect([await client.next(), await client.next()]).toEqual(['Asame', '$0;;;;;;']);
    const token = String(await client.next()).split(';')[0];
    client.send(`${token};;;;;;`, ';;;say;0;0;from neffos');

    expect(await page.next()).toEqual({ event: 'said', kind: 0, data: 'from neffos' });
    page.emit('say', 'from a page');
    expect(await client.next()).toBe(';;lobby;said;0;0;from a page');
    page.emit('count');
    expect(await page.next()).toEqual({ event: 'count', kind: 1, data: '2' });
    expect(await client.next()).toBe(';;;count;0;j;2');
    expect(await app.nefeli.in('').to('same').count()).toBe(2);
  });
});
