import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import { type ClientScript, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';

const read = (name: string): Buffer => readFileSync(new URL(`../../dist/client/${name}`, import.meta.url));

async function serve(clientScript: string): Promise<FastifyInstance> {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(nefeli, { path: '/ws', namespaces: { default: {} }, clientScript });
  return app;
}

describe('the option clientScript', () => {
  it('serves the script that makes the global, as JavaScript that nobody sniffs', async () => {
    const app = await serve('/nefeli.js');

    const { statusCode, headers, rawPayload } = await app.inject('/nefeli.js');

    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(rawPayload).toEqual(read('nefeli.min.js'));
  });

  it('serves the module where the path ends in .mjs', async () => {
    const app = await serve('/nefeli.mjs');

    const { rawPayload } = await app.inject('/nefeli.mjs');

    expect(rawPayload).toEqual(read('nefeli.min.mjs'));
  });

  it('lets caches ask each time, and answers 304 to those that know it', async () => {
    const app = await serve('/nefeli.js');

    const first = await app.inject('/nefeli.js');
    const etag = String(first.headers.etag);
    const statusOf = async (known: string): Promise<number> =>
      (await app.inject({ url: '/nefeli.js', headers: { 'if-none-match': known } })).statusCode;

    expect(first.headers['cache-control']).toBe('public, no-cache');
    expect(await statusOf(etag)).toBe(304);
    expect(await statusOf(`"other", W/${etag}`)).toBe(304);
    expect(await statusOf('"other"')).toBe(200);
  });

  it('gives a URL that may be kept for ever, and the integrity of what is there', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    let script: ClientScript | undefined;
    await app.register(
      async (scope) => {
        await scope.register(nefeli, { path: '/ws', namespaces: { default: {} }, clientScript: '/nefeli.js' });
        script = scope.nefeli.clientScript;
      },
      { prefix: '/live' },
    );
    const { url = '', integrity } = script ?? {};

    const { headers, rawPayload } = await app.inject(url);

    expect(url).toMatch(/^\/live\/nefeli\.js\?v=[\w-]{16}$/);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(integrity).toBe(`sha384-${createHash('sha384').update(rawPayload).digest('base64')}`);
  });

  it('does not promise for ever what another version was asked for by', async () => {
    const app = await serve('/nefeli.js');

    const { headers } = await app.inject('/nefeli.js?v=of-yesterday');

    expect(headers['cache-control']).toBe('public, no-cache');
  });

  it('answers HEAD, and has nothing to tell where it is left out', async () => {
    const app = await serve('/nefeli.js');
    const other = Fastify();
    onTestFinished(() => other.close());
    await other.register(nefeli, { path: '/ws', namespaces: { default: {} } });

    expect((await app.inject({ method: 'HEAD', url: '/nefeli.js' })).statusCode).toBe(200);
    expect(other.nefeli.clientScript).toBeUndefined();
  });

  it('refuses what is no path', async () => {
    await expect(serve('nefeli.js')).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
