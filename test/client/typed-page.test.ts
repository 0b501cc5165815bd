import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { describe, expect, it, onTestFinished } from 'vitest';

const PAGE = resolve('test/client/typed-page.ts');

/** What a bundler makes of the page. */
async function bundle(): Promise<OutputChunk> {
  const bundled = await rolldown({
    input: PAGE,
    platform: 'browser',
    tsconfig: false, // it would take the entry for Node
    resolve: {
      alias: { 'nefeli/client': resolve('src/client/index.ts') },
      extensionAlias: { '.js': ['.ts', '.js'] },
    },
  });
  onTestFinished(() => bundled.close());
  const { output } = await bundled.generate({ format: 'es', minify: true });
  expect(output).toHaveLength(1);
  return output[0];
}

describe('a page that is typed by a controller', () => {
  it('has nothing of the server in its bundle', async () => {
    const { modules, code, imports } = await bundle();
    const files = Object.keys(modules).map((file) => relative('.', file));

    expect(readFileSync(PAGE, 'utf8')).toContain('typeof ChatController');
    expect(files).toEqual(expect.arrayContaining(['test/client/typed-page.ts', 'src/client/dial.ts']));
    expect(files.filter((file) => !/^(src\/(client|protocol)\/|test\/client\/typed-page\.ts$|\0)/.test(file))).toEqual(
      [],
    );
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/ChatController|inversify|reflect-metadata|fastify|EVENT_NAMES_WRONG/);
  });
});
