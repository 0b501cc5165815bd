import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MemoryBus, memoryAdapter } from 'nefeli';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { buildBoardApp } from '../../controllers/scale-out/board-app.js';
import { BrokerProcess, whyNoBroker } from '../support/broker-process.js';
import { describePage, ExamplePage } from './example-page.js';
import { serveExample } from './serve-example.js';

const PROGRAM = fileURLToPath(new URL('../../build/controllers/start.js', import.meta.url));
const missing = whyNoBroker('redis');
const SOON = { timeout: 10_000 };

interface Listing {
  readonly what: string;
  readonly servers: readonly { readonly name: string; readonly port: number }[];
}

/** Starts the compiled example as `npm start -- scale-out` does. It ends with the test at the latest. */
async function start(env: NodeJS.ProcessEnv): Promise<{ program: ChildProcess; url: string; listing: Listing }> {
  if (!existsSync(PROGRAM)) throw new Error('build/controllers is missing: run `npm run build:controllers` first');
  const program = spawn(process.execPath, [PROGRAM, 'scale-out'], {
    env: { ...process.env, REDIS_URL: undefined, ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void program.kill('SIGTERM'));
  for await (const line of createInterface(program.stdout)) {
    const url = /^Open (http:\/\/\S+) in two windows, and say something to both servers/.exec(line)?.[1];
    if (url === undefined) continue;
    program.stdout.resume();
    const response = await fetch(`${url}/servers.json`);
    return { program, url, listing: (await response.json()) as Listing };
  }
  throw new Error('the example ended before it listened');
}

/** A page on one of the servers. */
async function visit(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/websocket_endpoint`);
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = String(data);
    frames.push(frame);
    const [wait = '', , , event] = frame.split(';');
    if (event === 'who are you') socket.send(`${wait};board;;${event};0;0;a page on ${port}`);
  });
  await once(socket, 'open');
  socket.send('M');
  socket.send('$1;board;;_OnNamespaceConnect;0;0;');
  await vi.waitFor(() => expect(frames).toContain('$1;;;;;;'), SOON);
  return { frames, send: (frame: string) => socket.send(frame) };
}

async function talk({ servers }: Listing): Promise<void> {
  const [left, right] = [await visit(servers[0]?.port ?? 0), await visit(servers[1]?.port ?? 0)];

  left.send(';board;;say;0;0; hello ');
  await vi.waitFor(() => {
    for (const { frames } of [left, right]) {
      expect(frames.join('\n')).toContain(';board;;said;0;0;{"text":"hello","server":"left"');
      expect(frames.join('\n')).toContain(';board;;count;0;0;{"connections":2}');
    }
  }, SOON);
  right.send('$2;board;;rollCall;0;0;');

  const answer = (): string => right.frames.find((frame) => frame.startsWith('$2;')) ?? '';
  await vi.waitFor(() => expect(answer()).not.toBe(''), SOON);
  expect(answer()).toContain(`a page on ${servers[0]?.port}`);
  expect(answer()).toContain(`a page on ${servers[1]?.port}`);
  expect(answer()).toContain('"isComplete":true');
}

const isListening = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

describe('the example scale-out', () => {
  it.skipIf(missing !== undefined)(
    `joins two processes over Redis, and ends with all of them${missing ? ` (skipped: ${missing})` : ''}`,
    async () => {
      const redis = await BrokerProcess.start('redis');
      onTestFinished(() => redis.stop());
      const { program, url, listing } = await start({ REDIS_URL: redis.url });

      expect(listing.what).toBe('Two processes, joined by the Redis at REDIS_URL.');
      expect(listing.servers.map(({ name }) => name)).toEqual(['left', 'right']);
      const pages = [await fetch(url), await fetch(`http://127.0.0.1:${listing.servers[0]?.port}/board.html`)];
      const [front, board] = await Promise.all(pages.map((page) => page.text()));
      expect([front, board]).toEqual([
        expect.stringContaining('<title>Nefeli scale-out</title>'),
        expect.stringContaining('<title>Nefeli board</title>'),
      ]);
      const ready = await fetch(`http://127.0.0.1:${listing.servers[1]?.port}/ready`);
      expect(await ready.json()).toEqual({ name: 'right', state: 'up', servers: 2 });
      await talk(listing);

      const exited = once(program, 'exit');
      program.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      for (const { port } of listing.servers) expect(await isListening(port)).toBe(false);
    },
    60_000,
  );

  it.skipIf(missing !== undefined)(
    `starts a Redis of its own where none is named, and stops it${missing ? ` (skipped: ${missing})` : ''}`,
    async () => {
      const { program, listing } = await start({});

      expect(listing.what).toBe(
        'Two processes, joined by a redis-server that this example has started, for REDIS_URL is not set.',
      );
      await talk(listing);
      const exited = once(program, 'exit');
      program.kill('SIGTERM');

      expect(await exited).toEqual([0, null]);
    },
    60_000,
  );

  it('joins two servers of one process where there is no Redis at all, and says so', async () => {
    const { listing } = await start({ PATH: '/nonexistent' });

    expect(listing.what).toBe(
      'Two servers in ONE process, joined by its memory: there is no redis-server here, and REDIS_URL is not set.',
    );
    await talk(listing);
  }, 60_000);
});

describePage('the page of a board', (browser) => {
  it('shows what is said over the other server, and who answers on both', async () => {
    const bus = new MemoryBus();
    const [left, right] = await Promise.all(
      ['left', 'right'].map((name) => serveExample(buildBoardApp({ name, adapter: memoryAdapter(bus) }))),
    );
    const ada = await ExamplePage.open(browser(), `${left?.page}/board.html`);
    const bob = await ExamplePage.open(browser(), `${right?.page}/board.html`);
    for (const visitor of [ada, bob]) {
      await expect.poll(() => visitor.text('status'), SOON).toBe('2 connected, to both servers together');
    }

    await ada.send('Say something', 'hello');
    await expect.poll(() => bob.text('said'), SOON).toMatch(/^\w{4}, over left hello$/);
    await bob.page.getByRole('button', { name: 'Ask everybody' }).click();

    await expect.poll(() => bob.text('answers'), SOON).toBe('2 have answered: a page on left, a page on right');
  });
});
