import { Container } from 'inversify';
import { type ErrorInfo, type Message, Namespace, type NefeliOptions, nefeli, timeout, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';
import { settle } from '../support/test-server.js';

/** Something that a handler waits for until the test lets it end. */
function gate() {
  let open = (_: unknown): void => {};
  let fail = (_: unknown): void => {};
  let enter = (): void => {};
  const passed = new Promise((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const pass = (): Promise<unknown> => {
    enter();
    return passed;
  };
  return { open, fail, pass, entered };
}

/** An app with one handler inside a timeout of 50 ms, and a client that has asked it. */
async function asked(handle: (msg: Message) => unknown, options: NefeliOptions = {}) {
  const scheduler = new ManualClock();
  const lines: { err?: { message: string }; msg: string }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  @Namespace('default')
  class Slow {
    @Use(timeout(50, { scheduler }))
    onAsk(msg: Message) {
      return handle(msg);
    }
    onNext() {
      return 'next';
    }
  }
  const app = await startNefeli(
    { container: new Container(), controllers: [Slow], onError: () => {}, ...options },
    { logger: { level: 'error', stream } },
  );
  const client = await RawClient.join(app, 'default');
  client.send('$1;default;;ask;0;0;');
  return { app, client, scheduler, lines };
}

const OVERDUE = '$1;default;;ask;1;0;handler timeout';

describe('timeout', () => {
  it('leaves alone what ends in time, and stops its timer', async () => {
    const { client, scheduler } = await asked(() => 'done');

    expect(await client.next()).toBe('$1;default;;ask;0;0;done');
    expect(scheduler.timers).toBe(0);
  });

  it('answers as handlerTimeoutMs does once the time has passed, and not before', async () => {
    const { pass, entered } = gate();
    const reported: [unknown, ErrorInfo][] = [];
    const { client, scheduler } = await asked(pass, { onError: (error, info) => void reported.push([error, info]) });
    await entered;
    scheduler.advanceMs(49);
    expect(scheduler.timers).toBe(1);
    scheduler.advanceMs(1);

    expect(await client.next()).toBe(OVERDUE);
    expect(reported).toMatchObject([
      [
        { code: 'HANDLER_TIMEOUT', details: { event: 'ask', timeoutMs: 50 } },
        { namespace: 'default', event: 'ask' },
      ],
    ]);
    expect(String(reported[0]?.[0])).toContain('raise handlerTimeoutMs or the timeout() around it');
  });

  it('aborts the signal of the message, with the error as its reason, also when it is looked at later', async () => {
    const { pass, entered, open } = gate();
    const reasons: unknown[] = [];
    const late = gate();
    const { client, scheduler } = await asked(async (msg) => {
      msg.signal.addEventListener('abort', () => reasons.push(msg.signal.reason));
      await pass();
    });
    await entered;
    scheduler.advanceMs(50);
    await client.next();
    open(undefined);
    const other = await asked(async (msg) => {
      await late.pass();
      reasons.push(msg.signal.reason);
    });
    await late.entered;
    other.scheduler.advanceMs(50);
    await other.client.next();
    late.open(undefined);
    await settle();

    expect(reasons).toMatchObject([{ code: 'HANDLER_TIMEOUT' }, { code: 'HANDLER_TIMEOUT' }]);
  });

  it('does not touch the connection: the next message is handled', async () => {
    const { pass, entered } = gate();
    const { client, scheduler } = await asked(pass);
    await entered;
    client.send('$2;default;;next;0;0;');
    scheduler.advanceMs(50);

    expect(await client.next()).toBe(OVERDUE);
    expect(await client.next()).toBe('$2;default;;next;0;0;next');
  });

  it('ignores what the handler returns later', async () => {
    const { pass, entered, open } = gate();
    const { client, scheduler, lines } = await asked(pass);
    await entered;
    scheduler.advanceMs(50);
    await client.next();
    open('too late');
    client.send('$2;default;;next;0;0;');

    expect(await client.next()).toBe('$2;default;;next;0;0;next');
    expect(lines).toEqual([]);
  });

  it('logs what the handler throws later', async () => {
    const { pass, entered, fail } = gate();
    const { client, scheduler, lines } = await asked(pass);
    await entered;
    scheduler.advanceMs(50);
    await client.next();
    fail(new Error('the disk is full'));
    await settle();

    expect(lines).toMatchObject([
      {
        msg: 'a handler failed after its timeout had passed',
        err: { message: 'the disk is full' },
        namespace: 'default',
        event: 'ask',
      },
    ]);
  });

  it('does not log that the handler ended because of the abort', async () => {
    const entered = gate();
    const { client, scheduler, lines } = await asked(
      (msg) =>
        new Promise((_, reject) => {
          msg.signal.addEventListener('abort', () => reject(msg.signal.reason));
          void entered.pass();
        }),
    );
    await entered.entered;
    scheduler.advanceMs(50);

    expect(await client.next()).toBe(OVERDUE);
    await settle();
    expect(lines).toEqual([]);
  });

  it('refuses a namespace, a room and a connection that take too long', async () => {
    const scheduler = new ManualClock();
    const [namespace, room, connection] = [gate(), gate(), gate()];
    const signals: AbortSignal[] = [];
    const app = await startApp(async (fastify) => {
      const use = [timeout(50, { scheduler })];
      const slow = { onNamespaceConnect: namespace.pass };
      const rooms = { onRoomJoin: room.pass };
      await fastify.register(nefeli, { path: '/ws', name: 'a', namespaces: { slow, rooms }, use, onError: () => {} });
      await fastify.register(nefeli, {
        path: '/slow',
        name: 'b',
        namespaces: { slow },
        use: [
          ...use,
          (ctx, next) => {
            signals.push(ctx.signal);
            return next();
          },
        ],
        onConnect: connection.pass,
        onError: () => {},
      });
    });
    const client = await RawClient.join(app, 'rooms');
    client.send('$1;slow;;_OnNamespaceConnect;0;0;');
    await namespace.entered;
    scheduler.advanceMs(50);
    expect(await client.next()).toBe('$1;slow;;_OnNamespaceConnect;1;0;handler timeout');

    client.send('$2;rooms;a;_OnRoomJoin;0;0;');
    await room.entered;
    scheduler.advanceMs(50);
    expect(await client.next()).toBe('$2;rooms;a;_OnRoomJoin;1;0;handler timeout');

    const refused = await RawClient.open(app, { path: '/slow' });
    refused.send('M');
    await connection.entered;
    scheduler.advanceMs(50);
    expect(await refused.next()).toBe('Hhandler timeout');
    expect(signals).toMatchObject([{ aborted: true, reason: { code: 'HANDLER_TIMEOUT' } }]);
  });

  it('logs what a hook of the connection throws later as of onConnect', async () => {
    const scheduler = new ManualClock();
    const { pass, entered, fail } = gate();
    const lines: unknown[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const app = await startNefeli(
      { namespaces: { default: {} }, use: [timeout(50, { scheduler })], onConnect: pass, onError: () => {} },
      { logger: { level: 'error', stream } },
    );
    const client = await RawClient.open(app);
    client.send('M');
    await entered;
    scheduler.advanceMs(50);
    await client.next();
    fail(new Error('the disk is full'));
    await settle();

    expect(lines).toMatchObject([{ err: { message: 'the disk is full' }, namespace: '', event: 'onConnect' }]);
  });

  it.each([
    [0, undefined, 'the option ms of timeout() is 0, but must be a number of milliseconds above 0'],
    [2 ** 31, undefined, 'ms of timeout() is 2147483648'],
    ['5s', undefined, 'ms of timeout() is "5s"'],
    [
      5,
      { scheduler: { after() {} } },
      'scheduler of timeout() is an object, but must be a scheduler, with the methods',
    ],
    [5, { ms: 5 }, 'ms of timeout() is 5, but must be left out, or one of those there are: scheduler'],
  ])('refuses %o and %o when it is called', (ms, options, message) => {
    const call = () => timeout(ms as number, options as Parameters<typeof timeout>[1]); // what a program without types may pass

    expect(call).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
