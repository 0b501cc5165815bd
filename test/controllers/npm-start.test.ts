import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EXAMPLES } from '../../controllers/examples.js';
import { available } from '../support/demand.js';
import { ChatPage, chromiumPath, launchChromium } from './browser.js';

const PROGRAM = fileURLToPath(new URL('../../build/controllers/start.js', import.meta.url));
const canBrowse = available('Chromium', chromiumPath !== undefined);
const talk = 'lets two people in browsers talk';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 10_000 };

/** Starts the compiled program, and gives the first URL that it tells people to open. It ends with the test at the latest. */
async function start(...words: string[]): Promise<{ program: ChildProcess; url: string; before: string[] }> {
  if (!existsSync(PROGRAM)) {
    throw new Error('build/controllers is missing: run `npm run build && npm run build:controllers` first');
  }
  const program = spawn(process.execPath, [PROGRAM, ...words], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  const before: string[] = [];
  for await (const line of createInterface(program.stdout)) {
    const url = /^Open (https?:\/\/\S+) in two windows/.exec(line)?.[1];
    if (url === undefined) {
      before.push(line);
      continue;
    }
    program.stdout.resume();
    return { program, url, before };
  }
  throw new Error('the program ended before it listened');
}

describe('what npm start runs', () => {
  it('serves the page, the client and the endpoint', async () => {
    const { url } = await start();

    const page = await fetch(url);
    const script = await fetch(`${url}/nefeli.mjs`);
    const probe = await fetch(`${url}/websocket_endpoint`, { method: 'HEAD' });

    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(await page.text()).toContain('<title>Nefeli chat</title>');
    expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
    expect(probe.status).toBe(204);
  });

  it('lists the examples where none is named', async () => {
    const { before } = await start();

    for (const name of EXAMPLES.keys())
      expect(before).toContainEqual(expect.stringMatching(new RegExp(`^ {2}${name} `)));
  });

  it('starts several, whose start page links to each', async () => {
    const { url } = await start('news', 'chat');

    const links = (await (await fetch(`${url}/examples`)).text()).matchAll(/<a href="([^"]+)">/g);
    const titles = [...links].map(
      async ([, link = '']) => /<title>(.+)<\/title>/.exec(await (await fetch(link)).text())?.[1],
    );

    expect(await Promise.all(titles)).toEqual(['Nefeli chat', 'Nefeli news']);
  });

  it('ends with the code 0 on SIGTERM', async () => {
    const { program } = await start();
    const exited = once(program, 'exit');

    program.kill('SIGTERM');

    expect(await exited).toEqual([0, null]);
  });

  it.skipIf(!canBrowse)(
    canBrowse ? talk : `${talk} (skipped: no Chromium is installed here)`,
    async () => {
      const { program, url } = await start();
      const browser = await launchChromium();
      onTestFinished(() => browser.close());
      const visit = async (name: string): Promise<ChatPage> => {
        const visitor = new ChatPage(await browser.newPage());
        await visitor.page.goto(url);
        await expect.poll(() => visitor.canWrite, SOON).toBe(true);
        await visitor.rename(name);
        await expect.poll(() => visitor.roster, SOON).toContain(name);
        return visitor;
      };
      const [ada, grace] = [await visit('Ada'), await visit('Grace')];

      await ada.say('Hello, Grace');

      await expect.poll(() => grace.messages('left'), SOON).toEqual(['Hello, Grace']);
      const exited = once(program, 'exit');
      program.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect([...ada.faults, ...grace.faults]).toEqual([]);
    },
    60_000,
  );
});
