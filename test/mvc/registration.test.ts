import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import { type Message, Namespace, type NefeliOptions, NSConn, nefeli, On } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { deferred } from '../core/ends.js';
import { RawClient, startNefeli } from '../support/start-app.js';

type Controllers = NonNullable<NefeliOptions['controllers']>;

const start = (controllers: Controllers, options: NefeliOptions = {}) =>
  startNefeli({ container: new Container(), controllers, ...options });

const refusal = async (controllers: Controllers, options: NefeliOptions = {}): Promise<string> => {
  try {
    await Fastify().register(nefeli, { container: new Container(), controllers, ...options });
  } catch (error) {
    return String(error);
  }
  return 'no error';
};

/** What the client hears when it asks `event` in a namespace. */
async function asked(client: RawClient, namespace: string, event: string): Promise<string> {
  client.send(`$1;${namespace};;${event};0;0;`);
  return String(await client.next());
}

class Where {
  onWhere(msg: Message) {
    return msg.namespace || 'the empty one';
  }
}

describe('the namespace of a controller', () => {
  it.each(['chat', ''])('is %j by its static property', async (name) => {
    class Chat extends Where {
      static readonly namespace = name;
    }
    const client = await RawClient.join(await start([Chat]), name);

    expect(await asked(client, name, 'where')).toBe(`$1;${name};;where;0;0;${name || 'the empty one'}`);
  });

  it.each(['chat', ''])('is %j by its registration, without any decorator', async (name) => {
    const client = await RawClient.join(await start([{ controller: Where, namespace: name }]), name);

    expect(await asked(client, name, 'where')).toBe(`$1;${name};;where;0;0;${name || 'the empty one'}`);
  });

  it('is that of the registration before that of the decorator, and that before that of the static property', async () => {
    class Static extends Where {
      static readonly namespace = 'static';
    }
    @Namespace('decorated')
    class Decorated extends Where {
      static readonly namespace = 'static';
    }
    const app = await start([Static, Decorated, { controller: Decorated, namespace: 'registered' }]);

    for (const name of ['static', 'decorated', 'registered']) {
      expect(await asked(await RawClient.join(app, name), name, 'where')).toBe(`$1;${name};;where;0;0;${name}`);
    }
  });

  it('is that of the class before that of its base, however either says it', async () => {
    @Namespace('base')
    class Base extends Where {}
    class Sub extends Base {
      static readonly namespace = 'sub';
    }
    class Heir extends Base {}
    const app = await start([Sub, { controller: Heir }]);

    await RawClient.join(app, 'sub');
    await RawClient.join(app, 'base');
  });

  it('is refused at start where nothing says it, and the message names all three ways', async () => {
    class Odd extends Where {
      static readonly namespace = 5;
    }
    for (const controllers of [[Where], [Odd], [{ controller: Where, concurrency: 1 }]] as Controllers[]) {
      expect(await refusal(controllers)).toMatch(
        /CONTROLLER_NOT_DECORATED: (Where|Odd) is not decorated with @Namespace.*static readonly namespace.*\{ controller: \1, namespace: '…' \}/,
      );
    }
  });
});

describe('one class registered for two namespaces', () => {
  it('is two static controllers, each with an instance of its own', async () => {
    let made = 0;
    class Counter {
      #count = 0;
      constructor() {
        made += 1;
      }
      onCount() {
        this.#count += 1;
        return this.#count;
      }
    }
    const app = await start([
      { controller: Counter, namespace: 'a' },
      { controller: Counter, namespace: 'b' },
    ]);
    expect(made).toBe(2);
    const [a, b] = [await RawClient.join(app, 'a'), await RawClient.join(app, 'b')];

    expect(await asked(a, 'a', 'count')).toBe('$1;a;;count;0;0;1');
    expect(await asked(a, 'a', 'count')).toBe('$1;a;;count;0;0;2');
    expect(await asked(b, 'b', 'count')).toBe('$1;b;;count;0;0;1');
  });

  it('is two dynamic controllers of one connection, each with the NSConn of its own', async () => {
    let made = 0;
    class Chat {
      readonly #number = ++made;
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onWho() {
        return `${this.#number} of ${this.ns.namespace}`;
      }
    }
    const app = await start([
      { controller: Chat, namespace: 'a' },
      { controller: Chat, namespace: 'b' },
    ]);
    const client = await RawClient.join(app, 'a');
    client.send('$2;b;;_OnNamespaceConnect;0;0;');
    expect(await client.next()).toBe('$2;;;;;;');

    expect(await asked(client, 'a', 'who')).toBe('$1;a;;who;0;0;1 of a');
    expect(await asked(client, 'b', 'who')).toBe('$1;b;;who;0;0;2 of b');
  });

  it('is refused when the namespaces are one, also where it hears nothing but lifecycle events', async () => {
    class Chat {
      static readonly namespace = 'chat';
      onNamespaceConnected() {}
    }
    const text = 'CONTROLLER_DUPLICATE: Chat is registered twice for the namespace "chat"';

    expect(await refusal([Chat, Chat])).toContain(text);
    expect(await refusal([Chat, { controller: Chat, namespace: 'chat' }])).toContain(text);
  });
});

describe('the options of a namespace', () => {
  it('hold by decorator, registration and namespaceOptions: the registration goes before the decorator', async () => {
    const running: Record<string, number> = {};
    const most: Record<string, number> = {};
    const gate = deferred();
    class Work {
      async onWork({ namespace }: Message) {
        running[namespace] = (running[namespace] ?? 0) + 1;
        most[namespace] = Math.max(most[namespace] ?? 0, running[namespace]);
        await gate.promise;
        running[namespace] -= 1;
      }
      onDone() {
        return 'done';
      }
    }
    @Namespace('decorated', { concurrency: 2 })
    class Decorated extends Work {}
    const app = await start(
      [
        Decorated,
        { controller: Decorated, namespace: 'registered', concurrency: 3 },
        { controller: Work, namespace: 'optioned' },
      ],
      { namespaceOptions: { optioned: { concurrency: 4 } } },
    );
    for (const name of ['decorated', 'registered', 'optioned']) {
      const client = await RawClient.join(app, name);
      for (let n = 0; n < 6; n++) client.send(`;${name};;work;0;0;`);
      client.send('$2;nowhere;;_OnNamespaceConnect;0;0;');
      await client.next(); // what was sent before it has arrived
    }
    expect(most).toEqual({ decorated: 2, registered: 3, optioned: 4 });
    gate.resolve();
  });

  it('are refused where two of one namespace disagree, with both origins', async () => {
    @Namespace('chat', { concurrency: 'parallel' })
    class One {
      onOne() {}
    }
    @Namespace('chat', { concurrency: 2 })
    class Two {
      onTwo() {}
    }
    class Three {
      onThree() {}
    }
    expect(await refusal([One, Two])).toMatch(
      /NAMESPACE_CONFLICT: .*"chat" disagree on concurrency: it is "parallel" for One and 2 for Two/,
    );
    const three = { controller: Three, namespace: 'chat', readTimeoutMs: 5 };
    expect(await refusal([three], { namespaceOptions: { chat: { readTimeoutMs: 6 } } })).toMatch(
      /disagree on readTimeoutMs: it is 5 for Three and 6 for namespaceOptions\["chat"\]/,
    );
  });

  it('are refused for a namespace that nothing serves', async () => {
    expect(await refusal([{ controller: Where, namespace: 'chat' }], { namespaceOptions: { chta: {} } })).toMatch(
      /NAMESPACE_UNKNOWN: nothing serves the namespace "chta". Served here: "chat"/,
    );
  });

  it.each([
    [
      { order: 'parallel' },
      'order of Chat is "parallel", but must be left out, or one of those there are: concurrency,',
    ],
    [{ eventMatcher: 'exact' }, 'eventMatcher of Chat is "exact", but must be a function'],
    [{ concurrency: 'sideways' }, `concurrency of Chat is "sideways", but must be 'serial', 'parallel', or`],
    [{ handlerTimeoutMs: -1 }, 'handlerTimeoutMs of Chat is -1, but must be a number of milliseconds'],
  ])('of a decorator are refused where they make no sense: %j', async (options, message) => {
    @Namespace('chat', options as object)
    class Chat extends Where {}

    expect(await refusal([Chat])).toContain(`OPTION_INVALID: the option ${message}`);
  });

  it('are inherited one by one', async () => {
    @Namespace('base', { concurrency: 2, eventMatcher: (method) => [method.toUpperCase()] })
    class Base extends Where {}
    @Namespace('sub', { concurrency: 1 })
    class Sub extends Base {}
    const app = await start([Sub], { namespaceOptions: { sub: { concurrency: 1 } } });

    expect(await asked(await RawClient.join(app, 'sub'), 'sub', 'ONWHERE')).toBe('$1;sub;;ONWHERE;0;0;sub');
  });
});

describe('a member that is almost a lifecycle event', () => {
  it.each(['onNamespaceConected', 'OnRoomJoind', '_OnNamespaceConected', '_OnRoomJoin', 'onroomjoin'])(
    'is refused at start as a method %s',
    async (name) => {
      class Chat extends Where {}
      Object.defineProperty(Chat.prototype, name, { value() {}, enumerable: false });

      expect(await refusal([{ controller: Chat, namespace: 'chat' }])).toMatch(
        new RegExp(`LIFECYCLE_MISSPELT: Chat\\.${name} is almost on[A-Z]`),
      );
    },
  );

  it('is refused at start as an inherited method, and as the key of a map', async () => {
    class Base extends Where {
      onRoomLeftt() {}
    }
    class Chat extends Base {}
    expect(await refusal([{ controller: Chat, namespace: 'chat' }])).toContain('Chat.onRoomLeftt is almost onRoomLeft');
    expect(await refusal([], { namespaces: { chat: { onRoomJoinned() {} } } })).toContain(
      'LIFECYCLE_MISSPELT: namespaces["chat"].onRoomJoinned is almost onRoomJoined',
    );
  });

  it.each([
    ['_OnRoomJoind', '_OnRoomJoin or _OnRoomJoined'],
    ['_OnNamespaceConected', '_OnNamespaceConnected'],
    ['_onRoomLeft', undefined],
    ['_OnSale', undefined],
  ])('is refused at start as what @On names as the wire does: %s', async (event, nearest) => {
    class Chat extends Where {
      @On(event) hear() {}
    }
    const said = await refusal([{ controller: Chat, namespace: 'chat' }]);

    if (nearest === undefined) expect(said).not.toContain('LIFECYCLE_MISSPELT');
    else expect(said).toContain(`LIFECYCLE_MISSPELT: @On('${event}') of Chat.hear is almost ${nearest}, but not quite`);
  });

  it('is an event by @On, and a helper with an underscore', async () => {
    @Namespace('chat')
    class Chat {
      @On('onRoomJoins')
      onRoomJoins() {
        return this._onRoomJoin();
      }
      _onRoomJoin() {
        return 'heard';
      }
    }
    const client = await RawClient.join(await start([Chat]), 'chat');

    expect(await asked(client, 'chat', 'onRoomJoins')).toBe('$1;chat;;onRoomJoins;0;0;heard');
  });
});
