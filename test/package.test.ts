import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = `
import 'reflect-metadata';
import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import { Body, Conn, Namespace, nefeli, NSConn } from 'nefeli';

@Namespace('default')
class EchoController {
  constructor(@inject(NSConn) private readonly ns: NSConn, private readonly conn: Conn) {}
  onEcho(@Body() body: Body) { return \`\${this.ns.namespace}: \${String(body)} \${this.conn === this.ns.conn}\`; }
}

const app = Fastify();
await app.register(nefeli, { path: '/ws', container: new Container(), controllers: [EchoController] });
await app.listen({ port: 0 });
const address = app.server.address();
if (address === null || typeof address === 'string') throw new Error('no port');
const { WebSocket } = await import('ws');
const socket = new WebSocket(\`ws://127.0.0.1:\${address.port}/ws\`);
const frames: string[] = [];
socket.on('open', () => ['M', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;echo;0;0;hi'].forEach((f) => socket.send(f)));
socket.on('message', (data) => {
  frames.push(String(data));
  if (frames.length === 3) {
    console.log(frames.at(-1));
    socket.close();
    void app.close();
  }
});
`;

const TEST = `
import { testNamespace } from 'nefeli/testing';

const chat = await testNamespace({ default: { echo: (msg) => msg.body } }, { askTimeoutMs: 1_000 });
const anna = await chat.connect<{ echo: string }>({ request: { headers: { 'X-Name': 'Anna' } } });
console.log((await anna.ask('echo', 'hi')).body);
await chat.close();
`;

/**
 * What a user of decorators needs, with the libraries' own types checked. Here they are not everywhere: those of the client of NATS do
 * not hold with `exactOptionalPropertyTypes`.
 */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: false,
  },
  files: ['program.ts', 'test.ts'],
};

let folder = '';
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

describe('the package', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nefeli-package-'));
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { stdio: 'ignore' });
  }, 60_000);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is found correct by publint', () => {
    execFileSync('npx', ['publint', '--strict', tarball()], { stdio: 'pipe' });
  }, 60_000);

  it('resolves its types for ESM users, by attw', () => {
    execFileSync(
      'npx',
      ['attw', '--profile', 'esm-only', '--exclude-entrypoints', 'nefeli.min.js', 'nefeli.min.mjs', '--', tarball()],
      { stdio: 'pipe' },
    );
  }, 60_000);

  it('holds the build, the licence and the README, and no tests, sources or examples', () => {
    const files = execFileSync('tar', ['-tzf', tarball()], { encoding: 'utf8' }).trim().split('\n');
    const tops = new Set(files.map((file) => file.split('/').slice(0, 2).join('/')));
    expect([...tops].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json'].map((name) => `package/${name}`),
    );
  });

  it('installs in an empty project, compiles there with its types checked, and runs', () => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    writeFileSync(join(folder, 'program.ts'), PROGRAM);
    writeFileSync(join(folder, 'test.ts'), TEST);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const peers = ['fastify@5', 'inversify@8', 'reflect-metadata', '@types/node@20'];
    run('npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', tarball(), ...peers);

    run(process.execPath, resolve('node_modules/typescript/bin/tsc'), '-p', '.');

    expect(run(process.execPath, 'program.js').trim()).toBe('$2;default;;echo;0;0;default: hi true');
    expect(run(process.execPath, 'test.js').trim()).toBe('hi');
  }, 180_000);
});

function tarball(): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack has written nothing');
  return join(folder, name);
}
