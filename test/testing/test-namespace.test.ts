import Fastify from 'fastify';
import { Container, inject, injectable } from 'inversify';
import {
  type Conn,
  Counters,
  MemoryBus,
  type Message,
  type Middleware,
  memoryAdapter,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  PublicError,
} from 'nefeli';
import {
  ManualClock,
  type NamespaceTest,
  type TestNamespaceOptions,
  type TestSubject,
  testNamespace,
} from 'nefeli/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guardRejections } from '../core/ends.js';
import { MemoryLog } from '../support/test-server.js';
import { ChatController, Journal } from './chat.js';

guardRejections();

/** Closed when the test has finished, whatever it has left behind. */
async function start(what: TestSubject, options?: TestNamespaceOptions): Promise<NamespaceTest> {
  const started = await testNamespace(what, options);
  onTestFinished(async () => {
    started.takeErrors();
    await started.close();
  });
  return started;
}

const withJournal = (container: Container): unknown => container.bind(Journal).toConstantValue(new Journal());

describe('testNamespace', () => {
  describe('serves', () => {
    it('a controller, made by a container of its own with what bind has bound', async () => {
      const journal = new Journal();
      const chat = await start(ChatController, {
        bind: (container) => container.bind(Journal).toConstantValue(journal),
      });

      await chat.connect({ id: 'anna' });

      expect(journal.lines).toEqual(['anna is here']);
      expect(chat.container.get(Journal)).toBe(journal);
    });

    it('with a bind that takes its time', async () => {
      const chat = await start(ChatController, {
        bind: async (container) => {
          await Promise.resolve();
          withJournal(container);
        },
      });

      expect((await (await chat.connect()).ask('echo', 'here')).body).toBe('here');
    });

    it('with a container of the test', async () => {
      const container = new Container();
      withJournal(container);

      const chat = await start(ChatController, { container });

      expect(chat.container).toBe(container);
      expect((await (await chat.connect()).ask('echo', 'here')).body).toBe('here');
    });

    it('several controllers; clients speak to the first unless they say otherwise', async () => {
      @Namespace('news')
      class NewsController {
        onWhere(): string {
          return 'news';
        }
      }
      @Namespace('sport')
      class SportController {
        onWhere(): string {
          return 'sport';
        }
      }
      const both = await start([NewsController, SportController]);

      const [first, other] = [await both.connect(), await both.connect({ namespace: 'sport' })];

      expect((await first.ask('where')).body).toBe('news');
      expect((await other.ask('where')).body).toBe('sport');
    });

    it('maps of functions, and clients speak to the namespace that it names', async () => {
      const where = (_: Message, ns: NSConn): string => ns.namespace;
      const both = await start({ news: { where }, sport: { where } }, { namespace: 'sport' });

      expect((await (await both.connect()).ask('where')).body).toBe('sport');
    });

    it('in the order, with the names, the middleware and the limits of its options', async () => {
      const seen: string[] = [];
      const note: Middleware = (ctx, next) => {
        seen.push(ctx.kind);
        return next();
      };
      const events = await start(
        { default: { hello: () => 'hello', onRoomJoined: () => undefined } },
        { use: [note], limits: { maxRooms: 1 }, metrics: new Counters() },
      );
      const anna = await events.connect();

      await anna.ask('hello');
      await anna.join('one');

      await expect(anna.join('two')).rejects.toMatchObject({ code: 'TOO_MANY_ROOMS' });
      expect(seen).toEqual(['connection', 'namespace', 'ask', 'room']);
    });

    it('raw messages only, with native', async () => {
      const raw = await start(
        { '': { onNativeMessage: (msg, ns) => ns.broadcast('_OnNativeMessage', msg.body) } },
        { native: 'only' },
      );
      const [anna, ben] = [await raw.connect(), await raw.connect()];

      anna.emitNative('hello');

      expect((await ben.expectNative()).body).toBe('hello');
      anna.close();
      await anna.closed;
      expect(raw.server.connections()).toHaveLength(1);
    });

    it('raw messages beside others', async () => {
      const mixed = await start({ '': { onNativeMessage: (msg, ns) => ns.emit('raw', msg.body) } });
      const anna = await mixed.connect();

      anna.emitNative('hello');

      expect((await anna.expectEvent('raw')).body).toBe('hello');
    });

    it('in one process what is among several: servers on one bus', async () => {
      const bus = new MemoryBus();
      const options = { adapter: memoryAdapter(bus) };
      const one = await start({ default: { chat: (msg, ns) => ns.broadcastOthers('chat', msg.body) } }, options);
      const two = await start({ default: {} }, { adapter: memoryAdapter(bus) });
      const [anna, ben] = [await one.connect(), await two.connect()];

      anna.emit('chat', 'hello');

      expect((await ben.expectEvent('chat')).body).toBe('hello');
    });
  });

  describe('refuses at start, with the very error of the app,', () => {
    class Undecorated {
      onChat(): void {}
    }
    @Namespace('chat')
    class Unbound {
      constructor(@inject('missing') readonly missing: unknown) {}
      onChat(): void {}
    }
    @injectable('Singleton')
    class Captive {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
    }
    @Namespace('chat')
    class Captor {
      constructor(@inject(Captive) readonly captive: Captive) {}
      onChat(): void {}
    }

    const wrong: [string, NefeliOptions][] = [
      ['a class that is not decorated', { controllers: [Undecorated] }],
      ['a service that nobody has bound', { controllers: [Unbound] }],
      ['a singleton that would keep a connection', { controllers: [Captor] }],
      ['an event that is handled twice', { controllers: [ChatController, ChatController] }],
      ['nothing to serve', { controllers: [] }],
      ['what is no function', { namespaces: { chat: { say: 'hello' as never } } }],
      ['what is no class', { controllers: ['ChatController' as never] }],
      ['an option out of range', { namespaces: { chat: {} }, askTimeoutMs: -1 }],
      ['an option that nobody knows', { namespaces: { chat: {} }, asktimeout: 5 } as NefeliOptions],
      ['limits that do not go together', { namespaces: { chat: {} }, limits: { maxOutboxBytes: 1 } }],
      [
        'framed events beside raw ones alone',
        { namespaces: { '': { chat: () => 1, onNativeMessage: () => 2 } }, native: 'only' },
      ],
      ['a name that no client could send', { namespaces: { [`chat${'x'.repeat(200)}`]: {} } }],
    ];

    it.each(wrong)('%s', async (_, { controllers, namespaces = {}, ...options }) => {
      const bound = (): Container => {
        const container = new Container();
        withJournal(container);
        container.bind(Captive).toSelf().inSingletonScope();
        return container;
      };
      const app = Fastify();
      onTestFinished(() => app.close());
      const ofApp: unknown = await app
        .register(nefeli, { ...options, container: bound(), ...(controllers ? { controllers } : { namespaces }) })
        .then(
          () => undefined,
          (error: unknown) => error,
        );

      const ofTest = testNamespace(controllers ?? namespaces, { ...options, container: bound() });

      expect(ofApp).toBeInstanceOf(Error);
      await expect(ofTest).rejects.toThrow((ofApp as Error).message);
      await expect(ofTest).rejects.toMatchObject({ code: (ofApp as { code?: unknown }).code });
    });
  });

  describe('connect', () => {
    it('names clients in the order in which they come, unless they have an id', async () => {
      const chat = await start({ default: {} });

      const ids = [await chat.connect(), await chat.connect({ id: 'anna' }), await chat.connect()].map(({ id }) => id);

      expect(ids).toEqual(['client-1', 'anna', 'client-3']);
    });

    it('gives the server a user, and the data of a request with header names in lower case', async () => {
      const conns: Conn[] = [];
      const chat = await start({ default: {} }, { onConnect: (conn) => void conns.push(conn) });
      const request = { headers: { 'X-Username': 'Anna', cookie: 'a=b' }, query: { room: 'lobby' }, ip: '192.0.2.7' };

      await chat.connect({ user: { name: 'Anna' }, request, reconnectTries: 2 });

      expect(conns[0]?.user).toEqual({ name: 'Anna' });
      expect(conns[0]?.reconnectTries).toBe(2);
      expect(conns[0]?.request).toMatchObject({
        user: { name: 'Anna' },
        method: 'GET',
        url: '/',
        headers: { 'x-username': 'Anna', cookie: 'a=b', 'x-websocket-reconnect': '2', host: 'localhost' },
        query: { room: 'lobby' },
        params: {},
        ip: '192.0.2.7',
      });
    });

    it('takes the user from the request where only that says one, as an app does', async () => {
      const chat = await start({ default: { who: (_, ns) => ns.conn.user } });

      const anna = await chat.connect({ request: { user: 'Anna' } as object });

      expect((await anna.ask('who')).body).toBe('Anna');
    });

    it.each([
      ['text', 'hello', 'hello'],
      ['JSON', { room: 1 }, '{"room":1}'],
      ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
      ['nothing', undefined, ''],
    ])('says to onNamespaceConnect what body is: %s', async (_, body, heard) => {
      const bodies: unknown[] = [];
      const chat = await start({ default: { onNamespaceConnect: (msg) => void bodies.push(msg.body) } });

      await chat.connect({ body });

      expect(bodies).toEqual([heard]);
    });

    it('rejects with what onNamespaceConnect refuses with, and does not stay connected', async () => {
      const chat = await start(ChatController, { bind: withJournal });

      const refused = chat.connect({ body: 'banned' });

      await expect(refused).rejects.toMatchObject({ name: 'RemoteError', text: 'you are banned' });
      await chat.settle();
      expect(chat.server.connections()).toEqual([]);
    });

    it('rejects with what onConnect refuses with', async () => {
      const onConnect = (): never => {
        throw new PublicError('members only');
      };
      const chat = await start({ default: {} }, { onConnect });

      await expect(chat.connect()).rejects.toMatchObject({ name: 'RemoteError', text: 'members only' });
    });

    it('rejects with bad namespace where nothing serves it', async () => {
      const chat = await start({ default: {} });

      await expect(chat.connect({ namespace: 'chta' })).rejects.toMatchObject({
        code: 'NAMESPACE_UNKNOWN',
        text: 'bad namespace',
      });
    });

    it('rejects with CONN_CLOSED where the server has no place', async () => {
      const chat = await start({ default: {} }, { limits: { maxConnections: 1 } });
      await chat.connect();

      await expect(chat.connect()).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1013 } });
    });

    it('counts connections of one address, which is that of the request', async () => {
      const chat = await start({ default: {} }, { limits: { maxConnectionsPerAddress: 1 } });
      await chat.connect();
      await chat.connect({ request: { ip: '192.0.2.7' } });

      await expect(chat.connect()).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    });

    it('opens a connection without a namespace, which may be connected later', async () => {
      const chat = await start({ default: { hello: () => 'hello' } });
      const anna = await chat.connect({ namespaces: [] });

      expect(() => anna.emit('hello')).toThrow('NAMESPACE_NOT_CONNECTED');
      await expect(anna.ask('hello')).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
      await anna.connect();

      expect((await anna.ask('hello')).body).toBe('hello');
    });

    it('connects several namespaces, and speaks to the first or the one it names', async () => {
      const where = (_: Message, ns: NSConn): string => ns.namespace;
      const both = await start({ news: { where }, sport: { where } });
      const namespaces = ['sport', 'news'];

      const [first, named] = [
        await both.connect({ namespaces }),
        await both.connect({ namespaces, namespace: 'news' }),
      ];

      expect((await first.ask('where')).body).toBe('sport');
      expect((await named.ask('where')).body).toBe('news');
      expect((await named.conn.namespace('sport')?.ask('where'))?.body).toBe('sport');
    });
  });

  describe('errors', () => {
    it('has what handlers throw that is no public error, with its place and the id that the client was told', async () => {
      const chat = await start(ChatController, { bind: withJournal });
      const anna = await chat.connect();

      const told: unknown = await anna.ask('break').catch((error: unknown) => error);

      const [failure, ...others] = chat.errors;
      expect(others).toEqual([]);
      expect(failure).toMatchObject({ namespace: 'chat', event: 'break', error: new TypeError('a bug') });
      expect(told).toMatchObject({ text: `internal error ${failure?.id}` });
    });

    it('counts ids of errors, so that a test can foretell them', async () => {
      const chat = await start(ChatController, { bind: withJournal });
      const anna = await chat.connect();

      await expect(anna.ask('break')).rejects.toMatchObject({ text: 'internal error 0000000000000001' });
    });

    it('has what handlers of the test throw', async () => {
      const chat = await start({ default: { hello: (_, ns) => ns.emit('hello') } });
      const anna = await chat.connect();
      anna.on('hello', () => {
        throw new TypeError('a bug of the test');
      });

      anna.emit('hello');
      await chat.settle();

      expect(chat.errors).toMatchObject([{ error: { message: 'a bug of the test' } }]);
    });

    it('is empty where onError hears of it', async () => {
      const heard: unknown[] = [];
      const chat = await start(ChatController, { bind: withJournal, onError: (error) => void heard.push(error) });

      await (await chat.connect()).ask('break').catch(() => {});

      expect(heard).toEqual([new TypeError('a bug')]);
      expect(chat.errors).toEqual([]);
    });

    it('does not have what refuses to be left, where the connection ends all the same', async () => {
      const refuse = (): never => {
        throw new PublicError('stay');
      };
      const chat = await start({ default: { onRoomLeave: refuse, onNamespaceDisconnect: refuse } });
      const anna = await chat.connect();
      await anna.join('lobby');

      anna.close();
      await anna.closed;

      expect(chat.errors).toEqual([]);
    });

    it('has public errors that nobody can be told', async () => {
      const onNamespaceConnected = (): never => {
        throw new PublicError('too late');
      };
      const chat = await start({ default: { onNamespaceConnected } });

      await chat.connect();

      expect(chat.errors).toMatchObject([{ event: '_OnNamespaceConnected' }]);
    });

    it('does not have public errors', async () => {
      const chat = await start(ChatController, { bind: withJournal });

      await (await chat.connect()).ask('shout').catch(() => {});

      expect(chat.errors).toEqual([]);
    });

    it('is emptied by takeErrors, which gives them', async () => {
      const chat = await start(ChatController, { bind: withJournal });
      await (await chat.connect()).ask('break').catch(() => {});

      expect(chat.takeErrors()).toMatchObject([{ event: 'break' }]);
      expect(chat.errors).toEqual([]);
    });
  });

  describe('close', () => {
    it('closes the clients with 1001, and has their events handled', async () => {
      const journal = new Journal();
      const bind = (container: Container): unknown => container.bind(Journal).toConstantValue(journal);
      const chat = await testNamespace(ChatController, { bind });
      const anna = await chat.connect({ id: 'anna' });

      await chat.close();

      expect(await anna.closed).toEqual({ code: 1001, reason: '' });
      expect(journal.lines).toEqual(['anna is here', 'anna has left']);
    });

    it('turns away who comes later', async () => {
      const chat = await testNamespace({ default: {} });
      await chat.close();

      await expect(chat.connect()).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1001 } });
    });

    it('rejects with FAILURES_NOT_TAKEN where a handler has failed and nobody has looked, and says where', async () => {
      const chat = await testNamespace(ChatController, { bind: withJournal });
      const anna = await chat.connect();
      anna.emit('break');
      await chat.settle();

      const closing = chat.close();

      await expect(closing).rejects.toMatchObject({ code: 'FAILURES_NOT_TAKEN', cause: new TypeError('a bug') });
      await expect(closing).rejects.toThrow('"break" in "chat": TypeError: a bug. Mend them');
    });

    it('has all of several errors as its cause', async () => {
      const chat = await testNamespace(ChatController, { bind: withJournal });
      const anna = await chat.connect();
      anna.emit('break');
      anna.emit('break');
      await chat.settle();

      await expect(chat.close()).rejects.toMatchObject({
        cause: { errors: [new TypeError('a bug'), new TypeError('a bug')] },
      });
    });

    it('rejects for what fails while it closes', async () => {
      const onNamespaceDisconnect = (): never => {
        throw new TypeError('a bug at the end');
      };
      const chat = await testNamespace({ default: { onNamespaceDisconnect } });
      await chat.connect();

      await expect(chat.close()).rejects.toThrow('a bug at the end');
    });

    it('is fulfilled once the errors were taken', async () => {
      const chat = await testNamespace(ChatController, { bind: withJournal });
      await (await chat.connect()).ask('break').catch(() => {});
      chat.takeErrors();

      await expect(chat.close()).resolves.toBeUndefined();
    });

    it('gives handlers that wait for something real a moment, and cuts off who does not end', async () => {
      const ended: string[] = [];
      const real = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        ended.push('real');
      };
      const chat = await testNamespace({
        default: { real, endless: () => new Promise(() => {}), onNamespaceDisconnect: () => void ended.push('left') },
      });
      const [anna, ben] = [await chat.connect(), await chat.connect()];
      anna.emit('real');
      ben.emit('endless');
      await chat.settle();

      await chat.close();

      expect(ended).toEqual(['real', 'left', 'left']);
    });

    it('does not wait for who was cut off, and does not move the clock for them', async () => {
      const chat = await testNamespace({ default: {} });
      const anna = await chat.connect();
      chat.cut(anna);

      await chat.close();

      expect(chat.server.connections()).toEqual([]);
      expect(chat.clock.nowMs()).toBe(0);
    });

    it('twice is once', async () => {
      const chat = await testNamespace({ default: {} });

      expect(chat.close()).toBe(chat.close());
    });

    it('is what await using does at the end', async () => {
      const left: string[] = [];
      {
        await using chat = await testNamespace({ default: { onNamespaceDisconnect: () => void left.push('left') } });
        await chat.connect();
      }

      expect(left).toEqual(['left']);
    });
  });

  describe('the clock', () => {
    it('is gone by for time limits of handlers, whose signals abort', async () => {
      const signals: AbortSignal[] = [];
      const slow = (msg: Message): Promise<never> => {
        signals.push(msg.signal);
        return new Promise(() => {});
      };
      const chat = await start({ default: { slow } }, { handlerTimeoutMs: 5_000 });
      const reply = (await chat.connect()).ask('slow');

      await chat.clock.advance(4_999);
      expect(signals[0]?.aborted).toBe(false);
      await chat.clock.advance(1);

      await expect(reply).rejects.toMatchObject({ text: 'handler timeout' });
      expect(signals[0]?.aborted).toBe(true);
      expect(chat.takeErrors()).toMatchObject([{ error: { code: 'HANDLER_TIMEOUT' } }]);
    });

    it('is gone by for rate limits', async () => {
      const chat = await start(
        { default: { tick: (_, ns) => ns.emit('tock') } },
        { limits: { messagesPerSecond: 1, messageBurst: 2 } },
      );
      const anna = await chat.connect();
      anna.emit('tick');
      anna.emit('tick');

      await anna.expectEvent('tock');
      await anna.expectNoEvent('tock');
      await chat.clock.advance(1_000);

      await anna.expectEvent('tock');
    });

    it('is gone by for the heartbeat: who is there stays, and who was cut off is found out', async () => {
      const gone: string[] = [];
      const chat = await start(
        { default: { onNamespaceDisconnect: (_, ns) => void gone.push(ns.conn.id) } },
        { heartbeat: { pingMs: 10_000, pongMs: 2_000 } },
      );
      await chat.connect({ id: 'anna' });
      chat.cut(await chat.connect({ id: 'ben' }));

      await chat.clock.advance(20_000);

      expect(gone).toEqual(['ben']);
    });

    it('may be one that the test has made, for its services, too', async () => {
      const clock = new ManualClock();
      const chat = await start({ default: { now: () => clock.nowMs() } }, { clock });
      const anna = await chat.connect();

      await clock.advance(1_500);

      expect(chat.clock).toBe(clock);
      expect((await anna.ask('now')).json()).toBe(1_500);
    });
  });

  it('logs where it is told to', async () => {
    const log = new MemoryLog();
    const chat = await start({ default: { note: (_, ns) => ns.conn.log.info({ at: 1 }, 'noted') } }, { log });

    await (await chat.connect()).ask('note');

    expect(log.lines).toEqual([{ level: 'info', fields: { at: 1 }, message: 'noted' }]);
  });

  it('has the server as an app has it', async () => {
    const chat = await start({ default: {} });
    const [anna, ben] = [await chat.connect({ id: 'anna' }), await chat.connect({ id: 'ben' })];

    chat.server.in('default').except('ben').broadcast('news', 'from elsewhere');

    expect((await anna.expectEvent('news')).body).toBe('from elsewhere');
    await ben.expectNoEvent('news');
    expect(await chat.server.in('default').count()).toBe(2);
  });
});
