import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { buildIrisApp } from '../../controllers/iris/app.js';
import { type IrisEvent, IrisPage } from '../support/iris-page.js';
import { portOf } from '../support/port-of.js';
import { statusOfUpgrade } from '../support/start-app.js';
import { type ServedExample, serveExample } from './serve-example.js';

const PATH = '/my_endpoint';
const PREFIX = 'iris-websocket-message:';

/** A page that has been welcomed. */
interface Visitor {
  readonly page: IrisPage;
  readonly id: string;
}

describe('the example for Iris before neffos', () => {
  let served: ServedExample;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    served = await serveExample(buildIrisApp({ log: (line) => void lines.push(line) }));
  });

  /** Skips who comes and who leaves. */
  async function next(page: IrisPage): Promise<IrisEvent | string> {
    for (;;) {
      const one = await page.next();
      if (typeof one === 'string' || !['came', 'left'].includes(one.event)) return one;
    }
  }

  async function enter(): Promise<Visitor> {
    const page = await IrisPage.open(served.app, { path: PATH });
    const welcome = await next(page);
    expect(await next(page)).toEqual({ event: 'inRoom', kind: 2, data: 'true' });
    return { page, id: typeof welcome === 'string' ? '' : welcome.data };
  }

  const enterThree = async () => [await enter(), await enter(), await enter()] as const;

  const said = (event: string, by: Visitor, text: string): IrisEvent => ({
    event,
    kind: 0,
    data: `From: ${by.id}: ${text}`,
  });
  const problem = (text: string): IrisEvent => ({ event: 'problem', kind: 0, data: text });

  it('tells who comes the ids of those who are here, and them who comes and who leaves', async () => {
    const ada = await enter();
    const bob = await IrisPage.open(served.app, { path: PATH });

    const welcome = await bob.next();
    const came = await ada.page.next();

    expect(await bob.next()).toEqual({ event: 'came', kind: 0, data: ada.id });
    expect(welcome).toEqual({ event: 'welcome', kind: 0, data: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(came).toEqual({ ...(welcome as IrisEvent), event: 'came' }); // the line before has seen that it is one
    bob.socket.terminate();
    expect(await ada.page.next()).toEqual({ ...(welcome as IrisEvent), event: 'left' }); // as above
  });

  it('joins everybody to room1, where all hear `chat` with the id of the speaker in front', async () => {
    const [ada, bob] = [await enter(), await enter()];

    ada.page.emit('chat', 'hello; <b>you</b>');

    for (const { page } of [ada, bob]) expect(await next(page)).toEqual(said('chat', ada, 'hello; <b>you</b>'));
  });

  it('hands on as text what a page has sent as a number, as it was written', async () => {
    const ada = await enter();

    ada.page.emit('chat', '12');
    ada.page.emit('chat', '007');

    expect(await next(ada.page)).toEqual(said('chat', ada, '12'));
    expect(await next(ada.page)).toEqual(said('chat', ada, '007'));
  });

  it('lets a page leave the room, speak to it from outside, and come back', async () => {
    const [ada, bob] = [await enter(), await enter()];
    ada.page.emit('leave');
    expect(await next(ada.page)).toEqual({ event: 'inRoom', kind: 2, data: 'false' });

    ada.page.emit('chat', 'from outside');
    expect(await next(bob.page)).toEqual(said('chat', ada, 'from outside'));
    ada.page.emit('join');
    expect(await next(ada.page)).toEqual({ event: 'inRoom', kind: 2, data: 'true' });
    ada.page.emit('chat', 'here again');

    expect(await next(ada.page)).toEqual(said('chat', ada, 'here again'));
  });

  it('tells everybody `all`, and all but the sender `others`', async () => {
    const [ada, bob, eve] = await enterThree();
    eve.page.emit('leave');
    await next(eve.page);

    ada.page.emit('others', 'not to me');
    ada.page.emit('all', 'to each');

    for (const { page } of [bob, eve]) expect(await next(page)).toEqual(said('others', ada, 'not to me'));
    for (const { page } of [ada, bob, eve]) expect(await next(page)).toEqual(said('all', ada, 'to each'));
  });

  it('whispers to the one whose id stands in the JSON', async () => {
    const [ada, bob, eve] = await enterThree();

    ada.page.emit('whisper', { id: bob.id, text: 'psst' });
    expect(await next(bob.page)).toEqual(said('whisper', ada, 'psst'));
    ada.page.emit('all', 'loud');

    for (const { page } of [ada, eve]) expect(await next(page)).toEqual(said('all', ada, 'loud'));
  });

  it.each([
    ['no JSON', (): unknown => '{', 'The server could not take that.'],
    ['a number', () => 7, 'A whisper is an object with an id and a text.'],
    ['a list', () => [], 'A whisper is an object with an id and a text.'],
    [
      'an id that is a list',
      (id: string) => ({ id: [id], text: 'x' }),
      'A whisper is an object with an id and a text.',
    ],
    ['no text', (id: string) => ({ id }), 'A whisper is an object with an id and a text.'],
    ['an empty text', (id: string) => ({ id, text: ' ' }), 'A message has 1 to 500 characters.'],
    ['a long text', (id: string) => ({ id, text: 'x'.repeat(501) }), 'A message has 1 to 500 characters.'],
    ['a room', () => ({ id: 'room1', text: 'x' }), 'Nobody with this id is here.'],
    ['somebody who is not here', () => ({ id: 'nobody', text: 'x' }), 'Nobody with this id is here.'],
  ])('refuses a whisper with %s: its sender reads why, and nobody else anything', async (_what, bad, why) => {
    const [ada, bob] = [await enter(), await enter()];

    ada.page.emit('whisper', bad(bob.id));
    expect(await next(ada.page)).toEqual(problem(why));
    ada.page.emit('all', 'still here');

    for (const { page } of [ada, bob]) expect(await next(page)).toEqual(said('all', ada, 'still here'));
  });

  it('refuses a whisper to somebody who has left', async () => {
    const [ada, bob] = [await enter(), await enter()];
    bob.page.emit('bye');
    await expect.poll(() => lines).toHaveLength(1);

    ada.page.emit('whisper', { id: bob.id, text: 'psst' });

    expect(await next(ada.page)).toEqual(problem('Nobody with this id is here.'));
  });

  it('hands a raw message to all but the sender, as it came', async () => {
    const [ada, bob, eve] = await enterThree();

    ada.page.emitMessage('raw; <i>text</i> ');
    bob.page.emitMessage('back');

    expect([await next(bob.page), await next(eve.page)]).toEqual(['raw; <i>text</i> ', 'raw; <i>text</i> ']);
    expect([await next(ada.page), await next(eve.page)]).toEqual(['back', 'back']);
  });

  it.each([
    ['an event within', `x${PREFIX}chat;0;From: somebody else: x`, 'The server could not take that.'],
    ['bytes', new Uint8Array([0, 255]), 'A message is text: old pages read no bytes.'],
    ['more than 500 characters', 'x'.repeat(501), 'A message has 1 to 500 characters.'],
  ])('refuses a raw message with %s, and goes on', async (_what, raw, why) => {
    const [ada, bob] = [await enter(), await enter()];

    ada.page.emitMessage(raw);
    expect(await next(ada.page)).toEqual(problem(why));
    ada.page.emitMessage('x'.repeat(500));

    expect(await next(bob.page)).toBe('x'.repeat(500));
  });

  it.each(['chat', 'all', 'others'])('refuses %s without a text, or with more than 500 characters', async (event) => {
    const [ada, bob] = [await enter(), await enter()];

    ada.page.emit(event, '');
    ada.page.emit(event, { text: 'x' });
    ada.page.emit(event, 'x'.repeat(501));
    ada.page.emit('all', 'short');

    expect(await next(ada.page)).toEqual(problem('A message has 1 to 500 characters.'));
    expect(await next(ada.page)).toEqual(problem('The server could not take that.'));
    expect(await next(ada.page)).toEqual(problem('A message has 1 to 500 characters.'));
    expect(await next(bob.page)).toEqual(said('all', ada, 'short'));
  });

  it('ends the connection of who says `bye` with 1000, and logs its id', async () => {
    const ada = await enter();

    ada.page.emit('bye');

    expect(await ada.page.closed).toEqual({ code: 1000, reason: '' });
    await expect.poll(() => lines).toEqual([`${ada.id} has left with 1000`]);
  });

  it('logs the id of who vanishes, too, with 1006', async () => {
    const ada = await enter();

    ada.page.socket.terminate();

    await expect.poll(() => lines).toEqual([`${ada.id} has left with 1006`]);
  });

  it('closes a connection whose message is larger than 4 KiB with 1009, and no other', async () => {
    const [ada, bob] = [await enter(), await enter()];

    ada.page.emitMessage('x'.repeat(4_097));
    expect(await ada.page.closed).toMatchObject({ code: 1009 });
    bob.page.emit('chat', 'still here');

    expect(await next(bob.page)).toEqual(said('chat', bob, 'still here'));
  });

  it('takes 30 messages at once, then 10 a second, and loses none', async () => {
    const [ada, bob] = [await enter(), await enter()];
    const start = performance.now();

    for (let count = 1; count <= 36; count += 1) ada.page.emitMessage(`${count}.`);

    for (let count = 1; count <= 36; count += 1) expect(await next(bob.page)).toBe(`${count}.`);
    expect(performance.now() - start).toBeGreaterThan(400);
  });

  /** What the upgrade is answered with from an address of this computer. The connection stays open where it may. */
  function knock(localAddress = '127.0.0.1'): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(served.app)}${PATH}`, { localAddress });
    onTestFinished(() => socket.terminate());
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
      socket.on('error', reject);
    });
  }

  it('takes 20 connections from one address: one more is answered 429', async () => {
    for (let count = 0; count < 20; count += 1) expect(await knock()).toBe(101);

    expect(await knock()).toBe(429);
  });

  // Other systems have the one address 127.0.0.1 for themselves.
  it.skipIf(process.platform !== 'linux')('takes 100 connections in all: one more is answered 503', async () => {
    for (let count = 0; count < 100; count += 1) expect(await knock(`127.0.0.${1 + Math.floor(count / 20)}`)).toBe(101);

    expect(await knock('127.0.0.9')).toBe(503);
  });

  it('refuses pages of another origin with 403 before the upgrade', async () => {
    const headers = { origin: 'https://elsewhere.example' };

    expect(await statusOfUpgrade(served.app, { path: PATH, headers })).toBe(403);
  });
});
