import { nefeli } from 'nefeli';
import { onConnection } from 'nefeli/connection-style';
import { expect, it } from 'vitest';
import { buildIrisApp } from '../../controllers/iris/app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { type ServedExample, serveExample } from './serve-example.js';

const PREFIX = 'iris-websocket-message:';

/** What `iris-socket.js` hears when the server sends back what it has sent. A text, because it is for the browser. */
const ECHOED = `(async () => {
  const { IrisSocket } = await import('/iris-socket.js');
  const values = ['a;1\\n', '12', 12, 1.5, -1e300, true, false, undefined, null, { list: [1, 'x'] }];
  return new Promise((resolve) => {
    const heard = [];
    const echo = (value) => heard.push(value) === values.length && resolve(heard);
    const state = (now) => now === 'open' && values.forEach((value) => socket.emit('echo', value));
    const socket = new IrisSocket('/echo', { events: { echo }, raw() {}, frame() {}, state });
  });
})()`;

describePage('the page of the example for Iris before neffos', (browser) => {
  const TEXT = '<img src=x onerror="document.title=1">';

  async function openTwo(): Promise<{ served: ServedExample; ada: ExamplePage; bob: ExamplePage }> {
    const served = await serveExample(buildIrisApp({ log: () => {} }));
    const ada = await ExamplePage.open(browser(), served.page);
    const bob = await ExamplePage.open(browser(), served.page);
    for (const { page } of [ada, bob]) await expect.poll(() => page.locator('#people option').count(), SOON).toBe(1);
    return { served, ada, bob };
  }

  const nameOf = async (visitor: ExamplePage): Promise<string> => `Visitor ${(await visitor.text('me'))?.slice(0, 8)}`;
  const choose = (visitor: ExamplePage, label: string) =>
    visitor.page.getByLabel('To whom').selectOption({ label }, SOON);

  it('talks with another one in all the ways there are, and shows texts as text', async () => {
    const { ada, bob } = await openTwo();
    const [adaIs, bobIs] = [await nameOf(ada), await nameOf(bob)];

    await ada.send('Message', TEXT);
    await expect.poll(() => bob.log, SOON).toEqual([`${adaIs} to room1${TEXT}`]);
    await choose(bob, adaIs);
    await bob.send('Message', '12');
    await choose(bob, 'Everybody else');
    await bob.send('Message', 'others');
    await choose(bob, 'Everybody else, raw');
    await bob.send('Message', 'raw');
    await choose(bob, 'Everybody');
    await bob.send('Message', 'all');

    await expect
      .poll(() => ada.log, SOON)
      .toEqual([
        `You to room1${TEXT}`,
        `${bobIs} to you alone12`,
        `${bobIs} to everybody elseothers`,
        'Somebody as a raw messageraw',
        `${bobIs} to everybodyall`,
      ]);
    await expect
      .poll(() => bob.log, SOON)
      .toEqual([
        `${adaIs} to room1${TEXT}`,
        `You to ${adaIs} alone12`,
        'You to everybody elseothers',
        'You as a raw messageraw',
        'You to everybodyall',
      ]);
    expect(await bob.text('sent')).toBe(`${PREFIX}all;0;all`);
    expect(await ada.at('log').locator('img').count()).toBe(0);
  });

  it('leaves the room and comes back, by keyboard', async () => {
    const { ada, bob } = await openTwo();
    await ada.page.getByRole('button', { name: 'Leave room1' }).press('Enter');
    await expect.poll(() => ada.text('leave'), SOON).toBe('Come back to room1');
    await bob.send('Message', 'only to the room');
    await expect.poll(() => bob.log, SOON).toHaveLength(1);

    await ada.page.getByRole('button', { name: 'Come back to room1' }).press('Enter');
    await expect.poll(() => ada.text('leave'), SOON).toBe('Leave room1');
    await bob.send('Message', 'again');

    await expect.poll(() => ada.log, SOON).toEqual([`${await nameOf(bob)} to room1again`]);
  });

  it('says bye, is no longer offered to the others, and connects again when it is told to', async () => {
    const { ada, bob } = await openTwo();
    await choose(ada, await nameOf(bob));

    await bob.page.getByRole('button', { name: 'Say bye' }).click();
    await expect.poll(() => bob.status, SOON).toBe('Disconnected');
    await expect.poll(() => ada.page.locator('#people option').count(), SOON).toBe(0);
    await ada.send('Message', 'for one alone');

    expect(await ada.problem).toBe('Choose whom you speak to.');
    await bob.page.getByRole('button', { name: 'Connect again' }).click();
    await expect.poll(() => ada.page.locator('#people option').count(), SOON).toBe(1);
    expect(await ada.at('to').inputValue()).toBe('');
    await choose(ada, await nameOf(bob));
    await ada.at('to').focus();
    await ada.page.keyboard.press('Tab');
    await ada.page.keyboard.press('Tab');
    await ada.page.keyboard.press('Enter');
    await expect.poll(() => bob.log, SOON).toEqual([`${await nameOf(ada)} to you alonefor one alone`]);
  });

  it('comes back by itself when the connection is lost, and shows what the server refuses', async () => {
    const { served, ada, bob } = await openTwo();

    for (const conn of served.app.nefeli.connections()) conn.close(1012);
    await expect.poll(() => ada.status, SOON).toBe('Reconnecting…');
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.status, SOON).toBe('Connected');
    await choose(ada, 'Everybody else, raw');
    await ada.send('Message', `x${PREFIX}`);

    await expect.poll(() => ada.problem, SOON).toBe('The server could not take that.');
    expect(await ada.page.locator('#people option').count()).toBe(1);
  });

  it('has a script that sends values of each kind, and reads them as what they were', async () => {
    const built = buildIrisApp({ log: () => {} });
    const handlers = onConnection((c) => c.on('echo', (value) => c.emit('echo', value)));
    await (await built).register(nefeli, { name: 'echo', path: '/echo', wire: 'iris', handlers });
    const { page } = await ExamplePage.open(browser(), (await serveExample(built)).page);

    const heard = await page.evaluate(ECHOED);

    expect(heard).toEqual(['a;1\n', '12', 12, 1.5, -1e300, true, false, '', null, { list: [1, 'x'] }]);
  });
});
