import { beforeEach, describe, expect, it } from 'vitest';
import { buildNativeMessagesApp } from '../../controllers/native-messages/app.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

describe('native messages', () => {
  let served: ServedExample;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    served = await serveExample(buildNativeMessagesApp({ log: (line) => void lines.push(line) }));
  });

  const open = (path = ENDPOINT): Promise<RawClient> => RawClient.open(served.app, { path });

  it('go raw from one bare WebSocket to the others, and not back', async () => {
    const [ada, bob, eve] = [await open(), await open(), await open()];

    ada.send('hello; <b>you</b>');
    bob.send('M'); // the first word of a handshake elsewhere: a text like any other here

    expect(await eve.next()).toBe('hello; <b>you</b>');
    expect(await bob.next()).toBe('hello; <b>you</b>');
    expect(await eve.next()).toBe('M');
    expect(await ada.next()).toBe('M');
  });

  it('stay binary where they came so', async () => {
    const [ada, bob] = [await open(), await open()];

    ada.send(new Uint8Array([0, 255, 59]));

    expect(await bob.next()).toEqual(Buffer.from([0, 255, 59]));
  });

  it('log who connects and who disconnects', async () => {
    const ada = await open();
    await expect.poll(() => lines).toEqual([expect.stringMatching(/^[0-9a-f-]{36} connected$/)]);

    ada.socket.close();

    await expect.poll(() => lines[1]).toBe(lines[0]?.replace('connected', 'disconnected'));
  });

  it('are each answered with a raw `pong` at /pong', async () => {
    const ada = await open('/pong');

    ada.send('ping', 'anything', new Uint8Array([1]));

    expect([await ada.next(), await ada.next(), await ada.next()]).toEqual(['pong', 'pong', 'pong']);
  });

  it('stay with those of their own endpoint', async () => {
    const [ada, elsewhere] = [await open(), await open('/pong')];

    ada.send('for the others');
    elsewhere.send('ping');

    expect(await elsewhere.next()).toBe('pong');
  });

  it('larger than 4 KiB close their connection with 1009, and reach nobody', async () => {
    const [ada, bob] = [await open(), await open()];

    ada.send('x'.repeat(4_097));
    expect(await ada.closed).toMatchObject({ code: 1009 });
    (await open()).send('short');

    expect(await bob.next()).toBe('short');
  });

  it('of pages of another origin are refused with 403 before the upgrade', async () => {
    const headers = { origin: 'https://elsewhere.example' };

    expect(await statusOfUpgrade(served.app, { path: ENDPOINT, headers })).toBe(403);
  });
});

describePage('the page of the native messages', (browser) => {
  it("talks with the browser's own WebSocket, and shows texts as text", async () => {
    const served = await serveExample(buildNativeMessagesApp({ log: () => {} }));
    const [ada, bob] = [await ExamplePage.open(browser(), served.page), await ExamplePage.open(browser(), served.page)];
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.status, SOON).toBe('Connected');

    await ada.send('Raw text', '<i>hello</i>');
    await expect.poll(() => bob.log, SOON).toEqual(['<i>hello</i>']);
    expect(await ada.log).toEqual(['You: <i>hello</i>']);

    await bob.page.getByRole('button', { name: 'Send “ping” to /pong' }).click();
    await expect.poll(() => bob.text('pongs'), SOON).toBe('pong (1)');
  });
});
