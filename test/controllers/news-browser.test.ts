import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildNewsApp } from '../../controllers/news/app.js';
import { available } from '../support/demand.js';
import { portOf } from '../support/port-of.js';
import { chromiumPath, launchChromium } from './browser.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = canRun ? 'the page of the news' : 'the page of the news (skipped: no Chromium is installed here)';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 10_000 };

const serve = async (port: number): Promise<FastifyInstance> => {
  const app = await buildNewsApp({ logger: false });
  await app.listen({ port, host: '127.0.0.1' });
  return app;
};

/** What a test looks at on the page. */
class NewsPage {
  /** What went wrong in the page: uncaught errors, and what its content policy has refused. */
  readonly faults: string[] = [];
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) this.faults.push(message.text());
    });
  }

  get status(): Promise<string | null> {
    return this.page.getByRole('status').textContent();
  }

  get outcome(): Promise<string | null> {
    return this.page.locator('#outcome').textContent();
  }

  get headlines(): Promise<string[]> {
    return this.page.locator('#headlines h3').allTextContents();
  }

  /** The buttons, as a screen reader says them. */
  get applause(): Promise<(string | null)[]> {
    const buttons = this.page.locator('#headlines button').all();
    return buttons.then((all) => Promise.all(all.map((button) => button.getAttribute('aria-label'))));
  }

  async publish(headline: string, author: string): Promise<void> {
    await this.page.getByLabel('Headline').fill(headline);
    await this.page.getByLabel('Your name').fill(author);
    await this.page.keyboard.press('Enter');
  }
}

describe.skipIf(!canRun)(title, () => {
  let browser: Browser;
  let app: FastifyInstance;
  let pages: NewsPage[];

  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    app = await serve(0);
    pages = [];
  });

  afterEach(async () => {
    for (const { page } of pages) await page.context().close();
    await app.close();
    expect(pages.flatMap(({ faults }) => faults)).toEqual([]);
  });

  async function visit(): Promise<NewsPage> {
    const visitor = new NewsPage(await browser.newPage());
    pages.push(visitor);
    await visitor.page.goto(`http://127.0.0.1:${portOf(app)}/`);
    await expect.poll(() => visitor.status, SOON).toBe('Live');
    return visitor;
  }

  it('shows in two windows what one of them publishes, the newest first', async () => {
    const [ada, grace] = [await visit(), await visit()];

    await ada.publish('Clouds over Athens', 'Ada');
    await expect.poll(() => ada.outcome, SOON).toBe('Published. It reached 2 readers.');
    await grace.publish('They bring rain', 'Grace');

    for (const { page } of [ada, grace]) {
      const items = page.locator('#headlines li');
      await expect.poll(() => items.count(), SOON).toBe(2);
      expect(await items.nth(0).textContent()).toMatch(/^They bring rainGrace · \d/);
      expect(await items.nth(1).textContent()).toMatch(/^Clouds over AthensAda · \d/);
    }
    expect(await ada.page.getByLabel('Headline').inputValue()).toBe('');
  });

  it('shows what was published before it was opened', async () => {
    const ada = await visit();
    expect(await ada.page.locator('#empty').isVisible()).toBe(true);
    await ada.publish('Clouds over Athens', 'Ada');
    await expect.poll(() => ada.headlines, SOON).toEqual(['Clouds over Athens']);

    const grace = await visit();

    await expect.poll(() => grace.headlines, SOON).toEqual(['Clouds over Athens']);
    expect(await grace.page.locator('#empty').isVisible()).toBe(false);
  });

  it('shows the applause of one window in both', async () => {
    const [ada, grace] = [await visit(), await visit()];
    await ada.publish('Clouds over Athens', 'Ada');
    await expect.poll(() => grace.applause, SOON).toEqual(['Applaud, 0 so far']);

    await grace.page.getByRole('button', { name: 'Applaud' }).click();

    for (const reader of [ada, grace]) {
      await expect.poll(() => reader.applause, SOON).toEqual(['Applaud, 1 so far']);
    }
  });

  it('shows why a headline is refused, and keeps it to be mended', async () => {
    const ada = await visit();

    await ada.publish('Clouds over Athens', '   ');

    await expect.poll(() => ada.outcome, SOON).toBe('A name has 1 to 24 visible characters.');
    expect(await ada.page.getByLabel('Headline').inputValue()).toBe('Clouds over Athens');
    expect(await ada.headlines).toEqual([]);
  });

  it('shows HTML as the text it is, and runs none of it', async () => {
    const html = '<img src=x onerror="document.title=1"><b>bold</b>';
    const [ada, mallory] = [await visit(), await visit()];

    await mallory.publish(html, '<i>Mallory</i>');

    await expect.poll(() => ada.headlines, SOON).toEqual([html]);
    expect(await ada.page.locator('#headlines p').textContent()).toContain('<i>Mallory</i> · ');
    expect(await ada.page.locator('#headlines :is(img, b, i)').count()).toBe(0);
    expect(await ada.page.title()).toBe('Nefeli news');
  });

  it('says that it reconnects while the server is away, and shows what the new one has', async () => {
    const ada = await visit();
    const port = portOf(app);
    await ada.publish('Forgotten with the process', 'Ada');
    await expect.poll(() => ada.headlines, SOON).toEqual(['Forgotten with the process']);

    await app.close();
    await expect.poll(() => ada.status, SOON).toBe('Reconnecting…');
    await ada.publish('Nobody hears this', 'Ada');
    await expect.poll(() => ada.outcome, SOON).toBe('The server cannot be reached.');
    app = await serve(port);

    await expect.poll(() => ada.status, SOON).toBe('Live');
    await expect.poll(() => ada.headlines, SOON).toEqual([]);
    expect(await ada.page.locator('#empty').isVisible()).toBe(true);
  });
});
