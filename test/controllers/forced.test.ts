import { dial } from 'nefeli/client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildForcedApp } from '../../controllers/forced/app.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { type ServedExample, serveExample } from './serve-example.js';

const WELCOME = "welcome to server's namespace";
const FORCED = '(Force-connected by server)';

describe('the server that decides', () => {
  let served: ServedExample;

  beforeEach(async () => {
    served = await serveExample(buildForcedApp());
  });

  /** A guest who asks for nothing, and what has been said to it when it is in the room. */
  async function come(name: string) {
    const peer = await NeffosPeer.dial(served.url, { default: {} }, { headers: { 'X-Username': name } });
    // Not waitServerConnect of neffos.js, which waits for ever where the server was faster.
    await expect.poll(() => peer.conn.namespace('default')?.room('room1')?.name).toBe('room1');
    const ns = peer.conn.namespace('default');
    await expect.poll(() => peer.bodies('chat')).toContain(FORCED);
    return { peer, ns };
  }

  const forceDisconnect = () => fetch(`${served.page}/guests`, { method: 'DELETE' });

  it('connects `default` when a connection opens: the client waits for it, and is greeted there', async () => {
    const { peer, ns } = await come('ada');

    expect(ns.namespace).toBe('default');
    expect(peer.bodies('chat')).toEqual([WELCOME, FORCED]);
    expect(peer.trace.slice(0, 1)).toEqual(['_OnNamespaceConnected']);
  });

  it('is waited for by the client of this project, whose dial a refusal fails with its text', async () => {
    const options = { headers: { 'X-Username': 'ada' }, reconnect: false };
    const conn = await dial(served.url, { default: {} }, options);
    onTestFinished(() => conn.close());

    const ns = await conn.waitServerConnect('default');
    await expect.poll(() => ns.room('room1')?.name).toBe('room1');

    await expect(dial(served.url, { default: {} }, options)).rejects.toMatchObject({
      text: 'There is a “ada” already.',
    });
    await expect(ns.disconnect()).rejects.toMatchObject({ text: 'Stay a little longer.' });
    expect(conn.namespace('default')).toBe(ns);
  });

  it('tells the others who connected too', async () => {
    const ada = await come('ada');

    const bob = await come('bob');

    await expect.poll(() => ada.peer.bodies('chat')).toContain('Client [bob] connected too.');
    expect(bob.peer.bodies('chat')).toEqual([WELCOME, FORCED]);
  });

  it('joins the client to room1 in OnNamespaceConnected, where all hear each other', async () => {
    const [ada, bob] = [await come('ada'), await come('bob')];

    ada.ns.emit('chat', 'hi');

    await expect.poll(() => bob.peer.seen.at(-1)).toMatchObject({ event: 'chat', room: 'room1', body: 'ada: hi' });
  });

  it.each([
    ['no name', {}, 'Say who you are: 1 to 24 letters and digits.'],
    ['HTML for a name', { 'X-Username': '<b>ada</b>' }, 'Say who you are: 1 to 24 letters and digits.'],
  ])('makes the dial of who brings %s fail with the text of its refusal', async (_what, headers, text) => {
    await expect(NeffosPeer.dial(served.url, { default: {} }, { headers })).rejects.toThrow(text);
  });

  it('makes the dial of a second one with a name that is taken fail, and lets the first be', async () => {
    const ada = await come('ada');

    const second = NeffosPeer.dial(served.url, { default: {} }, { headers: { 'X-Username': 'ada' } });

    await expect(second).rejects.toThrow('There is a “ada” already.');
    expect(ada.peer.conn.isClosed()).toBe(false);
  });

  it('keeps a client connected whose first wish to leave it refuses, and the client reads why', async () => {
    const { peer, ns } = await come('ada');
    const bob = await come('bob');

    expect(await ns.disconnect()).toMatchObject({ message: 'Stay a little longer.' }); // neffos.js resolves with errors
    bob.ns.emit('chat', 'still here?');
    await expect.poll(() => peer.bodies('chat')).toContain('bob: still here?');

    await ns.disconnect();
    expect(served.app.nefeli.local.count({ namespace: 'default' })).toBe(1);
  });

  it('disconnects everybody on DELETE /guests: each hears OnNamespaceDisconnect, and none can refuse', async () => {
    const [ada, bob] = [await come('ada'), await come('bob')];

    const response = await forceDisconnect();

    expect(await response.json()).toEqual({ guests: 2 });
    for (const { peer } of [ada, bob]) await expect.poll(() => peer.trace).toContain('_OnNamespaceDisconnect');
    expect(served.app.nefeli.local.count({ namespace: 'default' })).toBe(0);
    expect(ada.peer.conn.isClosed()).toBe(false);
  });
});

describePage('the page of the server that decides', (browser) => {
  it('is connected, refused its leave and sent away by the server', async () => {
    const served = await serveExample(buildForcedApp());
    const ada = await ExamplePage.open(browser(), served.page);

    await ada.send('Your name', '<b>ada</b>');
    await expect.poll(() => ada.problem, SOON).toBe('Say who you are: 1 to 24 letters and digits.');
    await ada.send('Your name', 'ada');
    await expect
      .poll(() => ada.log, SOON)
      .toEqual(expect.arrayContaining([WELCOME, FORCED, 'The server has put you into “room1”.']));

    await ada.page.getByRole('button', { name: 'Leave' }).click();
    await expect.poll(() => ada.problem, SOON).toBe('Stay a little longer.');
    await ada.page.getByRole('button', { name: 'Send everybody away' }).click();
    await expect.poll(async () => (await ada.log).at(-1), SOON).toBe('You are disconnected.');
    await expect.poll(() => ada.status, SOON).toBe('Closed');
    expect((await ada.log).filter((line) => line === 'You are disconnected.')).toHaveLength(1);
    await expect.poll(() => served.app.nefeli.connections().length).toBe(0);
  });
});
