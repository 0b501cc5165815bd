import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type NefeliOptions, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { startApp, startNefeli, statusOfUpgrade } from '../support/start-app.js';

const namespaces = { default: { echo: (msg: { body: unknown }) => msg.body } };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Asked {
  readonly path?: string;
  readonly protocols?: string[];
  readonly client?: ClientOptions;
}

/** Asks for an upgrade, and gives the answer of the network as it is. */
async function upgrade(app: FastifyInstance, { path = '/ws', protocols = [], client = {} }: Asked = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}${path}`, protocols, client);
  onTestFinished(() => socket.terminate());
  socket.on('error', () => {});
  const answer = await new Promise<Answer>((resolve) => {
    // A client that has offered subprotocols does not open without one.
    socket.on('upgrade', ({ headers }) => {
      for (const event of ['open', 'close']) socket.on(event, () => resolve({ status: 101, headers, body: '' }));
    });
    socket.on('unexpected-response', async (request, response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      request.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
  return { socket, answer };
}

/** An app whose only route to a mount has a hook. */
function startWithHook(
  hook: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  { options = {}, setUp = () => {} }: { options?: NefeliOptions; setUp?: (app: FastifyInstance) => unknown } = {},
): Promise<FastifyInstance> {
  return startApp(async (app) => {
    await setUp(app);
    await app.register(nefeli, { namespaces, ...options });
    app.get('/ws', { websocket: true, preHandler: hook }, app.nefeli.handler());
  });
}

describe('the time that an upgrade may take', () => {
  it('is bounded by headersTimeout of Node before the request is whole', async () => {
    const http = { headersTimeout: 50, connectionsCheckingInterval: 10 };
    const app = await startNefeli({ namespaces }, { http });
    const socket = connect(portOf(app), '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n');

    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is bounded by limits.handshakeTimeoutMs from the answer to the hello', async () => {
    const app = await startNefeli({ namespaces, limits: { handshakeTimeoutMs: 30 } });
    const { socket } = await upgrade(app);

    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];

    expect([code, String(reason)]).toEqual([1008, 'no handshake within 30 ms']);
  });
});

describe('subprotocols', () => {
  it("chooses the server's first that the client offers, and tells it at conn.protocol", async () => {
    const told: string[] = [];
    const app = await startNefeli({
      namespaces,
      subprotocols: ['v3', 'v2', 'v1'],
      onConnect: (conn) => void told.push(conn.protocol),
    });

    const { socket } = await upgrade(app, { protocols: ['v1', 'v2'] });

    expect([socket.protocol, told]).toEqual(['v2', ['v2']]);
  });

  it('names none where none of them is offered, and lets in who offers none', async () => {
    const app = await startNefeli({ namespaces, subprotocols: ['v2'] });

    const strange = await upgrade(app, { protocols: ['v9'] });
    const silent = await upgrade(app);

    expect([strange.answer.status, strange.answer.headers['sec-websocket-protocol']]).toEqual([101, undefined]);
    expect([silent.answer.status, silent.answer.headers['sec-websocket-protocol']]).toEqual([101, undefined]);
  });

  it('are those of each mount by itself; without them the first of the client counts', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces, path: '/ws', subprotocols: ['b'] });
      await app.register(nefeli, { name: 'other', namespaces, path: '/other' });
    });

    const one = await upgrade(app, { protocols: ['a', 'b'] });
    const other = await upgrade(app, { path: '/other', protocols: ['a', 'b'] });

    expect(one.answer.headers['sec-websocket-protocol']).toBe('b');
    expect(other.answer.headers['sec-websocket-protocol']).toBe('a');
  });

  it('leaves the choice to handleProtocols of the application where a mount has none', async () => {
    const app = await startNefeli({ namespaces, websocket: { options: { handleProtocols: () => 'theirs' } } });

    const { answer } = await upgrade(app, { protocols: ['mine', 'theirs'] });

    expect(answer.headers['sec-websocket-protocol']).toBe('theirs');
  });
});

describe('onUpgradeRefused', () => {
  const origin = { client: { headers: { origin: 'https://evil.example' } } };

  it('is told the status and the reason, and gives the body, status and headers of the answer', async () => {
    const told: unknown[] = [];
    const app = await startNefeli({
      namespaces,
      onUpgradeRefused(refusal, request, reply) {
        told.push([refusal, request.url]);
        reply.code(418).header('x-reason', refusal.reason);
        return `sorry: ${refusal.reason}`;
      },
    });

    const { answer } = await upgrade(app, origin);

    expect(told).toEqual([[{ status: 403, reason: 'origin not allowed' }, '/ws']]);
    expect([answer.status, answer.headers['x-reason'], answer.body]).toEqual([
      418,
      'origin not allowed',
      'sorry: origin not allowed',
    ]);
  });

  it('leaves the usual answer where it returns nothing, and where it throws', async () => {
    const usual = { statusCode: 403, error: 'Forbidden', message: 'origin not allowed' };
    const failing = await startNefeli({
      namespaces,
      onUpgradeRefused(_refusal, _request, reply) {
        reply.code(500);
        throw new Error('no words');
      },
    });
    const silent = await startNefeli({ namespaces, onUpgradeRefused: () => undefined });

    for (const app of [failing, silent]) {
      const { answer } = await upgrade(app, origin);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([403, usual]);
    }
  });

  it('may send the answer by itself', async () => {
    const onUpgradeRefused: NefeliOptions['onUpgradeRefused'] = (_refusal, _request, reply) =>
      reply.redirect('/elsewhere', 302);
    const app = await startNefeli({ namespaces, onUpgradeRefused });

    const { answer } = await upgrade(app, origin);

    expect([answer.status, answer.headers['location']]).toEqual([302, '/elsewhere']);
  });

  it('hears of full servers and of what is no upgrade, too', async () => {
    const told: unknown[] = [];
    const app = await startNefeli({
      namespaces,
      limits: { maxConnections: 1 },
      onUpgradeRefused: (refusal) => void told.push(refusal),
    });
    await upgrade(app);

    expect((await upgrade(app)).answer.headers['retry-after']).toMatch(/^\d+$/);
    const page = await app.inject('/ws');

    expect([page.statusCode, page.headers['upgrade']]).toEqual([426, 'websocket']);
    expect(told).toEqual([
      { status: 503, reason: 'server full' },
      { status: 426, reason: 'this is a websocket: connect with ws:// or wss://' },
    ]);
  });

  it('is not asked where a hook of the route refuses, or the handshake breaks the rules', async () => {
    const told: unknown[] = [];
    const options: NefeliOptions = { onUpgradeRefused: (refusal) => void told.push(refusal) };
    const hooked = await startWithHook(async (_request, reply) => await reply.code(401).send({ who: 'are you?' }), {
      options,
    });
    const app = await startNefeli({ namespaces, ...options });

    const { answer } = await upgrade(hooked);
    const socket = connect(portOf(app), '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [broken] = (await once(socket, 'data')) as [Buffer];

    expect([answer.status, answer.body]).toEqual([401, '{"who":"are you?"}']);
    expect(String(broken)).toMatch(/^HTTP\/1\.1 400 /);
    expect(told).toEqual([]);
  });
});

describe('checkOrigin', () => {
  it('is a function of the request that decides alone, beside allowedOrigins', async () => {
    const checkOrigin = ({ headers }: FastifyRequest): boolean => headers['x-app'] === 'ours';
    const app = await startNefeli({ namespaces, allowedOrigins: ['https://ours.example'], checkOrigin });
    const from = (origin: string, headers: Record<string, string> = {}) =>
      statusOfUpgrade(app, { headers: { origin, ...headers } });

    expect(await from('https://ours.example')).toBe(403);
    expect(await from('https://any.example', { 'x-app': 'ours' })).toBe(101);
  });
});

describe('the answer 101', () => {
  it('carries the headers and cookies that hooks have set', async () => {
    const app = await startWithHook(async (_request, reply) => {
      reply.header('x-server', 'a').header('set-cookie', 'one=1; Path=/').header('set-cookie', 'two=2');
    });

    const { answer } = await upgrade(app);

    expect(answer.status).toBe(101);
    expect(answer.headers['x-server']).toBe('a');
    expect(answer.headers['set-cookie']).toEqual(['one=1; Path=/', 'two=2']);
  });

  it('carries cookies that @fastify/cookie has set', async () => {
    const setUp = (app: FastifyInstance) => app.register(cookie, { secret: 'the secret of the test' });
    const app = await startWithHook(
      async (_request, reply) => {
        reply.header('set-cookie', 'plain=0');
        reply.setCookie('session', 'a b', { httpOnly: true, path: '/' }).clearCookie('old');
        reply.setCookie('signed', '1', { signed: true });
      },
      { setUp },
    );

    const { answer } = await upgrade(app);

    const [plain, session, old, signed] = answer.headers['set-cookie'] ?? [];
    expect(plain).toBe('plain=0');
    expect(session).toBe('session=a%20b; Path=/; HttpOnly; SameSite=Lax');
    expect(old).toMatch(/^old=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/);
    expect(app.unsignCookie(decodeURIComponent(/^signed=([^;]+)/.exec(signed ?? '')?.[1] ?? '')).value).toBe('1');
  });

  it('answers without a cookie that cannot be written down, and with the others', async () => {
    const setUp = async (app: FastifyInstance): Promise<void> => void (await app.register(cookie));
    const app = await startWithHook(
      async (_request, reply) => {
        reply.setCookie('bad', '1', { path: '/;forged' }).setCookie('good', '2', { path: '/' });
      },
      { setUp },
    );

    const { answer } = await upgrade(app);

    expect(answer.headers['set-cookie']).toEqual(['good=2; Path=/; SameSite=Lax']);
  });

  it('lets hooks change nothing of the handshake, and write no line that they were given', async () => {
    const app = await startWithHook(async (_request, reply) => {
      reply.header('sec-websocket-accept', 'forged').header('connection', 'close').header('content-length', '5');
      reply.header('x-name', 'a\r\nset-cookie: forged=1').header('x-after', 'still there');
    });

    const { answer } = await upgrade(app);

    expect(answer.headers['content-length']).toBeUndefined();
    expect(answer.headers['x-name']).toBeUndefined();
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['x-after']).toBe('still there');
  });

  it('is that of each upgrade by itself, also where a refused one has set headers before', async () => {
    const app = await startWithHook(async (request, reply) => {
      reply.header('x-who', String(request.headers['x-who'] ?? 'nobody'));
      if (request.headers['x-who'] === 'eve') return await reply.code(403).send();
    });
    const as = (who: string) => upgrade(app, { client: { headers: { 'x-who': who } } });

    const [ada, eve, bob] = await Promise.all([as('ada'), as('eve'), as('bob')]);

    expect([ada, eve, bob].map(({ answer }) => [answer.status, answer.headers['x-who']])).toEqual([
      [101, 'ada'],
      [403, 'eve'],
      [101, 'bob'],
    ]);
  });
});

describe('compression', () => {
  const extensionOf = async (app: FastifyInstance, path = '/ws') =>
    (await upgrade(app, { path })).answer.headers['sec-websocket-extensions'];

  /** Bytes of one frame as it comes over the network, when this event has been echoed. */
  async function bytesOfEcho(app: FastifyInstance, body: string): Promise<number> {
    const { socket } = await upgrade(app);
    const nextMessage = async (): Promise<string> => String((await once(socket, 'message'))[0]);
    socket.send('M');
    await nextMessage();
    socket.send('$0;default;;_OnNamespaceConnect;0;0;');
    await nextMessage();
    const net = netOf(socket);
    const before = net.bytesRead;
    socket.send(`$1;default;;echo;0;0;${body}`);
    expect(await nextMessage()).toBe(`$1;default;;echo;0;0;${body}`);
    return net.bytesRead - before;
  }

  it('is off until it is asked for', async () => {
    expect(await extensionOf(await startNefeli({ namespaces }))).toBeUndefined();
  });

  it('keeps nothing from one message to the next, on either side', async () => {
    const extension = await extensionOf(await startNefeli({ namespaces, compression: true }));

    expect(String(extension).split('; ').sort()).toEqual([
      'client_no_context_takeover',
      'permessage-deflate',
      'server_no_context_takeover',
    ]);
  });

  it('makes messages smaller from thresholdBytes on', async () => {
    const app = await startNefeli({ namespaces, compression: { thresholdBytes: 200 } });

    expect(await bytesOfEcho(app, 'a'.repeat(1_000))).toBeLessThan(60);
    expect(await bytesOfEcho(app, 'a'.repeat(100))).toBeGreaterThan(100);
  });

  it('closes with 1009 what is larger than maxMessageBytes when it is decompressed, and reads on from others', async () => {
    const app = await startNefeli({ namespaces, compression: true, limits: { maxMessageBytes: 10_000 } });
    const { socket } = await upgrade(app);

    socket.send(`M${'0'.repeat(1_000_000)}`);
    const [code] = (await once(socket, 'close')) as [number];

    expect(code).toBe(1009);
    expect(await bytesOfEcho(app, 'b'.repeat(5_000))).toBeLessThan(100);
  });

  it('brings messages of every size in order, whether compressed or not', async () => {
    const app = await startNefeli({ namespaces, compression: { concurrency: 1, level: 1 } });
    const { socket } = await upgrade(app);
    const bodies = Array.from({ length: 60 }, (_, index) => randomBytes(index % 3 === 0 ? 3_000 : 5).toString('hex'));
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const text = String(data);
        if (text.startsWith('$1;')) heard.push(text.split(';0;0;')[1] ?? '');
        if (heard.length === bodies.length) resolve();
      });
    });

    socket.send('M');
    socket.send('$0;default;;_OnNamespaceConnect;0;0;');
    bodies.forEach((body, index) => {
      socket.send(`$1;default;;echo;0;0;${body}`, { compress: index % 2 === 0 });
    });
    await all;

    expect(heard).toEqual(bodies);
  });

  it('is for the mounts that ask for it: not for others, nor for other websockets of the app', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces, path: '/ws' });
      await app.register(nefeli, { name: 'small', namespaces, path: '/small', compression: { level: 9 } });
      await app.register(nefeli, { name: 'same', namespaces, path: '/same', compression: true });
      app.get('/other', { websocket: true }, () => {});
    });

    expect(await extensionOf(app, '/small')).toMatch(/^permessage-deflate/);
    expect(await extensionOf(app, '/same')).toMatch(/^permessage-deflate/);
    expect(await extensionOf(app, '/ws')).toBeUndefined();
    expect(await extensionOf(app, '/other')).toBeUndefined();
  });

  it('is for all routes where ws itself is told so, but for mounts that refuse', async () => {
    const app = await startApp(async (app) => {
      await app.register(nefeli, { namespaces, path: '/ws', websocket: { options: { perMessageDeflate: true } } });
      await app.register(nefeli, { name: 'plain', namespaces, path: '/plain', compression: false });
      app.get('/other', { websocket: true }, () => {});
    });

    expect(await extensionOf(app, '/ws')).toMatch(/^permessage-deflate/);
    expect(await extensionOf(app, '/other')).toMatch(/^permessage-deflate/);
    expect(await extensionOf(app, '/plain')).toBeUndefined();
  });

  it('is refused at start where ws is told something else, or is told to take messages of any size', async () => {
    const start = (options: NefeliOptions) => startNefeli({ namespaces, compression: true, ...options });

    await expect(start({ websocket: { options: { perMessageDeflate: true } } })).rejects.toThrow(
      'OPTION_INVALID: the option compression is true, but must be left out where websocket.options.perMessageDeflate is given',
    );
    await expect(start({ websocket: { options: { maxPayload: 0 } } })).rejects.toThrow(
      'OPTION_INVALID: the option websocket.options.maxPayload is 0, but must be above 0, or left out, with compression',
    );
  });

  it('is refused at start where two mounts of an app want it differently', async () => {
    const started = startApp(async (app) => {
      await app.register(nefeli, { namespaces, path: '/ws', compression: { level: 9 } });
      await app.register(nefeli, { name: 'other', namespaces, path: '/other', compression: { level: 1 } });
    });

    await expect(started).rejects.toThrow(
      'true, or as another mount of the app has it: {"thresholdBytes":1024,"concurrency":10,"level":9}',
    );
  });
});

describe('the buffers of a connection', () => {
  it('are those of the sockets of Node', async () => {
    const marks: number[] = [];
    const app = await startNefeli(
      {
        namespaces,
        onConnect: ({ request }) => void marks.push((request as FastifyRequest).raw.socket.writableHighWaterMark),
      },
      { http: { highWaterMark: 128 * 1024 } },
    );

    await upgrade(app);

    expect(marks).toEqual([128 * 1024]);
  });
});

/** The network beneath a client of ws. */
function netOf(socket: WebSocket): { readonly bytesRead: number } {
  return (socket as unknown as { _socket: { bytesRead: number } })._socket; // ws tells it to nobody
}
