import { reply } from 'neffos.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildServerAsksApp } from '../../controllers/server-asks/app.js';
import { connected, type NeffosHandlers } from '../interop/neffos-peer.js';
import { RawClient } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

describe('the server that asks', () => {
  let served: ServedExample;

  beforeEach(async () => {
    served = await serveExample(buildServerAsksApp());
  });

  const join = (onAsk?: NeffosHandlers[string]) => connected(served, { handlers: onAsk ? { onAsk } : {} });
  const question = (to: string, text = 'how are you?'): string => JSON.stringify({ to, text });

  it('gets the answer of the one client that it asks by id, from anywhere', async () => {
    const ada = await join((_, msg) => reply(`${msg.Body}ok`));
    await join(() => reply('the wrong one'));

    const answer = await served.app.nefeli.ask({ namespace: 'default', event: 'onAsk', body: 'data', to: ada.peer.id });

    expect(answer).toMatchObject({ id: ada.peer.id, body: 'dataok' });
  });

  it.each([
    ['an answer', () => reply('fine; thanks'), { kind: 'answer', text: 'fine; thanks' }],
    [
      'an error',
      () => new Error('none of <b>your</b> business'),
      { kind: 'error', text: 'none of <b>your</b> business' },
    ],
  ])('tells who has it ask of %s', async (_what, onAsk, outcome) => {
    const ada = await join(onAsk);
    const bob = await join();

    const { Body } = await bob.ns.ask('question', question(ada.peer.id));

    expect(JSON.parse(String(Body))).toEqual(outcome);
  });

  it('tells that whoever is asked has gone: at once where they are not there', async () => {
    const bob = await join();

    const { Body } = await bob.ns.ask('question', question('nobody'));

    expect(JSON.parse(String(Body))).toEqual({ kind: 'gone' });
  });

  it('tells that whoever is asked has gone, when they go without an answer', async () => {
    const ada = await RawClient.join(served.app, 'default', { path: ENDPOINT });
    const [id = ''] = (await served.app.nefeli.in('default').members()).map((member) => member.id);
    const bob = await join();
    const ask = bob.ns.ask('question', question(id));

    for (let frame = await ada.next(); !String(frame).includes(';onAsk;'); ) frame = await ada.next();
    ada.socket.terminate();

    expect(JSON.parse(String((await ask).Body))).toEqual({ kind: 'gone' });
  });

  it('tells that no answer came in time', async () => {
    const impatient = await serveExample(buildServerAsksApp({ answerMs: 20 }));
    const silent = await RawClient.join(impatient.app, 'default', { path: ENDPOINT });
    const [id = ''] = (await impatient.app.nefeli.in('default').members()).map((member) => member.id);
    const bob = await connected(impatient);

    const { Body } = await bob.ns.ask('question', question(id));

    expect(JSON.parse(String(Body))).toEqual({ kind: 'timeout' });
    expect(silent.socket.readyState).toBe(silent.socket.OPEN);
  });

  it('lets the asker ask itself: two ends that wait for each other do not stand still', async () => {
    const ada = await join(() => reply('so-so'));

    const { Body } = await ada.ns.ask('question', question(ada.peer.id));

    expect(JSON.parse(String(Body))).toEqual({ kind: 'answer', text: 'so-so' });
  });

  it('asks who leaves the lobby by their own will, and tells the others', async () => {
    const questions: unknown[] = [];
    const ada = await join((_, msg) => {
      questions.push(msg.Body);
      return reply('dude, let me alone please');
    });
    const bob = await join();
    await bob.ns.joinRoom('lobby');
    const lobby = await ada.ns.joinRoom('lobby');

    await lobby.leave();

    const outcome = { kind: 'answer', text: 'dude, let me alone please' };
    await expect
      .poll(() => bob.peer.bodies('lastWords').map((body) => JSON.parse(String(body))))
      .toEqual([{ id: ada.peer.id, outcome }]);
    expect(questions).toEqual(['how are you?']);
  });

  it('asks nobody whose connection has ended', async () => {
    const ada = await join(() => reply('too late'));
    const bob = await join();
    await bob.ns.joinRoom('lobby');
    await ada.ns.joinRoom('lobby');

    ada.peer.loseNetwork();

    await expect.poll(() => bob.peer.bodies('here').at(-1)).toBe(JSON.stringify([bob.peer.id]));
    expect(ada.peer.bodies('onAsk')).toEqual([]);
    expect(bob.peer.bodies('lastWords')).toEqual([]);
  });

  it.each([
    ['a question without a text', '{"to":"x","text":""}'],
    ['a question of 201 characters', JSON.stringify({ to: 'x', text: 'y'.repeat(201) })],
    ['what is no JSON', '{'],
  ])('refuses %s', async (_what, body) => {
    const { ns } = await join();

    await expect(ns.ask('question', body)).rejects.toThrow(/^invalid (body|payload)/);
  });

  it('refuses another room than the lobby', async () => {
    const { ns } = await join();

    await expect(ns.joinRoom('cellar')).rejects.toThrow('There is one room: lobby.');
  });
});

describePage('the page of the server that asks', (browser) => {
  it('asks another window, and shows its answer, its refusal, and that it has gone', async () => {
    const served = await serveExample(buildServerAsksApp());
    const ada = await ExamplePage.open(browser(), served.page);
    const bob = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => bob.page.locator('#people option').count(), SOON).toBe(2);
    const ask = async (text: string): Promise<void> => {
      await bob.page.getByLabel('Whom to ask').selectOption({ index: 0 }); // the first who came: Ada
      await bob.send('Question', text);
      await expect.poll(() => ada.text('asked'), SOON).toBe(text);
    };

    await ask('<b>tea</b> or coffee?');
    await ada.send('Your answer', '<i>tea</i>');
    await expect
      .poll(() => bob.log, SOON)
      .toEqual([expect.stringMatching(/^<b>tea<\/b> or coffee\? Visitor [0-9a-f]{8}: <i>tea<\/i>$/)]);
    await ask('and tomorrow?');
    await ada.page.getByRole('button', { name: 'Refuse' }).click();
    await expect.poll(async () => (await bob.log)[1], SOON).toContain('(refuses: I would rather not say.)');
    await ask('still there?');
    await ada.page.close();
    await expect.poll(async () => (await bob.log)[2], SOON).toContain('(has gone)');
    await expect.poll(() => bob.page.locator('#people option').count(), SOON).toBe(1);
  });

  it('is asked how it is when it leaves the lobby, and the others read the answer', async () => {
    const served = await serveExample(buildServerAsksApp());
    const ada = await ExamplePage.open(browser(), served.page);
    const bob = await ExamplePage.open(browser(), served.page);
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.status, SOON).toBe('Connected');

    await ada.page.getByRole('button', { name: 'Leave the lobby' }).click();
    await expect.poll(() => ada.text('asked'), SOON).toBe('how are you?');
    await ada.send('Your answer', 'dude, let me alone please');

    await expect.poll(() => bob.log, SOON).toEqual([expect.stringContaining('left: dude, let me alone please')]);
  });
});
