import { describe, expect, it, vi } from 'vitest';
import { PublicError, RemoteError } from '../../src/client/client-errors.js';
import type { ClientMessage } from '../../src/client/client-message.js';
import type { DialOptions } from '../../src/client/dial-options.js';
import type { DialledConn, DialledNSConn, Listener } from '../../src/client/dialled.js';
import { FakeNetwork, settle, tokenOf } from './fake-network.js';

async function chat(
  handlers: Record<string, Listener>,
  options: DialOptions = {},
): Promise<{ network: FakeNetwork; conn: DialledConn; ns: DialledNSConn }> {
  const network = new FakeNetwork();
  const conn = await network.open({ chat: handlers }, options);
  return { network, conn, ns: await network.connect(conn) };
}

/** A promise and what ends it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('handlers', () => {
  it('are called with the message and the namespace', async () => {
    const heard: [ClientMessage, DialledNSConn][] = [];
    const { network, ns } = await chat({ say: (...args) => void heard.push(args) });
    network.socket.receive(';chat;r@%!semicolon@%!1;say;0;j;{"a":1}');
    await settle();

    expect(heard[0]?.[1]).toBe(ns);
    expect(heard[0]?.[0]).toMatchObject({
      namespace: 'chat',
      room: 'r;1',
      event: 'say',
      body: { a: 1 },
      isBinary: false,
      isAsk: false,
      isForced: false,
      isLocal: false,
      isNative: false,
      isRestored: false,
    });
    expect(heard[0]?.[0].json()).toEqual({ a: 1 });
  });

  it('read JSON of texts that are not marked with msg.json(), which says when it is none', async () => {
    const heard: ClientMessage[] = [];
    const { network } = await chat({ say: (msg) => void heard.push(msg) });
    network.socket.receive(';chat;;say;0;0;[1]', ';chat;;say;0;0;{', new TextEncoder().encode(';chat;;say;0;0;[2]'));
    await settle();

    expect(heard.map(({ body }) => body)).toEqual(['[1]', '{', new TextEncoder().encode('[2]')]);
    expect(heard[0]?.json()).toEqual([1]);
    expect(() => heard[1]?.json()).toThrow(expect.objectContaining({ code: 'BODY_NOT_JSON' }));
    expect(heard[2]?.json()).toEqual([2]);
  });

  it('run in the order of the frames, asynchronous ones included', async () => {
    const first = gate();
    const heard: unknown[] = [];
    const { network } = await chat({
      say: async ({ body }) => {
        heard.push(body);
        if (body === '1') await first.opened;
        heard.push(`${body} done`);
      },
    });
    network.socket.receive(';chat;;say;0;0;1', ';chat;;say;0;0;2', ';chat;;say;0;0;3');
    await settle();
    expect(heard).toEqual(['1']);
    first.open();
    await settle();

    expect(heard).toEqual(['1', '1 done', '2', '2 done', '3', '3 done']);
  });

  it('are passed by answers', async () => {
    const { network, ns } = await chat({ say: async () => void (await ns.ask('x')) });
    network.socket.receive(';chat;;say;0;0;');
    await settle();
    const [frame] = network.socket.take();
    network.socket.receive(`${tokenOf(frame)};;;;;;`);
    await settle();

    expect(frame).toContain(';chat;;x;');
    expect(network.errors).toEqual([]);
  });

  it('are passed by what the server asks, as long as this side waits for an answer', async () => {
    const heard: unknown[] = [];
    const { network, ns } = await chat({
      say: async ({ body }) => {
        heard.push(body);
        if (body === 'ask') await ns.ask('x');
        heard.push(`${body} done`);
      },
      who: () => 'anna',
    });
    network.socket.receive(
      ';chat;;say;0;0;ask',
      ';chat;;say;0;0;next',
      '7;chat;;who;0;0;',
      '8;chat;r;_OnRoomJoin;0;0;',
    );
    await settle();
    const [question, ...answers] = network.socket.take();

    expect(heard).toEqual(['ask']);
    expect(answers).toEqual(['7;chat;;who;0;0;anna', '8;;;;;;']);
    network.socket.receive(`${tokenOf(question)};;;;;;`);
    await settle();
    expect(heard).toEqual(['ask', 'ask done', 'next', 'next done']);
  });

  it('are passed, too, by what the server has asked before this side began to wait', async () => {
    const first = gate();
    const heard: string[] = [];
    const { network, ns } = await chat({
      say: async () => {
        await first.opened;
        void ns.ask('x');
        heard.push('asked');
        await ns.ask('y');
      },
      who: () => heard.push('who') && 'anna',
    });
    network.socket.receive(';chat;;say;0;0;', '7;chat;;who;0;0;');
    await settle();
    expect(network.socket.take()).toEqual([]);
    first.open();
    await settle();

    expect(network.socket.take().at(-1)).toBe('7;chat;;who;0;0;anna');
    expect(heard).toEqual(['asked', 'who']);
  });

  it('are not passed by what the server asks where nobody waits for an answer', async () => {
    const first = gate();
    const { network } = await chat({ say: () => first.opened, who: () => 'anna' });
    network.socket.receive(';chat;;say;0;0;', '7;chat;;who;0;0;');
    await settle();
    expect(network.socket.take()).toEqual([]);
    first.open();
    await settle();

    expect(network.socket.take()).toEqual(['7;chat;;who;0;0;anna']);
  });

  it('hold up the rest for handlerTimeoutMs at most', async () => {
    const heard: unknown[] = [];
    const { network } = await chat({ slow: () => new Promise(() => {}), say: () => void heard.push('said') });
    network.socket.receive('7;chat;;slow;0;0;', ';chat;;say;0;0;');
    await settle();
    network.clock.advanceMs(29_999);
    await settle();
    expect(heard).toEqual([]);
    network.clock.advanceMs(1);
    await settle();

    expect(heard).toEqual(['said']);
    expect(network.errors).toMatchObject([
      { error: { code: 'HANDLER_TIMEOUT', details: { event: 'slow', timeoutMs: 30_000 } } },
    ]);
    expect(network.socket.take().at(-1)).toBe('7;chat;;slow;1;0;internal error');
  });

  describe('answer the server with what they return', () => {
    it.each([
      ['text', 'a;b', '7;chat;;who;0;0;a;b'],
      ['an empty text', '', '7;chat;;who;0;0;'],
      ['nothing', undefined, '7;;;;;;'],
      ['null', null, '7;chat;;who;0;j;null'],
      ['0', 0, '7;chat;;who;0;j;0'],
      ['an object', { a: 1 }, '7;chat;;who;0;j;{"a":1}'],
      ['bytes', new Uint8Array([65]), '<7;chat;;who;0;0;A>'],
      ['the promise of it', Promise.resolve('later'), '7;chat;;who;0;0;later'],
    ])('%s', async (_, value, frame) => {
      const { network } = await chat({ who: () => value });
      network.socket.receive('7;chat;;who;0;0;?');
      await settle();

      expect(network.socket.take()).toEqual([frame]);
    });

    it('in bytes where it has asked in bytes', async () => {
      const { network } = await chat({ who: () => 'anna' });
      network.socket.receive(
        new TextEncoder().encode('7;chat;r;who;0;0;?'),
        new TextEncoder().encode('8;chat;;nope;0;0;'),
      );
      await settle();

      expect(network.socket.take()).toEqual(['<7;chat;r;who;0;0;anna>', '<8;chat;;nope;1;0;bad event>']);
    });

    it('but not where it has only told', async () => {
      const { network } = await chat({ who: () => 'anna' });
      network.socket.receive(';chat;;who;0;0;?');
      await settle();

      expect(network.socket.take()).toEqual([]);
    });

    it('and a value that cannot be sent with an error', async () => {
      const { network } = await chat({ who: () => 1n });
      network.socket.receive('7;chat;;who;0;0;?');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;who;1;0;internal error']);
      expect(network.errors).toMatchObject([{ error: { code: 'BODY_NOT_SENDABLE' }, namespace: 'chat', event: 'who' }]);
    });
  });

  describe('that throw', () => {
    const throwing = (error: unknown) => ({
      who() {
        throw error;
      },
    });

    it('a PublicError tell its text, to emits as well, and report nothing', async () => {
      const { network } = await chat(throwing(new PublicError('sold out; sorry')));
      network.socket.receive('7;chat;r;who;0;0;', ';chat;;who;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;r;who;1;0;sold out; sorry', ';chat;;who;1;0;sold out; sorry']);
      expect(network.errors).toEqual([]);
    });

    it('anything else tell the server nothing of it, and report it', async () => {
      const { network } = await chat(throwing(new Error('secret')));
      network.socket.receive('7;chat;r;who;0;0;', ';chat;;who;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;r;who;1;0;internal error']);
      expect(network.errors).toEqual([
        { error: new Error('secret'), namespace: 'chat', room: 'r', event: 'who' },
        { error: new Error('secret'), namespace: 'chat', room: '', event: 'who' },
      ]);
    });

    it('what the server has answered them with do not pass it on', async () => {
      const { network } = await chat(throwing(new RemoteError('inner')));
      network.socket.receive('7;chat;;who;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;who;1;0;internal error']);
    });

    it('are told of by console.error where there is no onError', async () => {
      const network = new FakeNetwork();
      const log = vi.spyOn(console, 'error').mockImplementation(() => {});
      const conn = await network.open({ chat: throwing(new Error('oops')) }, { onError: undefined } as never);
      await network.connect(conn);
      network.socket.receive(';chat;;who;0;0;');
      await settle();

      expect(log).toHaveBeenCalledWith(new Error('oops'), { namespace: 'chat', room: '', event: 'who' });
      log.mockRestore();
    });
  });

  describe('that are not there', () => {
    it('answer bad event, or bad namespace', async () => {
      const { network } = await chat({});
      network.socket.receive('7;chat;;nope;0;0;', '8;other;;nope;0;0;', ';chat;;nope;0;0;', ';other;;nope;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;nope;1;0;bad event', '8;other;;nope;1;0;bad namespace']);
      expect(network.errors).toEqual([]);
    });

    it('are not called by undefined in the map', async () => {
      const { network } = await chat({ who: undefined, onRoomJoined: undefined } as never);
      network.socket.receive('7;chat;;who;0;0;', '8;chat;r;_OnRoomJoin;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;who;1;0;bad event', '8;;;;;;']);
      expect(network.errors).toEqual([]);
    });

    it.each(['constructor', '__proto__', 'toString'])('are not found in the prototype by %s', async (event) => {
      const { network } = await chat({});
      network.socket.receive(`7;chat;;${event};0;0;`, `8;${event};;x;0;0;`);
      await settle();

      expect(network.socket.take()).toEqual([`7;chat;;${event};1;0;bad event`, `8;${event};;x;1;0;bad namespace`]);
    });

    it('are replaced by onAnyEvent', async () => {
      const { network } = await chat({ onAnyEvent: ({ event }) => `any ${event}`, who: () => 'anna' });
      network.socket.receive('7;chat;;nope;0;0;', '8;chat;;who;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;nope;0;0;any nope', '8;chat;;who;0;0;anna']);
    });
  });

  describe('of raw messages', () => {
    it('hear text and bytes beside framed ones', async () => {
      const network = new FakeNetwork();
      const heard: unknown[] = [];
      const conn = await network.open({
        '': { onNativeMessage: ({ body, isNative }) => void heard.push([body, isNative]) },
      });
      await network.connect(conn, '');
      network.socket.receive('hello', 'a;b;c', new Uint8Array([1, 2]), '');
      await settle();

      expect(heard).toEqual([
        ['hello', true],
        ['a;b;c', true],
        [new Uint8Array([1, 2]), true],
      ]);
    });

    it('hear everything where there is nothing else, without a handshake', async () => {
      const network = new FakeNetwork();
      const heard: unknown[] = [];
      const dialled = network.dial(
        { '': { onNativeMessage: ({ body }, ns) => void heard.push([body, ns.namespace]) } },
        { native: 'only' },
      );
      await settle();
      network.socket.open();
      const conn = await dialled;
      expect(network.socket.take()).toEqual([]);
      network.socket.receive('Aid', 'M', '$1;;;;;;', '7;a;;_OnNamespaceConnect;0;0;');
      conn.emitNative('a;b;c;d;e;f;g');
      await settle();

      expect(heard.map((entry) => (entry as unknown[])[0])).toEqual([
        'Aid',
        'M',
        '$1;;;;;;',
        '7;a;;_OnNamespaceConnect;0;0;',
      ]);
      expect(network.socket.take()).toEqual(['a;b;c;d;e;f;g']);
      network.clock.advanceMs(120_000);
      expect(network.socket.take()).toEqual([]);
      expect(conn.state.value.kind).toBe('open');
    });

    it('are reported where they fail', async () => {
      const network = new FakeNetwork();
      await network.open({
        '': {
          onNativeMessage() {
            throw new Error('oops');
          },
        },
      });
      network.socket.receive('hello');
      await settle();

      expect(network.errors).toMatchObject([{ error: new Error('oops'), namespace: '', event: '_OnNativeMessage' }]);
    });
  });
});

describe('on', () => {
  it('hears an event from now on, until it is stopped, after the handlers of the map', async () => {
    const heard: string[] = [];
    const { network, ns } = await chat({ say: ({ body }) => void heard.push(`map ${body}`) });
    const stop = ns.on('say', ({ body }, inNs) => void heard.push(`on ${body} ${inNs === ns}`));
    network.socket.receive(';chat;;say;0;0;1');
    await settle();
    stop();
    network.socket.receive(';chat;;say;0;0;2');
    await settle();

    expect(heard).toEqual(['map 1', 'on 1 true', 'map 2']);
  });

  it.each(['onRoomJoined', 'OnRoomJoined', '_OnRoomJoined'])('hears %s as the map does, after it', async (event) => {
    const heard: string[] = [];
    const { network, ns } = await chat({ onRoomJoined: ({ room }) => void heard.push(`map ${room}`) });
    ns.on(event, ({ room }) => void heard.push(`on ${room}`));
    network.socket.receive('7;chat;r;_OnRoomJoin;0;0;');
    await settle();

    expect(heard).toEqual(['map r', 'on r']);
  });

  it('refuses by onRoomJoin, and hears by onAnyEvent what nobody else does', async () => {
    const { network, ns } = await chat({});
    ns.on('onRoomJoin', () => {
      throw new PublicError('full');
    });
    ns.on('onAnyEvent', ({ event }) => `any ${event}`);
    network.socket.receive('7;chat;r;_OnRoomJoin;0;0;', '8;chat;;who;0;0;');
    await settle();

    expect(network.socket.take()).toEqual(['7;chat;r;_OnRoomJoin;1;0;full', '8;chat;;who;0;0;any who']);
  });

  it('hears what others have thrown at, or are too late with; the first error is the answer', async () => {
    const heard: unknown[] = [];
    const { network, ns } = await chat(
      {
        say() {
          throw new PublicError('no');
        },
      },
      { heartbeat: false },
    );
    ns.on('say', () => new Promise(() => {}));
    ns.on('say', () => {
      throw new Error('third');
    });
    ns.on('say', ({ body }) => void heard.push(body));
    const messages = ns.on('say');
    network.socket.receive('7;chat;r;say;0;0;1');
    await settle();
    network.clock.advanceMs(30_000);
    await settle();

    expect(heard).toEqual(['1']);
    expect((await messages.next()).value?.body).toBe('1');
    expect(network.socket.take()).toEqual(['7;chat;r;say;1;0;no']);
    expect(network.errors).toMatchObject([
      { error: { code: 'HANDLER_TIMEOUT' }, namespace: 'chat', room: 'r', event: 'say' },
      { error: { message: 'third' } },
    ]);
  });

  it('answers where the map does not', async () => {
    const { network, ns } = await chat({ who: () => undefined });
    ns.on('who', () => 'first');
    ns.on('who', () => 'second');
    ns.on('null', () => null);
    ns.on('null', () => 'second');
    network.socket.receive('7;chat;;who;0;0;', '8;chat;;null;0;0;');
    await settle();

    expect(network.socket.take()).toEqual(['7;chat;;who;0;0;first', '8;chat;;null;0;j;null']);
  });

  it('ends with the namespace', async () => {
    const heard: string[] = [];
    const { network, conn, ns } = await chat({});
    ns.on('say', () => void heard.push('said'));
    const leaving = ns.disconnect();
    await settle();
    network.acknowledge();
    await leaving;
    await network.connect(conn);
    network.socket.receive(';chat;;say;0;0;1');
    await settle();

    expect(heard).toEqual([]);
  });

  describe('in a loop', () => {
    const read = async (messages: AsyncIterable<ClientMessage>, into: unknown[]): Promise<void> => {
      for await (const { body } of messages) into.push(body);
    };

    it('gives every message from its call on, and ends with the namespace', async () => {
      const { network, conn, ns } = await chat({});
      const messages = ns.on('say');
      network.socket.receive(';chat;;say;0;0;1');
      await settle();
      const heard: unknown[] = [];
      const done = read(messages, heard);
      network.socket.receive(';chat;;say;0;0;2', ';chat;;other;0;0;x');
      await settle();
      expect(heard).toEqual(['1', '2']);
      network.socket.receive(';chat;;say;0;0;3');
      await settle();
      conn.close();

      await done;
      expect(heard).toEqual(['1', '2', '3']);
    });

    it('survives a reconnect', async () => {
      const { network, conn, ns } = await chat({});
      const heard: unknown[] = [];
      const done = read(ns.on('say'), heard);
      await network.lose();
      network.acknowledge();
      await settle();
      network.socket.receive(';chat;;say;0;0;again');
      await settle();
      conn.close();
      await done;

      expect(heard).toEqual(['again']);
    });

    it('ends when its signal aborts, and stops listening to it', async () => {
      const { network, ns } = await chat({});
      const abort = new AbortController();
      const heard: unknown[] = [];
      const done = read(ns.on('say', { signal: abort.signal }), heard);
      await settle();
      abort.abort();
      await done;
      network.socket.receive('7;chat;;say;0;0;1');
      await settle();

      expect(heard).toEqual([]);
      expect(network.socket.take()).toEqual(['7;chat;;say;1;0;bad event']);
      await read(ns.on('say', { signal: abort.signal }), heard);
    });

    it('ends at once on a namespace that is gone', async () => {
      const { conn, ns } = await chat({});
      conn.close();
      await conn.closed;

      await read(ns.on('say'), []);
    });

    it('stops listening when the loop is left', async () => {
      const { network, ns } = await chat({});
      network.socket.receive(';chat;;say;0;0;early');
      const left = (async () => {
        for await (const _ of ns.on('say')) break;
      })();
      await settle();
      network.socket.receive(';chat;;say;0;0;1');
      await left;
      network.socket.receive('7;chat;;say;0;0;2');
      await settle();

      expect(network.socket.take()).toEqual(['7;chat;;say;1;0;bad event']);
    });

    it('ends by return() while the next is waited for, and before the first', async () => {
      const { network, ns } = await chat({});
      const abort = new AbortController();
      const removed = vi.spyOn(abort.signal, 'removeEventListener');
      const parked = ns.on('say');
      const next = [parked.next(), parked.next()];
      await settle();
      const fresh = ns.on('say', { signal: abort.signal });
      network.socket.receive(';chat;;say;0;0;1');
      await settle();
      expect(await parked.return?.()).toEqual({ done: true, value: undefined });
      expect(await fresh.return?.()).toEqual({ done: true, value: undefined });
      network.socket.receive('7;chat;;say;0;0;2');
      await settle();

      expect(await next[0]).toMatchObject({ value: { body: '1' } });
      for (const done of [next[1], parked.next(), fresh.next()]) {
        expect(await done).toEqual({ done: true, value: undefined });
      }
      expect(network.socket.take()).toEqual(['7;chat;;say;1;0;bad event']);
      expect(removed).toHaveBeenCalled();
    });

    it('throws QUEUE_FULL after what waits, when it falls behind by more than maxMessages', async () => {
      const { network, ns } = await chat({});
      const messages = ns.on('say', { maxMessages: 2 });
      network.socket.receive(';chat;;say;0;0;1', ';chat;;say;0;0;2', ';chat;;say;0;0;3', ';chat;;say;0;0;4');
      await settle();
      const heard: unknown[] = [];

      await expect(read(messages, heard)).rejects.toMatchObject({ code: 'QUEUE_FULL', details: { maxMessages: 2 } });
      expect(heard).toEqual(['1', '2']);
    });
  });
});
