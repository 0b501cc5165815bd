import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildMessagesApp } from '../../controllers/messages/app.js';
import { available } from '../support/demand.js';
import { portOf } from '../support/port-of.js';
import { chromiumPath, launchChromium } from './browser.js';
import { faultsOf } from './page-faults.js';
import { ADA, type Credentials, GRACE, originOf } from './signed-in.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = canRun ? 'the page of the messages' : 'the page of the messages (skipped: no Chromium is installed here)';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 15_000 };
const LONG = 60_000;

describe.skipIf(!canRun)(title, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  async function serve({ file, port = 0 }: { file: string; port?: number }): Promise<FastifyInstance> {
    const app = await buildMessagesApp({ file, log: pino({ level: 'silent' }) });
    onTestFinished(() => app.close());
    await app.listen({ port, host: '127.0.0.1' });
    return app;
  }

  function newFile(): string {
    const folder = mkdtempSync(join(tmpdir(), 'nefeli-messages-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, 'messages.db');
  }

  /** A page in a browser of its own, where somebody has signed in by the form. */
  async function visit(app: FastifyInstance, { email, password }: Credentials): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const faults = faultsOf(page);
    onTestFinished(() => expect(faults).toEqual([]));
    await page.goto(originOf(app));
    await page.getByLabel('Address').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => statusOf(page), SOON).toBe('Live');
    return page;
  }

  const statusOf = (page: Page): Promise<string | null> => page.getByRole('status').textContent();
  const messagesOf = (page: Page): Promise<string[]> => page.locator('#messages li').allInnerTexts();

  async function send(page: Page, message: string, user = ''): Promise<void> {
    await page.getByLabel('Message', { exact: true }).fill(message);
    await page.getByLabel('To one user only').fill(user);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  it(
    'shows what the form sends, live, on the pages of those whom it is for, and HTML as text',
    async () => {
      const app = await serve({ file: newFile() });
      const [ada, grace] = [await visit(app, ADA), await visit(app, GRACE)];
      const html = '<img src=x onerror="document.title=1"><b>hi</b>';

      await send(ada, html);
      await expect.poll(() => messagesOf(grace), SOON).toEqual([expect.stringContaining(`${html}\nada · `)]);
      await send(grace, 'only for ada', 'ada');

      await expect.poll(async () => (await messagesOf(ada)).length, SOON).toBe(2);
      expect((await messagesOf(ada))[0]).toContain('only for ada\ngrace · ');
      expect(await grace.locator('#messages :is(img, b)').count()).toBe(0);
      expect([await grace.title(), (await messagesOf(grace)).length]).toEqual(['Nefeli messages', 1]);

      await send(ada, 'hello?', 'nobody');
      await expect.poll(() => ada.locator('#outcome').textContent(), SOON).toBe('nobody is not connected.');
    },
    LONG,
  );

  it(
    'reconnects after a restart, shows what was sent before, and asks again for who has signed out',
    async () => {
      const file = newFile();
      const app = await serve({ file });
      const port = portOf(app);
      const ada = await visit(app, ADA);
      await send(ada, 'before');
      await expect.poll(async () => (await messagesOf(ada)).length, SOON).toBe(1);

      await app.close();
      await expect.poll(() => statusOf(ada), SOON).toBe('Reconnecting…');
      await serve({ file, port });
      await expect.poll(() => statusOf(ada), SOON).toBe('Live');
      await ada.reload();

      await expect.poll(() => messagesOf(ada), SOON).toEqual([expect.stringContaining('before\nada · ')]);
      await send(ada, 'after');
      await expect.poll(async () => (await messagesOf(ada)).length, SOON).toBe(2);
      const secondTab = await ada.context().newPage();
      await secondTab.goto(ada.url());
      await expect.poll(() => statusOf(secondTab), SOON).toBe('Live');
      await ada.getByRole('button', { name: 'Sign out' }).click();
      for (const tab of [ada, secondTab]) await expect.poll(() => statusOf(tab), SOON).toBe('Signed out');
      await ada.reload();
      await expect.poll(() => ada.getByLabel('Password').isVisible(), SOON).toBe(true);
    },
    LONG,
  );
});
