import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, { type FastifyHttpOptions, type FastifyInstance, type RawServerDefault } from 'fastify';
import { type Conn, type Message, type NSConn, nefeli, PublicError } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { RawClient, startApp, startNefeli, statusOfUpgrade } from '../support/start-app.js';

const echo = { default: { echo: (msg: { body: unknown }) => msg.body } };

describe('nefeli on Fastify', () => {
  it('serves on a path in one call', async () => {
    const app = await startNefeli({ namespaces: echo });
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;echo;0;0;hi');

    expect(await client.next()).toBe('$1;default;;echo;0;0;hi');
  });

  it('serves on a route of the user, with or without websocket: true', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces: echo });
      app.get('/with', { websocket: true }, app.nefeli.handler());
      app.get('/without', app.nefeli.handler() as never);
    });

    expect(await statusOfUpgrade(app, { path: '/with' })).toBe(101);
    expect(await statusOfUpgrade(app, { path: '/without' })).toBe(101);
  });

  it('honours the prefix of the context it is registered in', async () => {
    const app = await startApp((app) =>
      app.register(async (scope) => void (await scope.register(nefeli, { path: '/ws', namespaces: echo })), {
        prefix: '/v1',
      }),
    );

    expect(await statusOfUpgrade(app, { path: '/v1/ws' })).toBe(101);
    expect(await statusOfUpgrade(app, { path: '/ws' })).toBe(404);
  });

  it('honours the prefix that it is registered with, for the path and for the script of the client', async () => {
    const app = await startApp((app) =>
      app.register(nefeli, { prefix: '/v1', path: '/ws', clientScript: '/nefeli.js', namespaces: echo }),
    );

    expect(await statusOfUpgrade(app, { path: '/v1/ws' })).toBe(101);
    expect(await statusOfUpgrade(app, { path: '/ws' })).toBe(404);
    expect(app.nefeli.clientScript?.url).toMatch(/^\/v1\/nefeli\.js\?v=/);
    expect((await app.inject('/v1/nefeli.js')).statusCode).toBe(200);
  });

  it('honours the level of the log that it is registered with, for its routes alone', async () => {
    const lines: string[] = [];
    const app = await startApp(
      async (app) => {
        await app.register(nefeli, { logLevel: 'silent', path: '/ws', namespaces: echo });
        app.get('/other', () => 'other');
      },
      { logger: { stream: { write: (line) => lines.push(line) } } },
    );

    await app.inject('/ws');
    expect(lines.filter((line) => line.includes('/ws'))).toEqual([]);
    await app.inject('/other');
    expect(lines.filter((line) => line.includes('/other'))).not.toEqual([]);
  });

  it('lets the hooks of the route refuse before the upgrade, with their own answer', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces: echo });
      const authenticate = async (request: { headers: Record<string, unknown> }, reply: never): Promise<unknown> =>
        request.headers['authorization'] === 'yes'
          ? undefined
          : (reply as { code(n: number): { send(b: object): unknown } }).code(401).send({});
      app.get('/ws', { websocket: true, preValidation: authenticate as never }, app.nefeli.handler());
    });

    expect(await statusOfUpgrade(app)).toBe(401);
    expect(await statusOfUpgrade(app, { headers: { authorization: 'yes' } })).toBe(101);
  });

  it('holds what arrives during asynchronous hooks, ids and onConnect, and handles it in order', async () => {
    let letIn = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const app = await startApp(async (app) => {
      await app.register(nefeli, {
        namespaces: echo,
        idGenerator: async () => {
          await gate;
          return 'late';
        },
        onConnect: async () => await gate,
      });
      app.get('/ws', { websocket: true, preHandler: async () => await Promise.resolve() }, app.nefeli.handler());
    });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;echo;0;0;a', '$3;default;;echo;0;0;b');
    letIn();

    expect(await client.next()).toBe('Alate');
    expect(await client.next()).toBe('$1;;;;;;');
    expect(await client.next()).toBe('$2;default;;echo;0;0;a');
    expect(await client.next()).toBe('$3;default;;echo;0;0;b');
  });

  it('gives conn.request, conn.user, conn.log and the tries of the client', async () => {
    const conns: Conn[] = [];
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces: echo, onConnect: (conn) => void conns.push(conn) });
      app.decorateRequest('user', null);
      const authenticate = async (request: object): Promise<void> => {
        Object.assign(request, { user: { name: 'ada' } });
      };
      app.get('/rooms/:room', { websocket: true, preHandler: authenticate as never }, app.nefeli.handler());
    });
    const client = await RawClient.open(app, { path: '/rooms/7', headers: { 'x-websocket-reconnect': '3' } });
    client.send('M');
    await client.next();

    const [conn] = conns;
    expect(conn?.request.params).toEqual({ room: '7' });
    expect(conn?.user).toEqual({ name: 'ada' });
    expect(conn?.reconnectTries).toBe(3);
    expect(conn?.wasReconnected).toBe(true);
    expect(() => conn?.log.info({ a: 1 }, 'a line')).not.toThrow();
  });

  it('answers HEAD with 204 and a plain GET with 426', async () => {
    const app = await startNefeli({ namespaces: echo });
    const url = `http://127.0.0.1:${portOf(app)}/ws`;

    expect((await fetch(url, { method: 'HEAD' })).status).toBe(204);
    const plain = await fetch(url);
    expect(plain.status).toBe(426);
    expect(plain.headers.get('upgrade')).toBe('websocket');
  });

  it('leaves a plain GET to the handler of a route that has one beside wsHandler', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces: echo });
      app.route({ method: 'GET', url: '/ws', handler: async () => 'a page', wsHandler: app.nefeli.handler() });
    });

    expect(await (await fetch(`http://127.0.0.1:${portOf(app)}/ws`)).text()).toBe('a page');
    expect(await statusOfUpgrade(app)).toBe(101);
  });

  it('serves several mounts that share nothing', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/ws', namespaces: { default: { who: () => 'public' } } });
      await app.register(nefeli, { name: 'admin', path: '/admin', namespaces: { default: { who: () => 'admin' } } });
    });
    const client = await RawClient.join(app, 'default', { path: '/admin' });
    client.send('$1;default;;who;0;0;');

    expect(await client.next()).toBe('$1;default;;who;0;0;admin');
    expect(app.nefeli.name).toBe('default');
    expect(app.nefeli.local.size).toBe(0);
    expect(app.nefeli.mount('admin').local.size).toBe(1);
    expect(() => app.nefeli.mount('nobody')).toThrow(/MOUNT_UNKNOWN.*"default", "admin"/);
  });

  it('gives the first mount where none is named default', async () => {
    const app = await startNefeli({ name: 'admin', namespaces: echo });
    expect(app.nefeli.name).toBe('admin');
  });

  it('refuses two mounts of one name', async () => {
    const app = Fastify();
    await app.register(nefeli, { namespaces: echo });
    await expect(app.register(nefeli, { namespaces: echo })).rejects.toThrow(/MOUNT_DUPLICATE.*"default"/);
  });

  it('refuses a second registration in a sibling context, and says where to register', async () => {
    const app = Fastify();
    await app.register(async (scope) => void (await scope.register(nefeli, { path: '/a', namespaces: echo })));
    await expect(
      app.register(async (scope) => void (await scope.register(nefeli, { path: '/b', namespaces: echo }))),
    ).rejects.toThrow(/MOUNT_ELSEWHERE.*common parent/);
  });

  it('refuses to come after a @fastify/websocket of the user, and says how to pass its options', async () => {
    const app = Fastify();
    await app.register(fastifyWebsocket);
    await expect(app.register(nefeli, { namespaces: echo })).rejects.toThrow(
      /WEBSOCKET_ALREADY_REGISTERED.*websocket: \{/,
    );
  });

  it('leaves other websocket routes of the app alone', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/ws', namespaces: echo });
      app.get('/other', { websocket: true }, (socket) => socket.send('mine'));
    });
    const client = await RawClient.open(app, { path: '/other', headers: { origin: 'http://elsewhere.example' } });

    expect(await client.next()).toBe('mine');
    const answer = await fetch(`http://127.0.0.1:${portOf(app)}/other`);
    expect(answer.status).toBe(404);
  });

  it('sends the text of a refusal, and closes with 1008', async () => {
    const app = await startNefeli({
      namespaces: echo,
      onConnect: () => {
        throw new PublicError('members only');
      },
    });
    const client = await RawClient.open(app);
    client.send('M');

    expect(await client.next()).toBe('Hmembers only');
    expect(await client.closed).toEqual({ code: 1008, reason: 'members only' });
  });

  it('closes every connection with 1001 when the app is closed, after their events have been handled', async () => {
    const events: string[] = [];
    const app = await startNefeli({
      namespaces: {
        default: {
          onNamespaceDisconnect: async () => {
            await Promise.resolve();
            events.push('left');
          },
        },
      },
      onDisconnect: () => void events.push('gone'),
    });
    const client = await RawClient.join(app, 'default');

    await app.close();

    expect(events).toEqual(['left', 'gone']);
    expect((await client.closed).code).toBe(1001);
  });

  it('does not wait longer than closeGraceMs for a client that never answers the close frame', async () => {
    const app = await startNefeli({ namespaces: echo, closeGraceMs: 50 });
    const client = await RawClient.join(app, 'default');
    client.socket.pause();

    await app.close();

    expect(app.nefeli.local.size).toBe(0);
  });

  it('closes with 1009 what is larger than maxMessageBytes, and with 1002 what breaks the protocol of websockets', async () => {
    const app = await startNefeli({ namespaces: echo, limits: { maxMessageBytes: 1_000 } });
    const large = await RawClient.join(app, 'default');
    large.send('x'.repeat(1_001));
    expect((await large.closed).code).toBe(1009);

    const broken = await RawClient.join(app, 'default');
    (broken.socket as unknown as { _socket: { write(data: Buffer): void } })._socket.write(
      Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    );
    expect((await broken.closed).code).toBe(1002);
  });

  it('holds a mount to its own limit where another mount of the app allows more', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/ws', namespaces: echo, limits: { maxMessageBytes: 5_000 } });
      await app.register(nefeli, { name: 'small', path: '/small', namespaces: echo, limits: { maxMessageBytes: 100 } });
    });
    const small = await RawClient.join(app, 'default', { path: '/small' });
    small.send('x'.repeat(101));

    expect((await small.closed).code).toBe(1009);
  });

  it('lets a later mount allow more than the first', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/ws', namespaces: echo, limits: { maxMessageBytes: 100 } });
      await app.register(nefeli, { name: 'big', path: '/big', namespaces: echo, limits: { maxMessageBytes: 5_000 } });
    });
    const big = await RawClient.join(app, 'default', { path: '/big' });
    const body = 'x'.repeat(4_000);
    big.send(`$1;default;;echo;0;0;${body}`);

    expect(await big.next()).toBe(`$1;default;;echo;0;0;${body}`);
  });

  it('closes with 1011 a connection whose id cannot be made, and goes on', async () => {
    const ids = [() => '', () => Promise.reject(new Error('no id')), () => 'ada'];
    const app = await startNefeli({ namespaces: echo, idGenerator: () => (ids.shift() ?? (() => 'x'))() });

    expect((await (await RawClient.open(app)).closed).code).toBe(1011);
    expect((await (await RawClient.open(app)).closed).code).toBe(1011);
    const third = await RawClient.open(app);
    third.send('M');
    expect(await third.next()).toBe('Aada');
  });

  it('works over injectWS, where there is no network beneath', async () => {
    const app = await startNefeli({ namespaces: echo });
    const frames: string[] = [];
    const client = await app.injectWS(
      '/ws',
      {},
      { onInit: (socket) => socket.on('message', (data) => frames.push(String(data))) },
    );
    const raw = client as unknown as {
      send(data: string): void;
      terminate(): void;
      once(name: string, listener: () => void): void;
    };
    const welcomed = new Promise<void>((resolve) => raw.once('message', resolve));
    raw.send('M');
    await welcomed;
    raw.terminate();

    expect(frames[0]).toMatch(/^A[0-9a-f-]{36}$/);
  });

  it('turns connections away while it is full, with 503 or 429 and a time to come back', async () => {
    const app = await startNefeli({ namespaces: echo, limits: { maxConnectionsPerAddress: 1 } });
    await RawClient.open(app);
    expect(await statusOfUpgrade(app)).toBe(429);

    const full = await startNefeli({ namespaces: echo, limits: { maxConnections: 1 } });
    await RawClient.open(full);
    expect(await statusOfUpgrade(full)).toBe(503);
  });

  it('answers upgrades with 503 while the mount is closed', async () => {
    const app = await startNefeli({ namespaces: echo });
    await app.nefeli.close();
    expect(await statusOfUpgrade(app)).toBe(503);
  });

  it('reports errors of handlers and goes on: none becomes an uncaughtException or unhandledRejection', async () => {
    const stray: unknown[] = [];
    const note = (error: unknown): void => void stray.push(error);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    const errors: unknown[] = [];
    const app = await startNefeli({
      onError: (error) => void errors.push(error),
      namespaces: {
        default: {
          sync: () => {
            throw new Error('sync');
          },
          rejected: async () => await Promise.reject(new Error('rejected')),
          text: () => Promise.reject('text'),
        },
      },
    });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;sync;0;0;', '$2;default;;rejected;0;0;', '$3;default;;text;0;0;');

    for (const token of ['$1', '$2', '$3']) {
      expect(await client.next()).toMatch(new RegExp(`^\\${token};default;;\\w+;1;0;internal error [0-9a-f]{16}$`));
    }
    expect(errors.map(String)).toEqual(['Error: sync', 'Error: rejected', 'text']);
    process.off('uncaughtException', note).off('unhandledRejection', note);
    expect(stray).toEqual([]);
  });

  it('names the connection once in each line of the log, which is JSON', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const fail = (): never => {
      throw new Error('the database is away');
    };
    const app = await startNefeli({ namespaces: { default: { fail } } }, { logger: { level: 'debug', stream } });
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;fail;0;0;', 'nonsense', ';default;;fail;0;0;');
    await client.next();
    await client.next();

    const told = lines.filter((line) => line.includes('a handler failed') || line.includes('could not be understood'));
    expect(told).toHaveLength(3);
    for (const line of told) expect(line.match(/"conn":/g)).toHaveLength(1);
  });

  it('refuses at start what serves nothing', async () => {
    await expect(Fastify().register(nefeli, {})).rejects.toThrow(/NOTHING_SERVED/);
  });

  it("refuses native: 'only' beside anything else", async () => {
    const namespaces = { '': { onNativeMessage: () => {}, chat: () => {} } };
    await expect(Fastify().register(nefeli, { native: 'only', namespaces })).rejects.toThrow(
      /NATIVE_ONLY_INVALID.*"chat"/,
    );
  });

  it('serves raw messages alone, without a handshake', async () => {
    const app = await startNefeli({
      native: 'only',
      namespaces: { '': { onNativeMessage: (msg, ns) => ns.conn.emitNative(`you said ${String(msg.body)}`) } },
    });
    const client = await RawClient.open(app);
    client.send('M');

    expect(await client.next()).toBe('you said M');
  });
});

describe('an idGenerator that gives no id', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no user');
      },
    ],
    ['gives a number', () => 7 as never],
    ['gives nothing', () => undefined as never],
    ['never settles', () => new Promise<string>(() => {})],
  ])('closes the connection with 1011 when it %s', async (_, idGenerator) => {
    const lines: string[] = [];
    const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    const app = await startNefeli({ namespaces: echo, idGenerator, handlerTimeoutMs: 50 }, { logger });
    const client = await RawClient.open(app);

    expect((await client.closed).code).toBe(1011);
    expect(lines.some((line) => line.includes('a connection could not be accepted'))).toBe(true);
    expect(app.nefeli.local.size).toBe(0);
  });

  it('does not hold back app.close() while it is awaited', async () => {
    const app = await startNefeli({ namespaces: echo, idGenerator: () => new Promise<string>(() => {}) });
    const client = await RawClient.open(app);

    await app.close();

    expect((await client.closed).code).toBe(1006);
  });
});

describe('a handler that somebody else calls', () => {
  const startWrapped = (lines: string[]): Promise<FastifyInstance> =>
    startApp(
      async (app) => {
        await app.register(nefeli, { namespaces: echo });
        const handler = app.nefeli.handler();
        app.get('/ws', { websocket: true }, (socket, request) => handler(socket, request));
      },
      { logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } },
    );

  it('lets nobody in, because nothing has checked the origin, and says in the log how to mend it', async () => {
    const lines: string[] = [];
    const app = await startWrapped(lines);
    const { socket } = await RawClient.open(app, { headers: { origin: 'https://elsewhere.example' } });

    const [code] = await once(socket, 'close');

    expect(code).toBe(1011);
    expect(app.nefeli.connections()).toHaveLength(0);
    expect(lines.join()).toMatch(/ROUTE_UNGUARDED: the route \\"\/ws\\" .*app\.nefeli\.handler\(\)/);
  });

  it('says the same where the route came before the registration, and is no websocket', async () => {
    const app = await startApp(async (app) => {
      const registered = app.register(nefeli, { namespaces: echo });
      app.get(
        '/ws',
        { websocket: true } as object,
        ((socket: never, request: never) => app.nefeli.handler()(socket, request)) as never,
      );
      await registered;
    });

    const answer = await fetch(`http://127.0.0.1:${portOf(app)}/ws`);

    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('ROUTE_UNGUARDED');
  });

  it('is checked as any other on a path, where a hook that came before has wrapped it', async () => {
    const app = await startApp(async (app) => {
      app.addHook('onRoute', (route) => {
        const { handler } = route;
        route.handler = function (...args) {
          return handler.apply(this, args);
        };
      });
      await app.register(nefeli, { path: '/ws', namespaces: echo });
    });

    expect(await statusOfUpgrade(app, { headers: { origin: 'https://elsewhere.example' } })).toBe(403);
    expect(await statusOfUpgrade(app)).toBe(101);
    expect((await fetch(`http://127.0.0.1:${portOf(app)}/ws`, { method: 'HEAD' })).status).toBe(204);
  });

  it('is refused at start where it was not made, only named', async () => {
    const app = Fastify();
    await app.register(nefeli, { namespaces: echo });

    expect(() => app.get('/ws', { websocket: true }, app.nefeli.handler as never)).toThrow(
      /OPTION_INVALID: the option handler of the route \/ws is the function handler, .*app\.nefeli\.handler\(\), with the parentheses/,
    );
    await app.close();
  });
});

describe('what is no upgrade to a mount', () => {
  it('is refused with 400 on a plain route, and 404 where there is none: never 101', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/ws', namespaces: echo });
      app.get('/plain', async () => 'a page');
    });

    expect(await statusOfUpgrade(app, { path: '/plain' })).toBe(400);
    expect(await statusOfUpgrade(app, { path: '/nowhere' })).toBe(404);
    expect(await (await fetch(`http://127.0.0.1:${portOf(app)}/plain`)).text()).toBe('a page');
  });

  it('is answered with 204 to HEAD also where the app exposes no HEAD routes', async () => {
    const app = await startNefeli({ namespaces: echo }, { exposeHeadRoutes: false });
    expect((await fetch(`http://127.0.0.1:${portOf(app)}/ws`, { method: 'HEAD' })).status).toBe(204);
  });
});

describe('a user that takes time', () => {
  const whoami = { default: { whoami: (_: Message, ns: NSConn) => ns.conn.user } };

  it('is there before anything else, and what arrives meanwhile is held', async () => {
    const seen: unknown[] = [];
    const app = await startNefeli({
      namespaces: whoami,
      idGenerator: async () => await Promise.resolve('anna-1'),
      user: async ({ headers }) => {
        await new Promise((resolve) => setImmediate(resolve)); // a look into the network
        return headers['x-name'] === 'anna' ? { name: 'Anna' } : undefined;
      },
      onConnect: ({ user }) => void seen.push(user),
    });
    const client = await RawClient.open(app, { headers: { 'x-name': 'anna' } });
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;whoami;0;0;');

    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      'Aanna-1',
      '$1;;;;;;',
      '$2;default;;whoami;0;0;{"name":"Anna"}',
    ]);
    expect(seen).toEqual([{ name: 'Anna' }]);
  });

  it('is nobody, and no promise, where the function finds nobody', async () => {
    const app = await startNefeli({ namespaces: whoami, user: async () => await Promise.resolve(undefined) });
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;whoami;0;0;');

    expect(await client.next()).toBe('$1;;;;;;');
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['never settles', () => new Promise(() => {})],
  ])('closes the connection with 1011 when it %s', async (_, user) => {
    const app = await startNefeli({ namespaces: whoami, user, handlerTimeoutMs: 50 });
    const client = await RawClient.open(app);

    expect((await client.closed).code).toBe(1011);
    expect(app.nefeli.local.size).toBe(0);
  });

  it('does not hold back app.close() while it is awaited', async () => {
    const app = await startNefeli({
      namespaces: whoami,
      idGenerator: async () => 'x',
      user: () => new Promise(() => {}),
    });
    const client = await RawClient.open(app);

    await app.close();

    expect((await client.closed).code).toBe(1006);
  });
});

describe('a server of HTTP/2', () => {
  const tls = {
    key: readFileSync('test/support/tls/key.pem'),
    cert: readFileSync('test/support/tls/cert.pem'),
  };

  it.each([
    ['without TLS', {}],
    ['with TLS', { https: tls }],
  ])('is refused at start where it speaks nothing else: %s', async (_, options) => {
    const app = Fastify({ http2: true, ...options } as object); // its types tell four kinds of servers apart
    onTestFinished(() => app.close());

    await expect(app.register(nefeli, { path: '/ws', namespaces: echo })).rejects.toThrow(
      'OPTION_INVALID: the option http2 of Fastify is true, but must be false, or go with ' +
        'https: { allowHTTP1: true, … }: websockets begin with a request of HTTP/1.1.',
    );
  });

  it('serves those who come with HTTP/1.1, where it lets them', async () => {
    const app = Fastify({ http2: true, https: { ...tls, allowHTTP1: true } } as object); // as above
    onTestFinished(() => app.close());
    await app.register(nefeli, { path: '/ws', namespaces: echo });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = new RawClient(new WebSocket(`wss://127.0.0.1:${portOf(app)}/ws`, { rejectUnauthorized: false }));
    await once(client.socket, 'open');

    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;echo;0;0;hi');

    expect([await client.next(), await client.next(), await client.next()].slice(1)).toEqual([
      '$1;;;;;;',
      '$2;default;;echo;0;0;hi',
    ]);
  });

  it('answers those who come with HTTP/2 instead of an upgrade, and goes on', async () => {
    const app = Fastify({ http2: true, https: { ...tls, allowHTTP1: true } } as object); // as above
    onTestFinished(() => app.close());
    await app.register(nefeli, { path: '/ws', namespaces: echo });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const session = connect(`https://127.0.0.1:${portOf(app)}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const ask = async (method: string) => {
      const request = session.request({ ':path': '/ws', ':method': method });
      const [headers] = (await once(request, 'response')) as [IncomingHttpHeaders];
      const chunks: Buffer[] = await request.toArray();
      return [headers[':status'], headers.upgrade, Buffer.concat(chunks).toString()];
    };

    const refusal = {
      statusCode: 426,
      error: 'Upgrade Required',
      message: 'this is a websocket: connect with ws:// or wss://',
    };
    expect(await ask('GET')).toEqual([426, undefined, JSON.stringify(refusal)]);
    expect(await ask('HEAD')).toEqual([204, undefined, '']);
  });
});

describe('a server on a unix socket', () => {
  const open = async (
    options: Pick<FastifyHttpOptions<RawServerDefault>, 'trustProxy'>,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const folder = mkdtempSync(join(tmpdir(), 'nefeli-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const app = Fastify(options);
    onTestFinished(() => app.close());
    await app.register(nefeli, { path: '/ws', namespaces: echo, limits: { maxConnectionsPerAddress: 1 } });
    await app.listen({ path: join(folder, 'socket') });
    return () =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`ws+unix://${join(folder, 'socket')}:/ws`, { headers });
        socket.on('open', () => resolve(101));
        socket.on('error', () => {});
        socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode));
      });
  };

  it('takes all who come: none has an address to be counted by', async () => {
    const connect = await open({});

    expect([await connect(), await connect()]).toEqual([101, 101]);
  });

  it('counts by the address that a trusted proxy tells', async () => {
    const connect = await open({ trustProxy: true }, { 'x-forwarded-for': '192.0.2.1' });

    expect([await connect(), await connect()]).toEqual([101, 429]);
  });
});
