import { Container } from 'inversify';
import { type Message, type NSConn, On, SystemEvent } from 'nefeli';
import { type NamespaceTest, type TestNamespaceOptions, type TestSubject, testNamespace } from 'nefeli/testing';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { guardRejections } from '../core/ends.js';
import { ChatController, type ChatEvents, Journal } from './chat.js';

guardRejections();

async function start(what: TestSubject, options?: TestNamespaceOptions): Promise<NamespaceTest> {
  const started = await testNamespace(what, options);
  onTestFinished(() => started.close());
  return started;
}

/** A chat, and who is in it. */
async function chatOfTwo() {
  const journal = new Journal();
  const container = new Container();
  container.bind(Journal).toConstantValue(journal);
  const chat = await start(ChatController, { container });
  const anna = await chat.connect<ChatEvents>({ id: 'anna' });
  const ben = await chat.connect<ChatEvents>({ id: 'ben' });
  return { chat, journal, anna, ben };
}

describe('TestClient', () => {
  describe('emit', () => {
    it('returns before the server has heard it, as over a network', async () => {
      const heard: string[] = [];
      const chat = await start({ default: { hello: () => void heard.push('hello') } });
      const anna = await chat.connect();

      anna.emit('hello');
      expect(heard).toEqual([]);
      await chat.settle();

      expect(heard).toEqual(['hello']);
    });

    it('says of a body whether it is JSON, and hears it of the server', async () => {
      const bodies: unknown[] = [];
      class Any {
        static readonly namespace = 'any';
        @On('any', { body: z.unknown() })
        onAny(msg: Message<unknown>, ns: NSConn) {
          bodies.push(msg.body);
          ns.emit('nothing');
          return '5';
        }
      }
      const any = await start(Any);
      const anna = await any.connect<{ nothing: undefined }>();

      for (const body of [5, '5', '', undefined, null]) anna.emit('any', body);
      const { body } = await anna.ask('any', new Uint8Array([1]));

      expect(bodies).toEqual([5, '5', '', undefined, null, new Uint8Array([1])]);
      expect(body).toEqual(new TextEncoder().encode('5'));
      expect((await anna.expectEvent('nothing')).json()).toBeUndefined();
    });

    it('throws after the connection has closed, and after the namespace was left', async () => {
      const { anna, ben } = await chatOfTwo();
      anna.close();
      await ben.disconnect();

      expect(() => anna.emit('chat')).toThrow('CONN_CLOSED');
      expect(() => ben.emit('chat')).toThrow('NAMESPACE_NOT_CONNECTED');
    });
  });

  describe('ask', () => {
    it.each([
      ['text', 'hello', 'hello'],
      ['JSON', [1, { a: 2 }], '[1,{"a":2}]'],
      ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
      ['nothing', undefined, ''],
    ])('sends %s, and gives the reply', async (_, sent, replied) => {
      const { anna } = await chatOfTwo();

      expect((await anna.ask('echo', sent)).body).toEqual(replied);
    });

    it('gives JSON as JSON', async () => {
      const { anna } = await chatOfTwo();

      expect((await anna.ask('sum', [1, 2])).json()).toBe(3);
    });

    it('rejects with the error of the server', async () => {
      const { anna } = await chatOfTwo();

      await expect(anna.ask('shout')).rejects.toMatchObject({ name: 'RemoteError', text: 'not so loud' });
      await expect(anna.ask('sing')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
    });

    it('rejects with ASK_TIMEOUT once the clock has been moved by timeoutMs, and may be awaited after that', async () => {
      const { chat, anna } = await chatOfTwo();
      const reply = anna.ask('wait', undefined, { timeoutMs: 200 });

      await chat.clock.advance(200);

      await expect(reply).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    });
  });

  describe('rooms', () => {
    it('are joined, spoken to, and left', async () => {
      const { chat, anna, ben } = await chatOfTwo();
      await ben.join('lobby');

      const lobby = await anna.join('lobby');
      lobby.emit('say', 'hi');

      const said = await ben.expectEvent('said', { room: 'lobby' });
      expect(said.json()).toEqual({ from: 'anna', text: 'hi' });
      await anna.leave('lobby');
      expect(anna.room('lobby')).toBeUndefined();
      expect(await chat.server.in('chat').room('lobby').count()).toBe(1);
    });

    it('reject with the refusal of the server', async () => {
      const { anna } = await chatOfTwo();
      await anna.join('jail');

      await expect(anna.join('secret')).rejects.toMatchObject({ name: 'RemoteError', text: 'members only' });
      await expect(anna.leave('jail')).rejects.toMatchObject({ name: 'RemoteError', text: 'not yet' });
    });

    it('reject with ROOM_NOT_JOINED to leave what was not joined', async () => {
      const { anna } = await chatOfTwo();

      await expect(anna.leave('lobby')).rejects.toMatchObject({
        code: 'ROOM_NOT_JOINED',
        details: { namespace: 'chat', room: 'lobby' },
      });
    });
  });

  describe('on', () => {
    it('answers what the server asks, and records it', async () => {
      const chat = await start({ default: { survey: async (_, ns) => (await ns.ask('tea?')).body } });
      const anna = await chat.connect();
      anna.on('tea?', () => 'coffee');

      expect((await anna.ask('survey')).body).toBe('coffee');
      expect(await anna.expectEvent('tea?')).toMatchObject({ isAsk: true });
    });

    it('answers with the last handler given, and bad event where there is none', async () => {
      const chat = await start({ default: { survey: async (_, ns) => (await ns.ask('tea?').catch(textOf)).body } });
      const anna = await chat.connect();

      expect((await anna.ask('survey')).body).toBe('bad event');
      anna.on('tea?', () => 'coffee');
      anna.on('tea?', () => 'tea');
      expect((await anna.ask('survey')).body).toBe('tea');
    });

    it('does not keep what follows from being heard, however long the handler takes', async () => {
      const chat = await start({
        default: { both: (_, ns) => emitAll(ns, 'first', 'second') },
      });
      const anna = await chat.connect();
      anna.on('first', () => new Promise(() => {}));

      anna.emit('both');

      await anna.expectEvent('second');
    });
  });

  describe('expectEvent', () => {
    it('takes what has come already, in order, each once', async () => {
      const { chat, anna, ben } = await chatOfTwo();
      anna.emit('chat', 'one');
      anna.emit('chat', 'two');
      await chat.settle();

      expect((await ben.expectEvent('chat')).body).toBe('one');
      expect((await ben.expectEvent('chat')).body).toBe('two');
      await expect(ben.expectEvent('chat')).rejects.toMatchObject({ code: 'EVENT_MISSING' });
    });

    it('takes what comes later, one each where several wait', async () => {
      const { anna, ben } = await chatOfTwo();
      const both = Promise.all([ben.expectEvent('chat'), ben.expectEvent('chat')]);

      anna.emit('chat', 'one');
      anna.emit('chat', 'two');

      expect((await both).map(({ body }) => body)).toEqual(['one', 'two']);
    });

    it('leaves events of other names where they are', async () => {
      const chat = await start({ default: { go: (_, ns) => emitAll(ns, 'a', 'b') } });
      const anna = await chat.connect();
      anna.emit('go');

      await anna.expectEvent('b');
      await anna.expectEvent('a');
    });

    it('takes only what is of the room, of the namespace, and fits where', async () => {
      const say = (_: Message, ns: NSConn): void => {
        ns.emit('said', 'outside');
        ns.room('lobby')?.emit('said', 'inside');
      };
      const chat = await start({ news: { say }, sport: { say } });
      const anna = await chat.connect({ namespaces: ['news', 'sport'] });
      await anna.join('lobby');
      anna.emit('say');
      anna.conn.namespace('sport')?.emit('say');
      await chat.settle();

      expect((await anna.expectEvent('said', { room: 'lobby' })).body).toBe('inside');
      expect((await anna.expectEvent('said', { namespace: 'sport' })).namespace).toBe('sport');
      expect((await anna.expectEvent('said', { room: '' })).namespace).toBe('news');
      await expect(anna.expectEvent('said', { where: () => true })).rejects.toThrow('that fits `where`');
    });

    it('rejects with what its where throws', async () => {
      const { anna, ben } = await chatOfTwo();
      const where = (): never => {
        throw new RangeError('a bug of the test');
      };
      const waiting = ben.expectEvent('chat', { where });

      anna.emit('chat', 'hello');

      await expect(waiting).rejects.toThrow('a bug of the test');
      expect((await ben.expectEvent('chat')).body).toBe('hello');
    });

    it('rejects with EVENT_MISSING once everything is quiet, and tells what has come instead', async () => {
      const { anna, ben } = await chatOfTwo();
      const lobby = await anna.join('lobby');
      await ben.join('lobby');
      anna.emit('chat', 'hello');
      await ben.expectEvent('chat');
      lobby.emit('say', 'x'.repeat(80));
      anna.emit('chat', new Uint8Array([1, 2, 3]));

      // @ts-expect-error the chat sends no such event
      const missing = ben.expectEvent('shout', { room: 'lobby' });

      await expect(missing).rejects.toMatchObject({ code: 'EVENT_MISSING' });
      await expect(missing).rejects.toThrow(
        'EVENT_MISSING: the event "shout" in the room "lobby" has not come before everything was quiet. ' +
          'Came instead: "chat": hello (taken already); ' +
          `"said" in the room "lobby": {"from":"anna","text":"${'x'.repeat(37)}…; "chat": 1,2,3. Check its name`,
      );
    });

    it('rejects with EVENT_MISSING that says nothing where nothing has come', async () => {
      const { ben } = await chatOfTwo();

      await expect(ben.expectEvent('chat')).rejects.toThrow('Came instead: nothing.');
    });

    it('rejects with the failure of the server as the cause, where there is one', async () => {
      const { chat, anna, ben } = await chatOfTwo();
      anna.emit('break');

      await expect(ben.expectEvent('chat')).rejects.toMatchObject({ cause: new TypeError('a bug') });
      chat.takeErrors();
    });

    it('rejects with how the connection has closed, where it has', async () => {
      const { anna } = await chatOfTwo();
      const missing = anna.expectEvent('chat');

      anna.close(4001, 'bye');

      await expect(missing).rejects.toThrow('before the connection closed (4001: bye)');
    });

    it('waits for handlers that go on by promises, however many, and for messages to and fro', async () => {
      const chat = await start({
        default: {
          async long(_, ns) {
            for (let turn = 0; turn < 1_000; turn += 1) await Promise.resolve();
            for (let ask = 0; ask < 20; ask += 1) await ns.ask('more?');
            ns.emit('done');
          },
        },
      });
      const anna = await chat.connect();
      anna.on('more?', async () => await Promise.resolve('yes'));

      anna.emit('long');

      await anna.expectEvent('done');
    });

    it('ends where two ends answer each other for ever', async () => {
      const chat = await start({ default: { ping: (_, ns) => ns.emit('pong') } });
      const anna = await chat.connect();
      anna.on('pong', () => anna.conn.isClosed || anna.emit('ping'));
      anna.emit('ping');

      await expect(anna.expectEvent('peace')).rejects.toMatchObject({ code: 'EVENT_MISSING' });
      anna.on('pong', () => {});
    });

    it('waits for real things with timeoutMs', async () => {
      const chat = await start({
        default: {
          async read(_, ns) {
            await new Promise((resolve) => setTimeout(resolve, 20));
            ns.emit('read');
          },
        },
      });
      const anna = await chat.connect();
      anna.emit('read');

      await expect(anna.expectEvent('read')).rejects.toMatchObject({ code: 'EVENT_MISSING' });
      await anna.expectEvent('read', { timeoutMs: 5_000 });
      await expect(anna.expectEvent('read', { timeoutMs: 5 })).rejects.toThrow('within 5 ms');
    });

    it('goes on waiting while the clock is moved', async () => {
      const chat = await start({ default: { go: (_, ns) => void chat.clock.after(60_000, () => ns.emit('tick')) } });
      const anna = await chat.connect();
      anna.emit('go');
      await chat.settle();
      const tick = anna.expectEvent('tick');

      await chat.clock.advance(60_000);

      await tick;
    });

    it('works while a runner fakes time', async () => {
      vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'performance', 'Date', 'queueMicrotask'] });
      try {
        const { anna, ben } = await chatOfTwo();
        anna.emit('chat', 'hello');

        await ben.expectEvent('chat');
        await expect(ben.expectEvent('chat', { timeoutMs: 5 })).rejects.toMatchObject({ code: 'EVENT_MISSING' });
      } finally {
        vi.useRealTimers();
      }
    });

    it('gives bodies of the declared types', async () => {
      const { anna, ben } = await chatOfTwo();
      anna.emit('chat', 'hello');

      const heard = await ben.expectEvent('chat', { where: ({ body }) => body.startsWith('h') });

      expectTypeOf(heard.body).toEqualTypeOf<string>();
      expectTypeOf<Awaited<ReturnType<typeof ben.expectEvent<'said'>>>['json']>().returns.toEqualTypeOf<
        ChatEvents['said']
      >();
    });
  });

  describe('expectNoEvent', () => {
    it('is fulfilled where none comes, and where it was taken', async () => {
      const { anna, ben } = await chatOfTwo();
      anna.emit('chat', 'hello');
      await ben.expectEvent('chat');

      await ben.expectNoEvent('chat');
      await ben.expectNoEvent();
      await anna.expectNoEvent('chat');
    });

    it.each([
      ['has come', true],
      ['is on its way', false],
    ])('rejects with EVENT_UNEXPECTED where one %s', async (_, isThere) => {
      const { chat, anna, ben } = await chatOfTwo();
      anna.emit('chat', 'hello');
      if (isThere) await chat.settle();

      const refused = ben.expectNoEvent('chat');

      await expect(refused).rejects.toMatchObject({ code: 'EVENT_UNEXPECTED' });
      await expect(refused).rejects.toThrow('the event "chat" was not to come, but has: "chat": hello.');
    });

    it('rejects where any comes, without a name', async () => {
      const { anna, ben } = await chatOfTwo();
      anna.emit('chat', 'hello');

      await expect(ben.expectNoEvent()).rejects.toThrow('the event of any name was not to come');
    });

    it('looks only at what is of the room and fits where', async () => {
      const { anna, ben } = await chatOfTwo();
      anna.emit('chat', 'hello');

      await ben.expectNoEvent('chat', { room: 'lobby' });
      await ben.expectNoEvent('chat', { where: ({ body }) => body === 'bye' });
    });
  });

  describe('expectError', () => {
    it('takes the error that an emit was answered with', async () => {
      const { anna } = await chatOfTwo();
      anna.emit('shout');

      expect(await anna.expectError('shout')).toMatchObject({ event: 'shout', body: 'not so loud' });
      await expect(anna.expectError('shout')).rejects.toThrow('an error of the event "shout" has not come');
      expect(anna.events).toEqual([]);
    });
  });

  describe('events and lifecycle', () => {
    it('have everything that was heard, taken or not', async () => {
      const { anna, ben } = await chatOfTwo();
      await ben.join('lobby');
      anna.emit('chat', 'one');
      anna.emit('chat', 'two');
      await ben.expectEvent('chat');
      await ben.leave('lobby');
      await ben.disconnect();

      expect(ben.events.map(({ body }) => body)).toEqual(['one', 'two']);
      expect(ben.lifecycle.map(({ event, room }) => `${event} ${room}`.trim())).toEqual([
        '_OnNamespaceConnected',
        '_OnRoomJoined lobby',
        '_OnRoomLeft lobby',
        '_OnNamespaceDisconnect',
      ]);
    });

    it('of rooms and namespaces are expected under the names of a map of functions, or those of SystemEvent', async () => {
      const chat = await start({
        default: {
          invite: async (msg, ns) => void (await ns.joinRoom(String(msg.body))),
          kick: async (_, ns) => await ns.disconnect(),
        },
      });
      const anna = await chat.connect();

      anna.emit('invite', 'lobby');
      expect(await anna.expectEvent('onRoomJoined')).toMatchObject({ room: 'lobby', isLocal: false });
      anna.emit('kick');
      await anna.expectEvent(SystemEvent.NamespaceDisconnect);
      await expect(anna.expectEvent('onRoomLeft', { room: 'attic' })).rejects.toThrow(
        'the event "_OnRoomLeft" in the room "attic" has not come before everything was quiet. ' +
          'Came instead: "_OnNamespaceConnected"; "_OnRoomJoined" in the room "lobby" (taken already); ' +
          '"_OnRoomLeft" in the room "lobby"; "_OnNamespaceDisconnect" (taken already).',
      );
    });
  });

  describe('disconnect, close and closed', () => {
    it('leave the namespace, and come back to it', async () => {
      const { journal, anna } = await chatOfTwo();

      await anna.disconnect();
      expect(journal.lines.at(-1)).toBe('anna has left');
      await anna.connect();

      expect(journal.lines.at(-1)).toBe('anna is here');
    });

    it('are over when the server has handled it', async () => {
      const { chat, journal, anna } = await chatOfTwo();

      anna.close(4001, 'bye');

      expect(await anna.closed).toEqual({ code: 4001, reason: 'bye' });
      expect(journal.lines.at(-1)).toBe('anna has left');
      expect(chat.server.connections()).toHaveLength(1);
    });

    it('are over at once and with 1006 where the connection is terminated', async () => {
      const codes: number[] = [];
      const chat = await start(
        { default: {} },
        { onConnect: (conn) => void conn.closed.then(({ code }) => codes.push(code)) },
      );
      const anna = await chat.connect();

      anna.terminate();

      expect(await anna.closed).toEqual({ code: 1006, reason: 'terminated by the test' });
      expect(codes).toEqual([1006]);
    });

    it('are over with the code of the server where that closes', async () => {
      const chat = await start({ default: { kick: (_, ns) => ns.conn.close(4003, 'kicked') } });
      const anna = await chat.connect();

      anna.emit('kick');

      expect(await anna.closed).toEqual({ code: 4003, reason: 'kicked' });
    });

    it('do not wait for handlers that do not end', async () => {
      const { anna } = await chatOfTwo();
      anna.emit('wait');
      anna.close();

      expect(await anna.closed).toEqual({ code: 1000, reason: '' });
    });

    it('may go beyond the limits of the server, to see what that does', async () => {
      const chat = await start({ default: {} }, { limits: { maxMessageBytes: 1_000 } });
      const anna = await chat.connect();

      anna.emit('film', 'x'.repeat(2_000));

      expect(await anna.closed).toEqual({ code: 1009, reason: 'message too large' });
    });
  });
});

const textOf = (error: unknown): { body: string } => ({ body: (error as { text: string }).text });

function emitAll(ns: NSConn, ...events: readonly string[]): void {
  for (const event of events) ns.emit(event);
}
