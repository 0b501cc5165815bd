import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Container } from 'inversify';
import { type Broadcaster, type ConnHandlers, type Middleware } from 'nefeli';
import { type TestNamespaceOptions, type TestSubject, testClient, testNamespace } from 'nefeli/testing';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ControllerType } from '../../src/ports/resolver.js';
import { portOf } from '../support/port-of.js';
import { RawClient } from '../support/start-app.js';
import { MemoryLog } from '../support/test-server.js';
import { blocksOfDocs, examplesOf, writeExamples } from './read-examples.js';

/** Where the examples stand that this file runs. They import `nefeli` by name, and get the copy that this file has. */
const ROOT = resolve('build/docs-run');

const examples = examplesOf(blocksOfDocs()).filter(({ document }) => document === 'controllers');
const executed: string[] = [];

beforeAll(() => {
  rmSync(ROOT, { recursive: true, force: true });
  writeExamples(ROOT, examples);
});

/** What is tested of some examples, by their names. */
function running(files: readonly string[], tests: () => void): void {
  executed.push(...files);
  describe(files.join(', '), tests);
}

/** @typeParam Exports what the example exports */
async function load<Exports>(file: string): Promise<Exports> {
  const module: unknown = await import(pathToFileURL(join(ROOT, 'controllers', file)).href);
  return module as Exports; // examples.test.ts compiles it
}

/** Serves controllers of an example for the time of a test. */
async function serve(what: TestSubject, options: TestNamespaceOptions = {}) {
  const test = await testNamespace(what, options);
  onTestFinished(() => test.close());
  return test;
}

interface AppExample {
  readonly app: FastifyInstance;
}

/** Starts the app of an example on a port, and gives what opens clients of it. */
async function listen(app: FastifyInstance) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return (namespace: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/ws`);
    onTestFinished(() => socket.terminate());
    return testClient(socket, { namespace });
  };
}

describe('docs/controllers.md', () => {
  running(['lobby.controller.ts', 'lobby.app.ts'], () => {
    it('serve one class in two namespaces that know nothing of each other, and another by its static property', async () => {
      const { app } = await load<AppExample>('lobby.app.ts');
      const connect = await listen(app);
      const [anna, ben] = [await connect('lobby'), await connect('lobby')];
      const behind = await connect('backstage');
      const hall = await connect('hall');

      anna.emit('say', 'hello');

      expect((await ben.expectEvent('said')).body).toBe('hello');
      expect((await hall.ask('echo', 'hello?')).body).toBe('hello?');
      await behind.ask('say'); // an answer comes after whatever was sent before
      expect([behind.events, anna.events]).toEqual([[], []]);
    });
  });

  running(['support.controller.ts'], () => {
    const start = async () =>
      serve((await load<{ SupportController: ControllerType }>('support.controller.ts')).SupportController);

    it('hears its lifecycle, and refuses by throwing', async () => {
      const support = await start();

      await expect(support.connect({ body: 'from 1999' })).rejects.toMatchObject({ text: 'your client is too old' });
      const anna = await support.connect();
      expect((await anna.expectEvent('welcome')).body).toBe('how can we help?');
      await expect(anna.join('staff')).rejects.toMatchObject({ text: 'staff only' });
      await anna.join('guests');
    });

    it('hears what it inherits, the name that @On gives, and all else in onAnyEvent', async () => {
      const support = await start();
      const [anna, ben] = [await support.connect({ id: 'anna' }), await support.connect()];

      anna.emit('OnTyping');

      expect((await ben.expectEvent('typing')).body).toBe('anna');
      expect((await anna.ask('ticket:close', '7')).body).toBe('7 is closed');
      expect((await anna.ask('close', '7')).body).toBe('nobody handles close');
    });
  });

  running(['raw.controller.ts'], () => {
    it('hears raw messages, passes them on as they came, and answers', async () => {
      const raw = await serve((await load<{ RawController: ControllerType }>('raw.controller.ts')).RawController);
      const [anna, ben] = [await raw.connect(), await raw.connect()];

      anna.emitNative('hello');

      expect((await anna.expectNative()).body).toBe('thank you');
      expect((await ben.expectNative()).body).toBe('hello');
    });
  });

  running(['api.controller.ts'], () => {
    it('hears exactly the names of its methods, and none that begin with an underscore', async () => {
      const api = await serve((await load<{ ApiController: ControllerType }>('api.controller.ts')).ApiController);
      const anna = await api.connect();

      expect((await anna.ask('add', '1,2,3')).json()).toBe(6);
      for (const name of ['_numbers', 'onAdd', 'constructor']) {
        await expect(anna.ask(name, '1')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
      }
    });
  });

  running(['till.controller.ts'], () => {
    it('serves what its eventNames say, and the event that they keep to themselves', async () => {
      const till = await serve((await load<{ TillController: ControllerType }>('till.controller.ts')).TillController);
      const anna = await till.connect();

      expect((await anna.ask('till:total', [1, 2])).json()).toBe(3);
      expect((await anna.expectEvent('sold')).json()).toMatchObject({ total: 3, at: expect.any(String) });
      for (const name of ['refund', 'take back']) expect((await anna.ask(name, 'tea')).body).toBe('tea is taken back');
      await anna.ask('audit');
      await expect(anna.ask('total', [1])).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
    });
  });

  running(['wishes.controller.ts'], () => {
    const start = async (options: TestNamespaceOptions = {}) =>
      serve((await load<{ WishesController: ControllerType }>('wishes.controller.ts')).WishesController, options);

    it('gets the checked body, what middleware has left, the user and the logger', async () => {
      const log = new MemoryLog();
      const wishes = await start({ log });
      const anna = await wishes.connect({ user: { name: 'Anna' }, request: { hostname: 'acme.example.com' } });

      await anna.ask('add', { item: 'tea', count: 2 });

      expect((await anna.expectEvent('added')).body).toBe('2 of tea for Anna');
      expect(log.lines).toContainEqual({
        level: 'info',
        fields: { tenant: 'acme', item: 'tea' },
        message: 'wished for',
      });
      await expect(anna.ask('add', { item: 'tea' })).rejects.toMatchObject({ code: 'BODY_INVALID' });
    });

    it('refuses who has not signed in', async () => {
      const nobody = await (await start()).connect();

      await expect(nobody.ask('add', { item: 'tea', count: 2 })).rejects.toMatchObject({ text: 'sign in first' });
      expect((await nobody.ask('hello')).body).toBe('en: nobody');
    });

    it('gets a header by the name in the parentheses, and room, NSConn, connection and request in a lifecycle event', async () => {
      const wishes = await start();
      const request = { headers: { 'Accept-Language': 'el' }, ip: '192.0.2.7' };
      const anna = await wishes.connect({ id: 'anna', user: { name: 'Anna' }, request });
      const ben = await wishes.connect();
      await ben.join('tea');

      await anna.join('tea');

      expect((await ben.expectEvent('joined', { room: 'tea' })).body).toBe('anna from 192.0.2.7');
      expect((await anna.ask('hello')).body).toBe('el: Anna');
    });
  });

  running(['tickets.controller.ts'], () => {
    const start = async () =>
      serve((await load<{ TicketsController: ControllerType }>('tickets.controller.ts')).TicketsController);

    it('answers asks with values, public errors with code and data, and an emit with reply()', async () => {
      const anna = await (await start()).connect();

      expect((await anna.ask('buy')).json()).toEqual({ left: 0 });
      await expect(anna.ask('buy')).rejects.toMatchObject({ text: 'sold out', code: 'SOLD_OUT', data: { left: 0 } });
      anna.emit('ping');
      expect((await anna.expectEvent('ping')).body).toBe('pong');
      anna.emit('buy');
      expect((await anna.expectError('buy')).body).toBe('sold out');
    });

    it('closes with the code and reason of a CloseError, after its text', async () => {
      const anna = await (await start()).connect();

      await expect(anna.ask('steal')).rejects.toMatchObject({ text: 'thieves are shown out' });
      expect(await anna.closed).toEqual({ code: 4003, reason: 'thieves are shown out' });
    });
  });

  running(['tickets.app.ts'], () => {
    it('tells an old client the text alone, and onError everything under the id that the client was told', async () => {
      const { app, incidents } = await load<AppExample & { incidents: Map<string, string> }>('tickets.app.ts');
      await listen(app);
      const old = await RawClient.join(app, 'tickets');
      const id = app.nefeli.connections()[0]?.id;

      old.send('$1;tickets;;buy;0;0;', '$2;tickets;;buy;0;0;', '$3;tickets;;print;0;0;ticket 7');

      expect([await old.next(), await old.next()]).toEqual([
        '$1;tickets;;buy;0;0;{"left":0}',
        '$2;tickets;;buy;1;0;sold out',
      ]);
      const [, told = ''] =
        /^\$3;tickets;;print;1;0;internal error ([\da-f]{16})$/.exec(String(await old.next())) ?? [];
      expect(incidents).toEqual(
        new Map([[told, `Error: printer 10.0.0.7 is on fire: ticket 7 (${id}, tickets, print)`]]),
      );
    });
  });

  running(['orders.controller.ts'], () => {
    const start = async () =>
      serve((await load<{ OrdersController: ControllerType }>('orders.controller.ts')).OrdersController);

    it('gives the handler what fits, and answers anything else with the issues', async () => {
      const orders = await start();
      const [anna, ben] = [await orders.connect(), await orders.connect()];

      expect((await anna.ask('place', { item: 'tea', count: 2 })).json()).toEqual({ total: 10 });
      expect((await ben.expectEvent('placed')).body).toBe('tea');
      await expect(anna.ask('place', { item: 'tea', count: 0 })).rejects.toMatchObject({
        text: expect.stringMatching(/^invalid body: count: /),
        code: 'BODY_INVALID',
        data: [{ path: 'count', message: expect.any(String) }],
      });
      await ben.expectNoEvent('placed');
    });

    it('gives text as it is where the schema is one of text', async () => {
      const anna = await (await start()).connect();

      expect((await anna.ask('search', '{tea}')).json()).toEqual(['{TEA}']);
      await expect(anna.ask('search', 'x'.repeat(81))).rejects.toMatchObject({ code: 'BODY_INVALID' });
    });
  });

  running(['guards.ts'], () => {
    interface Guards {
      readonly AdminController: ControllerType;
      readonly Audit: new () => { readonly lines: string[] };
    }

    it('refuses at the door, notes who comes in and what they do, and times the one event', async () => {
      const { AdminController, Audit } = await load<Guards>('guards.ts');
      const log = new MemoryLog();
      const admin = await serve(AdminController, {
        bind: (container) => container.bind(Audit).toSelf().inSingletonScope(),
        log,
      });

      await expect(admin.connect()).rejects.toMatchObject({ text: 'sign in first' });
      const root = await admin.connect({ id: 'root', user: {} });
      expect((await root.ask('restart', 'all')).body).toBe('restarting all');

      expect(admin.container.get(Audit).lines).toEqual(['root _OnNamespaceConnect', 'root restart']);
      expect(log.lines).toEqual([
        { level: 'debug', fields: { kind: 'ask', ms: expect.any(Number) }, message: 'handled' },
      ]);
    });
  });

  running(['moderation.controller.ts'], () => {
    interface Moderation {
      readonly ModerationController: ControllerType;
      readonly Archive: abstract new () => object;
    }
    const start = async (search: (text: string, signal: AbortSignal) => unknown) => {
      const { ModerationController, Archive } = await load<Moderation>('moderation.controller.ts');
      const log = new MemoryLog();
      const bind = (container: Container) => container.bind(Archive).toConstantValue({ search });
      return { log, moderation: await serve(ModerationController, { bind, log }) };
    };

    it('lets in by role, to the namespace and to one event', async () => {
      const { moderation, log } = await start(async (text) => [text]);

      await expect(moderation.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(moderation.connect({ user: { role: 'guest' } })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const ben = await moderation.connect({ user: { role: 'moderator' } });
      const anna = await moderation.connect({ user: { roles: ['admin'] } });
      await expect(ben.ask('ban', 'eve')).rejects.toMatchObject({ code: 'FORBIDDEN', data: { roles: ['admin'] } });
      expect((await anna.ask('ban', 'eve')).body).toBe('banned eve');

      expect(log.lines.at(-1)?.fields).toMatchObject({ kind: 'ask', event: 'ban', outcome: 'ok' });
      expect(log.lines.at(-2)?.fields).toMatchObject({ event: 'ban', outcome: 'error', code: 'FORBIDDEN' });
    });

    it('lets through five searches of one address at once', async () => {
      const { moderation } = await start(async (text) => [text]);
      const user = { role: 'moderator' };
      const [anna, ben] = [await moderation.connect({ user }), await moderation.connect({ user })];
      const other = await moderation.connect({ user, request: { ip: '192.0.2.7' } });

      for (const client of [anna, ben, anna, ben, anna]) {
        expect((await client.ask('search', 'tea')).json()).toEqual(['tea']);
      }

      await expect(ben.ask('search', 'tea')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      expect((await other.ask('search', 'tea')).json()).toEqual(['tea']);
    });

    it('gives up a search after two seconds, and tells it so', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      let reason: unknown;
      const { moderation } = await start(
        (_, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              reject(signal.reason);
            });
          }),
      );
      const ben = await moderation.connect({ user: { role: 'moderator' }, request: { ip: '192.0.2.8' } });

      const found = ben.ask('search', 'slow');
      await moderation.settle();
      expect(reason).toBeUndefined();
      vi.advanceTimersByTime(2_000);

      await expect(found).rejects.toMatchObject({ text: 'handler timeout' });
      expect(reason).toMatchObject({ code: 'HANDLER_TIMEOUT' });
      moderation.takeErrors();
    });
  });

  running(['cart.services.ts', 'cart.controller.ts'], () => {
    interface Shop {
      readonly ShopController: ControllerType;
      readonly TillController: ControllerType;
    }

    it('share a cart in one connection, get its tenant, the prices of all and work of their own, and let them go', async () => {
      const { container } = await load<{ container: Container }>('cart.services.ts');
      const { ShopController, TillController } = await load<Shop>('cart.controller.ts');
      const log = new MemoryLog();
      const shop = await serve([ShopController, TillController], { container, log });
      const namespaces = ['shop', 'till'];
      const anna = await shop.connect({ namespaces, request: { hostname: 'acme' } });
      const ben = await shop.connect({ namespaces, request: { hostname: 'emca' } });
      const total = async (client: typeof anna) => (await client.conn.namespace('till')?.ask('total'))?.json();

      expect((await anna.ask('add', 'tea')).body).toBe('1 for acme');
      expect((await anna.ask('add', 'tea')).body).toBe('2 for acme');
      expect((await ben.ask('add', 'salt')).body).toBe('1 for emca');
      expect([await total(anna), await total(ben)]).toEqual([6, 0]);
      expect((await anna.expectEvent('added')).body).toBe('tea');
      expect(log.lines.map(({ fields }) => fields)).toEqual([
        { steps: ['add tea'] },
        { steps: ['add tea'] },
        { steps: ['add salt'] },
      ]);

      anna.close();
      await anna.closed;
      expect(log.lines.at(-1)).toEqual({ level: 'info', fields: { items: 2 }, message: 'a cart is left behind' });
      expect(log.lines).toHaveLength(4);
    });
  });

  running(['news-desk.ts', 'news.app.ts'], () => {
    it('speak to a room from an HTTP route and from a controller, through one service of one container', async () => {
      const { app } = await load<AppExample>('news.app.ts');
      const connect = await listen(app);
      const [anna, ben] = [await connect('news'), await connect('news')];
      await anna.join('front page');

      const response = await app.inject({ method: 'POST', url: '/news', payload: { title: 'HTTP speaks' } });
      expect(response.json()).toEqual({ readers: 2 });
      expect((await anna.expectEvent('headline', { room: 'front page' })).json()).toEqual({ title: 'HTTP speaks' });
      expect((await ben.ask('latest')).body).toBe('HTTP speaks');

      ben.emit('report', 'Ben speaks');
      expect((await anna.expectEvent('headline')).json()).toEqual({ title: 'Ben speaks' });
      expect(ben.events).toEqual([]);
    });

    it('take a broadcaster of a test where one is bound', async () => {
      const { NewsDesk } = await load<{ NewsDesk: new (b: Broadcaster) => { publish(title: string): void } }>(
        'news-desk.ts',
      );
      const chat = await serve({ news: {} });
      const anna = await chat.connect();
      await anna.join('front page');

      new NewsDesk(chat.server as Broadcaster).publish('extra'); // it has all of one

      expect((await anna.expectEvent('headline')).json()).toEqual({ title: 'extra' });
    });
  });

  running(['reports.controller.ts'], () => {
    it('builds four reports of one connection at a time, begun in order of arrival', async () => {
      const { ReportsController } = await load<{ ReportsController: ControllerType }>('reports.controller.ts');
      const begun: unknown[] = [];
      const finish: (() => void)[] = [];
      const heldBack: Middleware = async (ctx, next) => {
        if (ctx.kind !== 'ask') return next();
        begun.push(ctx.body);
        await new Promise<void>((resolve) => finish.push(resolve));
        return next();
      };
      const reports = await serve(ReportsController, { use: [heldBack] });
      const anna = await reports.connect();

      const built = ['1', '2', '3', '4', '5', '6'].map((n) => anna.ask('build', n));
      await reports.settle();
      expect(begun).toEqual(['1', '2', '3', '4']);
      while (finish.length > 0) {
        finish.shift()?.();
        await reports.settle();
      }

      expect((await Promise.all(built)).map(({ body }) => body)).toEqual(
        ['1', '2', '3', '4', '5', '6'].map((n) => `the report of ${n}`),
      );
    });
  });

  running(['trading.controller.ts'], () => {
    const start = async (options: TestNamespaceOptions = {}) =>
      serve((await load<{ TradingController: ControllerType }>('trading.controller.ts')).TradingController, options);

    it('closes who is silent for a minute with 1001', async () => {
      const trading = await start({ heartbeat: false });
      const anna = await trading.connect();

      await trading.clock.advance(59_000);
      expect((await anna.ask('quote', 'gold')).body).toBe('gold');
      await trading.clock.advance(59_999);
      expect(anna.conn.isClosed).toBe(false);
      await trading.clock.advance(1);

      expect(await anna.closed).toEqual({ code: 1001, reason: 'read timeout' });
    });

    it('answers an ask that takes longer than two seconds with handler timeout', async () => {
      const trading = await start({
        use: [(ctx, next) => (ctx.kind === 'ask' ? new Promise(() => {}) : next())],
      });
      const anna = await trading.connect();

      const quote = anna.ask('quote');
      await trading.clock.advance(2_000);

      await expect(quote).rejects.toMatchObject({ code: 'HANDLER_TIMEOUT' });
      trading.takeErrors();
    });
  });

  running(['handlers.ts'], () => {
    it('hold a timeout for the namespaces that it was put around, and for no others', async () => {
      const { handlers } = await load<{ handlers: ConnHandlers }>('handlers.ts');
      const test = await serve({}, { handlers, heartbeat: false });
      const player = await test.connect({ namespace: 'game' });
      const reader = await test.connect({ namespace: 'reports' });

      await test.clock.advance(60_000);

      expect(await player.closed).toEqual({ code: 1001, reason: 'read timeout' });
      expect(reader.conn.isClosed).toBe(false);
    });
  });

  running(['handlers.app.ts'], () => {
    it('serves maps and controllers together', async () => {
      const { app } = await load<AppExample>('handlers.app.ts');
      const connect = await listen(app);
      const [anna, ben] = [await connect('game'), await connect('game')];
      await anna.expectEvent('welcome');

      anna.emit('move', 'left');

      expect((await ben.expectEvent('moved')).body).toBe('left');
      for (const namespace of ['reports', 'archive']) {
        expect((await (await connect(namespace)).ask('build', 'May')).body).toBe('the report of May');
      }
    });
  });

  it('has no example that nothing above runs', () => {
    expect(executed.toSorted()).toEqual(examples.map(({ file }) => file).toSorted());
  });
});
