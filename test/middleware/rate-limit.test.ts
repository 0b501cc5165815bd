import { Container } from 'inversify';
import { type Message, type Middleware, Namespace, type NefeliOptions, rateLimit, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { RawClient, startNefeli } from '../support/start-app.js';

const REFUSED = 'too many messages';
const namespaces = { default: { chat: (msg: Message) => msg.body } };

/** Asks `chat` so many times, and gives what came back of each: the body, or the text of the error. */
async function ask(client: RawClient, times: number): Promise<string[]> {
  const answers: string[] = [];
  for (let n = 0; n < times; n++) {
    client.send('$1;default;;chat;0;0;ok');
    answers.push(String(await client.next()).split(';')[6] ?? '');
  }
  return answers;
}

const startWith = (limit: Middleware, options: NefeliOptions = {}) =>
  startNefeli({
    namespaces,
    namespaceOptions: { default: { use: [(ctx, next) => (ctx.kind === 'ask' ? limit(ctx, next) : next())] } },
    ...options,
  });

describe('rateLimit', () => {
  it('lets through a burst, refuses what is past it, and lets one through again once there was time for it', async () => {
    const scheduler = new ManualClock();
    const client = await RawClient.join(await startWith(rateLimit({ perSecond: 10, burst: 2, scheduler })), 'default');

    expect(await ask(client, 4)).toEqual(['ok', 'ok', REFUSED, REFUSED]);
    scheduler.advanceMs(99);
    expect(await ask(client, 1)).toEqual([REFUSED]);
    scheduler.advanceMs(1);
    expect(await ask(client, 2)).toEqual(['ok', REFUSED]);
  });

  it('has a burst of perSecond rounded up where none is given', async () => {
    const scheduler = new ManualClock();
    const three = await RawClient.join(await startWith(rateLimit({ perSecond: 2.5, scheduler })), 'default');
    const one = await RawClient.join(await startWith(rateLimit({ perSecond: 1 / 60, scheduler })), 'default');

    expect(await ask(three, 4)).toEqual(['ok', 'ok', 'ok', REFUSED]);
    expect(await ask(one, 2)).toEqual(['ok', REFUSED]);
  });

  it('refuses with the code RATE_LIMITED and the time until the next is let through', async () => {
    const caught: unknown[] = [];
    const catching: Middleware = async (_, next) => {
      try {
        return await next();
      } catch (error) {
        caught.push(error);
        throw error;
      }
    };
    const scheduler = new ManualClock();
    const limit = rateLimit({ perSecond: 4, burst: 1, scheduler });
    const app = await startNefeli({ namespaces: { default: { chat: () => 'ok' } }, use: [catching, limit] });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    await client.next();

    expect(caught).toMatchObject([
      { name: 'PublicError', message: REFUSED, code: 'RATE_LIMITED', data: { retryAfterMs: 250 } },
    ]);
  });

  it('counts each connection by itself', async () => {
    const app = await startWith(rateLimit({ perSecond: 1, scheduler: new ManualClock() }));
    const [ada, bob] = [await RawClient.join(app, 'default'), await RawClient.join(app, 'default')];

    expect(await ask(ada, 2)).toEqual(['ok', REFUSED]);
    expect(await ask(bob, 2)).toEqual(['ok', REFUSED]);
  });

  it('counts together what has one text of by', async () => {
    const limit = rateLimit({ perSecond: 2, by: (ctx) => String(ctx.conn.user), scheduler: new ManualClock() });
    const app = await startWith(limit, { user: ({ headers }) => headers['x-user'] });
    const as = (user: string) => RawClient.join(app, 'default', { headers: { 'x-user': user } });
    const [ada, adaToo, bob] = [await as('ada'), await as('ada'), await as('bob')];

    expect(await ask(ada, 1)).toEqual(['ok']);
    expect(await ask(adaToo, 2)).toEqual(['ok', REFUSED]);
    expect(await ask(bob, 1)).toEqual(['ok']);
  });

  it('stands around connecting, joining, events and asks alike', async () => {
    const limit = rateLimit({ perSecond: 4, scheduler: new ManualClock() });
    const app = await startNefeli({ namespaces: { default: { chat: () => 'ok' } }, use: [limit] });
    const client = await RawClient.join(app, 'default'); // a connection and a namespace: two of four
    client.send('$1;default;a;_OnRoomJoin;0;0;', ';default;;chat;0;0;', '$2;default;;chat;0;0;');
    expect(await client.next()).toBe('$1;;;;;;');
    expect(await client.next()).toBe(`$2;default;;chat;1;0;${REFUSED}`);

    client.send('$3;default;b;_OnRoomJoin;0;0;', ';default;;chat;0;0;');
    expect(await client.next()).toBe(`$3;default;b;_OnRoomJoin;1;0;${REFUSED}`);
    expect(await client.next()).toBe(`;default;;chat;1;0;${REFUSED}`);
  });

  it('refuses connections by what they have in common', async () => {
    const limit = rateLimit({ perSecond: 1, by: ({ request }) => request.ip, scheduler: new ManualClock() });
    const app = await startNefeli({
      namespaces,
      use: [(ctx, next) => (ctx.kind === 'connection' ? limit(ctx, next) : next())],
    });
    await RawClient.join(app, 'default');
    const second = await RawClient.open(app);
    second.send('M');

    expect(await second.next()).toBe(`H${REFUSED}`);
    expect(await second.closed).toEqual({ code: 1008, reason: REFUSED });
  });

  it('is one limit where one value is used twice, and two where it is called twice', async () => {
    const scheduler = new ManualClock();
    const shared = rateLimit({ perSecond: 1, scheduler });
    @Namespace('default')
    class Chat {
      @Use(shared)
      onFirst() {
        return 'first';
      }
      @Use(shared)
      onSecond() {
        return 'second';
      }
      @Use(rateLimit({ perSecond: 1, scheduler }))
      onThird() {
        return 'third';
      }
    }
    const app = await startNefeli({ container: new Container(), controllers: [Chat] });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;first;0;0;', '$2;default;;second;0;0;', '$3;default;;third;0;0;');

    expect(await client.next()).toBe('$1;default;;first;0;0;first');
    expect(await client.next()).toBe(`$2;default;;second;1;0;${REFUSED}`);
    expect(await client.next()).toBe('$3;default;;third;0;0;third');
  });

  it.each([
    [{ perSecond: 0 }, 'the option perSecond of rateLimit() is 0, but must be a number above 0.'],
    [{ perSecond: Number.POSITIVE_INFINITY }, 'perSecond of rateLimit() is Infinity'],
    [{ perSecond: Number.NaN }, 'perSecond of rateLimit() is NaN'],
    [{}, 'perSecond of rateLimit() is undefined'],
    [{ perSecond: 1, burst: 0.5 }, 'burst of rateLimit() is 0.5, but must be a number of 1 or more.'],
    [{ perSecond: 1, maxKeys: 0 }, 'maxKeys of rateLimit() is 0'],
    [{ perSecond: 1, by: 'user' }, 'by of rateLimit() is "user", but must be a function.'],
    [{ perSecond: 1, scheduler: Date }, 'scheduler of rateLimit() is the function Date, but must be a scheduler'],
    [
      { perSecond: 1, perMinute: 1 },
      'perMinute of rateLimit() is 1, but must be left out, or one of those there are: ',
    ],
    [5, 'options of rateLimit() is 5, but must be an object.'],
    [undefined, 'options of rateLimit() is undefined'],
  ])('refuses %o when it is called', (options, message) => {
    const call = () => rateLimit(options as Parameters<typeof rateLimit>[0]); // what a program without types may pass

    expect(call).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
