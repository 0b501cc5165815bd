import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildAuthenticationApp } from '../../controllers/authentication/app.js';
import { available } from '../support/demand.js';
import { chromiumPath, launchChromium } from './browser.js';
import { faultsOf } from './page-faults.js';
import { ADA, type Credentials, GRACE, originOf } from './signed-in.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = 'the page of the authentication';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 15_000 };
const LONG = 60_000;

describe.skipIf(!canRun)(canRun ? title : `${title} (skipped: no Chromium is installed here)`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  }, LONG);

  afterAll(async () => {
    await browser.close();
  });

  async function visit(app: FastifyInstance): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const faults = faultsOf(page);
    onTestFinished(() => expect(faults).toEqual([]));
    await page.goto(originOf(app));
    await expect.poll(() => statusOf(page), SOON).toBe('Signed out');
    return page;
  }

  async function signIn(page: Page, { email, password }: Credentials, button: string): Promise<void> {
    await page.getByLabel('Address').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: button, exact: true }).click();
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await page.keyboard.press('Enter');
  }

  const statusOf = (page: Page): Promise<string | null> => page.getByRole('status').textContent();
  const messagesOf = (page: Page): Promise<string[]> => page.locator('#messages li').allInnerTexts();

  it(
    'lets two people talk, one by a cookie, one by a token, and shows HTML as text',
    async () => {
      const app = await buildAuthenticationApp({ logStream: { write: () => {} } });
      onTestFinished(() => app.close());
      await app.listen({ port: 0, host: '127.0.0.1' });
      const [ada, grace] = [await visit(app), await visit(app)];

      await signIn(ada, { ...ADA, password: 'wrong' }, 'Sign in');
      const refusal = 'There is no account with this address and this password.';
      await expect.poll(() => ada.locator('#refusal').textContent(), SOON).toBe(refusal);
      await signIn(ada, ADA, 'Sign in');
      await signIn(grace, GRACE, 'With a token');
      for (const page of [ada, grace]) await expect.poll(() => statusOf(page), SOON).toBe('Online');
      await expect.poll(() => app.nefeli.connections('default').length, SOON).toBe(2);

      await say(ada, '<b>hello</b>');
      await expect.poll(() => messagesOf(grace), SOON).toEqual(['ada@nefeli.example: <b>hello</b>']);
      await say(grace, 'hello, Ada');
      await expect.poll(() => messagesOf(ada), SOON).toEqual(['grace@nefeli.example: hello, Ada']);

      for (const page of [ada, grace]) await page.reload();
      await expect.poll(() => statusOf(ada), SOON).toBe('Online');
      await expect.poll(() => statusOf(grace), SOON).toBe('Signed out');
    },
    LONG,
  );
});
