import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** What a browser may have to load, in bytes, minified and gzipped. */
const BAR = 6_400;

const require = createRequire(import.meta.url);
const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;

async function bundle(format: 'es' | 'iife'): Promise<string> {
  const built = await rolldown({
    input: resolve('src/client/index.ts'),
    platform: 'browser',
    tsconfig: false,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  });
  const { output } = await built.generate({ format, name: 'nefeli', minify: true, comments: false });
  await built.close();
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  return output[0].code;
}

describe('the bundle of the client', () => {
  it(`is not larger than ${BAR} bytes, less than half of socket.io-client`, async () => {
    const files = {
      'neffos.js (dist/neffos.min.js)': join(dirname(require.resolve('neffos.js/package.json')), 'dist/neffos.min.js'),
      'socket.io-client (dist/socket.io.esm.min.js)': resolve(
        'node_modules/socket.io-client/dist/socket.io.esm.min.js',
      ),
    };
    const others = Object.entries(files).map(([name, file]) => ({ name, code: readFileSync(file, 'utf8') }));
    const all = [{ name: 'nefeli/client', code: await bundle('es') }, ...others];
    const sizes = all.map(({ name, code }) => ({ name, minified: code.length, gzipped: gzipped(code) }));
    console.table(sizes);

    const [own = { gzipped: 0 }, ...rest] = sizes;
    expect(own.gzipped).toBeLessThanOrEqual(BAR);
    expect(own.gzipped).toBeLessThan((rest.at(-1)?.gzipped ?? 0) * 0.5);
  });

  it('holds no import, no eval and nothing of Node', async () => {
    const code = await bundle('es');

    expect(code).not.toMatch(/\bimport\b|\brequire\(|\bprocess\b|\bBuffer\b|\beval\(|new Function/);
  });

  it('runs as a script where there is nothing but a web platform', async () => {
    const sockets: {
      url: string;
      sent: unknown[];
      onopen?: () => void;
      onmessage?: (event: object) => void;
      readyState: number;
    }[] = [];
    class WebSocket {
      readonly sent: unknown[] = [];
      readyState = 1;
      readonly url: string;
      constructor(url: string) {
        this.url = url;
        sockets.push(this);
      }
      send(data: unknown): void {
        this.sent.push(data);
      }
      close(): void {}
    }
    const location = { href: 'https://example.com/app/' };
    const web = {
      WebSocket,
      location,
      URL,
      AbortController,
      TextEncoder,
      TextDecoder,
      performance,
      setTimeout,
      clearTimeout,
      console,
    };
    const context = createContext(web);
    runInContext(await bundle('iife'), context);
    const dialled = runInContext(
      `nefeli.dial('/ws').then((conn) => { conn.close(); return conn.id; })`,
      context,
    ) as Promise<string>;
    await new Promise((done) => setImmediate(done));
    const [socket] = sockets;
    socket?.onopen?.();
    socket?.onmessage?.({ data: 'Aanna' });

    expect(await dialled).toBe('anna');
    expect(socket).toMatchObject({ url: 'wss://example.com/ws', sent: ['Mnefeli/1'] });
    expect(runInContext('Object.keys(nefeli).sort().join()', context)).toBe('PublicError,RemoteError,WsError,dial');
  });
});
