import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from '../support/port-of.js';
import { startNefeli, statusOfUpgrade } from '../support/start-app.js';

const namespaces = { default: { chat: () => {} } };

const statusFrom = async (
  origin: string,
  options: object = {},
  headers: Record<string, string> = {},
): Promise<number> => {
  const app = await startNefeli({ namespaces, ...options });
  return await statusOfUpgrade(app, { headers: { host: 'app.example', origin, ...headers } });
};

describe('the origin check', () => {
  it.each(['http://app.example', 'https://app.example', 'HTTP://APP.EXAMPLE'])(
    'lets %s in on the host app.example: TLS may end in front of the server',
    async (origin) => {
      expect(await statusFrom(origin)).toBe(101);
    },
  );

  it.each([
    'https://evil.example',
    'https://app.example.evil.example',
    'https://evilapp.example',
    'https://app.example@evil.example',
    'https://evil@app.example',
    'https://app.example:8443',
    'https://app.example.',
    'http://app.example:80',
    'https://app.example/path',
    'https://app.example, https://app.example',
    'http://xn--pp-7kc.example',
    'null',
    'file://',
    'foo://app.example',
    'app.example',
    '',
  ])('refuses %j with 403 before the upgrade', async (origin) => {
    let asked = 0;
    const ask = (): string => {
      asked += 1;
      return 'id';
    };
    expect(await statusFrom(origin, { onConnect: ask, idGenerator: ask })).toBe(403);
    expect(asked).toBe(0);
  });

  it('lets in what has no origin, unless a cookie comes with it', async () => {
    const app = await startNefeli({ namespaces });
    expect(await statusOfUpgrade(app)).toBe(101);
    expect(await statusOfUpgrade(app, { headers: { cookie: 'sid=1' } })).toBe(403);
  });

  it('refuses a second Origin header', async () => {
    const app = await startNefeli({ namespaces });
    const head = [
      'GET /ws HTTP/1.1',
      'Host: app.example',
      'Origin: http://app.example',
      'Origin: http://evil.example',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ].join('\r\n');
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(portOf(app), '127.0.0.1', () => socket.write(`${head}\r\n\r\n`));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('lets the allowed origins in, and a wildcard for one whole name only', async () => {
    const allowedOrigins = ['https://page.example', 'https://*.pages.example'];
    const statusOf = (origin: string) => statusFrom(origin, { allowedOrigins });

    expect(await statusOf('https://page.example')).toBe(101);
    expect(await statusOf('http://page.example')).toBe(403);
    expect(await statusOf('https://a.pages.example')).toBe(101);
    expect(await statusOf('https://a.b.pages.example')).toBe(403);
    expect(await statusOf('https://pages.example')).toBe(403);
    expect(await statusOf('https://evilpages.example')).toBe(403);
  });

  it("lets every origin in with '*'", async () => {
    expect(await statusFrom('https://evil.example', { allowedOrigins: '*' }, { cookie: 'a=b' })).toBe(101);
  });

  it('asks checkOrigin instead, and refuses when it throws', async () => {
    expect(await statusFrom('https://evil.example', { checkOrigin: async () => true })).toBe(101);
    expect(await statusFrom('http://app.example', { checkOrigin: () => false })).toBe(403);
    const failing = (): boolean => {
      throw new Error('no database');
    };
    expect(await statusFrom('http://app.example', { checkOrigin: failing })).toBe(403);
  });

  it('refuses at start an allowed origin that is none', async () => {
    const app = Fastify();
    await expect(app.register(nefeli, { namespaces, allowedOrigins: ['app.example/path'] })).rejects.toThrow(
      /OPTION_INVALID.*allowedOrigins is "app\.example\/path"/,
    );
  });

  it("lets in an app's own scheme where it is allowed", async () => {
    expect(await statusFrom('foo://app.example', { allowedOrigins: ['foo://app.example'] })).toBe(101);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a foreign origin',
      { origin: 'http://localhost:5173' },
      'pages from http://localhost:5173 may not connect to app.example. If they should, register nefeli with ' +
        "allowedOrigins: ['http://localhost:5173']",
    ],
    ['the origin null', { origin: 'null' }, 'sandboxed frames and files have no origin of their own'],
    ['the origin of a file', { origin: 'file://' }, 'decide by something else in the option checkOrigin'],
    ['a cookie without an origin', { cookie: 'sid=1' }, 'a request with a cookie must carry an Origin'],
    [
      'an origin that is none',
      { origin: 'app.example' },
      '"app.example" is no origin: it is a scheme, a host and a port',
    ],
  ])('tells in the log, once, what to do about %s', async (_, headers, explanation) => {
    const { app, warnings, refusals } = await startLogged();

    await statusOfUpgrade(app, { headers: { host: 'app.example', ...headers } });
    await statusOfUpgrade(app, { headers: { host: 'app.example', ...headers } });

    expect(warnings()).toEqual([expect.stringContaining(explanation)]);
    expect(refusals()).toHaveLength(2);
  });

  it('explains each kind of refusal, whatever has been explained before', async () => {
    const { app, warnings } = await startLogged();

    for (const origin of ['null', 'https://evil.example', 'null', 'https://other.example', 'app.example'])
      await statusOfUpgrade(app, { headers: { host: 'app.example', origin } });

    expect(warnings()).toEqual([
      expect.stringContaining('origin is null'),
      expect.stringContaining('https://evil.example'),
      expect.stringContaining('"app.example" is no origin'),
    ]);
  });

  it('advises nothing where checkOrigin has refused', async () => {
    const { app, warnings, refusals } = await startLogged({ checkOrigin: () => false });

    await statusOfUpgrade(app, { headers: { host: 'app.example', origin: 'https://evil.example' } });

    expect(warnings()).toEqual([]);
    expect(refusals()).toHaveLength(1);
  });
});

/** An app whose log is read: what it warns of, and how often it tells of a refused origin. */
async function startLogged(options: object = {}) {
  const lines: { readonly level: number; readonly msg: string }[] = [];
  const logger = { level: 'info', stream: { write: (line: string) => void lines.push(JSON.parse(line)) } };
  const app = await startNefeli({ namespaces, ...options }, { logger });
  const WARN = 40;
  return {
    app,
    warnings: () => lines.filter(({ level }) => level === WARN).map(({ msg }) => msg),
    refusals: () => lines.filter(({ msg }) => msg === 'a websocket was refused because of its origin'),
  };
}

describe('behind a proxy with TLS in front', () => {
  it('compares the scheme too where the proxy is trusted', async () => {
    const app = await startNefeli({ namespaces }, { trustProxy: true });
    const forwarded = { host: 'internal:8080', 'x-forwarded-host': 'app.example', 'x-forwarded-proto': 'https' };

    expect(await statusOfUpgrade(app, { headers: { ...forwarded, origin: 'https://app.example' } })).toBe(101);
    expect(await statusOfUpgrade(app, { headers: { ...forwarded, origin: 'http://app.example' } })).toBe(403);
    expect(await statusOfUpgrade(app, { headers: { ...forwarded, origin: 'https://internal:8080' } })).toBe(403);
  });

  it('does not believe forwarded headers of a proxy that is not trusted', async () => {
    const app = await startNefeli({ namespaces });
    const headers = { host: 'app.example', 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' };
    expect(await statusOfUpgrade(app, { headers })).toBe(403);
  });

  it('serves wss through a real TLS proxy', async () => {
    const app = await startNefeli({ namespaces }, { trustProxy: true });
    const proxy = tlsProxyTo(portOf(app));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address() as { port: number };

    const socket = new WebSocket(`wss://127.0.0.1:${address.port}/ws`, [], {
      ca: readFileSync('test/support/tls/cert.pem'),
      headers: { origin: `https://127.0.0.1:${address.port}` },
    });
    const welcome = await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => socket.send('M'));
      socket.once('message', (data) => resolve(String(data)));
    });
    socket.terminate();

    expect(welcome).toMatch(/^A/);
  });
});

/** A proxy that ends TLS and says so, as nginx and load balancers do. */
function tlsProxyTo(port: number): ReturnType<typeof createServer> {
  const proxy = createTlsServer({
    key: readFileSync('test/support/tls/key.pem'),
    cert: readFileSync('test/support/tls/cert.pem'),
  });
  proxy.on('upgrade', (request, downstream) => {
    const headers = { ...request.headers, 'x-forwarded-proto': 'https', 'x-forwarded-host': request.headers.host };
    const upstream = httpRequest({ port, path: request.url, headers });
    upstream.on('upgrade', (answer, socket) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      downstream.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.pipe(downstream).pipe(socket);
      socket.on('error', () => downstream.destroy());
      downstream.on('error', () => socket.destroy());
    });
    upstream.end();
  });
  return proxy;
}
