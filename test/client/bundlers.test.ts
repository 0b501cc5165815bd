import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';

/** A project of its own, to which the package is installed as npm would install it: what bundlers find there is what users find. */
const PROJECT = resolve('build/bundled-page');
const PAGE = join(PROJECT, 'page.js');

/** What no page may hold: the platform of Node, the package `ws`, or the server. */
const NOT_FOR_PAGES =
  /\bnode:|\brequire\(|\bprocess\.|\bBuffer\b|permessage-deflate|inversify|reflect-metadata|fastify/;

/** Bundles the page as each bundler does that is told of browsers and of nothing else. */
const BUNDLERS: Record<string, () => Promise<string>> = {
  async rolldown() {
    const bundle = await rolldown({ input: PAGE, platform: 'browser', cwd: PROJECT });
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    expect(output.map(({ fileName }) => fileName)).toEqual(['page.js']);
    expect(output[0].imports).toEqual([]);
    return output[0].code;
  },
  async vite() {
    const { build } = await import('vite');
    const outDir = join(PROJECT, 'vite');
    await build({
      root: PROJECT,
      configFile: false,
      logLevel: 'warn',
      build: { outDir, minify: false, lib: { entry: PAGE, formats: ['es'], fileName: () => 'page.js' } },
    });
    return readFileSync(join(outDir, 'page.js'), 'utf8');
  },
};

describe('a page that imports nefeli/client', () => {
  beforeAll(() => {
    rmSync(PROJECT, { recursive: true, force: true });
    const installed = join(PROJECT, 'node_modules/nefeli');
    mkdirSync(installed, { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    symlinkSync(resolve('dist'), join(installed, 'dist'));
    writeFileSync(join(PROJECT, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    writeFileSync(
      PAGE,
      "import { dial } from 'nefeli/client';\nexport const conn = await dial('/ws', { default: { chat: (msg) => console.log(msg.body) } });\n",
    );
  });

  it.each(Object.keys(BUNDLERS))('has nothing of Node and of the server in its bundle by %s', async (bundler) => {
    const code = (await BUNDLERS[bundler]?.()) ?? '';

    expect(code).toContain('Mnefeli/1');
    expect(code).not.toMatch(NOT_FOR_PAGES);
    expect(code).not.toMatch(/^import /m);
  });

  it('leaves the client out where it imports the errors alone', async () => {
    writeFileSync(
      join(PROJECT, 'errors.js'),
      "import { RemoteError } from 'nefeli/client';\nconsole.log(RemoteError.name);\n",
    );
    const bundle = await rolldown({ input: join(PROJECT, 'errors.js'), platform: 'browser', cwd: PROJECT });
    const { output } = await bundle.generate({ format: 'es', minify: true });
    await bundle.close();

    expect(output[0].code).toContain('RemoteError');
    expect(output[0].code).not.toContain('Mnefeli/1');
    expect(output[0].code).not.toContain('WebSocket');
  });
});
