import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { available } from '../support/demand.js';
import { chromiumPath, launchChromium } from './browser.js';

/** A browser on a busy computer takes its time. */
export const SOON = { timeout: 10_000 };

/** The page of an example in a window of its own. */
export class ExamplePage {
  /** What went wrong in the page: uncaught errors, and what the browser complains of. */
  readonly #faults: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.#faults.push(error.message));
    page.on('console', (message) => {
      const isLost = /^WebSocket connection to .* failed/.test(message.text()); // as when a server is away
      if (message.type() === 'error' && !isLost) this.#faults.push(message.text());
    });
  }

  /** Opens the page, until the test has finished. Then nothing may have gone wrong on it. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<ExamplePage> {
    const context = await browser.newContext(options);
    const visitor = new ExamplePage(await context.newPage());
    onTestFinished(async () => {
      await context.close();
      expect(visitor.#faults).toEqual([]);
    });
    await visitor.page.goto(url);
    return visitor;
  }

  at(id: string): Locator {
    return this.page.locator(`#${id}`);
  }

  text(id: string): Promise<string | null> {
    return this.at(id).textContent();
  }

  get status(): Promise<string | null> {
    return this.page.getByRole('status').textContent();
  }

  get problem(): Promise<string | null> {
    return this.page.getByRole('alert').textContent();
  }

  get log(): Promise<string[]> {
    return this.page.locator('#log li').allTextContents();
  }

  /** Writes into a field, and sends it. */
  async send(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label).fill(text);
    await this.page.keyboard.press('Enter');
  }
}

/** Tests of a page, with one browser for all of them; left out where no Chromium is. */
export function describePage(name: string, tests: (browser: () => Browser) => void): void {
  const canRun = available('Chromium', chromiumPath !== undefined);
  describe.skipIf(!canRun)(canRun ? name : `${name} (skipped: no Chromium is installed here)`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium();
    }, 60_000);
    afterAll(() => browser.close());
    tests(() => browser);
  });
}
