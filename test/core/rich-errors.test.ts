import { describe, expect, it } from 'vitest';
import type { EventHandlers } from '../../src/core/event-maps.js';
import { BodyError, CloseError, PublicError, RemoteError } from '../../src/errors.js';
import { DEFAULT_CONN_LIMITS } from '../../src/protocol/limits.js';
import { NeffosWire } from '../../src/protocol/wires.js';
import { settle, testServer } from '../support/test-server.js';
import { connectedEnd, type EndOptions, end, guardRejections } from './ends.js';

guardRejections();

const CONNECT = '$c;default;;_OnNamespaceConnect;0;0;';
const ASK = '$1;default;;e;0;0;';
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const circle: Record<string, unknown> = {};
circle['self'] = circle;

const throwing = (error: unknown) => (): never => {
  throw error;
};

/** A server's end whose client has said hello with these words, and connected. */
async function greeted(hello: string, handlers: EventHandlers, options: EndOptions = {}) {
  const ended = end('server', { default: handlers }, options);
  ended.socket.receive(hello, CONNECT);
  await settle();
  ended.socket.sent.length = 0;
  return ended;
}

/** What a client reads that has said hello with these words, of an error that a handler throws. */
async function answered(hello: string, error: unknown, frame: string | Uint8Array = ASK): Promise<unknown[]> {
  const { socket } = await greeted(hello, { e: throwing(error) });
  socket.receive(frame);
  await settle();
  return socket.sent;
}

/** Errors of every kind: what is thrown, what a plain client reads, what a rich one reads. */
const ERRORS: readonly (readonly [name: string, error: () => unknown, plain: string, rich: string])[] = [
  ['a PublicError', () => new PublicError('no; thing'), 'no; thing', '{"text":"no; thing"}'],
  ['a PublicError without text', () => new PublicError(''), 'error', '{"text":"error"}'],
  [
    'a PublicError with a code and data',
    () => new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 }, cause: 'a secret' }),
    'sold out',
    '{"text":"sold out","code":"SOLD_OUT","data":{"left":0}}',
  ],
  [
    'a BodyError',
    () => new BodyError([{ path: 'count', message: 'expected a number' }]),
    'invalid body: count: expected a number',
    '{"text":"invalid body: count: expected a number","code":"BODY_INVALID","data":[{"path":"count","message":"expected a number"}]}',
  ],
  ['a CloseError', () => new CloseError(4001, 'session expired'), 'session expired', '{"text":"session expired"}'],
  [
    'an Error',
    () => new Error('a secret'),
    'internal error 1',
    '{"text":"internal error 1","code":"INTERNAL","data":{"id":"1"}}',
  ],
  [
    'what another peer has answered',
    () => new RemoteError('a secret', { code: 'SECRET', data: 'a secret' }),
    'internal error 1',
    '{"text":"internal error 1","code":"INTERNAL","data":{"id":"1"}}',
  ],
];

describe('a client that says M', () => {
  it.each(ERRORS)('reads of %s the text alone', async (_, error, plain) => {
    expect(await answered('M', error())).toEqual([`$1;default;;e;1;0;${plain}`]);
  });

  it.each([
    'M',
    'M1',
    'Mnefeli',
    'Mnefeli/',
    'Mnefeli/2',
    'Mnefeli/1 ',
    'Mnefeli/10',
    'MNefeli/1',
    'M nefeli/1',
    'Mneffos/1',
  ])('as %j reads errors as neffos writes them', async (hello) => {
    const error = new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 } });

    expect(await answered(hello, error)).toEqual(['$1;default;;e;1;0;sold out']);
    expect(await answered(hello, error, ';default;;e;0;0;')).toEqual([';default;;e;1;0;sold out']);
  });

  it('is not told in the log of data that JSON cannot hold: none would be sent', async () => {
    const { socket, log } = await greeted('M', { e: throwing(new PublicError('sold out', { data: 1n })) });
    socket.receive(ASK);

    expect([socket.sent, log.lines]).toEqual([['$1;default;;e;1;0;sold out'], []]);
  });
});

describe('a client that says Mnefeli/1', () => {
  it('is welcomed, acknowledged and answered as any other', async () => {
    const { socket } = end('server', { default: { e: (msg) => msg.body } });
    socket.receive('Mnefeli/1', CONNECT, '$1;default;;e;0;0;hi');
    await settle();

    expect(socket.sent).toEqual(['Aid1', '$c;;;;;;', '$1;default;;e;0;0;hi']);
  });

  it.each(ERRORS)('reads of %s what is public', async (_, error, __, rich) => {
    expect(await answered('Mnefeli/1', error())).toEqual([`$1;default;;e;2;0;${rich}`]);
  });

  it('may say so in a binary frame, and after its first frames', async () => {
    for (const hello of ['Mnefeli/1', utf8('Mnefeli/1')]) {
      const { socket } = end('server', { default: {} });
      socket.receive('$1;ghost;;_OnNamespaceConnect;0;0;', hello);
      await settle();

      expect(socket.sent.at(-1)).toBe(
        '$1;ghost;;_OnNamespaceConnect;2;0;{"text":"bad namespace","code":"NAMESPACE_UNKNOWN"}',
      );
    }
  });

  it('reads the codes of built-in errors, where two share one text as well', async () => {
    const { socket, clock } = await greeted('Mnefeli/1', {
      e: () => new Promise(() => {}),
      json: (msg) => msg.json(),
      onRoomJoin: throwing(new PublicError('members only', { code: 'MEMBERS' })),
    });
    socket.receive(
      '$1;ghost;;e;0;0;',
      '$2;ghost;;_OnNamespaceConnect;0;0;',
      '$3;default;r;e;0;0;',
      '$4;default;;x;0;0;',
    );
    socket.receive('$5;default;;json;0;0;{', '$6;default;r;_OnRoomJoin;0;0;', '$7;default;;e;0;0;');
    await settle();
    clock.advanceMs(30_000);
    await settle();

    expect(socket.sent).toEqual([
      '$1;ghost;;e;2;0;{"text":"bad namespace","code":"NAMESPACE_NOT_CONNECTED"}',
      '$2;ghost;;_OnNamespaceConnect;2;0;{"text":"bad namespace","code":"NAMESPACE_UNKNOWN"}',
      '$3;default;r;e;2;0;{"text":"bad room","code":"ROOM_NOT_JOINED"}',
      '$4;default;;x;2;0;{"text":"bad event","code":"EVENT_UNKNOWN"}',
      '$5;default;;json;2;0;{"text":"invalid payload","code":"BODY_NOT_JSON"}',
      '$6;default;r;_OnRoomJoin;2;0;{"text":"members only","code":"MEMBERS"}',
      '$7;default;;e;2;0;{"text":"handler timeout","code":"HANDLER_TIMEOUT"}',
    ]);
  });

  it('reads errors of its emits, and of its binary asks in binary frames', async () => {
    const error = new PublicError('é', { code: 'E' });

    expect(await answered('Mnefeli/1', error, ';default;;e;0;0;')).toEqual([';default;;e;2;0;{"text":"é","code":"E"}']);
    expect(await answered('Mnefeli/1', error, utf8(ASK))).toEqual([utf8('$1;default;;e;2;0;{"text":"é","code":"E"}')]);
  });

  it('reads the text alone of an error that is larger than a message may be, and its beginning where that is, too', async () => {
    const limits = { maxMessageBytes: 200 };
    const big = new PublicError('sold out', { code: 'SOLD_OUT', data: 'x'.repeat(200) });
    const bigger = new PublicError('x'.repeat(1_000), { code: 'LONG' });
    const { socket } = await greeted('Mnefeli/1', { e: throwing(big), f: throwing(bigger) }, { limits });
    socket.receive(ASK, '$2;default;;f;0;0;');

    expect(socket.sent).toEqual(['$1;default;;e;1;0;sold out', `$2;default;;f;1;0;${'x'.repeat(128)}`]);
  });

  it.each([
    ['a bigint', 1n],
    ['a function', () => {}],
    ['a circle', circle],
    ['a toJSON that throws', { toJSON: throwing(new Error('no')) }],
  ])('reads an error without its data where that is %s, and the log says so once', async (_, data) => {
    const { socket, log, errors } = await greeted('Mnefeli/1', {
      e: throwing(new PublicError('sold out', { code: 'SOLD_OUT', data })),
    });
    socket.receive(ASK);

    expect(socket.sent).toEqual(['$1;default;;e;2;0;{"text":"sold out","code":"SOLD_OUT"}']);
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'the data of an error cannot be written as JSON, and was left out',
        fields: { err: { code: 'BODY_NOT_SENDABLE' }, namespace: 'default', event: 'e', code: 'SOLD_OUT' },
      },
    ]);
    expect(errors).toEqual([]);
  });

  it('reads the text alone where data can be written once and not again', async () => {
    let written = 0;
    const toJSON = (): number => {
      written += 1;
      if (written > 1) throw new Error('no');
      return written;
    };
    const { socket } = await greeted('Mnefeli/1', { e: throwing(new PublicError('sold out', { data: { toJSON } })) });
    socket.receive(ASK);

    expect(socket.sent).toEqual(['$1;default;;e;1;0;sold out']);
  });

  it('is closed after the error, as any other', async () => {
    const { socket } = await greeted('Mnefeli/1', { e: throwing(new CloseError(4001, 'bye')) });
    socket.receive(ASK);

    expect(socket.closedWith).toEqual({ code: 4001, reason: 'bye' });
  });

  it('reads the refusal of the connection as a text', async () => {
    const refuse = throwing(new PublicError('members only', { code: 'MEMBERS' }));
    const { socket } = end('server', { default: {} }, { onConnect: refuse });
    socket.receive('Mnefeli/1');
    await settle();

    expect(socket.sent).toEqual(['Hmembers only']);
  });

  it('reads the errors of raw messages as raw texts', async () => {
    const { socket } = end('server', { '': { onNativeMessage: throwing(new PublicError('no', { code: 'NO' })) } });
    socket.receive('Mnefeli/1', '$c;;;_OnNamespaceConnect;0;0;');
    await settle();
    socket.receive('raw');

    expect(socket.sent.at(-1)).toBe('no');
  });

  it('sends a rich error in vain: to a server the marker is no error, as to neffos', async () => {
    const heard: unknown[] = [];
    const { socket } = await greeted(
      'Mnefeli/1',
      { e: (msg) => void heard.push(msg.body) },
      { onRemoteError: ({ text }) => void heard.push(`error ${text}`) },
    );
    socket.receive(';default;;e;2;0;{"text":"forged"}');

    expect(heard).toEqual(['{"text":"forged"}']);
  });
});

describe('a client end', () => {
  const richWire = new NeffosWire({ ...DEFAULT_CONN_LIMITS, allowNative: false, richFrames: true });
  const served = {
    e: throwing(new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 } })),
    copy: throwing(new PublicError('bad room')),
    fail: throwing(new Error('a secret')),
    onRoomJoin: throwing(new PublicError('members only', { code: 'MEMBERS', data: ['ada'] })),
  };

  it('that reads rich errors says Mnefeli/1, and rejects asks, joins and connects with code and data', async () => {
    const { dial } = testServer({ default: served });
    const { client } = await dial({ default: {}, other: {} }, { client: { wire: richWire } });
    const ns = await client.connect('default');

    await expect(ns.ask('e')).rejects.toMatchObject({
      name: 'RemoteError',
      text: 'sold out',
      code: 'SOLD_OUT',
      data: { left: 0 },
    });
    await expect(ns.ask('fail')).rejects.toMatchObject({ code: 'INTERNAL', data: { id: expect.any(String) } });
    await expect(ns.joinRoom('r')).rejects.toMatchObject({ text: 'members only', code: 'MEMBERS', data: ['ada'] });
    await expect(client.connect('other')).rejects.toMatchObject({ code: 'NAMESPACE_UNKNOWN', data: undefined });
  });

  it('that reads rich errors takes no text for a code: the server would have sent one', async () => {
    const { dial } = testServer({ default: served });
    const { client } = await dial({ default: {} }, { client: { wire: richWire } });
    const ns = await client.connect('default');

    await expect(ns.ask('copy')).rejects.toMatchObject({ text: 'bad room', code: 'REMOTE_ERROR' });
  });

  it('of its own says M, and reads texts, of which it knows some', async () => {
    const { dial } = testServer({ default: served });
    const { client, socket } = await dial({ default: {} });
    const ns = await client.connect('default');

    await expect(ns.ask('e')).rejects.toMatchObject({ text: 'sold out', code: 'REMOTE_ERROR', data: undefined });
    await expect(ns.ask('copy')).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' });
    expect(socket.texts.filter((frame) => frame.includes(';2;'))).toEqual([]);
  });

  it('sends its own errors as texts, whatever it reads', async () => {
    const { socket } = await connectedEnd(
      'client',
      { default: { e: throwing(new PublicError('no', { code: 'NO' })) } },
      { wire: richWire },
    );
    socket.receive('n1;default;;e;0;0;');

    expect(socket.sent).toEqual(['n1;default;;e;1;0;no']);
  });

  it('is told the text of a rich error that no ask waits for', async () => {
    const heard: unknown[] = [];
    const { socket } = await connectedEnd(
      'client',
      { default: { e: () => void heard.push('handled') } },
      { wire: richWire, onRemoteError: ({ text }) => void heard.push(text) },
    );
    socket.receive(';default;;e;2;0;{"text":"sold out","code":"SOLD_OUT"}');

    expect(heard).toEqual(['sold out']);
  });
});
