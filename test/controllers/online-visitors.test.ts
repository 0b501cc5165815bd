import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildOnlineVisitorsApp } from '../../controllers/online-visitors/app.js';
import { connected } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { type ServedExample, serveExample } from './serve-example.js';

describe('the online visitors', () => {
  let served: ServedExample;

  beforeEach(async () => {
    served = await serveExample(buildOnlineVisitorsApp());
  });

  /** Looks at a page, and remembers every count of it. */
  async function look(page: string) {
    const { peer, ns } = await connected(served);
    const room = await ns.joinRoom(page);
    const counts = (): unknown[] =>
      peer.seen.filter((seen) => seen.event === 'onNewVisit').map(({ room, body }) => `${room} ${body}`);
    return { peer, ns, room, counts };
  }

  it('hear onNewVisit with the count of their page when somebody joins it, the joiner included', async () => {
    const ada = await look('index');
    await expect.poll(ada.counts).toEqual(['index 1']);

    const bob = await look('index');

    await expect.poll(bob.counts).toEqual(['index 2']);
    await expect.poll(ada.counts).toEqual(['index 1', 'index 2']);
  });

  it('are counted apart on two pages', async () => {
    const ada = await look('index');
    const bob = await look('other');
    const eve = await look('other');

    await expect.poll(eve.counts).toEqual(['other 2']);
    await expect.poll(bob.counts).toEqual(['other 1', 'other 2']);
    expect(ada.counts()).toEqual(['index 1']);
  });

  it.each([
    ['leaves the room', (visitor: Awaited<ReturnType<typeof look>>) => visitor.room.leave()],
    ['disconnects', (visitor: Awaited<ReturnType<typeof look>>) => visitor.ns.disconnect()],
    [
      'vanishes without a word, as a closed tab may',
      (visitor: Awaited<ReturnType<typeof look>>) => visitor.peer.loseNetwork(),
    ],
  ])('are one less when one of them %s', async (_what, go) => {
    const ada = await look('index');
    const bob = await look('index');
    await expect.poll(ada.counts).toEqual(['index 1', 'index 2']);

    await go(bob);

    await expect.poll(ada.counts).toEqual(['index 1', 'index 2', 'index 1']);
  });

  it('cannot join what is no page, nor two pages at once', async () => {
    const ada = await look('index');

    await expect(ada.ns.joinRoom('other')).rejects.toThrow('One connection looks at one page.');
    const { ns } = await connected(served);
    await expect(ns.joinRoom('<i>secret</i>')).rejects.toThrow('There is no page “<i>secret</i>”.');
    expect(served.app.nefeli.local.rooms('default')).toEqual(['index']);
  });
});

describePage('the pages of the online visitors', (browser) => {
  it('count separately, and one less when a tab is closed or goes on to the other page', async () => {
    const served = await serveExample(buildOnlineVisitorsApp());
    const ada = await ExamplePage.open(browser(), served.page);
    const bob = await ExamplePage.open(browser(), served.page);
    const eve = await ExamplePage.open(browser(), `${served.page}/other.html`);
    await expect.poll(() => ada.text('visitors'), SOON).toBe('2 online visitors');
    await expect.poll(() => eve.text('visitors'), SOON).toBe('1 online visitor');

    await bob.page.getByRole('link', { name: 'the one that counts apart' }).click();
    await expect.poll(() => eve.text('visitors'), SOON).toBe('2 online visitors');
    await expect.poll(() => ada.text('visitors'), SOON).toBe('1 online visitor');

    await eve.page.close();
    await expect.poll(() => bob.text('visitors'), SOON).toBe('1 online visitor');
  });

  it('are in their rooms again when the server comes back', async () => {
    const served = await serveExample(buildOnlineVisitorsApp());
    const port = portOf(served.app);
    const ada = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => ada.text('visitors'), SOON).toBe('1 online visitor');

    await served.app.close();
    await expect.poll(() => ada.status, SOON).toBe('Reconnecting…');
    const again = await buildOnlineVisitorsApp();
    onTestFinished(() => again.close());
    await again.listen({ port, host: '127.0.0.1' });
    await expect.poll(() => again.nefeli.local.rooms('default'), SOON).toEqual(['index']);

    const bob = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => ada.text('visitors'), SOON).toBe('2 online visitors');
    expect(await bob.status).toBe('Connected');
  });
});
