import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import {
  Body,
  Conn,
  CurrentSession,
  CurrentUser,
  createParamDecorator,
  Logger,
  type Message,
  type MessageContext,
  type Middleware,
  Msg,
  Namespace,
  type NefeliOptions,
  NSConn,
  Ns,
  nefeli,
  On,
  PublicError,
  Request,
  RoomName,
  Use,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';

type Controllers = NonNullable<NefeliOptions['controllers']>;

const start = (controllers: Controllers, options: NefeliOptions = {}) =>
  startNefeli({ container: new Container(), controllers, ...options });

/** A client in the namespace, that asks and gives the answer as it came. */
async function asker(
  app: Awaited<ReturnType<typeof start>>,
): Promise<(event: string, body?: string, room?: string) => Promise<string>> {
  const client = await RawClient.join(app, 'default');
  return async (event, body = '', room = '') => {
    client.send(`$1;default;${room};${event};0;0;${body}`);
    return String(await client.next());
  };
}

const refusal = async (...controllers: Controllers): Promise<string> => {
  try {
    await Fastify().register(nefeli, { container: new Container(), controllers });
  } catch (error) {
    return String(error);
  }
  return 'no error';
};

const Field = createParamDecorator((ctx, name: string) => (ctx.body as Record<string, unknown>)[name]);
const State = createParamDecorator((ctx, key: string) => ctx.state.get(key));
const Ctx = createParamDecorator((ctx) => ctx);
const Kind = createParamDecorator((ctx) => ctx.kind);
const Later = createParamDecorator(async (ctx, text: string) => {
  await Promise.resolve();
  return `${text} ${ctx.event}`;
});
const Refusing = createParamDecorator(() => {
  throw new PublicError('not for you');
});

describe('a decorated parameter', () => {
  it('gets the body, the message, the NSConn, the Conn, the room, the request, the user and the logger', async () => {
    const seen: unknown[] = [];
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) readonly own: NSConn) {}
      onAll(
        @Logger() log: Logger,
        @CurrentUser() user: unknown,
        @Request() request: Request,
        @RoomName() room: string,
        @Conn() conn: Conn,
        @Ns() ns: NSConn,
        @Msg() msg: Message,
        @Body() body: Body,
      ) {
        seen.push(log === conn.log, user, request === conn.request, request.url, conn === ns.conn, ns === this.own);
        return [room, msg.event, msg.room, body];
      }
    }
    const app = await start([Chat], { user: () => 'ada' });
    const ask = await asker(app);
    await ask('_OnRoomJoin', '', 'lobby');

    expect(await ask('all', 'text', 'lobby')).toBe('$1;default;lobby;all;0;0;["lobby","all","lobby","text"]');
    expect(seen).toEqual([true, 'ada', true, '/ws', true, true]);
  });

  it('gets the session of the request, and SESSION_MISSING is the error of the handler where there is none', async () => {
    @Namespace('default')
    class Chat {
      onWho(@CurrentSession() session: { readonly name: string }) {
        return session.name;
      }
    }
    const errors: unknown[] = [];
    const app = await startApp(async (app) => {
      app.decorateRequest('session', null);
      app.addHook('onRequest', async (request) => {
        if (request.headers['x-name']) Object.assign(request, { session: { name: request.headers['x-name'] } });
      });
      const onError = (error: unknown): void => void errors.push(error);
      await app.register(nefeli, { path: '/ws', container: new Container(), controllers: [Chat], onError });
    });
    const known = await RawClient.join(app, 'default', { headers: { 'x-name': 'ada' } });
    known.send('$1;default;;who;0;0;');
    expect(await known.next()).toBe('$1;default;;who;0;0;ada');

    expect(await (await asker(app))('who')).toMatch(/;1;0;internal error [0-9a-f]{16}$/);
    expect(String(errors[0])).toMatch(/SESSION_MISSING: the request of this connection has no session/);
  });

  it('leaves the first parameter to the message and the second to the NSConn where these are not decorated', async () => {
    @Namespace('default')
    class Chat {
      onFirst(@Body() body: Body, ns: NSConn) {
        return [body, ns.namespace];
      }
      onSecond(msg: Message, @RoomName() room: string, @Ns() ns: NSConn) {
        return [msg.body, room, ns.namespace];
      }
      onDefault(msg: Message, @Body() body: Body, more = 'default') {
        return [msg.event, body, more];
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('first', 'a')).toBe('$1;default;;first;0;0;["a","default"]');
    expect(await ask('second', 'b')).toBe('$1;default;;second;0;0;["b","","default"]');
    expect(await ask('default', 'c')).toBe('$1;default;;default;0;0;["default","c","default"]');
  });

  it('gets the checked body where the event has a schema, and the handler is not called with another', async () => {
    let calls = 0;
    @Namespace('default')
    class Chat {
      @On('sum', { body: z.array(z.number()) })
      onSum(@Body() numbers: number[], @Msg() msg: Message<number[]>, @Ns() ns: NSConn) {
        calls += 1;
        return [numbers.reduce((a, b) => a + b, 0), msg.body === numbers, ns.namespace];
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('sum', '[1,2,3]')).toBe('$1;default;;sum;0;0;[6,true,"default"]');
    expect(await ask('sum', '["x"]')).toMatch(/;1;0;invalid body: 0: /);
    expect(calls).toBe(1);
  });

  it('is read for every event of its method: lifecycle, catch-all and raw messages', async () => {
    const heard: unknown[] = [];
    @Namespace('')
    class Chat {
      onNamespaceConnected(@Kind() kind: string, @Conn() conn: Conn) {
        heard.push([kind, conn.id]);
      }
      onRoomJoin(@RoomName() room: string, @Kind() kind: string) {
        heard.push([kind, room]);
      }
      onRoomLeft(@RoomName() room: string, @Kind() kind: string) {
        heard.push([kind, room]);
      }
      onAnyEvent(@Kind() kind: string, @Body() body: Body) {
        heard.push([kind, body]);
      }
      onNativeMessage(@Kind() kind: string, @Body() body: Body) {
        heard.push([kind, body]);
      }
      onNamespaceDisconnect(@Kind() kind: string) {
        heard.push([kind]);
      }
    }
    const client = await RawClient.join(await start([Chat], { idGenerator: () => 'id' }), '');
    client.send('$1;;a;_OnRoomJoin;0;0;', ';;;any;0;0;1', '$2;;;any;0;0;2', 'raw', '$3;;a;_OnRoomLeave;0;0;');
    client.send('$4;;;_OnNamespaceDisconnect;0;0;');
    for (let frame = await client.next(); frame !== '$4;;;;;;'; ) frame = await client.next();

    expect(heard).toEqual([
      ['namespace', 'id'],
      ['room', 'a'],
      ['event', '1'],
      ['ask', '2'],
      ['native', 'raw'],
      ['room', 'a'],
      ['namespace'],
    ]);
  });

  it('is inherited with its method, and not by a method that overrides it', async () => {
    class Base {
      onKept(@Body() body: Body) {
        return body;
      }
      onAnew(@Body() body: Body) {
        return body;
      }
      onPlain(@Body() body: unknown): string {
        return typeof body;
      }
    }
    @Namespace('default')
    class Chat extends Base {
      override onAnew(@RoomName() room: string) {
        return `room "${room}"`;
      }
      override onPlain(msg: unknown) {
        return `now ${typeof msg}`;
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('kept', 'text')).toBe('$1;default;;kept;0;0;text');
    expect(await ask('anew', 'text')).toBe('$1;default;;anew;0;0;room ""');
    expect(await ask('plain', 'text')).toBe('$1;default;;plain;0;0;now object');
  });

  it('is read with this as ever, in a controller for each connection and in one for all', async () => {
    @Namespace('default')
    class Own {
      readonly #greeting = 'hello';
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onOwn(@Body() name: Body) {
        return `${this.#greeting} ${String(name)} of ${this.ns.namespace}`;
      }
    }
    @Namespace('default')
    class Shared {
      #count = 0;
      onShared(@Body() name: Body) {
        this.#count += 1;
        return `${String(name)} ${this.#count}`;
      }
    }
    const app = await start([Own, Shared]);
    const [ada, bob] = [await asker(app), await asker(app)];

    expect(await ada('own', 'ada')).toBe('$1;default;;own;0;0;hello ada of default');
    expect(await ada('shared', 'ada')).toBe('$1;default;;shared;0;0;ada 1');
    expect(await bob('shared', 'bob')).toBe('$1;default;;shared;0;0;bob 2');
  });
});

describe('createParamDecorator', () => {
  it('gives what its function makes of the context and of what stands in the parentheses', async () => {
    @Namespace('default')
    class Chat {
      @On('rename', { body: z.object({ from: z.string(), to: z.string() }) })
      onRename(@Field('to') to: unknown, @Field('from') from: unknown, @Kind() kind: string) {
        return [from, to, kind];
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('rename', '{"from":"a","to":"b"}')).toBe('$1;default;;rename;0;0;["a","b","ask"]');
  });

  it('is given the context that middleware has seen, with the state that was left in it', async () => {
    const seen: unknown[] = [];
    const leaving: Middleware = async (ctx, next) => {
      ctx.state.set('who', 'ada');
      seen.push(ctx, ctx.kind === 'connection' || ctx.body);
      const result = await next();
      seen.push(ctx.kind === 'connection' || ctx.body);
      return result;
    };
    @Namespace('default')
    class Chat {
      @Use(leaving)
      @On('chat', { body: z.string().transform((text) => text.length) })
      onChat(@State('who') who: unknown, @Ctx() ctx: MessageContext) {
        seen.push(ctx);
        return [who, ctx.body, ctx.message.body];
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('chat', '"hello"')).toBe('$1;default;;chat;0;0;["ada",5,"\\"hello\\""]');
    const [outside, bodyBefore, inside, bodyAfter] = seen;
    expect(inside).toBe(outside);
    expect([bodyBefore, bodyAfter]).toEqual(['"hello"', 5]);
  });

  it('makes one context for all parameters of a message, and another for the next message', async () => {
    const seen: MessageContext[] = [];
    @Namespace('default')
    class Chat {
      onChat(@Ctx() one: MessageContext, @Ctx() other: MessageContext) {
        seen.push(one, other);
        return [one.event, one.room, one.namespace, one.ns.namespace, one.conn.id, one.request.url, one.signal.aborted];
      }
    }
    const ask = await asker(await start([Chat], { idGenerator: () => 'id' }));

    expect(await ask('chat')).toBe('$1;default;;chat;0;0;["chat","","default","default","id","/ws",false]');
    await ask('chat');
    expect(seen[1]).toBe(seen[0]);
    expect(seen[3]).toBe(seen[2]);
    expect(seen[2]).not.toBe(seen[0]);
  });

  it('waits for what takes time before the method is called', async () => {
    @Namespace('default')
    class Chat {
      onSlow(@Later('first') first: string, @Body() body: Body, @Later('second') second: string) {
        return [first, body, second];
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('slow', 'text')).toBe('$1;default;;slow;0;0;["first slow","text","second slow"]');
  });

  it('stays in the turn of the message where nothing takes time', async () => {
    const notes: string[] = [];
    const Noting = createParamDecorator(() => queueMicrotask(() => notes.push('microtask')));
    @Namespace('default')
    class Chat {
      onQuick(@Noting() _: unknown) {
        notes.push('handler');
      }
      onSlow(@Noting() _: unknown, @Later('') __: string) {
        notes.push('handler');
      }
    }
    const ask = await asker(await start([Chat]));
    await ask('quick');
    await ask('slow');

    expect(notes).toEqual(['handler', 'microtask', 'microtask', 'handler']);
  });

  it('refuses with what it throws or rejects with, and the method is not called', async () => {
    const Rejecting = createParamDecorator(() => Promise.reject(new Error('secret')));
    const calls: unknown[] = [];
    const errors: unknown[] = [];
    @Namespace('default')
    class Chat {
      onThrow(@Refusing() _: unknown) {
        calls.push('throw');
      }
      onReject(@Rejecting() _: unknown) {
        calls.push('reject');
      }
      onRoomJoin(@Refusing() _: unknown) {
        calls.push('join');
      }
    }
    const ask = await asker(await start([Chat], { onError: (error) => void errors.push(error) }));

    expect(await ask('throw')).toBe('$1;default;;throw;1;0;not for you');
    expect(await ask('reject')).toMatch(/^\$1;default;;reject;1;0;internal error /);
    expect(await ask('_OnRoomJoin', '', 'a')).toBe('$1;default;a;_OnRoomJoin;1;0;not for you');
    expect(calls).toEqual([]);
    expect(errors.map(String)).toEqual(['Error: secret']);
  });

  it('leaves no rejection unheard where one parameter throws and another one rejects', async () => {
    const unheard: unknown[] = [];
    const listen = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', listen);
    const Rejecting = createParamDecorator(() => Promise.reject(new Error('secret')));
    @Namespace('default')
    class Chat {
      onBoth(@Rejecting() _: unknown, @Refusing() __: unknown) {}
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('both')).toBe('$1;default;;both;1;0;not for you');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });
});

describe('parameters that cannot work', () => {
  it('are refused at start: a third that nothing says the value of, with decorators and without', async () => {
    @Namespace('default')
    class Plain {
      onChat(_: Message, __: NSConn, ___: unknown) {}
    }
    @Namespace('default')
    class Decorated {
      onChat(@Body() _: Body, __: NSConn, ___: Message) {}
    }
    @Namespace('default')
    class Between {
      onChat(@Body() _: Body, __: NSConn, ___: unknown, @RoomName() ____: string) {}
    }
    @Namespace('default')
    class Lifecycle {
      onRoomJoin(_: Message, __: NSConn, ___: unknown) {}
    }

    expect(await refusal(Plain)).toMatch(
      /HANDLER_PARAMETER: the parameter 3 of Plain\.onChat gets nothing: .* Put a decorator on it \(@Body\(\), /,
    );
    expect(await refusal(Decorated)).toMatch(/HANDLER_PARAMETER: the parameter 3 of Decorated\.onChat gets nothing/);
    expect(await refusal(Between)).toMatch(/HANDLER_PARAMETER: the parameter 3 of Between\.onChat gets nothing/);
    expect(await refusal(Lifecycle)).toMatch(/HANDLER_PARAMETER: the parameter 3 of Lifecycle\.onRoomJoin/);
  });

  it('are refused at start: one with two decorators', async () => {
    @Namespace('default')
    class Chat {
      onChat(_: Message, @Body() @RoomName() __: unknown) {}
    }

    expect(await refusal(Chat)).toMatch(/HANDLER_PARAMETER: the parameter 2 of Chat\.onChat has two decorators/);
  });

  it('are nobody’s business in a method that hears nothing, or behind a default value', async () => {
    @Namespace('default')
    class Chat {
      onChat(_: Message, __?: NSConn, more = 'default', ...rest: unknown[]) {
        return this.add(more, rest.length, 1);
      }
      add(text: string, a: number, b: number) {
        return `${text} ${a + b}`;
      }
    }
    const ask = await asker(await start([Chat]));

    expect(await ask('chat')).toBe('$1;default;;chat;0;0;default 1');
  });

  it('are refused where the class is written: a constructor, a property, a static method, a method, a class', () => {
    const misplaced = (decorator: unknown): ParameterDecorator & PropertyDecorator & MethodDecorator & ClassDecorator =>
      decorator as never; // the compiler refuses each of these
    const onRequest = misplaced(Request());
    const body = misplaced(Body());
    const places: (() => unknown)[] = [
      () => {
        class Chat {
          constructor(@onRequest readonly request: Request) {}
        }
        return Chat;
      },
      () => {
        class Chat {
          @onRequest readonly request: unknown;
        }
        return Chat;
      },
      () => {
        class Chat {
          static onChat(@body _: unknown) {}
          onOther() {}
        }
        return Chat;
      },
      () => {
        class Chat {
          @body onChat() {}
        }
        return Chat;
      },
      () => {
        @body
        class Chat {}
        return Chat;
      },
      () => {
        class Chat {
          constructor(@misplaced(Ns()) readonly ns: NSConn) {}
        }
        return Chat;
      },
      () => {
        class Chat {
          constructor(@misplaced(Field('name')) readonly name: string) {}
        }
        return Chat;
      },
      () => {
        const tenant = (ctx: MessageContext): unknown => ctx.state.get('tenant');
        class Chat {
          constructor(@misplaced(createParamDecorator(tenant)()) readonly name: string) {}
        }
        return Chat;
      },
    ];
    const messages = places.map((place) => {
      try {
        return String(place());
      } catch (error) {
        return (error as Error).message; // a WsError
      }
    });

    const handlers = 'and is for parameters of handlers.';
    const move = 'A constructor has no message: move it to a parameter of a method that hears an event.';
    expect(messages).toEqual([
      `PARAMETER_MISPLACED: @Request() stands on the constructor of Chat, ${handlers} Write @inject(Request) there.`,
      `PARAMETER_MISPLACED: @Request() stands on the member Chat.request itself, ${handlers} Write @inject(Request) there.`,
      `PARAMETER_MISPLACED: @Body() stands on the static method Chat.onChat, ${handlers} ${move}`,
      `PARAMETER_MISPLACED: @Body() stands on the member Chat.onChat itself, ${handlers} ${move}`,
      `PARAMETER_MISPLACED: @Body() stands on the class Chat, ${handlers} ${move}`,
      `PARAMETER_MISPLACED: @Ns() stands on the constructor of Chat, ${handlers} In a constructor write @inject(NSConn).`,
      `PARAMETER_MISPLACED: a parameter decorator stands on the constructor of Chat, ${handlers} Move it to a parameter of a method that hears an event.`,
      `PARAMETER_MISPLACED: the parameter decorator of tenant stands on the constructor of Chat, ${handlers} Move it to a parameter of a method that hears an event.`,
    ]);
  });
});
