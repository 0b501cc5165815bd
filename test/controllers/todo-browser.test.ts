import type { FastifyInstance } from 'fastify';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildTodoApp } from '../../controllers/todo/app.js';
import { available } from '../support/demand.js';
import { portOf } from '../support/port-of.js';
import { chromiumPath, launchChromium } from './browser.js';
import { faultsOf } from './page-faults.js';
import { originOf } from './signed-in.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = 'the page of the to-do list';
const READY = 'The same in all tabs';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 15_000 };
const LONG = 60_000;

describe.skipIf(!canRun)(canRun ? title : `${title} (skipped: no Chromium is installed here)`, () => {
  let browser: Browser;
  let app: FastifyInstance;

  beforeAll(async () => {
    browser = await launchChromium();
  }, LONG);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    app = await serve(0);
  });

  async function serve(port: number): Promise<FastifyInstance> {
    const served = await buildTodoApp({ secret: 'the same after a restart, as it would be in earnest' });
    onTestFinished(() => served.close());
    await served.listen({ port, host: '127.0.0.1' });
    return served;
  }

  async function newBrowser(): Promise<BrowserContext> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    return context;
  }

  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    const faults = faultsOf(page);
    onTestFinished(() => expect(faults).toEqual([]));
    await page.goto(originOf(app));
    await expect.poll(() => page.getByRole('status').textContent(), SOON).toBe(READY);
    return page;
  }

  async function add(page: Page, text: string): Promise<void> {
    await page.getByLabel('What is to be done').fill(text);
    await page.keyboard.press('Enter');
  }

  const todosOf = (page: Page): Promise<string[]> => page.locator('#todos label').allInnerTexts();

  it(
    'is the same in two tabs of one browser, another in another browser, and shows HTML as text',
    async () => {
      const context = await newBrowser();
      const [first, second, other] = [
        await openTab(context),
        await openTab(context),
        await openTab(await newBrowser()),
      ];
      const html = '<img src=x onerror="document.title=1">';

      await add(first, html);
      await expect.poll(() => todosOf(second), SOON).toEqual([html]);
      await add(second, 'drink tea');
      await expect.poll(() => todosOf(first), SOON).toEqual([html, 'drink tea']);
      await first.getByLabel('drink tea', { exact: true }).check();
      await expect.poll(() => second.locator('#left').textContent(), SOON).toBe('1 of 2 left');
      await second.getByRole('button', { name: `Remove ${html}` }).click();
      await expect.poll(() => todosOf(first), SOON).toEqual(['drink tea']);

      expect([await todosOf(other), await other.locator('#left').textContent()]).toEqual([[], 'Nothing to do.']);
      expect([await first.locator('#todos img').count(), await first.title()]).toEqual([0, 'Nefeli to-do list']);
    },
    LONG,
  );

  it(
    'comes back after a restart of the server, with what that has',
    async () => {
      const port = portOf(app);
      const tab = await openTab(await newBrowser());
      await add(tab, 'forgotten with the process');
      await expect.poll(() => todosOf(tab), SOON).toEqual(['forgotten with the process']);

      await app.close();
      await expect.poll(() => tab.getByRole('status').textContent(), SOON).toBe('Reconnecting…');
      await add(tab, 'saved nowhere');
      await expect.poll(() => tab.locator('#outcome').textContent(), SOON).toBe('The server cannot be reached.');
      app = await serve(port);

      await expect.poll(() => tab.getByRole('status').textContent(), SOON).toBe(READY);
      await expect.poll(() => todosOf(tab), SOON).toEqual([]);
    },
    LONG,
  );
});
