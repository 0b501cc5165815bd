import { Container, inject } from 'inversify';
import { Conn, Namespace, type NefeliOptions, NSConn, registerPerConnection } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

class Database {}

/** A turn of the event loop, in which other connections are served. */
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const asyncDatabase = async (): Promise<Database> => {
  await later();
  return new Database();
};

type Controller = NonNullable<NefeliOptions['controllers']>[number];

async function idsOf(container: Container, controller: Controller): Promise<string[]> {
  let ids = 0;
  const app = await startNefeli({
    container,
    controllers: [controller],
    idGenerator: () => {
      ids += 1;
      return `id${ids}`;
    },
  });
  const clients = await Promise.all([RawClient.join(app, 'default'), RawClient.join(app, 'default')]);
  return await Promise.all(
    clients.map(async (client) => {
      client.send('$1;default;;id;0;0;');
      return String(await client.next()).slice('$1;default;;id;0;0;'.length);
    }),
  );
}

describe('what belongs to a connection', () => {
  it('is found by a property of a service of the connection whose constructor waits', async () => {
    class Cart {
      @inject(Conn) readonly conn!: Conn;
      constructor(@inject(Database) readonly database: Database) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Cart) private readonly cart: Cart) {}
      onId() {
        return this.cart.conn.id;
      }
    }
    const container = new Container();
    container.bind(Database).toDynamicValue(asyncDatabase).inTransientScope();
    registerPerConnection(container, Cart);

    expect((await idsOf(container, Chat)).sort()).toEqual(['id1', 'id2']);
  });

  it('is found by an asynchronous function of a binding that asks for it after an await', async () => {
    class Greeting {
      constructor(readonly conn: Conn) {}
    }
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject(Greeting) private readonly greeting: Greeting,
      ) {}
      onId() {
        return this.greeting.conn.id;
      }
    }
    const container = new Container();
    const greet = async (context: { get(service: typeof Conn): Conn }): Promise<Greeting> => {
      await later();
      return new Greeting(context.get(Conn));
    };
    container.bind(Greeting).toDynamicValue(greet).inTransientScope();

    expect((await idsOf(container, Chat)).sort()).toEqual(['id1', 'id2']);
  });

  it('is found by an asynchronous function that makes the controller itself', async () => {
    @Namespace('default')
    class Chat {
      constructor(private readonly ns: NSConn) {}
      onId() {
        return this.ns.conn.id;
      }
    }
    const container = new Container();
    const make = async (context: { get(service: typeof NSConn): NSConn }): Promise<Chat> => {
      await later();
      return new Chat(context.get(NSConn));
    };
    container.bind(Chat).toDynamicValue(make).inTransientScope();

    expect((await idsOf(container, Chat)).sort()).toEqual(['id1', 'id2']);
  });

  it('is found by an activation of a service that asks for it after an await', async () => {
    class Greeting {
      conn: Conn | undefined;
    }
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject(Greeting) private readonly greeting: Greeting,
      ) {}
      onId() {
        return this.greeting.conn?.id;
      }
    }
    const container = new Container();
    container.bind(Greeting).toSelf();
    container.onActivation(Greeting, async (context, greeting) => {
      await later();
      greeting.conn = context.get(Conn);
      return greeting;
    });

    expect((await idsOf(container, Chat)).sort()).toEqual(['id1', 'id2']);
  });
});
