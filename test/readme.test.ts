import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from './support/port-of.js';

const README = readFileSync('README.md', 'utf8');
const GENERATED = resolve('build/readme');

describe('the README', () => {
  it('has an example of 20 lines or fewer that runs as it stands', async () => {
    const code = /```ts\n([\s\S]*?)```/.exec(README)?.[1] ?? '';
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20);
    mkdirSync(GENERATED, { recursive: true });
    writeFileSync(resolve(GENERATED, 'example.ts'), `${code}\nexport { app };\n`);
    process.env['PORT'] = '0';

    const { app } = (await import(pathToFileURL(resolve(GENERATED, 'example.ts')).href)) as { app: FastifyInstance };
    const ada = await chatter(app);
    const bob = await chatter(app);
    bob.send(';default;;chat;0;0;hello');

    expect(await ada.next()).toMatch(/^;default;;chat;0;0;[0-9a-f-]{36} is here$/);
    expect(await ada.next()).toBe(';default;;chat;0;0;hello');
    await app.close();
  });

  it('names commands, files and folders that exist', () => {
    const { scripts } = createRequire(import.meta.url)('../package.json') as { scripts: Record<string, string> };
    for (const [, command = ''] of README.matchAll(/npm ci && npm (\w+)/g))
      expect(Object.keys(scripts)).toContain(command);
    for (const [, link = ''] of README.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      expect(() => readable(link), link).not.toThrow();
    }
  });
});

function readable(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error; // a folder is there, too
  }
}

/** A connection that has connected the namespace, and the frames that come to it after that. */
async function chatter(app: FastifyInstance): Promise<{ send(frame: string): void; next(): Promise<string> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/chat`);
  const frames: string[] = [];
  const waiting: ((frame: string) => void)[] = [];
  socket.on('message', (data) => {
    const frame = String(data);
    const resolveNext = waiting.shift();
    if (resolveNext) resolveNext(frame);
    else frames.push(frame);
  });
  const next = (): Promise<string> =>
    new Promise((resolveNext) => {
      const frame = frames.shift();
      if (frame === undefined) waiting.push(resolveNext);
      else resolveNext(frame);
    });
  await new Promise((opened) => socket.once('open', opened));
  socket.send('M');
  socket.send('$1;default;;_OnNamespaceConnect;0;0;');
  expect(await next()).toMatch(/^A/);
  expect(await next()).toBe('$1;;;;;;');
  return { send: (frame) => socket.send(frame), next };
}
