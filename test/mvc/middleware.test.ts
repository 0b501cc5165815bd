import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import {
  type Context,
  type Message,
  type Middleware,
  type MiddlewareObject,
  Namespace,
  type NefeliOptions,
  type Next,
  NSConn,
  nefeli,
  On,
  PublicError,
  Use,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

/** Notes when it is entered and left, and what it stands around. */
const noting =
  (name: string, notes: string[]): Middleware =>
  async (ctx, next) => {
    notes.push(`${name} ${ctx.kind}`);
    const result = await next();
    notes.push(`${name} after`);
    return result;
  };

const start = (options: NefeliOptions) => startNefeli({ container: new Container(), ...options });

describe('middleware', () => {
  it('stands around in the order server, namespace, controller, method, and in that order back', async () => {
    const notes: string[] = [];
    @Use(noting('class 1', notes), noting('class 2', notes))
    @Namespace('default')
    class Chat {
      @Use(noting('method 1', notes))
      @Use(noting('method 2', notes))
      onChat() {
        notes.push('handler');
        return 'done';
      }
    }
    const app = await start({
      controllers: [Chat],
      use: [noting('server', notes)],
      namespaces: { other: { chat() {} } },
      namespaceOptions: { default: { use: [noting('namespace', notes)] }, other: { use: [noting('never', notes)] } },
    });
    const client = await RawClient.join(app, 'default');
    notes.length = 0;
    client.send('$1;default;;chat;0;0;');

    expect(await client.next()).toBe('$1;default;;chat;0;0;done');
    const names = ['server', 'namespace', 'class 1', 'class 2', 'method 1', 'method 2'];
    expect(notes).toEqual([
      ...names.map((name) => `${name} ask`),
      'handler',
      ...[...names].reverse().map((name) => `${name} after`),
    ]);
  });

  it('stands around connecting a namespace and joining a room in the same order, outside of all controllers there', async () => {
    const notes: string[] = [];
    class Noting implements MiddlewareObject {
      use(ctx: Context, next: Next) {
        return noting('class of a container', notes)(ctx, next);
      }
    }
    @Use(Noting)
    @Namespace('default')
    class First {
      @Use(noting('method', notes))
      onRoomJoin() {
        notes.push('first joins');
      }
      onNamespaceConnect() {
        notes.push('first connects');
      }
    }
    @Use(noting('second', notes))
    @Namespace('default')
    class Second {
      onRoomJoin() {
        notes.push('second joins');
      }
      onNamespaceConnected() {
        notes.push('connected');
      }
    }
    const app = await start({
      controllers: [First, Second],
      use: [noting('server', notes)],
      namespaceOptions: { default: { use: [noting('namespace', notes)] } },
    });
    const client = await RawClient.join(app, 'default');
    const around = (kind: string, ...inner: string[]) => {
      const names = ['server', 'namespace', 'class of a container', 'second'];
      const after = names.map((name) => `${name} after`).reverse();
      return [...names.map((name) => `${name} ${kind}`), ...inner, ...after];
    };
    expect(notes.splice(0)).toEqual([
      'server connection',
      'server after',
      ...around('namespace', 'first connects'),
      'connected',
    ]);
    client.send('$1;default;a;_OnRoomJoin;0;0;');

    expect(await client.next()).toBe('$1;;;;;;');
    expect(notes).toEqual(around('room', 'method room', 'first joins', 'method after', 'second joins'));
  });

  it('stands around lifecycle events where it is written on their methods, and refuses there, too', async () => {
    const notes: string[] = [];
    const members: Middleware = (ctx, next) => {
      if (ctx.kind === 'room' && ctx.room === 'staff') throw new PublicError('members only');
      return next();
    };
    @Namespace('default')
    class Chat {
      @Use(members)
      onRoomJoin() {
        notes.push('joins');
      }
      @Use(noting('left', notes))
      @On('_OnRoomLeft')
      goodbye() {}
      @Use(noting('any', notes))
      onAnyEvent() {
        return 'any';
      }
    }
    const client = await RawClient.join(await start({ controllers: [Chat] }), 'default');
    client.send('$1;default;staff;_OnRoomJoin;0;0;', '$2;default;a;_OnRoomJoin;0;0;', '$3;default;;what;0;0;');
    client.send('$4;default;a;_OnRoomLeave;0;0;', '$5;default;;what;0;0;');

    expect(await client.next()).toBe('$1;default;staff;_OnRoomJoin;1;0;members only');
    for (const answer of ['$2;;;;;;', '$3;default;;what;0;0;any', '$4;;;;;;', '$5;default;;what;0;0;any']) {
      expect(await client.next()).toBe(answer);
    }
    expect(notes).toEqual(['joins', 'any ask', 'any after', 'left room', 'left after', 'any ask', 'any after']);
  });

  it('stands around connections, namespaces, rooms, events, asks and raw messages, also where nothing hears them', async () => {
    const seen: string[] = [];
    const watch: Middleware = (ctx, next) => {
      seen.push(ctx.kind === 'connection' ? ctx.kind : `${ctx.kind} ${ctx.namespace} ${ctx.room} ${ctx.event}`);
      return next();
    };
    const app = await start({
      use: [watch],
      namespaces: { '': { chat: () => {}, onNativeMessage: () => {} } },
    });
    const client = await RawClient.join(app, '');
    client.send('$1;;a;_OnRoomJoin;0;0;', ';;a;chat;0;0;', 'raw', '$2;;;chat;0;0;');
    await client.next();
    await client.next();

    expect(seen).toEqual([
      'connection',
      'namespace   _OnNamespaceConnect',
      'room  a _OnRoomJoin',
      'event  a chat',
      'native   _OnNativeMessage',
      'ask   chat',
    ]);
  });

  it('refuses by throwing: a connection, a namespace, a room, an ask', async () => {
    const refuse =
      (kind: Context['kind']): Middleware =>
      (ctx, next) => {
        if (ctx.kind === kind) throw new PublicError(`no ${kind}`);
        return next();
      };
    const namespaces = { default: { chat: () => 'never' } };
    const opened = async (kind: Context['kind']) =>
      await RawClient.open(await start({ use: [refuse(kind)], namespaces }));

    const connection = await opened('connection');
    connection.send('M');
    expect(await connection.next()).toBe('Hno connection');
    const namespace = await opened('namespace');
    namespace.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await namespace.next();
    expect(await namespace.next()).toBe('$1;default;;_OnNamespaceConnect;1;0;no namespace');
    for (const [kind, frame] of [
      ['room', '$1;default;a;_OnRoomJoin'],
      ['ask', '$1;default;;chat'],
    ] as const) {
      const client = await RawClient.join(await start({ use: [refuse(kind)], namespaces }), 'default');
      client.send(`${frame};0;0;`);
      expect(await client.next()).toBe(`${frame};1;0;no ${kind}`);
    }
  });

  it('that refuses a namespace lets the controllers go that were made for it, once', async () => {
    const life: string[] = [];
    @Use(() => {
      throw new PublicError('closed');
    })
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) readonly ns: NSConn) {
        life.push('made');
      }
      onChat() {}
      onNamespaceDisconnect() {
        life.push('never connected');
      }
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        life.push('let go');
      }
    }
    const app = await start({ controllers: [Chat] });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();

    expect(await client.next()).toBe('$1;default;;_OnNamespaceConnect;1;0;closed');
    await app.close();
    expect(life).toEqual(['made', 'let go']);
  });

  it('may be a class around connections, too, with its services: at the server and at a namespace', async () => {
    class Doors {
      readonly closed = new Set(['connection', 'room']);
    }
    class Door implements MiddlewareObject {
      constructor(@inject(Doors) private readonly doors: Doors) {}
      use({ kind }: Context, next: Next) {
        if (this.doors.closed.has(kind)) throw new PublicError(`no ${kind}`);
        return next();
      }
    }
    const container = new Container();
    container.bind(Doors).toSelf().inSingletonScope();
    const namespaces = { default: { chat: () => {} } };
    const guarded = await RawClient.open(await start({ container, namespaces, use: [Door] }));
    guarded.send('M');
    expect(await guarded.next()).toBe('Hno connection');

    const namespaceOptions = { default: { use: [Door] } };
    const member = await RawClient.join(await start({ container, namespaces, namespaceOptions }), 'default');
    member.send('$1;default;a;_OnRoomJoin;0;0;');
    expect(await member.next()).toBe('$1;default;a;_OnRoomJoin;1;0;no room');
  });

  it('changes results and catches errors', async () => {
    const doubling: Middleware = async (_, next) => Number(await next()) * 2;
    const forgiving: Middleware = async (_, next) => {
      try {
        return await next();
      } catch {
        return 'forgiven';
      }
    };
    @Namespace('default')
    class Chat {
      @Use(doubling)
      onNumber() {
        return 21;
      }
      @Use(forgiving)
      onFail() {
        throw new Error('secret');
      }
    }
    const client = await RawClient.join(await start({ controllers: [Chat] }), 'default');
    client.send('$1;default;;number;0;0;', '$2;default;;fail;0;0;');
    expect(await client.next()).toBe('$1;default;;number;0;0;42');
    expect(await client.next()).toBe('$2;default;;fail;0;0;forgiven');
  });

  it('hands on state, and shares it with nobody else', async () => {
    const states: unknown[] = [];
    const setting: Middleware = (ctx, next) => {
      states.push(ctx.state.get('who'));
      ctx.state.set('who', 'ada');
      return next();
    };
    const reading: Middleware = (ctx, next) => {
      states.push(ctx.state.get('who'));
      return next();
    };
    @Namespace('default')
    class Chat {
      @Use(setting, reading)
      onChat() {
        return 'ok';
      }
    }
    const client = await RawClient.join(await start({ controllers: [Chat] }), 'default');
    for (const token of ['$1', '$2']) {
      client.send(`${token};default;;chat;0;0;`);
      await client.next();
    }
    expect(states).toEqual([undefined, 'ada', undefined, 'ada']);
  });

  it('may be a class, made once by the container with its services', async () => {
    class Words {
      readonly forbidden = 'darn';
    }
    let made = 0;
    class Polite implements MiddlewareObject {
      constructor(@inject(Words) private readonly words: Words) {
        made += 1;
      }
      use(ctx: Context, next: Next): unknown {
        if (ctx.kind === 'event' && String(ctx.message.body).includes(this.words.forbidden))
          throw new PublicError('be polite');
        return next();
      }
    }
    @Use(Polite)
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) private readonly ns: NSConn) {}
      onChat(msg: Message) {
        this.ns.emit('echo', msg.body);
      }
    }
    const container = new Container();
    container.bind(Words).toSelf();
    const app = await start({ container, controllers: [Chat], use: [] });
    const clients = [await RawClient.join(app, 'default'), await RawClient.join(app, 'default')];
    for (const client of clients) {
      client.send(';default;;chat;0;0;hello', ';default;;chat;0;0;darn');
      expect(await client.next()).toBe(';default;;echo;0;0;hello');
      expect(await client.next()).toBe(';default;;chat;1;0;be polite');
    }
    expect(made).toBe(1);
  });

  it('is inherited with the class, outside of what the subclass adds', async () => {
    const notes: string[] = [];
    @Use(noting('base', notes))
    class Base {
      @Use(noting('base method', notes))
      onChat() {}
    }
    @Use(noting('sub', notes))
    @Namespace('default')
    class Chat extends Base {}
    const client = await RawClient.join(await start({ controllers: [Chat] }), 'default');
    notes.length = 0;
    client.send('$1;default;;chat;0;0;');
    await client.next();
    expect(notes.slice(0, 3)).toEqual(['base ask', 'sub ask', 'base method ask']);
  });

  it('may call next once: a second call is an error of its own', async () => {
    const errors: unknown[] = [];
    const twice: Middleware = async (_, next) => {
      await next();
      return await next();
    };
    const runs: string[] = [];
    const namespaces = { default: { onNamespaceConnect: () => void runs.push('connect') } };
    const app = await start({
      namespaces,
      namespaceOptions: { default: { use: [twice] } },
      onError: (error) => void errors.push(error),
    });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    expect(await client.next()).toMatch(/;1;0;internal error /);
    expect(String(errors[0])).toMatch(/NEXT_CALLED_TWICE: twice has called next\(\) twice/);
    expect(runs).toEqual(['connect']);
  });

  it.each<[string, new () => object]>([
    [
      'the method of guards elsewhere',
      class Guard {
        canActivate(): boolean {
          return false;
        }
      },
    ],
    [
      'use as a function in a property',
      class Guard {
        use = (_: unknown, next: Next): unknown => next();
      },
    ],
  ])('is refused at start when it is a class that cannot be called: with %s', async (_, Guard) => {
    const message =
      'OPTION_INVALID: the option middleware of @Use(…) or use is the class Guard, but must be a function (ctx, next) => …, ' +
      'or a class with the method use(ctx, next): on the prototype, not in a property.';
    const guard = Guard as never; // the compiler sees it
    @Namespace('default')
    class Chat {
      @Use(guard)
      onChat() {}
    }
    const namespaces = { other: { chat() {} } };

    await expect(start({ controllers: [Chat] })).rejects.toThrow(message);
    await expect(start({ use: [guard], namespaces })).rejects.toThrow(message);
    await expect(start({ namespaceOptions: { other: { use: [guard] } }, namespaces })).rejects.toThrow(message);
  });

  it('is refused at start when it needs a connection for itself, or a container that is not there', async () => {
    class Nosy implements MiddlewareObject {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      use(_: Context, next: Next): unknown {
        return next();
      }
    }
    const namespaces = { default: { chat: () => {} } };
    await expect(Fastify().register(nefeli, { namespaces, container: new Container(), use: [Nosy] })).rejects.toThrow(
      /CAPTIVE_CONNECTION: .*Nosy \(singleton\) > NSConn \(middleware is made once, and gets them as ctx\)/,
    );
    await expect(Fastify().register(nefeli, { namespaces, use: [Nosy] })).rejects.toThrow(
      /CONTROLLERS_NEED_CONTAINER.*Nosy/,
    );
  });

  it('gets the request, a signal and a state of its own for connections and messages alike', async () => {
    const seen: unknown[] = [];
    const looking: Middleware = (ctx, next) => {
      ctx.state.set('kind', ctx.kind);
      seen.push([ctx.state.size, ctx.state.get('kind'), ctx.request.url, ctx.signal.aborted, ctx.conn.id]);
      return next();
    };
    const app = await start({ namespaces: { default: { chat: () => 'ok' } }, use: [looking], idGenerator: () => 'id' });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;chat;0;0;');
    await client.next();

    expect(seen).toEqual(['connection', 'namespace', 'ask'].map((kind) => [1, kind, '/ws', false, 'id']));
  });

  it('hears in ctx.signal that the connection has closed while it stands around a handler', async () => {
    let enter = (): void => {};
    const entered = new Promise<void>((resolve) => {
      enter = resolve;
    });
    const seen: string[] = [];
    const watching: Middleware = async (ctx, next) => {
      if (ctx.kind !== 'event') return await next();
      enter();
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      seen.push(String(ctx.signal.reason));
      return undefined;
    };
    const app = await start({
      namespaces: { default: { chat: () => 'ok' } },
      namespaceOptions: { default: { use: [watching] } },
    });
    const client = await RawClient.join(app, 'default');
    client.send(';default;;chat;0;0;');
    await entered;
    client.socket.terminate();
    await app.close();

    expect(seen).toEqual([expect.stringContaining('CONN_CLOSED')]);
  });

  it('aborts the signal of its run, which the handler hears, and not that of the connection', async () => {
    const seen: unknown[] = [];
    const reason = new Error('enough');
    const aborting: Middleware = async (ctx, next) => {
      ctx.abort(reason);
      ctx.abort('not the first');
      const result = await next();
      seen.push([ctx.kind, ctx.signal.reason === reason, ctx.conn.signal.aborted]);
      return result;
    };
    const chat = (msg: Message) => (msg.signal.reason === reason ? 'heard' : 'not heard');
    const app = await start({ namespaces: { default: { chat } }, use: [aborting] });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;chat;0;0;');

    expect(await client.next()).toBe('$1;default;;chat;0;0;heard');
    expect(seen).toEqual(['connection', 'namespace', 'ask'].map((kind) => [kind, true, false]));
  });

  it('aborts with an AbortError where it names no reason', async () => {
    const reasons: unknown[] = [];
    const aborting: Middleware = (ctx, next) => {
      ctx.abort();
      reasons.push(ctx.signal.reason);
      return next();
    };
    await RawClient.join(await start({ namespaces: { default: {} }, use: [aborting] }), 'default');

    expect(reasons).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }]);
  });

  it('hears in ctx.signal that a connection has closed before it was let in', async () => {
    let enter = (): void => {};
    const entered = new Promise<void>((resolve) => {
      enter = resolve;
    });
    const closing: Middleware = (ctx) =>
      new Promise((_, reject) => {
        ctx.signal.addEventListener('abort', () => {
          seen.push(String(ctx.signal.reason));
          reject(ctx.signal.reason);
        });
        enter();
      });
    const seen: string[] = [];
    const app = await start({ namespaces: { default: {} }, use: [closing] });
    const client = await RawClient.open(app);
    await entered;
    client.socket.terminate();
    await app.close();

    expect(seen).toEqual([expect.stringContaining('CONN_CLOSED')]);
  });
});
