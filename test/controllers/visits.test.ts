import { beforeEach, describe, expect, it } from 'vitest';
import { buildVisitsApp } from '../../controllers/visits/app.js';
import { Logger, PrefixedLogger } from '../../controllers/visits/logger.js';
import { connected } from '../interop/neffos-peer.js';
import { RawClient } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

class MemoryLogger extends Logger {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(message);
  }
}

describe('the visits', () => {
  let served: ServedExample;
  let logger: MemoryLogger;

  beforeEach(async () => {
    logger = new MemoryLogger();
    served = await serveExample(buildVisitsApp({ logger }));
  });

  const visit = (): Promise<RawClient> => RawClient.join(served.app, 'default', { path: ENDPOINT });

  it('tell everybody the new count when somebody connects, the new one included', async () => {
    const ada = await connected(served);
    await expect.poll(() => ada.peer.bodies('OnVisit')).toEqual(['1']);

    const bob = await connected(served);

    await expect.poll(() => bob.peer.bodies('OnVisit')).toEqual(['2']);
    await expect.poll(() => ada.peer.bodies('OnVisit')).toEqual(['1', '2']);
  });

  it('tell those who stay one less when somebody disconnects, or vanishes', async () => {
    const ada = await connected(served);
    const bob = await connected(served);
    const eve = await connected(served);
    await expect.poll(() => ada.peer.bodies('OnVisit').at(-1)).toBe('3');

    await bob.ns.disconnect();
    await expect.poll(() => ada.peer.bodies('OnVisit').at(-1)).toBe('2');
    eve.peer.loseNetwork();
    await expect.poll(() => ada.peer.bodies('OnVisit').at(-1)).toBe('1');

    expect(bob.peer.bodies('OnVisit')).not.toContain('1');
  });

  it('hand OnChat to all but the sender, unchanged and under that name', async () => {
    const [ada, bob, eve] = [await connected(served), await connected(served), await connected(served)];

    ada.ns.emit('OnChat', '<b>hi; there</b>');

    for (const { peer } of [bob, eve]) await expect.poll(() => peer.bodies('OnChat')).toEqual(['<b>hi; there</b>']);
    await ada.ns.ask('OnChat', 'and the answer'); // after it nothing of before is under way
    expect(ada.peer.bodies('OnChat')).toEqual([]);
  });

  it('give every connection a controller with the injected Logger and the values of the class', async () => {
    const ada = await connected(served);
    const bob = await connected(served);

    expect(logger.lines).toEqual([ada, bob].map(({ peer }) => `${peer.id} is here (age 42, other string)`));
  });

  it('call OnNamespaceConnected, OnChat and OnNamespaceDisconnect of the controller, as Iris documents it', async () => {
    const { peer, ns } = await connected(served);
    await ns.ask('OnChat', 'one\ntwo');
    await ns.disconnect();

    expect(logger.lines).toEqual([
      `${peer.id} is here (age 42, other string)`,
      `[IP: 127.0.0.1] [ID: ${peer.id}] to the others: "one\\ntwo"`,
      `${peer.id} has left`,
    ]);
  });

  it('write DEV in front of every line, unless another logger is put in its place', () => {
    const lines: string[] = [];
    const { log } = console;
    console.log = (line: string) => void lines.push(line);
    try {
      new PrefixedLogger('DEV').log('hello');
    } finally {
      console.log = log;
    }

    expect(lines).toEqual(['DEV: hello']);
  });

  it('refuse a message of more than 500 characters, and tell nobody', async () => {
    const [ada, bob] = [await visit(), await visit()];
    expect(await ada.next()).toContain(';OnVisit;');

    ada.send(`$1;default;;OnChat;0;0;${'x'.repeat(501)}`);
    ada.send(';default;;OnChat;0;0;short');

    expect(await bob.next()).toBe(';default;;OnVisit;0;0;2');
    expect(await bob.next()).toBe(';default;;OnChat;0;0;short');
  });

  it('close a connection whose message is larger than 4 KiB with 1009', async () => {
    const ada = await visit();

    ada.send(`;default;;OnChat;0;0;${'x'.repeat(4_096)}`);

    expect(await ada.closed).toMatchObject({ code: 1009 });
  });
});

describePage('the page of the visits', (browser) => {
  it('counts its visitors live, and shows what the others say as text', async () => {
    const served = await serveExample(buildVisitsApp({ logger: new MemoryLogger() }));
    const ada = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => ada.text('visits'), SOON).toBe('1 visitor');
    const bob = await ExamplePage.open(browser(), served.page);
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.text('visits'), SOON).toBe('2 visitors');

    await bob.send('Message', '<img src=x onerror="document.title=1">');

    await expect.poll(() => ada.log, SOON).toEqual(['<img src=x onerror="document.title=1">']);
    expect(await bob.log).toEqual(['You: <img src=x onerror="document.title=1">']);
    expect(await ada.at('log').locator('img').count()).toBe(0);
    await bob.page.close();
    await expect.poll(() => ada.text('visits'), SOON).toBe('1 visitor');
  });

  it('speaks with its twin, whose client is neffos.js', async () => {
    const served = await serveExample(buildVisitsApp({ logger: new MemoryLogger() }));
    const ada = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => ada.text('visits'), SOON).toBe('1 visitor');
    const bob = await ExamplePage.open(browser(), `${served.page}/neffos.html`);
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.text('visits'), SOON).toBe('2 visitors');
    await expect.poll(() => bob.status, SOON).toBe('Connected');

    await ada.send('Message', 'Hello, neffos.js');
    await expect.poll(() => bob.log, SOON).toEqual(['Hello, neffos.js']);
    await bob.send('Message', 'Hello, Nefeli');

    await expect.poll(() => ada.log, SOON).toEqual(['You: Hello, neffos.js', 'Hello, Nefeli']);
  });
});
