import Fastify from 'fastify';
import { Container, inject, preDestroy } from 'inversify';
import {
  Conn,
  type Message,
  type Middleware,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  On,
  PublicError,
  reply,
  Use,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RawClient, startNefeli } from '../support/start-app.js';

type Controllers = NonNullable<NefeliOptions['controllers']>;

const start = (controllers: Controllers, container = new Container()) => startNefeli({ container, controllers });

const refusal = async (...controllers: Controllers): Promise<string> => {
  const app = Fastify();
  try {
    await app.register(nefeli, { container: new Container(), controllers });
  } catch (error) {
    return String(error);
  }
  return 'no error';
};

describe('a controller', () => {
  it('hears chat, onChat and OnChat with onChat, and tells the name that was sent from the canonical one', async () => {
    @Namespace('default')
    class Chat {
      onChat(msg: Message) {
        return [msg.event, msg.name];
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    for (const name of ['chat', 'onChat', 'OnChat']) {
      client.send(`$1;default;;${name};0;0;`);
      expect(await client.next()).toBe(`$1;default;;${name};0;0;["${name}","chat"]`);
    }
  });

  it('is called by nothing that is no event', async () => {
    const calls: string[] = [];
    class Base {
      once() {
        calls.push('once');
      }
    }
    @Namespace('default')
    class Chat extends Base {
      onlineUsers() {
        calls.push('onlineUsers');
      }
      get onGetter() {
        calls.push('getter');
        return () => calls.push('got');
      }
      #onHidden() {
        calls.push('hidden');
      }
      onChat() {
        this.#onHidden.name;
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    const names = [
      'once',
      'ce',
      'onlineUsers',
      'lineUsers',
      'constructor',
      'getter',
      'onGetter',
      '#onHidden',
      'hidden',
    ];
    for (const name of [...names, 'toString', '__proto__', 'hasOwnProperty', '__defineGetter__', '']) {
      client.send(`$1;default;;${name};0;0;`);
      expect(await client.next()).toBe(`$1;default;;${name};1;0;bad event`);
    }
    expect(calls).toEqual([]);
  });

  it('hears inherited events, and those that a subclass overrides once', async () => {
    class Base {
      onPing(): string {
        return 'base';
      }
      onOther(): string {
        return 'other';
      }
    }
    @Namespace('default')
    class Chat extends Base {
      override onPing(): string {
        return `sub of ${super.onPing()}`;
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    client.send('$1;default;;ping;0;0;', '$2;default;;other;0;0;');
    expect(await client.next()).toBe('$1;default;;ping;0;0;sub of base');
    expect(await client.next()).toBe('$2;default;;other;0;0;other');
  });

  it('inherits the names, schemas and middleware of a method, also where a subclass overrides what it does', async () => {
    const guard: Middleware = (ctx, next) => {
      if (ctx.kind !== 'connection' && ctx.body === '0') throw new PublicError('not zero');
      return next();
    };
    class Base {
      @Use(guard)
      @On('twice', { body: z.number() })
      double(msg: Message<number>) {
        return msg.body * 2;
      }
      @Use(guard)
      @On('half', { body: z.number() })
      halve(msg: Message<number>) {
        return msg.body / 2;
      }
    }
    @Namespace('default')
    class Chat extends Base {
      override halve(msg: Message<number>) {
        return Math.floor(super.halve(msg));
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    for (const [event, body, answer] of [
      ['twice', '4', '0;0;8'],
      ['half', '5', '0;0;2'],
      ['half', 'null', '1;0;invalid body: Invalid input: expected number, received null'],
      ['half', '0', '1;0;not zero'],
    ]) {
      client.send(`$1;default;;${event};0;0;${body}`);
      expect(await client.next()).toBe(`$1;default;;${event};${answer}`);
    }
  });

  it('keeps the middleware of a method that a subclass overrides outside of its own', async () => {
    const named =
      (name: string): Middleware =>
      async (_, next) =>
        `${name}(${await next()})`;
    const guard: Middleware = (ctx, next) => {
      if (ctx.kind !== 'connection' && ctx.body === 'secret') throw new PublicError('not allowed');
      return next();
    };
    class Base {
      @Use(guard, named('base'))
      onRemove(): string {
        return 'base';
      }
    }
    class Between extends Base {
      override onRemove(): string {
        return 'between';
      }
    }
    @Namespace('default')
    class Chat extends Between {
      @Use(named('outer'))
      @Use(named('inner'))
      override onRemove(): string {
        return 'sub';
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    client.send('$1;default;;remove;0;0;file', '$2;default;;remove;0;0;secret');

    expect(await client.next()).toBe('$1;default;;remove;0;0;base(outer(inner(sub)))');
    expect(await client.next()).toBe('$2;default;;remove;1;0;not allowed');
  });

  it('hears what nothing else hears, and raw messages, under whatever name its methods have', async () => {
    @Namespace('')
    class Chat {
      @On('_OnAnyEvent')
      rest(msg: Message) {
        return `any ${msg.event} ${msg.name}`;
      }
      @On('_OnNativeMessage')
      raw(msg: Message) {
        return reply(`raw ${msg.body} ${msg.isNative}`);
      }
      onChat() {
        return 'chat';
      }
    }
    const client = await RawClient.join(await start([Chat]), '');
    client.send('$1;;;sing;0;0;', 'text', '$2;;;chat;0;0;', '$3;;;_OnAnyEvent;0;0;');

    expect(await client.next()).toBe('$1;;;sing;0;0;any sing sing');
    expect(await client.next()).toBe('raw text true');
    expect(await client.next()).toBe('$2;;;chat;0;0;chat');
    expect(await client.next()).toBe('$3;;;_OnAnyEvent;1;0;bad event');
  });

  it('may be of one namespace with others, whether they are made for each connection or once for all', async () => {
    @Namespace('default')
    class Counter {
      #count = 0;
      onCount() {
        this.#count += 1;
        return this.#count;
      }
    }
    @Namespace('default')
    class Own {
      #count = 0;
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onOwn() {
        this.#count += 1;
        return `${this.#count} of ${this.ns.namespace}`;
      }
    }
    const app = await start([Counter, Own]);
    const [ada, bob] = [await RawClient.join(app, 'default'), await RawClient.join(app, 'default')];
    for (const client of [ada, bob]) client.send('$1;default;;own;0;0;');
    expect([await ada.next(), await bob.next()]).toEqual(Array(2).fill('$1;default;;own;0;0;1 of default'));
    ada.send('$1;default;;count;0;0;');
    expect(await ada.next()).toBe('$1;default;;count;0;0;1');
    bob.send('$1;default;;count;0;0;');
    expect(await bob.next()).toBe('$1;default;;count;0;0;2');
  });

  it('hears exactly the names given by @On, instead of its own', async () => {
    @Namespace('default')
    class Chat {
      @On('any name')
      @On('another')
      onChat() {
        return 'heard';
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    for (const name of ['any name', 'another']) {
      client.send(`$1;default;;${name};0;0;`);
      expect(await client.next()).toBe(`$1;default;;${name};0;0;heard`);
    }
    client.send('$1;default;;chat;0;0;');
    expect(await client.next()).toBe('$1;default;;chat;1;0;bad event');
  });

  it('hears its lifecycle, and refuses by throwing a PublicError', async () => {
    const events: string[] = [];
    @Namespace('default')
    class Chat {
      onNamespaceConnect(msg: Message) {
        events.push('connect');
        if (msg.body === 'no') throw new PublicError('not you');
      }
      onNamespaceConnected(_: Message, ns: NSConn) {
        events.push('connected');
        ns.emit('welcome');
      }
      onRoomJoin(msg: Message) {
        if (msg.room === 'closed') throw new PublicError('room closed');
        events.push(`join ${msg.room}`);
      }
      onRoomJoined(msg: Message) {
        events.push(`joined ${msg.room}`);
      }
      onRoomLeave(msg: Message) {
        events.push(`leave ${msg.room}`);
      }
      @On('_OnRoomLeft')
      afterwards(msg: Message) {
        events.push(`left ${msg.room}`);
      }
      onNamespaceDisconnect() {
        events.push('disconnect');
      }
    }
    const app = await start([Chat]);
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;no', '$2;default;;_OnNamespaceConnect;0;0;');
    client.send(
      '$3;default;closed;_OnRoomJoin;0;0;',
      '$4;default;a;_OnRoomJoin;0;0;',
      '$5;default;;_OnNamespaceDisconnect;0;0;',
    );

    await client.next();
    expect(await client.next()).toBe('$1;default;;_OnNamespaceConnect;1;0;not you');
    expect(await client.next()).toBe('$2;;;;;;');
    expect(await client.next()).toBe(';default;;welcome;0;0;');
    expect(await client.next()).toBe('$3;default;closed;_OnRoomJoin;1;0;room closed');
    expect(await client.next()).toBe('$4;;;;;;');
    expect(await client.next()).toBe('$5;;;;;;');
    const expected = ['connect', 'connect', 'connected', 'join a', 'joined a', 'disconnect', 'leave a', 'left a'];
    expect(events).toEqual(expected);
  });

  it('answers an emit only with reply(body)', async () => {
    @Namespace('default')
    class Chat {
      onQuiet() {
        return 'nobody hears';
      }
      onLoud() {
        return reply('heard');
      }
    }
    const client = await RawClient.join(await start([Chat]), 'default');
    client.send(';default;;quiet;0;0;', ';default;;loud;0;0;');
    expect(await client.next()).toBe(';default;;loud;0;0;heard');
  });
});

describe('a dynamic controller', () => {
  it('is made for each connection and namespace, and let go once after its last event', async () => {
    const life: string[] = [];
    let made = 0;
    @Namespace('default')
    class Chat {
      readonly #number = ++made;
      @inject(Conn) readonly conn!: Conn;
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onNumber() {
        return [this.#number, this.ns.conn.id === this.conn.id];
      }
      onNamespaceDisconnect() {
        life.push(`disconnect ${this.#number}`);
      }
      @preDestroy()
      tidy() {
        life.push(`preDestroy ${this.#number}`);
      }
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        life.push(`dispose ${this.#number}`);
      }
    }
    const app = await start([Chat]);
    expect(made).toBe(0);
    const ada = await RawClient.join(app, 'default');
    const bob = await RawClient.join(app, 'default');
    bob.send(
      '$1;default;;number;0;0;',
      '$2;default;;_OnNamespaceDisconnect;0;0;',
      '$3;default;;_OnNamespaceConnect;0;0;',
    );
    bob.send('$4;default;;number;0;0;');
    expect(await bob.next()).toBe('$1;default;;number;0;0;[2,true]');
    await bob.next();
    await bob.next();
    expect(await bob.next()).toBe('$4;default;;number;0;0;[3,true]');
    expect(life).toEqual(['disconnect 2', 'preDestroy 2', 'dispose 2']);
    ada.send('$1;default;;number;0;0;');
    expect(await ada.next()).toBe('$1;default;;number;0;0;[1,true]');

    await app.close();
    expect(
      life
        .slice(3)
        .filter((line) => line.startsWith('dispose'))
        .sort(),
    ).toEqual(['dispose 1', 'dispose 3']);
  });

  it('is one of several of its namespace, each with its own instance', async () => {
    @Namespace('default')
    class Alpha {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onAlpha() {
        return this.constructor.name;
      }
    }
    @Namespace('default')
    class Beta {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onBeta() {
        return this.constructor.name;
      }
    }
    const client = await RawClient.join(await start([Alpha, Beta]), 'default');
    client.send('$1;default;;alpha;0;0;', '$2;default;;beta;0;0;');
    expect(await client.next()).toBe('$1;default;;alpha;0;0;Alpha');
    expect(await client.next()).toBe('$2;default;;beta;0;0;Beta');
  });

  it('refuses the namespace when it cannot be made, and lets go those made before it', async () => {
    const life: string[] = [];
    @Namespace('default')
    class First {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onFirst() {}
      [Symbol.dispose]() {
        life.push('first let go');
      }
    }
    @Namespace('default')
    class Second {
      constructor(@inject(NSConn) readonly ns: NSConn) {
        throw new PublicError('not today');
      }
      onSecond() {}
    }
    const app = await start([First, Second]);
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    expect(await client.next()).toBe('$1;default;;_OnNamespaceConnect;1;0;not today');
    expect(life).toEqual(['first let go']);
    expect(app.nefeli.local.namespaces).toEqual([]);
  });
});

describe('a static controller', () => {
  it('is made once, at start, and gets the NSConn as second argument', async () => {
    let made = 0;
    @Namespace('')
    class Counter {
      #count = 0;
      constructor() {
        made += 1;
      }
      onCount(_: Message, ns: NSConn) {
        this.#count += 1;
        return `${this.#count} ${ns.namespace}|`;
      }
    }
    const app = await start([Counter]);
    expect(made).toBe(1);
    const ada = await RawClient.join(app, '');
    const bob = await RawClient.join(app, '');
    ada.send('$1;;;count;0;0;');
    expect(await ada.next()).toBe('$1;;;count;0;0;1 |');
    bob.send('$1;;;count;0;0;');
    expect(await bob.next()).toBe('$1;;;count;0;0;2 |');
    expect(made).toBe(1);
  });
});

describe('what is wrong in the code', () => {
  it('is refused at start: no @Namespace', async () => {
    class Chat {
      onChat() {}
    }
    expect(await refusal(Chat)).toMatch(/CONTROLLER_NOT_DECORATED: Chat is not decorated with @Namespace/);
  });

  it('is refused at start: no events', async () => {
    @Namespace('default')
    class Chat {
      chat() {}
    }
    expect(await refusal(Chat)).toMatch(/CONTROLLER_WITHOUT_EVENTS: Chat has no event/);
  });

  it('is refused at start: two methods for one event, in one controller or in two, in any spelling', async () => {
    @Namespace('default')
    class Twice {
      onChat() {}
      @On('OnChat')
      other() {}
    }
    @Namespace('default')
    class Chat {
      onChat() {}
    }
    @Namespace('default')
    class Talk {
      @On('chat')
      talk() {}
    }
    expect(await refusal(Twice)).toMatch(/EVENT_DUPLICATE.*"OnChat".*Twice\.onChat and by Twice\.other/);
    expect(await refusal(Chat, Talk)).toMatch(/EVENT_DUPLICATE.*"chat".*Chat\.onChat and by Talk\.talk/);
  });

  it('is refused at start: an arrow function where an event should be a method', async () => {
    @Namespace('default')
    class Chat {
      onChat = () => 'never called';
      onOther() {}
    }
    expect(await refusal(Chat)).toMatch(/HANDLER_NOT_METHOD: Chat\.onChat looks like an event/);
  });

  it('is refused at start: onNativeMessage in a namespace with a name', async () => {
    @Namespace('default')
    class Chat {
      onNativeMessage() {}
    }
    expect(await refusal(Chat)).toMatch(/NATIVE_MISPLACED.*"default"/);
  });

  it('is refused at start: controllers without a container', async () => {
    @Namespace('default')
    class Chat {
      onChat() {}
    }
    await expect(Fastify().register(nefeli, { controllers: [Chat] })).rejects.toThrow(
      /CONTROLLERS_NEED_CONTAINER.*Chat/,
    );
  });

  it('is refused at start: a map entry that is no function', async () => {
    const namespaces = { default: { chat: 'text' } };
    await expect(Fastify().register(nefeli, { namespaces: namespaces as never })).rejects.toThrow(
      /HANDLER_NOT_FUNCTION.*"chat".*string/,
    );
  });
});
