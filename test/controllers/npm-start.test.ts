import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { available } from '../support/demand.js';
import { ChatPage, chromiumPath, launchChromium } from './browser.js';

const PROGRAM = fileURLToPath(new URL('../../build/controllers/start.js', import.meta.url));
const canBrowse = available('Chromium', chromiumPath !== undefined);
const talk = 'lets two people in browsers talk';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 10_000 };

/** Starts the compiled program, and gives the URL that it tells people to open. It ends with the test at the latest. */
async function start(): Promise<{ program: ChildProcess; url: string }> {
  if (!existsSync(PROGRAM)) {
    throw new Error('build/controllers is missing: run `npm run build && npm run build:controllers` first');
  }
  const program = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  for await (const line of createInterface(program.stdout)) {
    const url = /^Open (http:\/\/\S+) in two windows/.exec(line)?.[1];
    if (url === undefined) continue;
    program.stdout.resume();
    return { program, url };
  }
  throw new Error('the program ended before it listened');
}

describe('what npm start runs', () => {
  it('serves the page, neffos.js and the endpoint', async () => {
    const { url } = await start();

    const page = await fetch(url);
    const script = await fetch(`${url}/neffos.min.js`);
    const probe = await fetch(`${url}/websocket_endpoint`, { method: 'HEAD' });

    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(await page.text()).toContain('<title>Nefeli chat</title>');
    expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
    expect(probe.status).toBe(204);
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
