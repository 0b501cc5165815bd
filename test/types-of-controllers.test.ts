import { Container, ContainerModule } from 'inversify';
import {
  type Answer,
  Broadcaster,
  type Conn,
  type ConnRequest,
  type Context,
  type ControllerRegistration,
  eventMatchers,
  type Message,
  type Middleware,
  type MiddlewareObject,
  Namespace,
  type NefeliOptions,
  type Next,
  type NSConn,
  On,
  type ParamDecorator,
  type Room,
  registerPerConnection,
  registerPerMessage,
  reply,
  Service,
  Use,
} from 'nefeli';
import { type NamespaceTest, type TestClient, testNamespace } from 'nefeli/testing';
import { describe, expectTypeOf, it } from 'vitest';
import type { StandardSchemaV1 } from '../src/ports/schema.js';

interface ChatEvents {
  chat: { from: string; text: string };
  tick: undefined;
}

/** A schema of no library: it takes text and gives a number. */
const Count: StandardSchemaV1<string, number> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: Number(value) }) },
};

/** Never made: the compiler alone looks at it. */
class Checked {
  @On('count', { body: Count })
  onOutput(msg: Message<number>): void {
    void msg;
  }

  @On('count', { body: Count, as: 'text' })
  onText(msg: Message<number>, ns: NSConn): void {
    void [msg, ns];
  }

  @On('count', { reply: Count })
  onInput(): string {
    return '5';
  }

  @On('count', { reply: Count })
  async onLater(msg: Message): Promise<string> {
    return String(msg.body);
  }

  @On('count', { body: Count, reply: Count })
  onReply(msg: Message<number>) {
    return reply(String(msg.body));
  }

  @On('count', { reply: Count })
  async onReplyLater() {
    return Math.random() > 0.5 ? reply('5') : '5';
  }

  @On('wider', { body: Count })
  onWider(msg: Message<number | string>): void {
    void msg;
  }

  // @ts-expect-error the schema gives what it makes of the body, and not what it takes
  @On('count', { body: Count })
  onInputOfBody(msg: Message<string>): void {
    void msg;
  }

  // @ts-expect-error the body is checked, so it is no longer text or bytes
  @On('count', { body: Count })
  onUnchecked(msg: Message): void {
    void msg;
  }

  // @ts-expect-error a reply is what the schema takes, and not what it makes of it
  @On('count', { reply: Count })
  onOutputOfReply(): number {
    return 5;
  }

  // @ts-expect-error a promise of a reply has to fit, too
  @On('count', { reply: Count })
  async onOutputLater(): Promise<number> {
    return 5;
  }

  // @ts-expect-error what reply() sends has to fit, too
  @On('count', { reply: Count })
  onWrongReply() {
    return reply(5);
  }

  // @ts-expect-error an object with a body is no reply()
  @On('count', { reply: Count })
  onNoReply() {
    return { body: '5' };
  }

  // @ts-expect-error nothing is returned, and the schema wants a text
  @On('count', { reply: Count })
  onNothing(): void {}
}

/** Never called: such a class does not load, either. */
function loadsWrongSchemas(): object {
  class WrongSchemas {
    // @ts-expect-error what only looks like a schema is none
    @On('count', { body: { validate: () => true } })
    onNoSchema(): void {}

    // @ts-expect-error a body is read as JSON, as text or as bytes
    @On('count', { body: Count, as: 'yaml' })
    onYaml(): void {}

    // @ts-expect-error an event has no other schemas
    @On('count', { query: Count })
    onQuery(): void {}
  }
  return WrongSchemas;
}

/** Never called. */
async function speaksToOne(ns: NSConn<ChatEvents>): Promise<void> {
  expectTypeOf(ns.joinRoom('lobby')).resolves.toEqualTypeOf<Room<ChatEvents>>();
  expectTypeOf(ns.rooms).toEqualTypeOf<readonly Room<ChatEvents>[]>();
  const room = await ns.joinRoom('lobby');
  room.broadcastOthers('tick');
  // @ts-expect-error a field has another type
  room.broadcastOthers('chat', { from: 'ada', text: 5 });
  expectTypeOf(ns.ask('chat', { from: 'ada', text: 'hello' })).resolves.toEqualTypeOf<Message>();
  // @ts-expect-error no such event
  await ns.ask('chatt');
  // @ts-expect-error a body of another event
  await ns.ask('tick', { from: 'ada', text: 'hello' });
}

interface Sent {
  chat: ChatEvents;
  news: { headline: string };
}

/** Never called. */
function speaksToMany(broadcaster: Broadcaster<Sent>, any: Broadcaster): void {
  broadcaster.in('chat').room('lobby').to('ada').except('ben').broadcast('chat', { from: 'ada', text: 'hello' });
  broadcaster.in('news').broadcast('headline', 'extra');
  expectTypeOf(broadcaster.in('news').broadcastAcked('headline', 'extra')).resolves.toEqualTypeOf<number>();
  expectTypeOf(broadcaster.in('chat').ask('tick')).resolves.toEqualTypeOf<Answer>();
  any.in('anything').broadcast('anything', { at: 'all' });
  // @ts-expect-error no such namespace
  broadcaster.in('chta');
  // @ts-expect-error an event of another namespace
  broadcaster.in('news').broadcast('chat', { from: 'ada', text: 'hello' });
  // @ts-expect-error a body is missing
  broadcaster.in('news').room('front page').broadcast('headline');
  // @ts-expect-error another body
  broadcaster.in('news').broadcastAcked('headline', 5);
}

class Cart {
  readonly items: string[] = [];
  constructor(readonly owner: string) {}
}
abstract class Store {
  abstract find(): string;
}
class MemoryStore extends Store {
  find(): string {
    return 'found';
  }
}

/** Never called. */
function registersServicesOfConnections(container: Container): void {
  registerPerConnection(container, MemoryStore);
  registerPerConnection(container, Cart);
  registerPerConnection(container, Store, { to: MemoryStore });
  registerPerConnection<Cart>(container, 'cart', async (request, conn) => {
    expectTypeOf(request).toEqualTypeOf<ConnRequest>();
    expectTypeOf(conn).toEqualTypeOf<Conn>();
    return new Cart(request.hostname);
  });
  registerPerConnection(container, Store, { make: () => new MemoryStore(), dispose: false });
  registerPerConnection<number>(container, Symbol('any'), () => 5);
  void new ContainerModule((options) => registerPerConnection(options, MemoryStore));
  // @ts-expect-error an abstract class cannot be made: name the one that is
  registerPerConnection(container, Store);
  // @ts-expect-error a name makes nothing
  registerPerConnection(container, 'cart');
  // @ts-expect-error no cart
  registerPerConnection(container, Cart, () => 'cart');
  // @ts-expect-error no promise of a cart
  registerPerConnection(container, Cart, async () => 'cart');
  // @ts-expect-error no store
  registerPerConnection(container, Store, { to: Cart });
  // @ts-expect-error no such field
  registerPerConnection(container, Cart, { make: () => new Cart(''), keep: true });
  // @ts-expect-error a function is called with request and connection, and with no third
  registerPerConnection(container, Cart, (_, __, third: string) => new Cart(third));
  // @ts-expect-error nothing to bind into
  registerPerConnection({}, Cart);
}

/** Never called. */
function registersServicesOfMessages(container: Container): void {
  registerPerMessage(container, MemoryStore);
  registerPerMessage(container, Store, { to: MemoryStore });
  registerPerMessage(container, Cart, (msg, ns) => {
    expectTypeOf(msg).toEqualTypeOf<Message>();
    expectTypeOf(ns).toEqualTypeOf<NSConn>();
    return new Cart(`${ns.conn.id} ${msg.event}`);
  });
  void new ContainerModule((options) => registerPerMessage(options, MemoryStore));
  // @ts-expect-error an abstract class cannot be made
  registerPerMessage(container, Store);
  // @ts-expect-error a name makes nothing
  registerPerMessage(container, 'cart');
  // @ts-expect-error no store
  registerPerMessage(container, Store, () => new Cart(''));
}

/** Never made. */
class Served {
  onOrder(
    @Service(Cart) _: Cart,
    @Service(Store) __: Store,
    @Service('name') ___: string,
    @Service(Symbol('any')) ____: unknown,
  ): void {}

  // @ts-expect-error it has to be called first
  onUncalled(@Service _: Cart): void {}

  // @ts-expect-error a number names no service
  onNumber(@Service(5) _: Cart): void {}

  // @ts-expect-error an instance is no name
  onInstance(@Service(new MemoryStore()) _: Store): void {}

  // @ts-expect-error a service has to be named
  onNothing(@Service() _: Cart): void {}
}

/** Never called: it throws where the class is written. */
function misplaced(): unknown {
  class Constructed {
    // @ts-expect-error a constructor has no message: write @inject(Cart)
    constructor(@Service(Cart) readonly cart: Cart) {}
  }
  return Constructed;
}

class Guard implements MiddlewareObject {
  use(ctx: Context, next: Next): unknown {
    if (ctx.kind === 'connection') {
      // @ts-expect-error a connection is in no namespace yet
      void ctx.ns;
      return next();
    }
    expectTypeOf(ctx.ns).toEqualTypeOf<NSConn>();
    expectTypeOf(ctx.body).toEqualTypeOf<unknown>();
    return next();
  }
}

const guard: Middleware = (ctx, next) => {
  expectTypeOf(ctx).toEqualTypeOf<Context>();
  expectTypeOf(next).returns.toEqualTypeOf<Promise<unknown>>();
  // @ts-expect-error what it stands around has only these kinds
  if (ctx.kind === 'disconnect') return undefined;
  return next();
};

@Use(Guard, guard, (_, next) => next())
@Namespace('guarded')
class Guarded {
  @Use(guard, Guard)
  onChat(): void {}

  // @ts-expect-error a class without use() stands around nothing
  @Use(Cart)
  onCart(): void {}
}

/** Never called: such a class does not load, either. */
function usesAnInstance(): object {
  class Instanced {
    // @ts-expect-error an instance: the container makes them
    @Use(new Guard())
    onInstance(): void {}
  }
  return Instanced;
}

/** Never called. */
function registersControllers(): ControllerRegistration[] {
  const options: NefeliOptions = {
    controllers: [Guarded, { controller: Guarded, namespace: '', eventMatcher: eventMatchers.prefix('on') }],
  };
  void options;
  return [
    { controller: Guarded },
    { controller: Guarded, namespace: 'a', concurrency: 2, readTimeoutMs: 1, writeTimeoutMs: 2, handlerTimeoutMs: 3 },
    { controller: Guarded, eventMatcher: (method) => (method === 'tell' ? ['told'] : undefined) },
    // @ts-expect-error an instance
    { controller: new Guarded() },
    // @ts-expect-error no such concurrency
    { controller: Guarded, concurrency: 'sideways' },
    // @ts-expect-error a matcher gives several names, or none
    { controller: Guarded, eventMatcher: () => 'told' },
    // @ts-expect-error middleware stands on the class
    { controller: Guarded, use: [guard] },
    // @ts-expect-error a name is a text
    { controller: Guarded, namespace: 5 },
  ];
}

/** Never called. */
async function playsClients(): Promise<void> {
  const test = await testNamespace(Guarded, {
    bind: (container) => {
      expectTypeOf(container).toEqualTypeOf<Container>();
    },
  });
  expectTypeOf(test).toEqualTypeOf<NamespaceTest>();
  await testNamespace([Guarded, { controller: Guarded, namespace: 'other' }]);
  await testNamespace({ chat: { say: (msg, ns) => ns.emit(msg.event) } });
  const any = await test.connect();
  expectTypeOf(any).toEqualTypeOf<TestClient>();
  expectTypeOf((await any.expectEvent('anything')).json()).toEqualTypeOf<unknown>();
  const anna = await test.connect<ChatEvents>({ user: { name: 'Anna' }, request: { ip: '192.0.2.7' } });
  const said = await anna.expectEvent('chat', { where: (event) => event.json().text === 'hi' });
  expectTypeOf(said.json()).toEqualTypeOf<{ from: string; text: string }>();
  await anna.expectNoEvent('tick', { timeoutMs: 5 });
  await anna.expectNoEvent();
  expectTypeOf(anna.ask('sum', [1, 2])).resolves.toEqualTypeOf<Message>();
  // @ts-expect-error no such event
  await anna.expectEvent('chatt');
  // @ts-expect-error no such event
  await anna.expectNoEvent('chatt');
  // @ts-expect-error no such field
  await anna.expectEvent('chat', { where: (event) => event.json().txt === 'hi' });
  // @ts-expect-error no such option
  await test.connect({ header: {} });
  // @ts-expect-error an instance
  await testNamespace(new Guarded());
  // @ts-expect-error where it is served is said of an app
  await testNamespace(Guarded, { path: '/ws' });
  // @ts-expect-error what is served stands in front
  await testNamespace(Guarded, { controllers: [Guarded] });
}

void [
  Checked,
  loadsWrongSchemas,
  speaksToOne,
  speaksToMany,
  registersServicesOfConnections,
  registersServicesOfMessages,
  Served,
];
void [misplaced, usesAnInstance, registersControllers, playsClients];

describe('the types of controllers', () => {
  it('let a reply hold what it was given', () => {
    expectTypeOf(reply('text').body).toEqualTypeOf<string>();
    expectTypeOf(reply().body).toEqualTypeOf<undefined>();
  });

  it('make @Service a decorator of parameters', () => {
    expectTypeOf(Service).returns.toEqualTypeOf<ParamDecorator>();
  });

  it('let a Broadcaster be a token of the container', () => {
    const get = (): Broadcaster => new Container().get(Broadcaster);
    expectTypeOf(get).returns.toEqualTypeOf<Broadcaster>();
  });
});
