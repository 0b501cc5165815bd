import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { blocksOfDocs, type Example, examplesOf, writeExamples } from './read-examples.js';

const run = promisify(execFile);

/** Where the examples are compiled: in the repository, so that its packages are found. */
const ROOT = resolve('build/docs-examples');
const OUT = join(ROOT, 'out');
const COMPILED = join(OUT, 'build/docs-examples');

const blocks = blocksOfDocs();
const examples = examplesOf(blocks);

/** Compiles every example, and what it imports from this repository, to be run as a user's build would be. */
async function compile(): Promise<string> {
  rmSync(ROOT, { recursive: true, force: true });
  writeExamples(ROOT, examples);
  const compilerOptions = {
    noEmit: false,
    rootDir: '../..',
    outDir: 'out',
    paths: {
      nefeli: ['../../src/index.ts'],
      'nefeli/client': ['../../src/client/node.ts'],
      'nefeli/connection-style': ['../../src/connection-style/index.ts'],
      'nefeli/nats': ['../../src/adapters/nats/index.ts'],
      'nefeli/redis': ['../../src/adapters/redis/index.ts'],
      'nefeli/testing': ['../../src/testing/index.ts'],
    },
  };
  writeFileSync(
    join(ROOT, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.'], exclude: ['out'] }),
  );
  const compiler = resolve('node_modules/typescript/bin/tsc');
  const output = await run(process.execPath, [compiler, '-p', ROOT]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
  // To the compiled examples the compiled sources beside them are the package.
  writeFileSync(
    join(OUT, 'package.json'),
    JSON.stringify({
      name: 'nefeli',
      type: 'module',
      exports: {
        '.': './src/index.js',
        './client': './src/client/node.js',
        './nefeli.min.js': './nefeli.min.js',
        './nefeli.min.mjs': './nefeli.min.mjs',
        './connection-style': './src/connection-style/index.js',
        './nats': './src/adapters/nats/index.js',
        './redis': './src/adapters/redis/index.js',
        './testing': './src/testing/index.js',
      },
    }),
  );
  for (const file of ['nefeli.min.js', 'nefeli.min.mjs']) cpSync(join('dist/client', file), join(OUT, file));
  return output;
}

const pathOf = (document: string, file: string): string => join(COMPILED, document, file.replace('.ts', '.js'));

/** Runs a client whose address stands in it against an app, or what listens on a port. */
const RUN_CLIENT = `
const [server, client] = process.argv.slice(1);
const { readFileSync, writeFileSync } = await import('node:fs');
const { pathToFileURL } = await import('node:url');
const { app } = Number(server) ? {} : await import(pathToFileURL(server).href);
await app?.listen({ port: 0, host: '127.0.0.1' });
const copy = client.replace('.js', '.run.js');
const address = '127.0.0.1:' + (app?.server.address().port ?? server);
writeFileSync(copy, readFileSync(client, 'utf8').replaceAll('localhost:8080', address));
await import(pathToFileURL(copy).href);
await app?.close();
`;

/** Where the clients of a document find their server: an app that is exported, and `app.ts` where nothing is said. */
const SERVERS = new Map([['coming-from', 'from-socket-io.ts']]);

async function runClient(server: string, { document, file }: Example): Promise<string> {
  const files = [server, pathOf(document, file)];
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', RUN_CLIENT, ...files], {
    timeout: 15_000,
  });
  expect(stderr).toBe('');
  return stdout;
}

/** Lines in any order: handlers of messages may stand before or after what sends them. */
const sortedLines = (lines: readonly string[]): string[] => lines.filter(Boolean).toSorted();

/** What an example says that it prints: each text behind an arrow in a comment. */
const printed = (code: string): string[] =>
  [...code.matchAll(/\/\/ →(.*)$/gm)].flatMap(([, texts = '']) => texts.split('→').map((text) => text.trim()));

describe('the examples in docs/', () => {
  let complaints: string;
  beforeAll(async () => {
    complaints = await compile();
  }, 60_000);

  it('have a name each, and none twice', () => {
    const names = examples.map(({ document, file }) => `${document}/${file}`);

    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => name.includes(': no file name'))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('compile with the options of this repository', () => {
    expect(complaints).toBe('');
  });

  it('are compiled with the options that Getting started names', () => {
    const named = JSON.parse(blocks.find(({ info }) => info === 'json')?.text ?? '') as Tsconfig;
    const used = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as Tsconfig;
    const { outDir, rootDir, ...flags } = named.compilerOptions;

    expect([outDir, rootDir]).toEqual(['dist', 'src']);
    expect(used.compilerOptions).toMatchObject(flags);
    expect(flags).toMatchObject({ experimentalDecorators: true, emitDecoratorMetadata: true });
  });

  const served = examples.filter(({ code }) => code.includes('export const app ='));

  it.each(served)('start: $file', async ({ document, file }) => {
    const starter = `const { app } = await import(process.argv[1]); await app.ready(); await app.close();`;
    const module = pathToFileURL(pathOf(document, file)).href;

    const { stderr } = await run(process.execPath, ['--input-type=module', '-e', starter, module]);

    expect(stderr).toBe('');
  });

  const tests = examples.filter(({ file }) => file.endsWith('.test.ts'));

  it.each(tests)('pass where they are tests: $document/$file', async ({ document, file, code }) => {
    const { stdout } = await run(process.execPath, ['--test', pathOf(document, file)]);

    expect(stdout).toMatch(new RegExp(`^# pass ${[...code.matchAll(/^test\(/gm)].length}$`, 'm'));
  });

  const clients = examples.filter(({ code }) => code.includes('localhost:8080'));
  const clientsOfApps = clients.filter(({ document }) => document !== 'getting-started');

  it.each(clientsOfApps)(
    'speak to the app of their page, and print what they say: $document/$file',
    async (example) => {
      const { document, code } = example;

      const stdout = await runClient(pathOf(document, SERVERS.get(document) ?? 'app.ts'), example);

      expect(sortedLines(stdout.split('\n'))).toEqual(sortedLines(printed(code)));
    },
  );

  it('have a client that speaks to the first chat', async () => {
    const client = clients.find(({ document }) => document === 'getting-started') ?? examples[0];
    const { app, port } = await startChat();
    try {
      const stdout = await runClient(`${port}`, client as Example); // there are examples

      expect(stdout.trim().split('\n')).toEqual(printed(client?.code ?? ''));
    } finally {
      app.kill();
      await once(app, 'exit');
    }
  });

  it('have a chat that two clients and an HTTP request talk in, and that closes with 1001 on SIGTERM', async () => {
    const { app, port } = await startChat();
    const [ada, bob] = [await joinChat(port), await joinChat(port)];

    bob.send('$2;default;;sum;0;0;[1,2,3]');
    bob.send(';default;;chat;0;0;hello');
    expect(await bob.next()).toBe('$2;default;;sum;0;0;6');
    expect(await ada.next()).toBe(';default;;chat;0;0;hello');

    await fetch(`http://127.0.0.1:${port}/announce`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'from HTTP',
    });
    expect(await ada.next()).toBe(';default;;chat;0;0;from HTTP');
    expect(await bob.next()).toBe(';default;;chat;0;0;from HTTP');

    const exit = once(app, 'exit');
    app.kill('SIGTERM');
    expect(await ada.closed).toBe(1001);
    expect(await bob.closed).toBe(1001);
    expect(await exit).toEqual([0, null]);
  });
});

interface Tsconfig {
  readonly compilerOptions: Record<string, unknown>;
}

/** Runs the chat as its document says, on a port of the system's choice. */
async function startChat(): Promise<{ app: ChildProcess; port: number }> {
  const app = spawn(process.execPath, [join(COMPILED, 'getting-started/app.js')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: app.stdout })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    app.stdout.resume();
    return { app, port: Number(port) };
  }
  throw new Error('the chat has ended before it listened');
}

interface Chatter {
  readonly closed: Promise<number>;
  send(frame: string): void;
  next(): Promise<string>;
}

/** A client that has connected the namespace. */
async function joinChat(port: number): Promise<Chatter> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/websocket_endpoint`);
  const arrived: string[] = [];
  let onArrived = (): void => {};
  socket.on('message', (data) => {
    arrived.push(String(data));
    onArrived();
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  const next = async (): Promise<string> => {
    for (;;) {
      const frame = arrived.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        onArrived = resolve;
      });
    }
  };
  await once(socket, 'open');
  socket.send('M');
  expect(await next()).toMatch(/^A[0-9a-f-]{36}$/);
  socket.send('$1;default;;_OnNamespaceConnect;0;0;');
  expect(await next()).toBe('$1;;;;;;');
  return { closed, next, send: (frame) => socket.send(frame) };
}
