import Fastify from 'fastify';
import { Container } from 'inversify';
import { type ConnHandlers, joinConnHandlers, Namespace, type NefeliOptions, nefeli, withTimeouts } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { buildEventTable } from '../../src/mvc/build-event-table.js';
import type { Resolver } from '../../src/ports/resolver.js';
import { RawClient, startNefeli } from '../support/start-app.js';

@Namespace('chat')
class Chat {
  onChat() {
    return 'chat';
  }
}

@Namespace('slow', { readTimeoutMs: 9 })
class Slow {
  onSlow() {}
}

const map = (namespace: string, event = 'e') => ({ [namespace]: { [event]: () => event } });

/** The timeouts that the namespaces of some handlers end up with. */
async function timeoutsOf(handlers: ConnHandlers): Promise<Record<string, object>> {
  const container = { provide: async () => ({ kind: 'static', instance: {}, ownMethods: [] }) };
  const table = await buildEventTable({
    controllers: [],
    namespaces: {},
    handlers,
    namespaceOptions: {},
    resolver: container as unknown as Resolver, // nothing else of it is asked for
    middleware: [],
  });
  return Object.fromEntries(
    [...table].map(([name, { readTimeoutMs, writeTimeoutMs, handlerTimeoutMs }]) => [
      name,
      JSON.parse(JSON.stringify({ readTimeoutMs, writeTimeoutMs, handlerTimeoutMs })),
    ]),
  );
}

const refusal = async (options: NefeliOptions): Promise<string> => {
  try {
    await Fastify().register(nefeli, { container: new Container(), ...options });
  } catch (error) {
    return String(error);
  }
  return 'no error';
};

describe('joinConnHandlers', () => {
  it('serves maps, classes, registrations and what was joined before, beside controllers and namespaces', async () => {
    const handlers = joinConnHandlers(
      map('a'),
      Chat,
      joinConnHandlers({ controller: Chat, namespace: 'registered' }, joinConnHandlers(map('b'))),
    );
    @Namespace('plain')
    class Plain extends Chat {}
    const app = await startNefeli({
      container: new Container(),
      controllers: [Plain],
      namespaces: map('c'),
      handlers,
    });

    for (const [name, event] of [
      ...['a', 'b', 'c'].map((namespace) => [namespace, 'e']),
      ...['chat', 'registered', 'plain'].map((namespace) => [namespace, 'chat']),
    ]) {
      const client = await RawClient.join(app, String(name));
      client.send(`$1;${name};;${event};0;0;`);
      expect(await client.next()).toBe(`$1;${name};;${event};0;0;${event}`);
    }
  });

  it('puts handlers of one namespace together, whatever they are', async () => {
    const app = await startNefeli({
      container: new Container(),
      handlers: joinConnHandlers(Chat, map('chat', 'other')),
      namespaces: map('chat', 'third'),
    });
    const client = await RawClient.join(app, 'chat');

    for (const event of ['chat', 'other', 'third']) {
      client.send(`$1;chat;;${event};0;0;`);
      expect(await client.next()).toBe(`$1;chat;;${event};0;0;${event}`);
    }
  });

  it('serves a namespace named "controller"', async () => {
    const app = await startNefeli({ handlers: joinConnHandlers({ controller: { e: () => 'e' } }) });
    const client = await RawClient.join(app, 'controller');
    client.send('$1;controller;;e;0;0;');

    expect(await client.next()).toBe('$1;controller;;e;0;0;e');
  });

  it('refuses at start what two of them handle, and says where each stands', async () => {
    expect(await refusal({ handlers: joinConnHandlers(map('a'), joinConnHandlers(map('b'), map('a'))) })).toMatch(
      /EVENT_DUPLICATE.*"e" of the namespace "a".*by handlers\[0\]\["a"\]\.e and by handlers\[1\]\[1\]\["a"\]\.e/,
    );
    expect(await refusal({ handlers: joinConnHandlers(map('a')), namespaces: map('a') })).toMatch(
      /EVENT_DUPLICATE.*by namespaces\["a"\]\.e and by handlers\[0\]\["a"\]\.e/,
    );
    expect(await refusal({ handlers: joinConnHandlers(Chat), controllers: [Chat] })).toMatch(/CONTROLLER_DUPLICATE/);
  });

  it('refuses at start timeouts of one namespace that differ: none of them wins', async () => {
    const [first, second] = [map('a', 'first'), map('a', 'second')];
    const handlers = joinConnHandlers(
      withTimeouts({ readTimeoutMs: 1 }, first),
      withTimeouts({ readTimeoutMs: 2 }, second),
    );

    expect(await refusal({ handlers })).toMatch(
      /NAMESPACE_CONFLICT: .*"a" disagree on readTimeoutMs: it is 1 for handlers\[0\]\["a"\] and 2 for handlers\[1\]\["a"\]/,
    );
  });

  it('refuses controllers without a container', async () => {
    await expect(Fastify().register(nefeli, { handlers: joinConnHandlers(Chat) })).rejects.toThrow(
      /CONTROLLERS_NEED_CONTAINER.*Chat/,
    );
  });

  it.each([
    ['a number', 5, '5'],
    ['nothing', undefined, 'undefined'],
    ['an instance', new Chat(), 'an instance of Chat'],
    ['an arrow function', () => {}, 'a function'],
    ['an array', [Chat], 'an array'],
    ['a map of one namespace without its name', { e() {} }, 'an object'],
    ['a registration of an instance', { controller: new Chat() }, 'an object'],
  ])('throws OPTION_INVALID at once for %s', (_, value, shown) => {
    expect(() => joinConnHandlers(map('a'), value as never)).toThrow(
      `OPTION_INVALID: the option joinConnHandlers()[1] is ${shown}, but must be maps of functions by namespace, a`,
    );
  });
});

describe('withTimeouts', () => {
  it('holds for the namespaces of its handlers and for no others, through any nesting', async () => {
    const slow = withTimeouts({ readTimeoutMs: 1, handlerTimeoutMs: 2 }, joinConnHandlers(map('a'), Chat));
    const other = withTimeouts({ writeTimeoutMs: 3 }, { controller: Chat, namespace: 'registered' });

    expect(await timeoutsOf(joinConnHandlers(joinConnHandlers(joinConnHandlers(slow)), map('b'), other))).toEqual({
      a: { readTimeoutMs: 1, handlerTimeoutMs: 2 },
      chat: { readTimeoutMs: 1, handlerTimeoutMs: 2 },
      registered: { writeTimeoutMs: 3 },
      b: {},
    });
  });

  it('leaves a timeout that a part sets itself, by itself, its decorator or its registration', async () => {
    const inner = withTimeouts({ readTimeoutMs: 1 }, map('a'));
    const registered = { controller: Slow, namespace: 'registered', readTimeoutMs: 8 };

    expect(
      await timeoutsOf(
        withTimeouts({ readTimeoutMs: 5, writeTimeoutMs: 6 }, joinConnHandlers(inner, Slow, registered)),
      ),
    ).toEqual({
      a: { readTimeoutMs: 1, writeTimeoutMs: 6 },
      slow: { readTimeoutMs: 9, writeTimeoutMs: 6 },
      registered: { readTimeoutMs: 8, writeTimeoutMs: 6 },
    });
  });

  it.each<[unknown, unknown, string]>([
    [5, map('a'), 'timeouts of withTimeouts() is 5, but must be an object with readTimeoutMs,'],
    [
      { readTimeout: 5 },
      map('a'),
      'readTimeout of withTimeouts() is 5, but must be left out, or one of those there are',
    ],
    [{ readTimeoutMs: 0 }, map('a'), 'readTimeoutMs of withTimeouts() is 0, but must be a number of milliseconds'],
    [{}, 'chat', 'handlers of withTimeouts() is "chat", but must be maps of functions by namespace,'],
  ])('throws OPTION_INVALID for %j around %j', (timeouts, handlers, message) => {
    expect(() => withTimeouts(timeouts as never, handlers as never)).toThrow(`OPTION_INVALID: the option ${message}`);
  });

  it('takes a timeout that is undefined for none', async () => {
    expect(await timeoutsOf(withTimeouts({ readTimeoutMs: undefined } as object, map('a')))).toEqual({ a: {} });
  });
});
