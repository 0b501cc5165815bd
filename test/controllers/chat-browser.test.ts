import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildChatApp } from '../../controllers/chat/app.js';
import { available } from '../support/demand.js';
import { portOf } from '../support/port-of.js';
import { ChatPage, chromiumPath, launchChromium } from './browser.js';
import { ChatClient } from './chat-client.js';

const canRun = available('Chromium', chromiumPath !== undefined);
const title = canRun ? 'the page of the chat' : 'the page of the chat (skipped: no Chromium is installed here)';
/** A browser on a busy computer takes its time. */
const SOON = { timeout: 10_000 };

const serve = async (port: number): Promise<FastifyInstance> => {
  const app = await buildChatApp({ logger: { log() {} } });
  await app.listen({ port, host: '127.0.0.1' });
  return app;
};

describe.skipIf(!canRun)(title, () => {
  let browser: Browser;
  let app: FastifyInstance;
  let pages: ChatPage[];

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

  /** A person of their own: another context shares neither tab nor storage. */
  async function visit(name: string, address = '/'): Promise<ChatPage> {
    const visitor = new ChatPage(await browser.newPage());
    pages.push(visitor);
    await visitor.page.goto(`http://127.0.0.1:${portOf(app)}${address}`);
    await expect.poll(() => visitor.canWrite, SOON).toBe(true);
    await visitor.rename(name);
    await expect.poll(() => visitor.roster, SOON).toContain(name);
    return visitor;
  }

  it('shows two people their messages: their own on the right, those of the other on the left', async () => {
    const ada = await visit('Ada');
    const grace = await visit('Grace');

    await ada.say('Hello, Grace');
    await expect.poll(() => grace.messages('left'), SOON).toEqual(['Hello, Grace']);
    await grace.say('Hello; Ada');

    await expect.poll(() => ada.messages('left'), SOON).toEqual(['Hello; Ada']);
    expect(await ada.messages('right')).toEqual(['Hello, Grace']);
    expect(await grace.messages('right')).toEqual(['Hello; Ada']);
    expect(await ada.status).toBe('Online');
  });

  it('shows who is here, who joins, who is renamed, and who leaves', async () => {
    const ada = await visit('Ada');
    const grace = await visit('Grace');
    await expect.poll(() => ada.roster, SOON).toEqual(['Ada', 'Grace']);

    await grace.rename('Admiral Grace');
    await expect.poll(() => ada.roster, SOON).toEqual(['Ada', 'Admiral Grace']);
    await grace.page.close();

    await expect.poll(() => ada.roster, SOON).toEqual(['Ada']);
    expect((await ada.notices).slice(-2)).toEqual(['Grace is now Admiral Grace', 'Admiral Grace left']);
  });

  it('opens another room, leaves it behind, and comes back to what was said', async () => {
    const ada = await visit('Ada');
    const grace = await visit('Grace');
    await ada.say('Said in the lobby');
    await expect.poll(() => grace.messages('left'), SOON).toEqual(['Said in the lobby']);

    await grace.openRoom('engines');
    await expect.poll(() => grace.roomTitle, SOON).toBe('# engines');
    await expect.poll(() => grace.roster, SOON).toEqual(['Grace']);
    await expect.poll(() => ada.rooms, SOON).toEqual(['lobby, 1 person', 'engines, 1 person']);
    expect(await grace.messages('left')).toEqual([]);
    await grace.say('Nobody else is here');
    await expect.poll(() => grace.messages('right'), SOON).toEqual(['Nobody else is here']);

    await grace.page.getByRole('button', { name: 'lobby' }).click();
    await expect.poll(() => grace.messages('left'), SOON).toEqual(['Said in the lobby']);
    expect(await ada.messages('left')).toEqual([]);
    await expect.poll(() => ada.rooms, SOON).toEqual(['lobby, 2 people']);
  });

  it('enters the room that stands in the address', async () => {
    const ada = await visit('Ada', '/#engines');

    expect(await ada.roomTitle).toBe('# engines');
  });

  it('says what to do to who has left the room, and lets them write nothing', async () => {
    const ada = await visit('Ada');

    await ada.page.getByRole('button', { name: 'Leave' }).click();

    await expect.poll(() => ada.roomTitle, SOON).toBe('No room');
    expect(await ada.notices).toEqual(['You are in no room. Choose one, or open your own.']);
    expect(await ada.canWrite).toBe(false);
    expect(await ada.roster).toEqual([]);
  });

  it('shows HTML in messages, names and rooms as the text it is, and runs none of it', async () => {
    const html = '<img src=x onerror="document.title=1">';
    const ada = await visit('Ada');
    const mallory = await visit('<b>Mallory</b>');
    await mallory.say(html);

    await expect.poll(() => ada.messages('left'), SOON).toEqual([html]);
    expect(await ada.roster).toEqual(['Ada', '<b>Mallory</b>']);
    expect(await ada.notices).toContainEqual(expect.stringContaining('is now <b>Mallory</b>'));
    expect(await ada.page.locator('#log img, #log b, #roster b').count()).toBe(0);
    expect(await ada.page.title()).toBe('lobby · Nefeli chat');
  });

  it('shows what the server refuses, and leaves everything as it was', async () => {
    await visit('Ada');
    const grace = await visit('Grace');

    await grace.rename('Ada');
    await expect.poll(() => grace.toast, SOON).toBe('Somebody here is called “Ada” already.');
    expect(await grace.roster).toEqual(['Ada', 'Grace']);
    await grace.openRoom('not a room');
    await expect.poll(() => grace.toast, SOON).toBe('A room name has 1 to 24 letters, digits, “-” or “_”.');

    await expect.poll(() => grace.roomTitle, SOON).toBe('# lobby');
    await expect.poll(() => grace.canWrite, SOON).toBe(true);
  });

  it('shows the real name again when another one is refused', async () => {
    await visit('Ada');
    const grace = await visit('Grace');

    await grace.rename('Ada');

    await expect.poll(() => grace.toast, SOON).toBe('Somebody here is called “Ada” already.');
    expect(await grace.name).toBe('Grace');
  });

  it('says no longer what was refused once the room has changed', async () => {
    const ada = await visit('Ada');
    await ada.openRoom('not a room');
    await expect.poll(() => ada.toast, SOON).toContain('A room name has');
    await expect.poll(() => ada.roomTitle, SOON).toBe('# lobby');

    await ada.openRoom('engines');

    await expect.poll(() => ada.roomTitle, SOON).toBe('# engines');
    expect(await ada.page.getByRole('alert').count()).toBe(0);
  });

  it('comes back after a restart of the server: under its name, in its room, its messages on the right', async () => {
    const ada = await visit('Ada', '/#engines');
    const port = portOf(app);
    await ada.say('Before');
    await expect.poll(() => ada.messages('right'), SOON).toEqual(['Before']);

    await app.close();
    await expect.poll(() => ada.status, SOON).toBe('Reconnecting…');
    expect(await ada.canWrite).toBe(false);
    app = await serve(port);

    await expect.poll(() => ada.status, SOON).toBe('Online');
    await expect.poll(() => ada.roster, SOON).toEqual(['Ada']);
    expect(await ada.roomTitle).toBe('# engines');
    await ada.say('After');
    await expect.poll(() => ada.messages('right'), SOON).toEqual(['After']);
  });

  it('shows why it is refused when it comes back, and what has been said until then', async () => {
    const ada = await visit('Ada');
    const port = portOf(app);
    await ada.say('Before');
    await expect.poll(() => ada.messages('right'), SOON).toEqual(['Before']);
    await ada.page.context().setOffline(true); // so that the others come first
    await app.close();
    await expect.poll(() => ada.status, SOON).toBe('Reconnecting…');

    app = await serve(port);
    await Promise.all(Array.from({ length: 200 }, () => ChatClient.enter(app, { room: '' })));
    await ada.page.context().setOffline(false);

    await expect.poll(() => ada.status, SOON).toBe('The chat is full. Come back a little later.');
    expect(await ada.page.getByRole('button', { name: 'Try again' }).isVisible()).toBe(true);
    expect(await ada.canWrite).toBe(false);
    expect(await ada.messages('right')).toEqual(['Before']);
  });

  it('keeps its name, its room and its own messages when it is loaded anew', async () => {
    const ada = await visit('Ada', '/#engines');
    await ChatClient.enter(app, { name: 'Grace', room: 'engines' });
    await ada.say('Before');
    await expect.poll(() => ada.messages('right'), SOON).toEqual(['Before']);

    await ada.page.reload();

    await expect.poll(() => ada.messages('right'), SOON).toEqual(['Before']);
    expect(await ada.roomTitle).toBe('# engines');
    await expect.poll(() => ada.roster, SOON).toEqual(['Grace', 'Ada']);
  });

  it('shows why it is refused, and a button to try again', async () => {
    await Promise.all(Array.from({ length: 200 }, () => ChatClient.enter(app, { room: '' })));
    const late = new ChatPage(await browser.newPage());
    pages.push(late);
    await late.page.goto(`http://127.0.0.1:${portOf(app)}/`);

    await expect.poll(() => late.status, SOON).toBe('The chat is full. Come back a little later.');
    expect(await late.canWrite).toBe(false);
    expect(await late.page.getByRole('button', { name: 'Try again' }).isVisible()).toBe(true);
  });
});
