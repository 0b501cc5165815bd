import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import {
  Body,
  Conn,
  type Message,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  PublicError,
  registerPerConnection,
  registerPerMessage,
  Service,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const told: string[] = [];

class Work {
  readonly steps: string[] = [];
  constructor(
    @inject(Conn) readonly conn: Conn,
    @inject(NSConn) readonly ns: NSConn,
  ) {}
  [Symbol.dispose]() {
    told.push(`let go after ${this.steps.join(',')}`);
  }
}

class Journal {
  constructor(@inject(Work) private readonly work: Work) {}
  note(step: string): void {
    this.work.steps.push(step);
  }
}

async function start(controllers: NefeliOptions['controllers'], container = new Container()): Promise<RawClient> {
  told.length = 0;
  registerPerMessage(container, Work);
  container.bind(Journal).toSelf();
  return await RawClient.join(await startNefeli({ container, controllers: controllers ?? [] }), 'default');
}

async function ask(client: RawClient, event: string, body = ''): Promise<string> {
  client.send(`$1;default;;${event};0;0;${body}`);
  const answer = String(await client.next());
  return answer.slice(answer.lastIndexOf(';') + 1);
}

describe('a service that is registered for each message', () => {
  @Namespace('default')
  class Orders {
    onOrder(@Body() body: string, @Service(Work) work: Work, @Service(Journal) journal: Journal) {
      work.steps.push(body);
      journal.note('noted');
      return work.steps;
    }
    async onSlow(@Service(Work) work: Work) {
      await Promise.resolve();
      work.steps.push('slow');
      return told.length;
    }
    onFail(@Service(Work) work: Work) {
      work.steps.push('failed');
      throw new PublicError('sold out');
    }
    async onFailLater(@Service(Work) work: Work) {
      await Promise.resolve();
      work.steps.push('failed later');
      throw new PublicError('sold out later');
    }
    onWhere(@Service(Work) work: Work) {
      return `${work.ns.namespace} ${work.conn.id.length > 0}`;
    }
  }

  it('is shared by all that is made for the message, and made anew for the next', async () => {
    const client = await start([Orders]);
    expect(await ask(client, 'order', 'one')).toBe('["one","noted"]');
    expect(await ask(client, 'order', 'two')).toBe('["two","noted"]');
    expect(told).toEqual(['let go after one,noted', 'let go after two,noted']);
  });

  it('is let go when the handler has ended, once: at once, later, or with an error', async () => {
    const client = await start([Orders]);
    expect(await ask(client, 'slow')).toBe('0');
    expect(await ask(client, 'fail')).toBe('sold out');
    expect(await ask(client, 'failLater')).toBe('sold out later');
    expect(told).toEqual(['let go after slow', 'let go after failed', 'let go after failed later']);
  });

  it('has the connection and the namespace of its message', async () => {
    expect(await ask(await start([Orders]), 'where')).toBe('default true');
  });

  it('is made by a function of the message, which may take time, and is not let go where others share it', async () => {
    class Trace {
      constructor(readonly name: string) {}
      [Symbol.dispose]() {
        told.push('trace');
      }
    }
    @Namespace('default')
    class Traced {
      onTraced(@Service(Trace) trace: Trace, msg: Message = {} as Message) {
        return `${trace.name} ${msg.event}`;
      }
      onOther(_: Message, __: NSConn, @Service(Trace) trace: Trace) {
        return trace.name;
      }
    }
    const container = new Container();
    registerPerMessage(container, Trace, {
      make: async (msg, ns) => new Trace(`${ns.namespace}/${msg.event}`),
      dispose: false,
    });
    const client = await start([Traced], container);

    expect(await ask(client, 'other')).toBe('default/other');
    expect(told).toEqual([]);
  });

  it('may hold what belongs to the connection', async () => {
    class Cart {
      items = 0;
    }
    class Checkout {
      constructor(@inject(Cart) readonly cart: Cart) {}
    }
    @Namespace('default')
    class Shop {
      onAdd(@Service(Checkout) checkout: Checkout, @Service(Cart) cart: Cart) {
        checkout.cart.items += 1;
        return cart.items;
      }
    }
    const container = new Container();
    registerPerConnection(container, Cart);
    registerPerMessage(container, Checkout);
    const client = await start([Shop], container);

    expect([await ask(client, 'add'), await ask(client, 'add')]).toEqual(['1', '2']);
  });

  it('is told of where letting it go fails: as the error of the handler, or beside it', async () => {
    class Stuck {
      readonly name = 'stuck';
      [Symbol.dispose]() {
        throw new RangeError('stuck');
      }
    }
    @Namespace('default')
    class Shop {
      onGood(@Service(Stuck) _: Stuck) {}
      onBad(@Service(Stuck) _: Stuck) {
        throw new TypeError('bad');
      }
    }
    const errors: unknown[] = [];
    const container = new Container();
    registerPerMessage(container, Stuck);
    const app = await startNefeli({ container, controllers: [Shop], onError: (error) => errors.push(error) });
    const client = await RawClient.join(app, 'default');
    for (const event of ['good', 'bad']) expect(await ask(client, event)).toMatch(/^internal error/);

    expect(errors[0]).toEqual(new RangeError('stuck'));
    expect(errors[1]).toMatchObject({ errors: [new TypeError('bad'), new RangeError('stuck')] });
  });
});

describe('@Service', () => {
  it('gives any other service, too, and awaits an asynchronous one', async () => {
    const LATER = Symbol('later');
    @Namespace('default')
    class Any {
      onName(@Service('name') name: string, @Service(LATER) later: string) {
        return `${name} ${later}`;
      }
    }
    const container = new Container();
    container.bind('name').toConstantValue('nefeli');
    container.bind(LATER).toDynamicValue(async () => 'later');

    expect(await ask(await start([Any], container), 'name')).toBe('nefeli later');
  });

  it('that comes after the handler has timed out does not call it any more', async () => {
    const LATER = Symbol('later');
    let give: ((value: string) => void) | undefined;
    let calls = 0;
    @Namespace('default', { handlerTimeoutMs: 20 })
    class Slow {
      onSlow(@Service(LATER) _: string) {
        calls += 1;
      }
    }
    const container = new Container();
    container.bind(LATER).toDynamicValue(
      () =>
        new Promise<string>((resolve) => {
          give = resolve;
        }),
    );
    const client = await RawClient.join(await startNefeli({ container, controllers: [Slow] }), 'default');

    expect(await ask(client, 'slow')).toBe('handler timeout');
    give?.('late');
    await new Promise((resolve) => setImmediate(resolve));

    expect(calls).toBe(0);
  });

  it('is refused at start for what is not bound, with the method that asks for it', async () => {
    class Missing {}
    @Namespace('default')
    class Any {
      onName(@Service(Missing) _: Missing) {}
    }
    await expect(Fastify().register(nefeli, { container: new Container(), controllers: [Any] })).rejects.toThrow(
      /SERVICE_UNBOUND: Any\.onName cannot be made: no binding for Missing/,
    );
  });

  it('says that a message service cannot be asked for outside of a message', async () => {
    const container = new Container();
    registerPerMessage(container, Work);
    registerPerMessage(container, 'function', () => 1);
    expect(() => container.get(Work)).toThrow(/OUTSIDE_CONNECTION: Work was asked for outside of a connection/);
    expect(() => container.get('function')).toThrow(/OUTSIDE_CONNECTION: function was/);
  });
});
