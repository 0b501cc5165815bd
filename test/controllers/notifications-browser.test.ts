import { ManualClock } from 'nefeli/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildNotificationsApp } from '../../controllers/notifications/app.js';
import { available } from '../support/demand.js';
import { chromiumPath, launchChromium } from './browser.js';
import { faultsOf } from './page-faults.js';
import { originOf } from './signed-in.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = 'the page of the notifications';
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

  const statusOf = (page: Page): Promise<string | null> => page.getByRole('status').textContent();

  it(
    'shows the notifications of its user, HTML as text, and which fields are missing',
    async () => {
      const clock = new ManualClock();
      const app = await buildNotificationsApp({ scheduler: clock, logger: false });
      onTestFinished(() => app.close());
      await app.listen({ port: 0, host: '127.0.0.1' });
      const page = await browser.newPage();
      onTestFinished(() => page.context().close());
      const faults = faultsOf(page);
      await page.goto(originOf(app));
      await page.getByLabel('You are').fill('ada');
      await page.keyboard.press('Enter');
      await expect.poll(() => statusOf(page), SOON).toBe('Connected as ada');

      await page.getByLabel('User').fill('ada');
      await page.getByRole('button', { name: 'File' }).click();
      await expect.poll(() => page.locator('#outcome').textContent(), SOON).toBe('Missing: subject, text.');
      await page.getByLabel('Subject').fill('<img src=x onerror="document.title=1">');
      await page.getByLabel('Text').fill('<b>noon</b>');
      await page.getByRole('button', { name: 'File' }).click();
      await expect.poll(() => page.locator('#filed').textContent(), SOON).toBe('Filed: new.');
      await clock.advance(10_000);

      const items = page.locator('#notifications li');
      await expect
        .poll(() => items.allInnerTexts(), SOON)
        .toEqual(['<img src=x onerror="document.title=1">\n<b>noon</b>']);
      expect([await items.locator('img, b').count(), faults]).toEqual([0, []]);
    },
    LONG,
  );
});
