import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildDevicesApp } from '../../controllers/devices/app.js';
import { available } from '../support/demand.js';
import { chromiumPath, launchChromium } from './browser.js';
import { faultsOf } from './page-faults.js';
import { originOf } from './signed-in.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = 'the page of the devices';
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
    'shows on all devices of a user what one of them says, and disconnects them all',
    async () => {
      const app = await buildDevicesApp({ logger: false });
      onTestFinished(() => app.close());
      await app.listen({ port: 0, host: '127.0.0.1' });
      const connect = async (name: string): Promise<Page> => {
        const page = await browser.newPage();
        onTestFinished(() => page.context().close());
        const faults = faultsOf(page);
        onTestFinished(() => expect(faults).toEqual([]));
        await page.goto(originOf(app));
        await page.getByLabel('Name').fill(name);
        await page.keyboard.press('Enter');
        await expect.poll(() => statusOf(page), SOON).toBe(`Connected as ${name}`);
        return page;
      };
      const messagesOf = (page: Page): Promise<string[]> => page.locator('#messages li').allInnerTexts();
      const welcome = "welcome to server's namespace";
      const [phone, laptop, other] = [await connect('ada'), await connect('ada'), await connect('grace')];
      await expect.poll(() => phone.locator('#devices').textContent(), SOON).toBe('2');

      await phone.getByLabel('Note', { exact: true }).fill('<b>tea</b>');
      await phone.keyboard.press('Enter');
      for (const page of [phone, laptop])
        await expect.poll(() => messagesOf(page), SOON).toEqual([welcome, '<b>tea</b>']);
      await laptop.getByRole('button', { name: 'Disconnect all my devices' }).click();

      for (const page of [phone, laptop]) await expect.poll(() => statusOf(page), SOON).toBe('Disconnected');
      expect([await statusOf(other), await messagesOf(other)]).toEqual(['Connected as grace', [welcome]]);
      await phone.getByRole('button', { name: 'Connect', exact: true }).click();
      await expect.poll(() => statusOf(phone), SOON).toBe('Connected as ada');
    },
    LONG,
  );
});
