import { Container, inject, preDestroy } from 'inversify';
import { Namespace, NSConn, PublicError, registerPerConnection, registerPerMessage, Service } from 'nefeli';
import { type NamespaceTest, testNamespace } from 'nefeli/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardRejections } from '../core/ends.js';

guardRejections();

const uncaught: unknown[] = [];
const hear = (error: unknown): void => void uncaught.push(error);
beforeEach(() => void process.on('uncaughtException', hear));
afterEach(() => {
  process.off('uncaughtException', hear);
  expect(uncaught.splice(0)).toEqual([]);
});

/** What is made for each connection or message, and what has become of it. */
class Part {
  constructor() {
    parts.made += 1;
  }
  [Symbol.dispose]() {
    parts.gone += 1;
  }
}

let parts = { made: 0, gone: 0 };
beforeEach(() => {
  parts = { made: 0, gone: 0 };
});

/** Needs a part of its own, or that of its connection. */
@Namespace('default')
class Holding {
  constructor(
    @inject(NSConn) readonly ns: NSConn,
    @inject(Part) readonly part: Part,
  ) {}
  onWork() {
    return 'done';
  }
}

@Namespace('default')
class Working {
  onWork(@Service(Part) _: Part) {
    return 'done';
  }
  onOther() {
    return 'other';
  }
}

const WAYS = [
  {
    way: 'throws',
    fail: (): never => {
      throw new RangeError('broken');
    },
    reported: expect.objectContaining({ message: 'broken' }),
  },
  {
    way: 'throws what is no error',
    fail: (): never => {
      throw null;
    },
    reported: null,
  },
  {
    way: 'rejects',
    fail: (): Promise<never> => Promise.reject(new RangeError('broken')),
    reported: expect.objectContaining({ message: 'broken' }),
  },
  { way: 'rejects with what is no error', fail: (): Promise<never> => Promise.reject('broken'), reported: 'broken' },
  {
    way: 'never settles',
    fail: (): Promise<never> => new Promise(() => {}),
    reported: expect.objectContaining({ code: 'HANDLER_TIMEOUT' }),
  },
] as const;

type Make = () => Part | Promise<Part>;

/** What each kind of service is made by, as a user binds it. */
const OF_CONNECTIONS = [
  {
    kind: 'a service of a controller',
    bind: (container: Container, make: Make) => container.bind(Part).toDynamicValue(make).inTransientScope(),
  },
  {
    kind: 'a service of a connection',
    bind: (container: Container, make: Make) => registerPerConnection(container, Part, make),
  },
] as const;

const textOf = (way: string): string | RegExp =>
  way === 'never settles' ? 'handler timeout' : 'internal error 0000000000000001';

/** A promise that is settled from outside. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve = (_: T): void => {};
  let reject = (_: unknown): void => {};
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

const handlerTimeoutMs = 1_000;

/** Lets what never settles run into its time limit. */
async function outwait(test: NamespaceTest): Promise<void> {
  await test.settle();
  await test.clock.advance(handlerTimeoutMs);
}

describe.each(WAYS)('what $way', ({ way, fail, reported }) => {
  it.each(OF_CONNECTIONS)(
    'while it makes $kind refuses the namespace, and is reported with its place',
    async ({ bind }) => {
      let tries = 0;
      const make: Make = () => (++tries === 1 ? fail() : new Part());
      const test = await testNamespace(Holding, { bind: (container) => bind(container, make), handlerTimeoutMs });
      const client = await test.connect({ id: 'anna', namespaces: [] });
      const [conn] = test.server.connections();

      const connected = client.connect('default');
      await outwait(test);

      await expect(connected).rejects.toMatchObject({ text: textOf(way) });
      expect(test.server.local.namespaces).toEqual([]);
      expect(test.takeErrors()).toEqual([
        { error: reported, conn, namespace: 'default', event: '_OnNamespaceConnect', id: '0000000000000001' },
      ]);
      expect(parts).toEqual({ made: 0, gone: 0 });
      client.terminate();
      await outwait(test);
      test.takeErrors(); // what never settles is waited for again, where it belongs to the connection
      await test.close();
    },
  );

  it('while it makes a service of a message is the error of that handler, and the next message is handled', async () => {
    let tries = 0;
    const make: Make = () => (++tries === 1 ? fail() : new Part());
    const test = await testNamespace(Working, {
      bind: (container) => registerPerMessage(container, Part, make),
      handlerTimeoutMs,
    });
    const client = await test.connect();
    const [conn] = test.server.connections();

    const asked = client.ask('work');
    const next = client.ask('work');
    await outwait(test);

    await expect(asked).rejects.toMatchObject({ text: textOf(way) });
    expect((await next).body).toBe('done');
    expect(test.takeErrors()).toEqual([
      { error: reported, conn, namespace: 'default', event: 'work', id: '0000000000000001' },
    ]);
    expect(parts).toEqual({ made: 1, gone: 1 });
    await test.close();
  });

  /** Lets itself go in this way. */
  class Stuck {
    [Symbol.asyncDispose](): unknown {
      return fail();
    }
  }

  it('while a controller is let go is reported, and holds up neither the next message nor the end', async () => {
    @Namespace('default')
    class Chat extends Stuck {
      constructor(@inject(NSConn) readonly ns: NSConn) {
        super();
      }
      onWork() {
        return 'done';
      }
    }
    const test = await testNamespace(Chat, { handlerTimeoutMs });
    const client = await test.connect();
    const [conn] = test.server.connections();

    await client.disconnect();
    const again = client.connect().then(() => client.ask('work'));
    await outwait(test);

    expect((await again).body).toBe('done');
    expect(test.takeErrors()).toEqual([
      { error: reported, conn, namespace: 'default', event: 'dispose', id: '0000000000000001' },
    ]);
    client.close();
    await outwait(test);
    expect(await conn?.closed).toMatchObject({ code: 1000 });
    expect(test.takeErrors()).toHaveLength(1);
    await test.close();
  });

  it('while @preDestroy of a controller runs does not keep it from being disposed', async () => {
    const gone: string[] = [];
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onWork() {}
      @preDestroy()
      first(): unknown {
        return fail();
      }
      @preDestroy()
      second() {
        gone.push('second');
      }
      [Symbol.dispose]() {
        gone.push('disposed');
      }
    }
    const test = await testNamespace(Chat, { handlerTimeoutMs });
    const client = await test.connect();

    await client.disconnect();
    await outwait(test);

    if (way !== 'never settles') expect(gone).toEqual(['second', 'disposed']);
    expect(test.takeErrors()).toMatchObject([{ error: reported, namespace: 'default', event: 'dispose' }]);
    await test.close();
  });

  it('while a service of a connection is let go is reported, and the others are let go all the same', async () => {
    class Cart extends Stuck {}
    @Namespace('default')
    class Shop {
      constructor(
        @inject(Part) readonly part: Part,
        @inject(Cart) readonly cart: Cart,
      ) {}
      onWork() {}
    }
    const container = new Container();
    registerPerConnection(container, Part);
    registerPerConnection(container, Cart);
    const test = await testNamespace(Shop, { container, handlerTimeoutMs });
    const client = await test.connect();
    const [conn] = test.server.connections();

    client.close();
    await outwait(test);

    expect(await conn?.closed).toMatchObject({ code: 1000 });
    expect(test.takeErrors()).toEqual([
      { error: reported, conn, namespace: '', event: 'release', id: '0000000000000001' },
    ]);
    // Where one is waited for without end, nothing says that those it was made with may go already.
    if (way !== 'never settles') expect(parts.gone).toBe(1);
    await test.close();
  });

  it('while a service of a message is let go is the error of its handler, and the next message is handled', async () => {
    class Work extends Stuck {}
    @Namespace('default')
    class Shop {
      onWork(@Service(Work) _: Work) {
        return 'never told';
      }
      onOther() {
        return 'other';
      }
    }
    const test = await testNamespace(Shop, {
      bind: (container) => registerPerMessage(container, Work),
      handlerTimeoutMs,
    });
    const client = await test.connect();

    const asked = client.ask('work');
    const next = client.ask('other');
    await outwait(test);

    await expect(asked).rejects.toMatchObject({ text: textOf(way) });
    expect((await next).body).toBe('other');
    expect(test.takeErrors()).toMatchObject([{ error: reported, namespace: 'default', event: 'work' }]);
    await test.close();
  });
});

describe('what is ready, or fails, only after the connection has ended', () => {
  it.each(OF_CONNECTIONS)('as $kind that is ready is let go, exactly once', async ({ bind, kind }) => {
    const { promise, resolve } = deferred<Part>();
    const test = await testNamespace(Holding, { bind: (container) => bind(container, () => promise) });
    const client = await test.connect({ namespaces: [] });
    const refused = expect(client.connect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    await test.settle();
    const [conn] = test.server.connections();

    client.terminate();
    await refused;
    resolve(new Part());
    await conn?.closed;

    // What a controller alone has is the container's, and goes with it.
    expect(parts.gone).toBe(kind === 'a service of a connection' ? 1 : 0);
    await test.close();
  });

  it.each(OF_CONNECTIONS)('as $kind that fails is reported once', async ({ bind }) => {
    const { promise, reject } = deferred<Part>();
    const test = await testNamespace(Holding, { bind: (container) => bind(container, () => promise) });
    const client = await test.connect({ namespaces: [] });
    const refused = expect(client.connect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    await test.settle();
    const [conn] = test.server.connections();

    client.terminate();
    await refused;
    reject(new RangeError('late'));
    await conn?.closed;

    expect(test.takeErrors()).toMatchObject([
      { error: new RangeError('late'), conn, namespace: 'default', event: '_OnNamespaceConnect' },
    ]);
    await test.close();
  });

  it('as a service of a message is let go exactly once, or reported', async () => {
    const [ready, failing] = [deferred<Part>(), deferred<Part>()];
    const promises = [ready.promise, failing.promise];
    const make: Make = () => promises.shift() ?? new Part();
    const test = await testNamespace(Working, {
      bind: (container) => registerPerMessage(container, Part, make),
      handlerTimeoutMs,
    });
    const [first, second] = [await test.connect(), await test.connect()];
    const lost = [first, second].map((client) =>
      expect(client.ask('work')).rejects.toMatchObject({ code: 'CONN_CLOSED' }),
    );
    await test.settle();
    const conns = test.server.connections();
    for (const client of [first, second]) client.terminate();
    await Promise.all(lost);

    ready.resolve(new Part());
    failing.reject(new RangeError('late'));
    await Promise.all(conns.map(({ closed }) => closed));

    expect(parts).toEqual({ made: 1, gone: 1 });
    expect(test.takeErrors()).toMatchObject([
      { error: new RangeError('late'), conn: conns[1], namespace: 'default', event: 'work' },
    ]);
    await test.close();
  });
});

describe('controllers of one namespace', () => {
  const gone: string[] = [];
  beforeEach(() => void gone.splice(0));

  class Slow {}

  @Namespace('default')
  class First {
    constructor(@inject(NSConn) readonly ns: NSConn) {}
    onFirst() {}
    [Symbol.dispose]() {
      gone.push('first');
    }
  }
  @Namespace('default')
  class Second {
    constructor(
      @inject(NSConn) readonly ns: NSConn,
      @inject(Slow) readonly slow: Slow,
    ) {}
    onSecond() {}
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
      gone.push('second');
    }
  }
  @Namespace('default')
  class Third {
    constructor(@inject(NSConn) ns: NSConn) {
      if (ns.conn.id === 'refused') throw new PublicError('not today');
    }
    onThird() {}
    [Symbol.dispose]() {
      gone.push('third');
    }
  }

  const start = (make: () => Promise<Slow>): Promise<NamespaceTest> =>
    testNamespace([First, Second, Third], {
      bind: (container) => container.bind(Slow).toDynamicValue(make),
      handlerTimeoutMs,
    });

  it('are let go once each, the last made first, where connecting has failed half-way', async () => {
    const test = await start(async () => new Slow());

    await expect(test.connect({ id: 'refused' })).rejects.toMatchObject({ text: 'not today' });
    await test.close();

    expect(gone).toEqual(['second', 'first']);
  });

  it('are let go once each where the connection closes while they are made', async () => {
    const { promise, resolve } = deferred<Slow>();
    const test = await start(() => promise);
    const client = await test.connect({ namespaces: [] });
    const refused = expect(client.connect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    await test.settle();
    const [conn] = test.server.connections();

    client.terminate();
    await refused;
    resolve(new Slow());
    await conn?.closed;

    expect(gone).toEqual(['third', 'second', 'first']);
    await test.close();
  });

  it('are let go once each where they are ready only after the time that they may take', async () => {
    const { promise, resolve } = deferred<Slow>();
    const test = await start(() => promise);
    const client = await test.connect({ namespaces: [] });
    const refused = expect(client.connect('default')).rejects.toMatchObject({ text: 'handler timeout' });
    await outwait(test);
    await refused;

    resolve(new Slow());
    await test.settle();

    expect(gone).toEqual(['third', 'second', 'first']);
    expect(test.takeErrors()).toMatchObject([{ event: '_OnNamespaceConnect' }]);
    await test.close();
  });
});
