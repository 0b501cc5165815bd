import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CloseError, joinConnHandlers, type NefeliOptions, reply, type WireChoice, withTimeouts } from 'nefeli';
import {
  All,
  Broadcast,
  type Connection,
  NotMe,
  onConnection,
  type Recipients,
  type ValueKind,
} from 'nefeli/connection-style';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IrisPage } from '../support/iris-page.js';
import { RawClient, startNefeli } from '../support/start-app.js';

interface Started {
  readonly app: FastifyInstance;
  /** The connections in the order in which they came. */
  readonly connections: Connection[];
  readonly errors: unknown[];
}

async function start(
  setUp: (c: Connection) => unknown = () => {},
  { wire = 'iris', ...options }: NefeliOptions & { readonly wire?: WireChoice } = {},
): Promise<Started> {
  const connections: Connection[] = [];
  const errors: unknown[] = [];
  const handlers = onConnection((c) => {
    connections.push(c);
    return setUp(c);
  });
  const app = await startNefeli({ wire, handlers, onError: (error) => void errors.push(error), ...options });
  return { app, connections, errors };
}

/** Connects, and waits until the server has set the connection up. */
async function enter(
  { app, connections }: Started,
  headers: Record<string, string> = {},
): Promise<[IrisPage, Connection]> {
  const count = connections.length;
  const page = await IrisPage.open(app, { headers });
  await expect.poll(() => connections.length).toBe(count + 1);
  const connection = connections[count];
  if (!connection) throw new Error('it is there');
  return [page, connection];
}

describe('onConnection', () => {
  it('is called for each connection, when it can be spoken to', async () => {
    const { app, connections } = await start((c) => c.emit('hello', c.id));
    const [one, two] = [await IrisPage.open(app), await IrisPage.open(app)];

    const greetings = [await one.next(), await two.next()];

    expect(greetings).toEqual(connections.map(({ id }) => ({ event: 'hello', kind: 0, data: id })));
    expect(new Set(connections.map(({ id }) => id)).size).toBe(2);
  });

  it('holds what comes while it takes its time, and loses nothing', async () => {
    let letIn = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const started = await start(async (c) => {
      await gate;
      c.on('chat', (value) => c.emit('chat', value)).onMessage((raw) => c.emitMessage(raw));
    });
    const [page] = await enter(started);
    page.emit('chat', 'a');
    page.emitMessage('raw');
    letIn();

    expect(await page.next()).toEqual({ event: 'chat', kind: 0, data: 'a' });
    expect(await page.next()).toBe('raw');
  });

  it('ends a connection that it throws for: with 1011, or with the code of a CloseError', async () => {
    const failing = await start(() => Promise.reject(new Error('no database')));
    const closing = await start(() => {
      throw new CloseError(4001, 'not today');
    });
    const [one, two] = [await IrisPage.open(failing.app), await IrisPage.open(closing.app)];

    expect(await one.closed).toEqual({ code: 1011, reason: '' });
    expect(await two.closed).toEqual({ code: 4001, reason: 'not today' });
    expect(failing.errors).toEqual([new Error('no database')]);
  });

  it('joins with other handlers of the namespace: an event with a handler of its own is theirs', async () => {
    const heard: unknown[] = [];
    const handlers = joinConnHandlers(
      withTimeouts(
        { handlerTimeoutMs: 60_000 },
        onConnection((c) => c.on('chat', (value) => heard.push(value)).on('ping', () => heard.push('never'))),
      ),
      { '': { ping: () => reply('pong') } },
    );
    const app = await startNefeli({ wire: 'iris', handlers });
    const page = await IrisPage.open(app);

    page.emit('chat', 'hi');
    page.emit('ping');

    expect(await page.next()).toEqual({ event: 'ping', kind: 0, data: 'pong' });
    expect(heard).toEqual(['hi']);
  });

  it('is refused at start a second time: raw messages have one handler', async () => {
    const handlers = joinConnHandlers(
      onConnection(() => {}),
      onConnection(() => {}),
    );

    await expect(startNefeli({ wire: 'iris', handlers })).rejects.toThrow('EVENT_DUPLICATE');
  });

  it('refuses at start what is no function', () => {
    expect(() => onConnection('chat' as never)).toThrow(
      'OPTION_INVALID: the option setUp of onConnection() is "chat", but must be a function.',
    );
  });
});

describe('Connection.on', () => {
  const BYTES = new Uint8Array([0, 255, 59]);

  it('gives values as they were sent', async () => {
    const heard: unknown[] = [];
    const started = await start((c) => void c.on('value', (value) => heard.push(value)));
    const [page] = await enter(started);

    for (const value of ['text', '', '007', 12, -1.5, true, false, { a: [1, ';'] }, null]) page.emit('value', value);
    page.emit('value');
    page.send('value', 3, BYTES);
    page.send('value', 3, 'bytes in text');

    await expect.poll(() => heard.length).toBe(12);
    expect(heard).toEqual([
      ...['text', '', '007', 12, -1.5, true, false, { a: [1, ';'] }, null, ''],
      ...[BYTES, new TextEncoder().encode('bytes in text')],
    ]);
  });

  it.each<[ValueKind, number, string, unknown]>([
    ['text', 0, 'hi', 'hi'],
    ['text', 1, '12', '12'],
    ['number', 1, '12', 12],
    ['number', 0, '1.50', 1.5],
    ['boolean', 2, 'true', true],
    ['boolean', 1, 'true', true],
    ['boolean', 0, 'false', false],
    ['bytes', 3, 'ab', new TextEncoder().encode('ab')],
    ['bytes', 0, 'ab', new TextEncoder().encode('ab')],
    ['json', 4, '{"a":1}', { a: 1 }],
    ['json', 0, '[1]', [1]],
    ['json', 1, '5', 5],
  ])('gives who wants %s what was sent with the digit %i as %s', async (as, kind, data, expected) => {
    const heard: unknown[] = [];
    const started = await start((c) => void c.on('value', (value) => heard.push(value), { as }));
    const [page] = await enter(started);

    page.send('value', kind, data);

    await expect.poll(() => heard).toEqual([expected]);
  });

  it.each<[ValueKind, number, string | Uint8Array, string]>([
    ['text', 3, BYTES, 'a text'],
    ['text', 4, '{"a":1}', 'a text'],
    ['text', 2, 'true', 'a text'],
    ['number', 0, 'many', 'a number'],
    ['number', 0, '', 'a number'],
    ['number', 2, 'true', 'a number'],
    ['boolean', 0, 'yes', 'true or false'],
    ['boolean', 1, '1', 'true or false'],
    ['bytes', 4, '{}', 'bytes'],
    ['json', 3, BYTES, 'JSON'],
  ])(
    'tells onError, and not the listener, where %s is wanted and the digit %i comes',
    async (as, kind, data, words) => {
      const [heard, told]: [unknown[], unknown[]] = [[], []];
      const started = await start((c) => {
        c.on('value', (value) => heard.push(value), { as }).on('done', () => heard.push('done'));
        c.onError((error) => told.push(error));
      });
      const [page] = await enter(started);

      page.send('value', kind, data);
      page.emit('done');

      await expect.poll(() => heard).toEqual(['done']);
      expect(told).toMatchObject([{ code: 'VALUE_UNEXPECTED', details: { event: 'value', expected: words } }]);
      expect(page.socket.readyState).toBe(page.socket.OPEN);
    },
  );

  it('tells onError of JSON that is none, and goes on', async () => {
    const told: unknown[] = [];
    const started = await start((c) => {
      c.on('any', () => {}).on('json', () => {}, { as: 'json' });
      c.onError((error) => told.push(error));
    });
    const [page] = await enter(started);

    page.send('any', 4, '{"a":');
    page.send('json', 4, '{"__proto__":{"a":1}}');

    await expect.poll(() => told.length).toBe(2);
    expect(told).toMatchObject([{ code: 'BODY_NOT_JSON' }, { code: 'BODY_NOT_JSON' }]);
  });

  it('calls several listeners of an event in order, each when the one before has ended, whatever that did', async () => {
    const heard: string[] = [];
    const started = await start((c) => {
      c.on('chat', async () => {
        await Promise.resolve();
        heard.push('first');
        throw new Error('first failed');
      });
      c.on('chat', () => void heard.push('second'));
      c.on('chat', () => {
        heard.push('third');
        throw new Error('third failed');
      });
    });
    const [page] = await enter(started);

    page.emit('chat', 'a');

    await expect.poll(() => started.errors.length).toBe(1);
    expect(heard).toEqual(['first', 'second', 'third']);
    expect(started.errors[0]).toMatchObject({ errors: [new Error('first failed'), new Error('third failed')] });
  });

  it('hears what listeners throw by onError, reports it, and tells the page nothing', async () => {
    const told: unknown[] = [];
    const started = await start((c) => {
      c.onError((error) => told.push(error)).onError(() => {
        throw new Error('even this');
      });
      c.on('sync', () => {
        throw new Error('sync');
      });
      c.on('async', () => Promise.reject(new Error('async')));
      c.onMessage(() => {
        throw new Error('raw');
      });
      c.on('end', () => c.emit('end'));
    });
    const [page] = await enter(started);

    page.emit('sync');
    page.emit('async');
    page.emitMessage('raw');
    page.emit('end');

    expect(await page.next()).toEqual({ event: 'end', kind: 0, data: '' });
    expect(told).toEqual([new Error('sync'), new Error('async'), new Error('raw')]);
    expect(started.errors).toEqual(told);
  });

  it('calls nothing for events that nobody listens to, whatever their name', async () => {
    const heard: unknown[] = [];
    const started = await start((c) => {
      c.on('chat', (value) => heard.push(value));
      c.onDisconnect(() => heard.push('gone')).onLeave(() => heard.push('left'));
    });
    const [page] = await enter(started);

    for (const name of ['Chat', 'constructor', '__proto__', 'toString', 'onMessage', '_OnNamespaceDisconnect']) {
      page.emit(name, 'x');
    }
    for (const name of ['_OnRoomLeft', '_OnAnyEvent', '_OnNativeMessage', '_OnRoomJoin']) page.emit(name, 'x');
    page.emit('chat', 'hi');

    await expect.poll(() => heard).toEqual(['hi']);
  });
});

describe('Connection.emit', () => {
  it('sends each value with its kind, to this connection alone', async () => {
    const started = await start();
    const [[page, c], [other, o]] = [await enter(started), await enter(started)];

    for (const value of ['text', 5, 1.5, true, { a: 1 }, new TextEncoder().encode('bytes'), undefined])
      c.emit('v', value);
    c.emitMessage('raw');
    o.emit('only', 'you');

    const kinds: unknown[] = [];
    for (let index = 0; index < 7; index++) kinds.push(await page.next());
    expect(kinds).toEqual(
      [
        [0, 'text'],
        [1, '5'],
        [4, '1.5'],
        [2, 'true'],
        [4, '{"a":1}'],
        [3, 'bytes'],
        [0, ''],
      ].map(([kind, data]) => ({ event: 'v', kind, data })),
    );
    expect(await page.next()).toBe('raw');
    expect(await other.next()).toEqual({ event: 'only', kind: 0, data: 'you' });
  });

  it('sends everything in binary frames where binaryMessages says so', async () => {
    const started = await start(undefined, { wire: { prefix: 'p:', binaryMessages: true } });
    const page = await IrisPage.open(started.app, { prefix: 'p:' });
    await expect.poll(() => started.connections.length).toBe(1);

    started.connections[0]?.emit('chat', 'hi');
    started.connections[0]?.emitMessage('raw');

    expect(await page.next()).toBe('binary: p:chat;0;hi');
    expect(await page.next()).toBe('binary: raw');
  });

  it('refuses names and raw messages that a page would misread', async () => {
    const started = await start();
    const [, c] = await enter(started);

    expect(() => c.emit('a;b', 1)).toThrow('MESSAGE_NOT_ENCODABLE: "a;b" cannot be written in the wire "iris"');
    expect(() => c.to(All).emit('', 1)).toThrow('MESSAGE_NOT_ENCODABLE');
    expect(() => c.to(All).emitMessage('iris-websocket-message:admin;0;x')).toThrow('MESSAGE_NOT_ENCODABLE');
    expect(() => c.emit('_OnRoomJoin', 1)).toThrow('EVENT_RESERVED');
  });
});

describe('Connection.to', () => {
  const idGenerator = ({ headers }: FastifyRequest): string => String(headers['x-id']);
  /** Three pages of which the first two are in the room `ada`, and one has that for an id. */
  async function three() {
    const started = await start((c) => (c.id === 'ada' ? undefined : c.join('ada')), { idGenerator });
    const pages = [await enter(started, { 'x-id': 'bob' }), await enter(started, { 'x-id': 'eve' })] as const;
    return { bob: pages[0], eve: pages[1], ada: await enter(started, { 'x-id': 'ada' }) };
  }

  it.each<[string, Recipients, string[]]>([
    ['All', All, ['bob', 'eve', 'ada']],
    ['NotMe', NotMe, ['eve', 'ada']],
    ['Broadcast', Broadcast, ['eve', 'ada']],
    ['an id', { id: 'ada' }, ['ada']],
    ['a room of the same name', { room: 'ada' }, ['bob', 'eve']],
    ['its own id', { id: 'bob' }, ['bob']],
    ['a room that nobody is in', { room: 'bob' }, []],
  ])('reaches %s, by events and by raw messages', async (_, recipients, reached) => {
    const { bob, eve, ada } = await three();
    const [, speaker] = bob;

    speaker.to(recipients).emit('chat', { hi: 1 });
    speaker.to(recipients).emitMessage('raw');
    speaker.to(All).emit('end');

    for (const [page, { id }] of [bob, eve, ada]) {
      if (reached.includes(id)) {
        expect(await page.next()).toEqual({ event: 'chat', kind: 4, data: '{"hi":1}' });
        expect(await page.next()).toBe('raw');
      }
      expect(await page.next()).toEqual({ event: 'end', kind: 0, data: '' });
    }
  });

  it('speaks to a room that the speaker is not in', async () => {
    const { bob, eve, ada } = await three();

    ada[1].to({ room: 'ada' }).emit('chat', 'from outside');
    ada[1].to({ id: 'ada' }).emit('chat', 'to myself');

    expect([await bob[0].next(), await eve[0].next()]).toMatchObject([
      { data: 'from outside' },
      { data: 'from outside' },
    ]);
    expect(await ada[0].next()).toMatchObject({ data: 'to myself' });
  });

  it.each<[unknown, string]>([
    ['lobby', 'to("lobby")'],
    ['', 'to("")'],
    [undefined, 'to(undefined)'],
    [{ id: 'a', room: 'b' }, 'to(an object)'],
    [{ id: 5 }, 'to(an object)'],
  ])('refuses %j, which does not say what it names', async (value, shown) => {
    const started = await start();
    const [, c] = await enter(started);

    expect(() => c.to(value as Recipients)).toThrow(
      `RECIPIENTS_UNCLEAR: ${shown} says neither whether an id is meant nor`,
    );
  });
});

describe('the rooms of a Connection', () => {
  it('are joined and left at once: what is sent from the next line on comes, or does not', async () => {
    const started = await start((c) => {
      c.join('room1');
      c.to({ room: 'room1' }).emit('chat', 'joined');
      c.leave('room1');
      c.to({ room: 'room1' }).emit('chat', 'left');
      c.emit('rooms', [c.isJoined('room1'), c.isJoined('room2')]);
    });
    const page = await IrisPage.open(started.app);

    expect(await page.next()).toMatchObject({ data: 'joined' });
    expect(await page.next()).toMatchObject({ event: 'rooms', data: '[false,false]' });
  });

  it('leave nothing behind when a client of neffos goes instead of answering that it has left', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const handlers = onConnection((c) => {
      c.on('out', () => void c.leave('lobby'));
      c.onDisconnect(() => left?.());
    });
    const client = await RawClient.join(await startNefeli({ handlers }), '');
    client.send('$2;;lobby;_OnRoomJoin;0;0;');
    expect(await client.next()).toBe('$2;;;;;;');

    client.send(';;;out;0;0;');
    expect(await client.next()).toMatch(/;;lobby;_OnRoomLeave;0;0;$/);
    client.socket.terminate();
    await gone;
    await new Promise((resolve) => setImmediate(resolve));

    expect(unhandled).toEqual([]);
  });

  it('tell onLeave which was left, all of them at the end, and onDisconnect after that how it ended', async () => {
    const heard: unknown[] = [];
    const started = await start(async (c) => {
      c.onLeave((room) => heard.push(room)).onDisconnect((info) => heard.push(info));
      await Promise.all([c.join('a'), c.join('b'), c.join('c')]);
      await c.leave('b');
      await c.leave('never joined');
    });
    const [page] = await enter(started);
    page.socket.close(4_000, 'bye');

    await expect.poll(() => heard).toEqual(['b', 'a', 'c', { code: 4_000, reason: 'bye' }]);
  });

  it('are refused beyond maxRooms: the join rejects, and onError hears of it', async () => {
    const told: unknown[] = [];
    const started = await start(
      (c) => {
        c.onError((error) => told.push(error));
        c.join('a');
        c.join('b');
      },
      { limits: { maxRooms: 1 } },
    );
    const [, c] = await enter(started);

    await expect(c.join('c')).rejects.toMatchObject({ code: 'TOO_MANY_ROOMS' });
    expect(told).toMatchObject([{ code: 'TOO_MANY_ROOMS' }, { code: 'TOO_MANY_ROOMS' }]);
    expect([c.isJoined('a'), c.isJoined('b')]).toEqual([true, false]);
  });
});

describe('a Connection', () => {
  it('ends by disconnect, once, with a code and a reason', async () => {
    const ends: unknown[] = [];
    const started = await start((c) => void c.onDisconnect((info) => ends.push(info)));
    const [page, c] = await enter(started);

    c.disconnect(4_002, 'away with you');
    c.disconnect();

    expect(await page.closed).toEqual({ code: 4_002, reason: 'away with you' });
    await expect.poll(() => ends).toEqual([{ code: 4_002, reason: 'away with you' }]);
  });

  it('drops what is sent after its end, and speaks to nobody', async () => {
    const started = await start();
    const [[page, c], [other, o]] = [await enter(started), await enter(started)];
    c.disconnect();
    await page.closed;

    c.emit('chat', 'late');
    o.to(All).emit('chat', 'still here');

    expect(await other.next()).toMatchObject({ data: 'still here' });
  });

  it('has values of its own, and the request that it began with', async () => {
    const started = await start((c) => c.setValue('visits', 1));
    const [, c] = await enter(started, { 'x-name': 'ada' });

    expect([c.getValue('visits'), c.getValue('other'), String(c)]).toEqual([1, undefined, c.id]);
    expect(c.request.headers['x-name']).toBe('ada');
    expect(c.conn.id).toBe(c.id);
  });

  it('serves clients of neffos, too: their rooms are joined on both ends, and their asks are answered', async () => {
    const { app, errors } = await start(
      (c) => {
        c.on('chat', (text) => c.to({ room: 'r' }).emit('chat', text), { as: 'text' });
        c.on('enter', () => void c.join('r'));
        c.on('picky', () => {}, { as: 'number' });
        c.onMessage((raw) => c.emitMessage(raw));
      },
      { wire: 'neffos' },
    );
    const client = await RawClient.join(app, '');

    client.send(';;;enter;0;0;');
    const join = String(await client.next());
    expect(join).toMatch(/^n\w+;;r;_OnRoomJoin;0;0;$/);
    client.send(`${join.split(';')[0]};;;;;;`, ';;;chat;0;0;hi', 'raw', '$1;;;chat;0;0;asked', '$2;;;none;0;0;');
    const frames = [
      await client.next(),
      await client.next(),
      await client.next(),
      await client.next(),
      await client.next(),
    ];
    client.send('$3;;;picky;0;0;no number');

    expect(frames).toEqual([';;r;chat;0;0;hi', 'raw', ';;r;chat;0;0;asked', '$1;;;;;;', '$2;;;none;1;0;bad event']);
    expect(await client.next()).toBe('$3;;;picky;1;0;invalid payload');
    expect(errors).toEqual([]);
  });
});

describe('the types of a Connection', () => {
  it('refuse what is marked, when this is compiled', () => {
    const uses = (c: Connection): void => {
      c.on('age', (age) => age + 1, { as: 'number' });
      c.on('any', (value: unknown) => value);
      c.to({ room: 'lobby' }).emit('chat', { any: 'value' });
      // @ts-expect-error without `as` a value may be anything
      c.on('age', (age: number) => age + 1);
      // @ts-expect-error the listener would get a text
      c.on('age', (age: number) => age + 1, { as: 'text' });
      // @ts-expect-error a room, or an id?
      c.to('lobby');
      // @ts-expect-error raw messages are text or bytes
      c.emitMessage({ any: 'value' });
    };

    expect(uses).toBeTypeOf('function');
  });
});
