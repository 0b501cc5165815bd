import type { FastifyInstance, FastifyRequest } from 'fastify';

import { Container } from 'inversify';
import {
  Body,
  Conn,
  type ConnHandlers,
  CurrentSession,
  CurrentUser,
  createParamDecorator,
  eventMatchers,
  joinConnHandlers,
  Logger,
  type Message,
  type MessageContext,
  Msg,
  Namespace,
  type NefeliOptions,
  NSConn,
  Ns,
  On,
  type ParamDecorator,
  Request,
  type Room,
  RoomName,
  withTimeouts,
} from 'nefeli';

import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

interface ChatEvents {
  chat: { from: string; text: string };
  tick: undefined;
  note: string | undefined;
}

/** Never called: the compiler alone looks at it. */
function sendsWhatIsDeclared(ns: NSConn<ChatEvents>, any: NSConn): void {
  ns.emit('chat', { from: 'ada', text: 'hello' });
  ns.emit('tick');
  ns.emit('note');
  ns.broadcast('note', 'text');
  // @ts-expect-error no such event
  ns.emit('chatt', { from: 'ada', text: 'hello' });
  // @ts-expect-error a field is missing
  ns.emit('chat', { from: 'ada' });
  // @ts-expect-error the body is missing
  ns.emit('chat');
  // @ts-expect-error the event has no body
  ns.broadcastOthers('tick', 5);
  ns.room('lobby')?.broadcast('chat', { from: 'ada', text: 'hello' });
  // @ts-expect-error a room of typed events is typed, too
  ns.room('lobby')?.emit('chat', 5);
  any.emit('anything', { at: 'all' });
  any.emit('anything');
}

/** Never called. */
function standsInForLess(chat: NSConn<ChatEvents>, room: Room<ChatEvents>, any: NSConn): readonly unknown[] {
  const fewer: NSConn<{ tick: undefined }> = chat;
  const narrower: NSConn<{ note: string }> = chat;
  const fewerInRoom: Room<{ tick: undefined }> = room;
  const anything: NSConn = chat;
  const listed: NSConn<ChatEvents> = any;
  const ofAnyList = <Events extends { [Name in keyof Events]: unknown }>(ns: NSConn<Events>): NSConn => ns;
  // @ts-expect-error an event more
  const more: NSConn<ChatEvents> = fewer;
  // @ts-expect-error an event more, in a room
  const moreInRoom: Room<ChatEvents> = fewerInRoom;
  // @ts-expect-error a body more
  const wider: NSConn<{ note: string | undefined }> = narrower;
  // @ts-expect-error another body
  const other: NSConn<{ note: number }> = chat;
  // @ts-expect-error other events
  const others: NSConn<{ headline: string }> = chat;
  return [anything, listed, ofAnyList, more, moreInRoom, wider, other, others];
}

function broadcastsWhatIsDeclared({ nefeli }: FastifyInstance): void {
  nefeli.in<ChatEvents>('default').room('lobby').broadcast('chat', { from: 'ada', text: 'hello' });
  // @ts-expect-error no such event
  nefeli.in<ChatEvents>('default').broadcast('chatt');
  nefeli.in('default').broadcast('anything', 5);
}

class Refused {
  // @ts-expect-error a message that nothing has checked is text or bytes, wherever it stands
  @On('chat')
  onChat(_: number, msg: Message<number>): void {
    void msg;
  }

  // @ts-expect-error only methods hear events
  @On('field')
  field = 5;
}

const Field = createParamDecorator((ctx, name: string, size?: number) => `${ctx.event} ${name} ${size}`);

/** Never made: a parameter that is no message is what its decorator says, and only messages are judged. */
class Decorated {
  @On('sum', { body: z.array(z.number()), reply: z.number() })
  onSum(@Body() numbers: number[], @Ns() ns: NSConn): number {
    return numbers.length + ns.rooms.length;
  }

  @On('sum', { body: z.array(z.number()) })
  onMessage(@RoomName() _: string, @Msg() msg: Message<number[]>, @Field('a', 1) __: string): void {
    void msg;
  }

  @On('optional', { body: z.number() })
  onOptional(msg?: Message<number>, _?: NSConn<ChatEvents>): void {
    void msg;
  }

  @On('anything')
  onAnything(
    @Request() _: Request,
    @CurrentUser() __: { id: string },
    @Conn() ___: Conn,
    @Logger() ____: Logger,
  ): void {}

  @On('unknown', { body: z.number() })
  // biome-ignore lint/suspicious/noExplicitAny: what has no type is not judged
  onUnknown(_: any, __: unknown): void {}

  // @ts-expect-error the schema gives numbers
  @On('sum', { body: z.array(z.number()) })
  onText(@Body() _: string, @Msg() msg: Message<string>): void {
    void msg;
  }

  // @ts-expect-error the schema gives a number, also where the message may be left out
  @On('optional', { body: z.number() })
  onOptionalText(msg?: Message<string>): void {
    void msg;
  }

  // @ts-expect-error the reply schema wants a number, whatever the parameters are
  @On('sum', { body: z.array(z.number()), reply: z.number() })
  onReply(@Body() _: number[]): string {
    return '5';
  }

  // @ts-expect-error a name is missing
  onField(@Field() _: string): void {}

  // @ts-expect-error the size is a number
  onSize(@Field('a', 'b') _: string): void {}
}

/** Never called: these throw where the class is written. */
function misplaced(): unknown {
  class Uncalled {
    // @ts-expect-error it has to be called first
    onUncalled(@Body _: Body): void {}
  }
  class Property {
    // @ts-expect-error a property is no parameter: write @inject(CurrentSession)
    @CurrentSession() readonly session: unknown;
  }
  class Constructor {
    // @ts-expect-error a constructor has no message: write @inject(Request)
    constructor(@Request() readonly ofConn: Request) {}
  }
  return [Uncalled, Property, Constructor];
}

// @ts-expect-error an abstract class cannot be made for a connection
@Namespace('default')
abstract class Abstract {}

@Namespace('default', { concurrency: 2, eventMatcher: eventMatchers.exact, readTimeoutMs: 5 })
class Chat {
  onChat(): void {}
}

// @ts-expect-error no such concurrency
@Namespace('default', { concurrency: 'sideways' })
class Sideways {}

// @ts-expect-error no such option
@Namespace('default', { order: 'parallel' })
class Ordered {}

function takesWhatHandlesEvents(): ConnHandlers {
  const nested = joinConnHandlers(joinConnHandlers(Chat), { controller: Chat, namespace: 'a', handlerTimeoutMs: 5 });
  const timed = withTimeouts({ readTimeoutMs: 1, writeTimeoutMs: 2, handlerTimeoutMs: 3 }, nested);
  return joinConnHandlers(nested, timed, Chat, {
    chat: {
      say(msg, ns) {
        expectTypeOf(msg).toEqualTypeOf<Message>();
        expectTypeOf(ns).toEqualTypeOf<NSConn>();
      },
    },
  });
}

function refusesWhatHandlesNone(): void {
  // @ts-expect-error a number
  joinConnHandlers(5);
  // @ts-expect-error a name
  joinConnHandlers('chat');
  // @ts-expect-error an instance
  joinConnHandlers(new Chat());
  // @ts-expect-error a function
  joinConnHandlers(() => {});
  // @ts-expect-error a list
  joinConnHandlers([Chat]);
  // @ts-expect-error an abstract class
  joinConnHandlers(Abstract);
  // @ts-expect-error the map of one namespace, without its name
  joinConnHandlers({ say() {} });
  // @ts-expect-error a handler that is no function
  joinConnHandlers({ chat: { say: 5 } });
  // @ts-expect-error a registration of an instance
  joinConnHandlers({ controller: new Chat() });
  // @ts-expect-error options, without a controller
  joinConnHandlers({ namespace: 'chat', concurrency: 1 });
  // @ts-expect-error an instance
  withTimeouts({ readTimeoutMs: 1 }, new Chat());
  // @ts-expect-error nothing
  withTimeouts({ readTimeoutMs: 1 });
  // @ts-expect-error no such timeout
  withTimeouts({ readTimeout: 1 }, Chat);
  // @ts-expect-error no timeout
  withTimeouts({ concurrency: 1 }, Chat);
  // @ts-expect-error what was joined is made by joinConnHandlers alone
  const handlers: ConnHandlers = {};
  void handlers;
}

function takesOptionsOfNamespaces(): NefeliOptions[] {
  return [
    { controllers: [Chat, { controller: Chat, namespace: 'a', concurrency: 'parallel' }] },
    { handlers: takesWhatHandlesEvents(), namespaceOptions: { a: { concurrency: 1, use: [() => undefined] } } },
    // @ts-expect-error a registration needs its class
    { controllers: [{ namespace: 'a' }] },
    // @ts-expect-error maps have names of events, and no matcher
    { namespaceOptions: { a: { eventMatcher: eventMatchers.exact } } },
    // @ts-expect-error handlers are joined first
    { handlers: { chat: { say() {} } } },
  ];
}

void [
  Decorated,
  misplaced,
  sendsWhatIsDeclared,
  standsInForLess,
  broadcastsWhatIsDeclared,
  refusesWhatHandlesNone,
  takesOptionsOfNamespaces,
];
void [Decorated, misplaced, Refused, Abstract, Sideways, Ordered];

describe('the types', () => {
  it('let a Message be text or bytes where nothing was checked', () => {
    expectTypeOf<Message['body']>().toEqualTypeOf<string | Uint8Array>();
    expectTypeOf<ReturnType<Message['json']>>().toEqualTypeOf<unknown>();
    expectTypeOf<Message<number[]>['body']>().toEqualTypeOf<number[]>();
  });

  it('know conn.request as the Fastify request', () => {
    expectTypeOf<Conn['request']>().toExtend<FastifyRequest>();
    expectTypeOf<Conn['request']['headers']['cookie']>().toEqualTypeOf<string | undefined>();
  });

  it('know what a token stands for, and that it is a decorator', () => {
    const container = new Container();
    const get = (): readonly unknown[] => [
      expectTypeOf(container.get(Request)).toEqualTypeOf<Conn['request']>(),
      expectTypeOf(container.get(Logger)).toEqualTypeOf<Conn['log']>(),
      expectTypeOf(container.get(Conn)).toEqualTypeOf<Conn>(),
      expectTypeOf(container.get(NSConn)).toEqualTypeOf<NSConn>(),
      expectTypeOf(container.get(CurrentUser)).toEqualTypeOf<unknown>(),
    ];
    void get;
    expectTypeOf(Conn).returns.toEqualTypeOf<ParamDecorator>();
    expectTypeOf(Request()).toEqualTypeOf<ParamDecorator>();
    expectTypeOf<Body>().toEqualTypeOf<Message['body']>();
  });

  it('take the arguments of a parameter decorator from its function', () => {
    expectTypeOf(Field).parameters.toEqualTypeOf<[name: string, size?: number | undefined]>();
    const none = createParamDecorator((ctx) => expectTypeOf(ctx).toEqualTypeOf<MessageContext>());
    expectTypeOf(none).parameters.toEqualTypeOf<[]>();
  });

  it('know app.nefeli', () => {
    expectTypeOf<FastifyInstance['nefeli']['name']>().toEqualTypeOf<string>();
    expectTypeOf<ReturnType<FastifyInstance['nefeli']['in']>['count']>().returns.resolves.toEqualTypeOf<number>();
  });

  it('give a promise for what takes a round trip, and nothing for what does not', () => {
    expectTypeOf<NSConn['ask']>().returns.resolves.toExtend<Message>();
    expectTypeOf<NSConn['joinRoom']>().returns.resolves.toEqualTypeOf<Room>();
    expectTypeOf<NSConn['emit']>().returns.toBeVoid();
    expectTypeOf<Conn['close']>().returns.toBeVoid();
  });
});
