import { describe, expect, it } from 'vitest';
import { reply } from '../../src/core/reply.js';
import { PublicError } from '../../src/errors.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, guardRejections } from './ends.js';

guardRejections();

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the other side hears when a handler gives this value to an ask. */
async function answered(give: () => unknown, ask: string | Uint8Array = '$1;default;;e;0;0;'): Promise<unknown[]> {
  const { socket } = await connectedEnd('server', { default: { e: give } });
  socket.receive(ask);
  await settle();
  return socket.sent;
}

describe('the answer to an ask', () => {
  it.each([
    ['undefined', undefined, '$1;;;;;;'],
    ['null', null, '$1;default;;e;0;0;null'],
    ['0', 0, '$1;default;;e;0;0;0'],
    ['false', false, '$1;default;;e;0;0;false'],
    ['an empty string', '', '$1;default;;e;0;0;'],
    ['a string', 'a;b;c', '$1;default;;e;0;0;a;b;c'],
    ['an object', { a: [1, null] }, '$1;default;;e;0;0;{"a":[1,null]}'],
    ['a Reply', reply('x'), '$1;default;;e;0;0;x'],
    ['a Reply of nothing', reply(), '$1;default;;e;0;0;'],
    ['a returned PublicError', new PublicError('no; thing'), '$1;default;;e;1;0;no; thing'],
    ['a PublicError without text', new PublicError(''), '$1;default;;e;1;0;error'],
    ['a returned Error', new Error('secret'), '$1;default;;e;1;0;internal error 1'],
  ])('for %s is the same whether returned at once or later', async (_, value, frame) => {
    expect(await answered(() => value)).toEqual([frame]);
    expect(await answered(async () => value)).toEqual([frame]);
  });

  it('is binary for bytes of any kind', async () => {
    const bytes = new Uint8Array([1, 2, 255]);
    const expected = new Uint8Array([...utf8('$1;default;;e;0;0;'), 1, 2, 255]);

    expect(await answered(() => bytes)).toEqual([expected]);
    expect(await answered(() => bytes.buffer)).toEqual([expected]);
    expect(await answered(() => new DataView(bytes.buffer))).toEqual([expected]);
    expect(await answered(() => reply(Buffer.from(bytes)))).toEqual([expected]);
  });

  it('is binary for a binary ask, error texts too, but not the acknowledgement', async () => {
    const ask = utf8('$1;default;;e;0;0;body');

    expect(await answered(() => 'text', ask)).toEqual([utf8('$1;default;;e;0;0;text')]);
    expect(await answered(() => new PublicError('no'), ask)).toEqual([utf8('$1;default;;e;1;0;no')]);
    expect(await answered(() => undefined, ask)).toEqual(['$1;;;;;;']);
  });

  it('keeps namespace and room, with their semicolons', async () => {
    const { socket } = await connectedEnd('server', { default: { e: (msg) => msg.room } });
    socket.receive('$0;default;a@%!semicolon@%!b;_OnRoomJoin;0;0;');
    await settle();

    socket.receive('$1;default;a@%!semicolon@%!b;e;0;0;');

    expect(socket.sent.at(-1)).toBe('$1;default;a@%!semicolon@%!b;e;0;0;a;b');
  });

  it.each([
    ['a bigint', 1n],
    ['a function', () => 'never called'],
    ['a symbol', Symbol('s')],
    [
      'a circle',
      (() => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return circle;
      })(),
    ],
    [
      'a getter that throws',
      {
        get secret(): string {
          throw new Error('secret');
        },
      },
    ],
    [
      'a toJSON that throws what has no text',
      {
        toJSON(): never {
          throw Object.create(null);
        },
      },
    ],
  ])('for %s, which cannot be sent, is an internal error, and BODY_NOT_SENDABLE is reported', async (_, value) => {
    const { socket, errors } = await connectedEnd('server', { default: { e: () => value } });

    socket.receive('$1;default;;e;0;0;');
    await settle();

    expect(socket.sent).toEqual(['$1;default;;e;1;0;internal error 1']);
    expect(errors).toMatchObject([{ error: { code: 'BODY_NOT_SENDABLE' }, event: 'e', id: '1' }]);
  });

  it('is an internal error for a value whose then cannot be read, and for one whose prototype cannot', async () => {
    const unreadable = Object.defineProperty({}, 'then', {
      get(): never {
        throw new Error('then');
      },
    });
    const trap = new Proxy(
      {},
      {
        getPrototypeOf(): never {
          throw new Error('proto');
        },
      },
    );

    expect(await answered(() => unreadable)).toEqual(['$1;default;;e;1;0;internal error 1']);
    expect(await answered(async () => unreadable)).toEqual(['$1;default;;e;1;0;internal error 1']);
    expect(await answered(() => trap)).toEqual(['$1;default;;e;1;0;internal error 1']);
  });

  it('waits for anything with a then', async () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    expect(await answered(() => ({ then: (done: (value: string) => void) => done('later') }))).toEqual([
      '$1;default;;e;0;0;later',
    ]);
  });

  it('is "invalid payload" when the handler lets BODY_NOT_JSON of msg.json() pass, and is no failure', async () => {
    const { socket, errors, log } = await connectedEnd('server', { default: { e: (msg) => msg.json() } });

    socket.receive('$1;default;;e;0;0;{', '$2;default;;e;0;0;{"a":1}');

    expect(socket.sent).toEqual(['$1;default;;e;1;0;invalid payload', '$2;default;;e;0;0;{"a":1}']);
    expect(errors).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'debug', fields: { err: { code: 'BODY_NOT_JSON' }, event: 'e' } }]);
  });

  it('is an internal error when it is larger than maxMessageBytes, and MESSAGE_TOO_LARGE is reported', async () => {
    const { socket, errors } = await connectedEnd(
      'server',
      { default: { e: () => 'x'.repeat(100) } },
      { limits: { maxMessageBytes: 100 } },
    );

    socket.receive('$1;default;;e;0;0;');

    expect(socket.sent).toEqual(['$1;default;;e;1;0;internal error 1']);
    expect(errors).toMatchObject([{ error: { code: 'MESSAGE_TOO_LARGE', details: { maxMessageBytes: 100 } } }]);
  });

  it('is cut to 128 characters where the text of an error is larger, however little a message may hold', async () => {
    for (const maxMessageBytes of [200, 60]) {
      const { socket } = await connectedEnd(
        'server',
        { default: { e: () => new PublicError('x'.repeat(1_000)) } },
        { limits: { maxMessageBytes } },
      );

      socket.receive('$1;default;;e;0;0;', utf8('$2;default;;e;0;0;'));

      expect(socket.sent).toEqual([
        `$1;default;;e;1;0;${'x'.repeat(128)}`,
        utf8(`$2;default;;e;1;0;${'x'.repeat(128)}`),
      ]);
    }
  });

  it('is "bad namespace", "bad room" or "bad event" where nothing can handle it', async () => {
    const { socket } = await connectedEnd('server', { default: { e: () => 'never' } });

    socket.receive(
      '$1;other;;e;0;0;',
      '$2;default;nowhere;e;0;0;',
      '$3;default;;toString;0;0;',
      '$4;default;;__proto__;0;0;',
      '$5;default;;_OnRoomJoined;0;0;',
      '$6;default;;_OnAnyEvent;0;0;',
      '$7;default;;_OnNativeMessage;0;0;',
    );

    expect(socket.sent).toEqual([
      '$1;other;;e;1;0;bad namespace',
      '$2;default;nowhere;e;1;0;bad room',
      '$3;default;;toString;1;0;bad event',
      '$4;default;;__proto__;1;0;bad event',
      '$5;default;;_OnRoomJoined;1;0;bad event',
      '$6;default;;_OnAnyEvent;1;0;bad event',
      '$7;default;;_OnNativeMessage;1;0;bad event',
    ]);
  });

  it('comes from onAnyEvent where nothing else hears the event, but not for names of the protocol', async () => {
    const { socket } = await connectedEnd('server', { default: { onAnyEvent: (msg) => `${msg.event} ${msg.name}` } });

    socket.receive('$1;default;;whatever;0;0;', '$2;default;;_OnRoomLeft;0;0;');

    expect(socket.sent).toEqual([
      '$1;default;;whatever;0;0;whatever whatever',
      '$2;default;;_OnRoomLeft;1;0;bad event',
    ]);
  });
});

describe('a plain emit', () => {
  it.each([
    ['a string', 'x'],
    ['undefined', undefined],
    ['null', null],
    ['bytes', new Uint8Array(1)],
  ])('is not answered with a returned value: %s', async (_, value) => {
    expect(await answered(() => value, ';default;;e;0;0;')).toEqual([]);
  });

  it('is answered with a Reply, and with an error, under an empty token', async () => {
    expect(await answered(() => reply({ a: 1 }), ';default;;e;0;0;')).toEqual([';default;;e;0;0;{"a":1}']);
    expect(await answered(() => new PublicError('no'), ';default;;e;0;0;')).toEqual([';default;;e;1;0;no']);
    expect(await answered(() => Promise.reject(new Error('x')), ';default;;e;0;0;')).toEqual([
      ';default;;e;1;0;internal error 1',
    ]);
  });

  it('that nothing can handle is counted, not answered', async () => {
    const { socket, counters } = await connectedEnd('server', { default: { e() {} } });

    socket.receive(';other;;e;0;0;', ';default;nowhere;e;0;0;', ';default;;nothing;0;0;', ';default;;_OnRoomLeft;0;0;');

    expect([socket.sent, counters.get('messages.unhandled')]).toEqual([[], 4]);
  });
});

describe('a frame with isError that no ask waits for', () => {
  it.each(['', '$1'])('with the token %j goes to onRemoteError, to no handler, and is not answered', async (wait) => {
    const heard: unknown[] = [];
    const { socket, conn, counters } = await connectedEnd(
      'server',
      { default: { e: () => void heard.push('handled'), onAnyEvent: () => void heard.push('any') } },
      { onRemoteError: (error) => void heard.push(error) },
    );

    socket.receive(`${wait};default;r;e;1;0;some; text`, `${wait};default;;_OnNamespaceDisconnect;1;0;`);

    expect(heard).toEqual([
      { conn, namespace: 'default', room: 'r', event: 'e', text: 'some; text' },
      { conn, namespace: 'default', room: '', event: '_OnNamespaceDisconnect', text: '' },
    ]);
    expect([socket.sent, conn.namespaces.length, counters.get('errors.remote')]).toEqual([[], 1, 2]);
  });

  it('is only counted without onRemoteError', async () => {
    const { socket, counters } = await connectedEnd('client', { default: { e() {} } });

    socket.receive(';default;;e;1;0;text');

    expect([socket.sent, counters.get('errors.remote')]).toEqual([[], 1]);
  });
});

describe('native messages', () => {
  const native = (handle: (msg: { body: unknown }) => unknown) => ({ '': { onNativeMessage: handle } });
  const connectNative = '$n;;;_OnNamespaceConnect;0;0;';

  async function mixedEnd(handle: (msg: { body: unknown }) => unknown, options = {}) {
    const mixed = await connectedEnd('server', { ...native(handle), default: { e: () => 'framed' } }, options);
    mixed.socket.receive(connectNative);
    await settle();
    mixed.socket.sent.length = 0;
    return mixed;
  }

  it('beside framed ones are heard once the namespace "" is connected, text and binary', async () => {
    const heard: unknown[] = [];
    const { socket, counters } = await connectedEnd('server', {
      ...native((msg) => void heard.push(msg.body)),
      default: { e: () => 'framed' },
    });

    socket.receive('too early');
    socket.receive(connectNative);
    await settle();
    socket.receive('M', 'a;b', new Uint8Array([1]), '$1;default;;e;0;0;', '');

    expect(heard).toEqual(['M', 'a;b', new Uint8Array([1])]);
    expect(socket.sent).toEqual(['$n;;;;;;', '$1;default;;e;0;0;framed']);
    expect([counters.get('messages.unhandled'), counters.get('frames.malformed')]).toEqual([1, 0]);
  });

  it('come with their flags, and under the name _OnNativeMessage', async () => {
    const heard: unknown[] = [];
    const { socket } = await mixedEnd((msg) => void heard.push(msg));

    socket.receive('x');

    expect(heard).toMatchObject([
      { namespace: '', room: '', event: '_OnNativeMessage', isNative: true, isAsk: false, isBinary: false },
    ]);
  });

  it('are answered with a Reply as its bare body, binary where they were, and with nothing else', async () => {
    const { socket } = await mixedEnd((msg) => (msg.body === 'silent' ? 'lost' : reply(`re:${msg.body}`)));

    socket.receive('hi', 'silent', new Uint8Array([49]));

    expect(socket.sent).toEqual(['re:hi', utf8('re:49')]);
  });

  it('are answered with the public text of an error, returned or thrown, now or later, as bare as they came', async () => {
    const failures = [() => new PublicError('one'), () => Promise.reject(new PublicError('two')), () => reply(1n)];
    const { socket } = await mixedEnd(() => failures.shift()?.());

    socket.receive('x');
    await settle();
    socket.receive(utf8('x'));
    await settle();
    socket.receive('x');
    await settle();

    expect(socket.sent).toEqual(['one', utf8('two'), 'internal error 1']);
  });

  it('are answered with the beginning of an error text that is larger than a message may be', async () => {
    const failures = [() => new PublicError('x'.repeat(500)), () => Promise.reject(new PublicError('x'.repeat(500)))];
    const { socket } = await mixedEnd(() => failures.shift()?.(), { limits: { maxMessageBytes: 100 } });

    socket.receive('a');
    socket.receive('b');
    await settle();

    expect(socket.sent).toEqual(['x'.repeat(128), 'x'.repeat(128)]);
  });
});
