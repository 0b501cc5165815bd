import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Where a Chromium is installed, if one is. */
export const chromiumPath: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}

/** Without the sandbox: in containers, where tests often run, it cannot be had. The pages are our own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
}

/** What a test looks at on the page of the chat. */
export class ChatPage {
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
    return this.page.locator('#status').textContent();
  }

  get roomTitle(): Promise<string | null> {
    return this.page.getByRole('main').getByRole('heading').textContent();
  }

  get roster(): Promise<string[]> {
    return this.page.locator('#roster .name').allTextContents();
  }

  /** The rooms and how many are in each, as a screen reader says them. */
  get rooms(): Promise<(string | null)[]> {
    const buttons = this.page.getByRole('navigation', { name: 'Rooms' }).locator('li button').all();
    return buttons.then((all) => Promise.all(all.map((button) => button.getAttribute('aria-label'))));
  }

  /** The messages of one side, with their authors: those of the others on the left, one's own on the right. */
  async messages(side: 'left' | 'right'): Promise<string[]> {
    const lines = await this.page.locator('#log .line').all();
    const log = await this.page.locator('#log').boundingBox();
    const texts: string[] = [];
    for (const line of lines) {
      const bubble = await line.locator('.bubble').boundingBox();
      if (!bubble || !log) throw new Error('a message is not to be seen');
      const isLeft = bubble.x - log.x < log.x + log.width - (bubble.x + bubble.width);
      if (isLeft === (side === 'left')) texts.push((await line.locator('.said').textContent()) ?? '');
    }
    return texts;
  }

  get notices(): Promise<string[]> {
    return this.page.locator('#log .notice').allTextContents();
  }

  get toast(): Promise<string | null> {
    return this.page.getByRole('alert').textContent();
  }

  /** What stands in the field of one's own name. */
  get name(): Promise<string> {
    return this.page.getByLabel('Your name').inputValue();
  }

  get canWrite(): Promise<boolean> {
    return this.page.getByLabel('Message', { exact: true }).isEnabled();
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
    await this.page.keyboard.press('Enter');
  }

  async rename(name: string): Promise<void> {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Save' }).click();
  }

  async openRoom(name: string): Promise<void> {
    await this.page.getByLabel('Join or open a room').fill(name);
    await this.page.getByRole('button', { name: 'Join' }).click();
  }
}
