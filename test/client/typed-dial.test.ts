import { Container } from 'inversify';
import {
  type ClientConn,
  type ClientEvents,
  type ClientHandler,
  type ClientNSConn,
  type ClientRoom,
  type ContractOf,
  dial,
  type NodeDialOptions,
} from 'nefeli/client';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { startNefeli } from '../support/start-app.js';
import { ChatController, Journal } from './served.js';

interface Served {
  default: typeof ChatController;
  go: { says: { move(to: [number, number]): boolean; ping(): void }; hears: { moved: { by: string } } };
}

type Chat = ContractOf<typeof ChatController>;

/** Never called: the compiler alone looks at it. */
async function saysWhatIsServed(conn: ClientConn<Served>): Promise<void> {
  const ns = await conn.connect('default', { body: { any: 'thing' }, timeoutMs: 5 });
  const go = await conn.waitServerConnect('go');
  ns.emit('chat', 'hello');
  ns.emit('chat', new Uint8Array(1));
  ns.emit('picture', new ArrayBuffer(1));
  ns.emit('maybe');
  ns.emit('nothing');
  ns.emit('when', new Date());
  ns.emit('any name', { any: 'thing' });
  go.emit('move', [1, 2]);
  expectTypeOf((await ns.ask('sum', [1, 2], { timeoutMs: 5 })).body).toEqualTypeOf<number>();
  expectTypeOf((await ns.ask('maybe', undefined, { timeoutMs: 5 })).body).toEqualTypeOf<boolean | undefined>();
  expectTypeOf((await go.ask('move', [1, 2])).body).toEqualTypeOf<boolean>();
  expectTypeOf((await go.ask('ping')).body).toEqualTypeOf<undefined>();
  const room = await ns.joinRoom('lobby');
  expectTypeOf(room).toEqualTypeOf<ClientRoom<Chat>>();
  room.emit('sum', [1]);
  expectTypeOf(conn.namespace('default')).toEqualTypeOf<ClientNSConn<Chat> | undefined>();

  // @ts-expect-error no such namespace
  await conn.connect('chat');
  // @ts-expect-error no such namespace
  conn.namespace('chat');
  // @ts-expect-error no such event
  ns.emit('chta', 'hello');
  // @ts-expect-error an event that the server sends
  ns.emit('tick');
  // @ts-expect-error the name of the method is another spelling, and not the one that is offered
  ns.emit('onChat', 'hello');
  // @ts-expect-error @On has given it another name
  ns.emit('total', [1]);
  // @ts-expect-error a method that is no event
  ns.emit('once');
  // @ts-expect-error the body is missing
  ns.emit('chat');
  // @ts-expect-error another body
  ns.emit('sum', ['1']);
  // @ts-expect-error another body, also in a room
  room.emit('sum', 1);
  // @ts-expect-error the handler takes text or bytes, and finds an object as its JSON
  ns.emit('chat', { text: 'hello' });
  // @ts-expect-error the options of an ask stand after the body
  await ns.ask('sum', { timeoutMs: 5 });
  // @ts-expect-error no such option
  await ns.ask('sum', [1], { timeout: 5 });
  // @ts-expect-error a body of two numbers
  go.emit('move', [1]);
  // @ts-expect-error an event without a body
  go.emit('ping', 5);
  // @ts-expect-error a number is no text
  (await ns.ask('sum', [1])).body.length;
}

/** Never called. */
async function hearsWhatIsSent(ns: ClientNSConn<Chat>): Promise<void> {
  const off = ns.on('chat', (msg, from) => {
    expectTypeOf(msg.body).toEqualTypeOf<{ from: string; at: string }>();
    expectTypeOf(from).toEqualTypeOf<ClientNSConn<Chat>>();
  });
  off();
  for await (const msg of ns.on('pic')) expectTypeOf(msg.body).toEqualTypeOf<Uint8Array>();
  for await (const msg of ns.on('tick', { signal: AbortSignal.abort(), maxMessages: 5 })) {
    expectTypeOf(msg.body).toEqualTypeOf<undefined>();
  }
  const handler: ClientHandler<{ from: string }, Chat> = (msg) => msg.body.from;
  ns.on('chat', handler);
  // @ts-expect-error no such event
  ns.on('sum', () => {});
  // @ts-expect-error no such event
  for await (const msg of ns.on('chta')) void msg;
  // @ts-expect-error another body
  ns.on('chat', (msg: { body: number }) => msg);
  // @ts-expect-error another body
  ns.on('text', handler);
}

/** Never called. */
function dials(): readonly unknown[] {
  const events: ClientEvents<Served> = {
    default: {
      chat: (msg) => expectTypeOf(msg.body.at).toEqualTypeOf<string>(),
      typed: async (msg) => msg.body + 1,
      onNamespaceConnected: (msg, ns) => {
        expectTypeOf(msg.isRestored).toEqualTypeOf<boolean>();
        ns.emit('sum', [1]);
      },
      _OnRoomJoined(msg) {
        expectTypeOf(msg.body).toEqualTypeOf<unknown>();
      },
    },
    '': { onNativeMessage: (msg) => expectTypeOf(msg.body).toEqualTypeOf<string | Uint8Array>() },
  };
  const options: NodeDialOptions = { dialTimeoutMs: 5, headers: { cookie: 'a=b' } };
  return [
    dial<Served>('ws://localhost', events, options),
    dial<Served>(new URL('ws://localhost')),
    dial<Served>(async ({ tries }) => `ws://localhost?tries=${tries}`, {}),
    dial<Served>('ws://localhost', {
      // @ts-expect-error no such namespace
      chat: {},
    }),
    dial<Served>('ws://localhost', {
      default: {
        // @ts-expect-error no such event of the server
        sum: () => {},
      },
    }),
    dial<Served>('ws://localhost', {
      default: {
        // @ts-expect-error no such lifecycle event
        onNamespaceConected: () => {},
      },
    }),
    dial<Served>('ws://localhost', {
      default: {
        // @ts-expect-error another body
        text: (msg: { readonly body: number }) => msg.body,
      },
    }),
    // @ts-expect-error what serves a namespace is no name
    dial<{ default: 'chat' }>('ws://localhost'),
    // @ts-expect-error no such option
    dial<Served>('ws://localhost', {}, { timeoutMs: 5 }),
  ];
}

/** Never called. */
async function needsNoTypes(): Promise<void> {
  const conn = await dial('ws://localhost', {
    default: {
      chat(msg, ns) {
        expectTypeOf(msg.body).toEqualTypeOf<unknown>();
        ns.emit('anything', 5);
      },
      onRoomJoined: (msg) => expectTypeOf(msg.isRestored).toEqualTypeOf<boolean>(),
      whoAreYou: () => 'anna',
    },
  });
  expectTypeOf(conn).toEqualTypeOf<ClientConn>();
  const ns = await conn.connect('anywhere');
  expectTypeOf(ns).toEqualTypeOf<ClientNSConn>();
  ns.emit('anything');
  ns.emit('anything', { at: 'all' });
  expectTypeOf((await ns.ask('anything', 5, { timeoutMs: 5 })).body).toEqualTypeOf<unknown>();
  for await (const msg of ns.on('anything')) expectTypeOf(msg.body).toEqualTypeOf<unknown>();
  (await ns.joinRoom('lobby')).emit('anything');
}

void [saysWhatIsServed, hearsWhatIsSent, dials, needsNoTypes];

/** A client of a real server, and the messages that it has heard. */
async function connected() {
  const container = new Container();
  container.bind(Journal).toSelf().inSingletonScope();
  const app = await startNefeli({ container, controllers: [ChatController] });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const conn = await dial<{ default: typeof ChatController }>(`ws://127.0.0.1:${port}/ws`);
  onTestFinished(() => conn.close());
  return await conn.connect('default');
}

describe('a typed client', () => {
  it('gets for its asks what the types say, whatever the type', async () => {
    const ns = await connected();

    expect((await ns.ask('sum', [1, 2, 3])).body).toBe(6);
    expect((await ns.ask('text', '{"a":1}')).body).toBe('{"a":1}');
    expect((await ns.ask('text', '')).body).toBe('');
    expect((await ns.ask('chat', 'hello')).body).toBeUndefined();
    expect((await ns.ask('bytes')).body).toEqual(new Uint8Array(1));
    expect((await ns.ask('later', 'now')).body).toEqual({ at: '1970-01-01T00:00:00.000Z', of: {} });
    expect((await ns.ask('any name')).body).toBeNull();
    expect((await ns.ask('one', '')).body).toBe('one');
    expect((await ns.ask('maybe')).body).toBeUndefined();
    expect((await ns.ask('maybe', 5)).body).toBe(true);
    expect((await ns.ask('when', new Date(7))).body).toBe(7);
    expect((await ns.ask('when', '1970-01-01T00:00:00.008Z')).body).toBe(8);
    expect((await ns.ask('picture', new Uint8Array(3).buffer)).body).toBe(3);
    expect((await ns.ask('decorated', 5)).body).toBe(5);
  });

  it('hears what the types say', async () => {
    const ns = await connected();
    const chats = ns.on('chat');
    const typed = ns.on('typed');

    ns.emit('chat', 'hello');
    ns.emit('typed', '');

    expect((await chats.next()).value?.body).toEqual({ from: ns.conn.id, at: '1970-01-01T00:00:00.000Z' });
    expect((await typed.next()).value?.body).toBe(5);
  });
});
