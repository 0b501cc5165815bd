import Fastify, { type FastifyInstance } from 'fastify';
import { Container, ContainerModule, inject, injectable, postConstruct, preDestroy } from 'inversify';
import {
  Conn,
  type ConnectionMaker,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  PublicError,
  registerPerConnection,
  registerPerMessage,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

type Controllers = NonNullable<NefeliOptions['controllers']>;

class Cart {
  readonly items: string[] = [];
}

@Namespace('shop')
class Shop {
  constructor(
    @inject(NSConn) readonly ns: NSConn,
    @inject(Cart) private readonly cart: Cart,
  ) {}
  onAdd() {
    return this.cart.items.push('item');
  }
}

@Namespace('till')
class Till {
  @inject(Cart) private readonly cart!: Cart;
  onCount() {
    return this.cart.items.length;
  }
}

async function ask(client: RawClient, namespace: string, event: string): Promise<string> {
  client.send(`$1;${namespace};;${event};0;0;`);
  const answer = String(await client.next());
  return answer.slice(answer.lastIndexOf(';') + 1);
}

async function connect(client: RawClient, namespace: string): Promise<string> {
  client.send(`$9;${namespace};;_OnNamespaceConnect;0;0;`);
  const answer = String(await client.next());
  return answer === '$9;;;;;;' ? 'connected' : answer.slice(answer.lastIndexOf(';') + 1);
}

/** Closes, and waits until the server has told everything about it. */
async function close(client: RawClient, app: FastifyInstance): Promise<void> {
  const [conn] = app.nefeli.connections();
  client.socket.close();
  await conn?.closed;
}

const refusalOf = (container: Container, controllers: Controllers): Promise<string> =>
  Fastify()
    .register(nefeli, { container, controllers })
    .then(() => 'not refused', String) as Promise<string>; // Fastify types it as a PromiseLike

describe('a service that is registered for each connection', () => {
  it('is shared by all controllers of the connection, and by no other connection', async () => {
    const container = new Container();
    registerPerConnection(container, Cart);
    const app = await startNefeli({ container, controllers: [Shop, Till] });
    const [anna, ben] = [await RawClient.join(app, 'shop'), await RawClient.join(app, 'shop')];
    expect([await connect(anna, 'till'), await connect(ben, 'till')]).toEqual(['connected', 'connected']);

    expect([await ask(anna, 'shop', 'add'), await ask(anna, 'shop', 'add')]).toEqual(['1', '2']);
    expect([await ask(anna, 'till', 'count'), await ask(ben, 'till', 'count')]).toEqual(['2', '0']);
  });

  it('stays what it is while namespaces are left and connected again', async () => {
    const container = new Container();
    registerPerConnection(container, Cart);
    const client = await RawClient.join(await startNefeli({ container, controllers: [Shop, Till] }), 'shop');
    await ask(client, 'shop', 'add');
    client.send('$2;shop;;_OnNamespaceDisconnect;0;0;');
    await client.next();

    expect([await connect(client, 'till'), await ask(client, 'till', 'count')]).toEqual(['connected', '1']);
  });

  it('is made by a function of the request and the connection, once', async () => {
    const made: unknown[] = [];
    class Greeting {
      constructor(readonly text: string) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Greeting) private readonly greeting: Greeting) {}
      onGreet() {
        return this.greeting.text;
      }
    }
    const container = new Container();
    registerPerConnection(container, Greeting, (request, conn) => {
      made.push(conn.id);
      return new Greeting(`hello ${request.headers['x-name']}`);
    });
    const app = await startNefeli({ container, controllers: [Chat], idGenerator: () => 'anna' });
    const client = await RawClient.join(app, 'default', { headers: { 'x-name': 'Anna' } });

    expect([await ask(client, 'default', 'greet'), await ask(client, 'default', 'greet')]).toEqual([
      'hello Anna',
      'hello Anna',
    ]);
    expect(made).toEqual(['anna']);
  });

  it('may be made asynchronously, once for controllers that wait for it at the same time', async () => {
    let made = 0;
    const container = new Container();
    registerPerConnection(container, Cart, async () => {
      made += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return new Cart();
    });
    @Namespace('shop')
    class Other {
      constructor(@inject(Cart) private readonly cart: Cart) {}
      onOther() {
        return this.cart.items.length;
      }
    }
    const app = await startNefeli({ container, controllers: [Shop, Other, Till] });
    const client = await RawClient.join(app, 'shop');
    await connect(client, 'till');

    expect(await ask(client, 'shop', 'add')).toBe('1');
    expect([await ask(client, 'shop', 'other'), await ask(client, 'till', 'count')]).toEqual(['1', '1']);
    expect(made).toBe(1);
  });

  it('goes by another name, with { to }, and into a ContainerModule', async () => {
    abstract class Store {
      abstract readonly name: string;
    }
    class MemoryStore extends Store {
      readonly name = 'memory';
      constructor(@inject(Conn) readonly conn: Conn) {
        super();
      }
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Store) private readonly store: Store) {}
      onStore() {
        return this.store.name;
      }
    }
    const container = new Container();
    container.load(new ContainerModule((options) => registerPerConnection(options, Store, { to: MemoryStore })));
    const client = await RawClient.join(await startNefeli({ container, controllers: [Chat] }), 'default');

    expect(await ask(client, 'default', 'store')).toBe('memory');
  });

  it('refuses the connect with the text of a PublicError, and is tried again at the next', async () => {
    let tries = 0;
    const container = new Container();
    registerPerConnection(container, Cart, async () => {
      tries += 1;
      if (tries === 1) throw new PublicError('no cart today');
      return new Cart();
    });
    const client = await RawClient.open(await startNefeli({ container, controllers: [Shop, Till] }));
    client.send('M');
    await client.next();

    expect(await connect(client, 'shop')).toBe('no cart today');
    expect(await ask(client, 'shop', 'add')).toBe('bad namespace');
    expect(await connect(client, 'shop')).toBe('connected');
    expect(await ask(client, 'shop', 'add')).toBe('1');
  });

  it('refuses the connect with an internal error for any other, and a controller is never half filled', async () => {
    const errors: unknown[] = [];
    const container = new Container();
    registerPerConnection(container, Cart, () => {
      throw new RangeError('no shelf');
    });
    const app = await startNefeli({ container, controllers: [Shop], onError: (error) => errors.push(error) });
    const client = await RawClient.open(app);
    client.send('M');
    await client.next();

    expect(await connect(client, 'shop')).toMatch(/^internal error [\da-f]{16}$/);
    expect(errors).toEqual([new RangeError('no shelf')]);
    expect(app.nefeli.local.connectionsOf('shop')).toEqual([]);
  });

  it('is refused with a service that is no class and has no maker', () => {
    expect(() => registerPerConnection(new Container(), 'cart', undefined as unknown as ConnectionMaker<Cart>)).toThrow(
      /OPTION_INVALID: the option service of registerPer…\(\) is "cart", but must be a class, or followed by a function/,
    );
  });

  it.each<[string, unknown, string]>([
    ['a class', { to: undefined }, 'to of registerPer…() is undefined, but must be a class.'],
    ['a function', { make: undefined }, 'make of registerPer…() is undefined, but must be a function.'],
  ])('is refused where it is registered, if %s that makes it is not there', (_, maker, message) => {
    const register = () => registerPerConnection(new Container(), 'cart', maker as never); // a circle of imports
    expect(register).toThrow(`OPTION_INVALID: the option ${message}`);
  });
});

describe('what was made for a connection', () => {
  const told: string[] = [];
  const told_ = (name: string) => told.push(name);

  class First {
    [Symbol.dispose]() {
      told_('first');
    }
  }
  class Second {
    constructor(@inject(First) readonly first: First) {}
    @preDestroy()
    flush() {
      told_('second is flushed');
    }
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => setImmediate(resolve));
      told_('second');
    }
  }
  @Namespace('default')
  class Chat {
    constructor(
      @inject(Second) readonly second: Second,
      @inject(First) readonly first: First,
    ) {}
    onNamespaceDisconnect() {
      told_('disconnect');
    }
    [Symbol.dispose]() {
      told_('controller');
    }
  }

  it('is let go when the connection has ended, the last made first, each awaited, after every event', async () => {
    told.length = 0;
    const container = new Container();
    registerPerConnection(container, First);
    registerPerConnection(container, Second);
    const app = await startNefeli({ container, controllers: [Chat], onDisconnect: () => void told_('onDisconnect') });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;_OnNamespaceDisconnect;0;0;', '$2;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    await client.next();
    expect(told.splice(0)).toEqual(['disconnect', 'controller']);

    await close(client, app);

    expect(told).toEqual(['disconnect', 'controller', 'onDisconnect', 'second is flushed', 'second', 'first']);
  });

  it('is let go once when connecting failed half-way', async () => {
    told.length = 0;
    @Namespace('default')
    class Broken {
      constructor(@inject(Conn) readonly conn: Conn) {
        throw new PublicError('broken');
      }
      onBroken() {}
    }
    const container = new Container();
    registerPerConnection(container, First);
    registerPerConnection(container, Second);
    const app = await startNefeli({ container, controllers: [Chat, Broken] });
    const client = await RawClient.open(app);
    client.send('M');
    await client.next();
    expect(await connect(client, 'default')).toBe('broken');
    expect(told).toEqual(['controller']);

    await close(client, app);

    expect(told).toEqual(['controller', 'second is flushed', 'second', 'first']);
  });

  it('is let go as soon as it is ready, where the connection has ended before', async () => {
    told.length = 0;
    let finish: ((first: First) => void) | undefined;
    const begun = withResolvers();
    const container = new Container();
    registerPerConnection(
      container,
      First,
      () =>
        new Promise<First>((resolve) => {
          finish = resolve;
          begun.resolve();
        }),
    );
    registerPerConnection(container, Second);
    const app = await startNefeli({ container, controllers: [Chat] });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await begun.promise;
    const [conn] = app.nefeli.connections();
    client.socket.close();
    await client.closed;

    finish?.(new First());
    await conn?.closed;

    expect(told.filter((line) => line === 'first')).toEqual(['first']);
    expect(told.filter((line) => line === 'second').length).toBe(told.filter((line) => line === 'controller').length);
  });

  it('is let go by the @preDestroy of its base, too, which inversify itself does not inherit', async () => {
    told.length = 0;
    class Base {
      @preDestroy()
      flush() {
        told_('flushed');
      }
    }
    class Derived extends Base {}
    @Namespace('default')
    class Keeper extends Base {
      constructor(@inject(Derived) readonly derived: Derived) {
        super();
      }
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, Derived);
    const app = await startNefeli({ container, controllers: [Keeper] });

    await close(await RawClient.join(app, 'default'), app);

    expect(told).toEqual(['flushed', 'flushed']);
  });

  it('is not let go where the function says that others share it', async () => {
    told.length = 0;
    const shared = new First();
    const container = new Container();
    registerPerConnection(container, First, { make: () => shared, dispose: false });
    registerPerConnection(container, Second);
    const app = await startNefeli({ container, controllers: [Chat] });

    await close(await RawClient.join(app, 'default'), app);

    expect(told).toEqual(['disconnect', 'controller', 'second is flushed', 'second']);
  });

  it('is all let go though one fails, and all failures are reported', async () => {
    const errors: unknown[] = [];
    let released = 0;
    class One {
      [Symbol.dispose]() {
        released += 1;
        throw new RangeError('one');
      }
    }
    class Two {
      constructor(@inject(One) readonly one: One) {}
      async [Symbol.asyncDispose]() {
        released += 1;
        throw new RangeError('two');
      }
    }
    @Namespace('default')
    class Both {
      constructor(@inject(Two) readonly two: Two) {}
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, One);
    registerPerConnection(container, Two);
    const app = await startNefeli({
      container,
      controllers: [Both],
      onError: (error, { event }) => errors.push([event, error]),
    });

    await close(await RawClient.join(app, 'default'), app);

    expect(released).toBe(2);
    expect(errors).toEqual([
      [
        'release',
        new AggregateError([new RangeError('two'), new RangeError('one')], 'several services could not be let go'),
      ],
    ]);
  });
});

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('an asynchronous binding', () => {
  class Database {
    constructor(readonly name: string) {}
  }
  const later = async (name: string): Promise<Database> => {
    await new Promise((resolve) => setImmediate(resolve));
    return new Database(name);
  };

  it('of a singleton is made at start, before any connection, and injected as it is', async () => {
    let made = 0;
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject(Database) private readonly database: Database,
      ) {}
      onName() {
        return this.database.name;
      }
    }
    const container = new Container();
    container
      .bind(Database)
      .toDynamicValue(() => {
        made += 1;
        return later('main');
      })
      .inSingletonScope();
    const app = await startNefeli({ container, controllers: [Chat] });
    expect(made).toBe(1);

    const client = await RawClient.join(app, 'default');
    expect(await ask(client, 'default', 'name')).toBe('main');
    expect(made).toBe(1);
  });

  it('of a singleton that fails is told at start', async () => {
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject(Database) readonly database: Database,
      ) {}
      onName() {}
    }
    const container = new Container();
    container
      .bind(Database)
      .toDynamicValue(() => Promise.reject(new RangeError('no such host')))
      .inSingletonScope();

    expect(await refusalOf(container, [Chat])).toBe('RangeError: no such host');
  });

  it('is awaited for a static controller, at start', async () => {
    @Namespace('default')
    class Chat {
      constructor(@inject(Database) private readonly database: Database) {}
      onName() {
        return this.database.name;
      }
    }
    const container = new Container();
    container.bind(Database).toDynamicValue(() => later('static'));
    const client = await RawClient.join(await startNefeli({ container, controllers: [Chat] }), 'default');

    expect(await ask(client, 'default', 'name')).toBe('static');
  });

  it('is awaited for each connection, and properties are injected after it', async () => {
    let made = 0;
    @Namespace('default')
    class Chat {
      @inject(NSConn) private readonly ns!: NSConn;
      @inject(Conn) private readonly conn!: Conn;
      constructor(@inject(Database) private readonly database: Database) {}
      onName() {
        return `${this.database.name} of ${this.ns.namespace} ${this.conn.id}`;
      }
    }
    const container = new Container();
    container.bind(Database).toDynamicValue(() => {
      made += 1;
      return later(`database ${made}`);
    });
    const ids = ['anna', 'ben'];
    const app = await startNefeli({ container, controllers: [Chat], idGenerator: () => ids.shift() ?? '' });
    const clients = await Promise.all([RawClient.open(app), RawClient.open(app)]);
    for (const client of clients) client.send('M', '$0;default;;_OnNamespaceConnect;0;0;');
    for (const client of clients) for (let index = 0; index < 2; index++) await client.next();

    const names = await Promise.all(clients.map((client) => ask(client, 'default', 'name')));
    expect(names.sort()).toEqual(['database 1 of default anna', 'database 2 of default ben']);
  });
});

describe('what would live longer than what it holds is refused at start:', () => {
  @injectable()
  class Total {
    constructor(@inject(NSConn) readonly ns: NSConn) {}
  }
  @Namespace('shop')
  class Chat {
    constructor(@inject(Total) readonly total: Total) {}
    onChat() {}
  }

  it('a service of a connection that holds the NSConn of one namespace', async () => {
    const container = new Container();
    registerPerConnection(container, Total);

    expect(await refusalOf(container, [Chat])).toContain(
      'CAPTIVE_SERVICE: Total lives as long as its connection, and would keep NSConn of the first namespace: Total > NSConn. Let',
    );
  });

  it('a controller that holds what belongs to a message', async () => {
    const container = new Container();
    registerPerMessage(container, Total);

    expect(await refusalOf(container, [Chat])).toContain(
      'CAPTIVE_SERVICE: Chat lives as long as its namespace, and would keep Total of the first message: Chat > Total. Let',
    );
  });

  it('a singleton that holds a service of a connection', async () => {
    @injectable()
    class Report {
      constructor(@inject(Cart) readonly cart: Cart) {}
    }
    @Namespace('shop')
    class Reports {
      constructor(@inject(Report) readonly report: Report) {}
      onReport() {}
    }
    const container = new Container();
    registerPerConnection(container, Cart);
    container.bind(Report).toSelf().inSingletonScope();

    expect(await refusalOf(container, [Reports])).toContain(
      'CAPTIVE_CONNECTION: a singleton would keep the first connection for everybody: Reports > Report (singleton) > Cart. Bind',
    );
  });

  it('a singleton whose toDynamicValue asks for the connection, though no plan shows it', async () => {
    class Hidden {
      constructor(readonly ns: NSConn) {}
    }
    @Namespace('shop')
    class Hiding {
      constructor(
        @inject(Hidden) readonly hidden: Hidden,
        @inject(NSConn) readonly ns: NSConn,
      ) {}
      onChat() {}
    }
    const container = new Container();
    container
      .bind(Hidden)
      .toDynamicValue((context) => new Hidden(context.get(NSConn)))
      .inSingletonScope();

    expect(await refusalOf(container, [Hiding])).toContain(
      'CAPTIVE_CONNECTION: a singleton would keep the first connection for everybody: Hiding > Hidden (singleton) > NSConn. Bind',
    );
  });

  it('and nothing is, where a transient one asks so: the controller is made for each connection', async () => {
    class Hidden {
      constructor(readonly conn: Conn) {}
    }
    @Namespace('shop')
    class Hiding {
      constructor(@inject(Hidden) private readonly hidden: Hidden) {}
      onWho() {
        return this.hidden.conn.id;
      }
    }
    const container = new Container();
    container.bind(Hidden).toDynamicValue((context) => new Hidden(context.get(Conn)));
    const ids = ['anna', 'ben'];
    const app = await startNefeli({ container, controllers: [Hiding], idGenerator: () => ids.shift() ?? '' });

    expect(await ask(await RawClient.join(app, 'shop'), 'shop', 'who')).toBe('anna');
    expect(await ask(await RawClient.join(app, 'shop'), 'shop', 'who')).toBe('ben');
  });
});

describe('what is asked of the container while the server runs', () => {
  it('is refused each time where a singleton would keep the connection', async () => {
    const errors: string[] = [];
    @injectable()
    class Lobby {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
    }
    const container = new Container();
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) readonly ns: NSConn) {
        container.get(Lobby);
      }
      onChat() {}
    }
    container.bind(Lobby).toSelf().inSingletonScope();
    const app = await startNefeli({
      container,
      controllers: [Chat],
      onError: (error) => errors.push(String(error).split('.')[0] ?? ''),
    });
    const client = await RawClient.open(app);
    client.send('M');
    await client.next();
    for (const _ of [1, 2]) expect(await connect(client, 'default')).toMatch(/^internal error/);

    const captive =
      'WsError: CAPTIVE_CONNECTION: a singleton would keep the first connection for everybody: Lobby (singleton) > NSConn';
    expect(errors).toEqual([captive, captive]);
  });

  it('is reported when it is bound too late: after the controllers that need it have been planned', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const container = new Container();
    registerPerConnection(container, Cart);
    const app = await startNefeli({ container, controllers: [Shop] }, { logger: { level: 'warn', stream } });
    await RawClient.join(app, 'shop');

    container.bind('something else').toConstantValue(1);
    expect(lines).toEqual([]);
    container.bind(Cart).toConstantValue(new Cart());
    container.load(new ContainerModule(({ bind }) => void bind(Cart).toSelf()));

    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('BINDING_LATE: Cart was bound after nefeli was registered');
  });
});

describe('what a base class has injected and a subclass would not get is refused at start:', () => {
  class Base {
    @inject(Cart) readonly cart!: Cart;
  }
  abstract class Based {
    constructor(@inject(Cart) readonly cart: Cart) {}
  }
  const container = new Container();
  container.bind(Cart).toSelf();

  it('a property', async () => {
    @Namespace('shop')
    class Sub extends Base {
      onChat() {}
    }
    expect(await refusalOf(container, [Sub])).toContain(
      'INJECTION_NOT_INHERITED: Sub extends Base, but would not get what is injected there (cart): inversify does not inherit it. ' +
        'Write @injectFromBase({ extendProperties: true, extendConstructorArguments: true }) on Sub.',
    );
  });

  it('a constructor that is inherited', async () => {
    @Namespace('shop')
    class Sub extends Based {
      onChat() {}
    }
    expect(await refusalOf(container, [Sub])).toContain(
      'Sub extends Based, but would not get what is injected there (constructor)',
    );
  });

  it('of a service, too', async () => {
    @injectable()
    class Service extends Base {}
    @Namespace('shop')
    class Chat {
      constructor(@inject(Service) readonly service: Service) {}
      onChat() {}
    }
    const own = new Container();
    own.bind(Cart).toSelf();
    own.bind(Service).toSelf();
    expect(await refusalOf(own, [Chat])).toContain('INJECTION_NOT_INHERITED: Service extends Base');
  });

  it('a @postConstruct that would not be called', async () => {
    class Starting {
      @postConstruct()
      begin() {}
    }
    @Namespace('shop')
    class Sub extends Starting {
      onChat() {}
    }
    expect(await refusalOf(container, [Sub])).toContain(
      'Sub extends Starting, but would not get what is injected there (begin)',
    );
    @Namespace('shop')
    class Anew extends Starting {
      override begin() {}
      onChat() {}
    }
    expect(await refusalOf(container, [Anew])).toBe('not refused');
  });

  it('but not where the subclass has a constructor of its own, or says @injectFromBase', async () => {
    const { injectFromBase } = await import('inversify');
    @Namespace('shop')
    class Own extends Based {
      constructor(@inject(Cart) cart: Cart) {
        super(cart);
      }
      onOwn() {
        return this.cart.items.length;
      }
    }
    @Namespace('shop')
    @injectFromBase({ extendProperties: true, extendConstructorArguments: true })
    class Inheriting extends Base {
      onInheriting() {
        return this.cart.items.length;
      }
    }
    const own = new Container();
    own.bind(Cart).toSelf();
    const client = await RawClient.join(await startNefeli({ container: own, controllers: [Own, Inheriting] }), 'shop');
    expect([await ask(client, 'shop', 'own'), await ask(client, 'shop', 'inheriting')]).toEqual(['0', '0']);
  });
});
