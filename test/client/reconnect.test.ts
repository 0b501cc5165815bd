import { describe, expect, it } from 'vitest';
import type { ConnState, DialOptions } from '../../src/client/dial-options.js';
import type { DialledConn, Listener } from '../../src/client/dialled.js';
import { type Events, FakeNetwork, settle, tokenOf } from './fake-network.js';

/** Handlers that write down what happens to a namespace. */
function traced(trace: string[], handlers: Record<string, Listener> = {}): Record<string, Listener> {
  const names = [
    'NamespaceConnect',
    'NamespaceConnected',
    'NamespaceDisconnect',
    'RoomJoin',
    'RoomJoined',
    'RoomLeave',
    'RoomLeft',
  ];
  const note = names.map((name): [string, Listener] => [
    `on${name}`,
    (msg) => {
      trace.push(
        [msg.namespace, name, msg.room, msg.isForced && 'forced', msg.isRestored && 'restored']
          .filter(Boolean)
          .join(' '),
      );
    },
  ]);
  return { ...Object.fromEntries(note), ...handlers };
}

const waiting = ({ state }: DialledConn): Extract<ConnState, { kind: 'waiting' }> => {
  if (state.value.kind !== 'waiting') throw new Error(`it is ${state.value.kind}`);
  return state.value;
};

const plain = (frames: readonly string[]): string[] => frames.map((frame) => frame.replace(/^\$\d+/, '$'));

/** A connection with namespaces and rooms that the client has asked for, and that the server has given. */
async function furnished(
  options: DialOptions = {},
): Promise<{ network: FakeNetwork; conn: DialledConn; trace: string[] }> {
  const network = new FakeNetwork();
  const trace: string[] = [];
  const events: Events = { a: traced(trace), b: traced(trace), given: traced(trace) };
  const conn = await network.open(events, options);
  const connecting = conn.connect('a', { body: { token: 1 } });
  await settle();
  network.acknowledge();
  const a = await connecting;
  const joining = Promise.all([a.joinRoom('r1'), a.joinRoom('r2')]);
  await settle();
  network.acknowledge();
  await joining;
  await network.connect(conn, 'b');
  network.socket.receive('7;given;;_OnNamespaceConnect;0;0;', '8;a;forced;_OnRoomJoin;0;0;');
  await settle();
  network.socket.take();
  trace.length = 0;
  return { network, conn, trace };
}

describe('a lost connection', () => {
  describe('waits between tries', () => {
    it('at random, within a second at first, then twice as long each time up to 30 s', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.random = 0.999;
      network.socket.end(1006, 'gone');
      const mostMs = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000];
      for (const [index, ms] of mostMs.entries()) {
        expect(waiting(conn)).toMatchObject({ tries: index + 1, retryInMs: 0.999 * ms, code: 1006 });
        expect(Math.abs(waiting(conn).retryAt - Date.now() - 0.999 * ms)).toBeLessThan(1_000);
        await network.retry(index + 1);
        expect(conn.state.value).toEqual({ kind: 'connecting', tries: index + 1 });
        network.socket.end();
      }
      expect(network.sockets).toHaveLength(mostMs.length + 1);
    });

    it('not at all where chance has it so', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.random = 0;
      network.socket.end();

      expect(waiting(conn).retryInMs).toBe(0);
    });

    it('begins anew once it was open for 5 s, and not before', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.clock.advanceMs(4_999);
      network.socket.end();
      expect(waiting(conn).tries).toBe(1);
      await network.retry(1);
      network.welcome();
      network.clock.advanceMs(4_999);
      network.socket.end();
      expect(waiting(conn).tries).toBe(2);
      await network.retry(2);
      network.welcome();
      network.clock.advanceMs(5_000);
      network.socket.end();

      expect(waiting(conn).tries).toBe(1);
    });

    it('goes on when a try gets no answer in dialTimeoutMs', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({}, { dialTimeoutMs: 700 });
      network.socket.end();
      await network.retry();
      network.clock.advanceMs(700);

      expect(waiting(conn)).toMatchObject({ tries: 2, code: 1006 });
      expect(network.socket.closedWith).toBeDefined();
    });

    it('tells the server how often it has tried', async () => {
      const network = new FakeNetwork();
      await network.open({}, {}, 'wss://a.example/ws?x=1');
      network.socket.end();
      await network.retry(1);
      network.socket.end();
      await network.retry(2);

      expect(network.sockets.map(({ url }) => url)).toEqual([
        'wss://a.example/ws?x=1',
        'wss://a.example/ws?x=1&X-Websocket-Header-X-Websocket-Reconnect=1',
        'wss://a.example/ws?x=1&X-Websocket-Header-X-Websocket-Reconnect=2',
      ]);
    });
  });

  describe('comes back', () => {
    it.each([1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 3000, 3999])('after %i', async (code) => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.socket.end(code, 'because');

      expect(waiting(conn)).toMatchObject({ code, reason: 'because' });
    });

    it.each([1000, 1002, 1003, 1007, 1008, 1009, 1010, 4000, 4999])('not after %i', async (code) => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.socket.end(code, 'because');

      expect(conn.state.value).toEqual({ kind: 'closed', code, reason: 'because' });
      expect(await conn.closed).toEqual({ code, reason: 'because' });
      expect(network.clock.timers).toBe(0);
    });

    it('not with reconnect: false', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({}, { reconnect: false });
      network.socket.end(1012);

      expect(conn.state.value.kind).toBe('closed');
    });

    it('as shouldReconnect says', async () => {
      const network = new FakeNetwork();
      const conn = await network.open(
        {},
        { shouldReconnect: ({ code, reason }) => code === 4001 && reason === 'again' },
      );
      network.socket.end(4001, 'again');
      expect(conn.state.value.kind).toBe('waiting');
      await network.retry();
      network.welcome();
      network.socket.end(1006);

      expect(conn.state.value.kind).toBe('closed');
    });

    it.each([
      [1006, 'closed'],
      [1008, 'closed'],
      [1011, 'waiting'],
      [1013, 'waiting'],
    ])('after a refusal that is followed by %i: %s', async (code, kind) => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.socket.end();
      await network.retry();
      network.socket.open();
      network.socket.receive('Hnot you');
      network.socket.end(code);

      expect(conn.state.value).toMatchObject({ kind, reason: 'not you' });
    });
  });

  describe('restores', () => {
    it('what the client has asked for, in that order, by the same objects; then sends what waits, and tells', async () => {
      const { network, conn, trace } = await furnished();
      const [a, b] = conn.namespaces;
      const rooms = a?.rooms ?? [];
      network.socket.end();
      await settle();
      expect(conn.namespaces).toEqual([a, b]);
      b?.emit('hi', 'while away');
      await network.retry();
      network.welcome('id2');
      await settle();
      expect(conn.id).toBe('id2');
      const frames: string[] = [];
      for (let round = 0; round < 3; round++) {
        frames.push(...network.socket.texts);
        network.acknowledge();
        await settle();
      }
      frames.push(...network.socket.take());

      expect(plain(frames)).toEqual([
        '$;a;;_OnNamespaceConnect;0;j;{"token":1}',
        '$;a;r1;_OnRoomJoin;0;0;',
        '$;a;r2;_OnRoomJoin;0;0;',
        '$;b;;_OnNamespaceConnect;0;0;',
        ';b;;hi;0;0;while away',
      ]);
      expect(conn.namespaces).toEqual([a, b]);
      expect(a?.rooms).toEqual(rooms.filter(({ name }) => name !== 'forced'));
      expect(trace).toEqual([
        'a RoomLeave forced forced',
        'a RoomLeft forced forced',
        'given NamespaceDisconnect forced',
        'a NamespaceConnected restored',
        'a RoomJoined r1 restored',
        'a RoomJoined r2 restored',
        'b NamespaceConnected restored',
      ]);
    });

    it('what the server gave not by itself: the server gives it again', async () => {
      const { network, conn, trace } = await furnished();
      network.socket.end();
      await network.retry();
      network.welcome();
      trace.length = 0;
      network.socket.receive('9;given;;_OnNamespaceConnect;0;0;');
      for (let round = 0; round < 3; round++) {
        await settle();
        network.acknowledge();
      }
      await settle();

      expect(trace).toContain('given NamespaceConnected');
      expect(trace).not.toContain('given NamespaceConnected restored');
      expect(conn.namespace('given')).toBeDefined();
    });

    it('what the server gave, once the client has asked for it, too', async () => {
      const { network, conn } = await furnished();
      const given = await conn.connect('given');
      await conn.namespace('a')?.joinRoom('forced');
      network.socket.end();
      await settle();

      expect(conn.namespaces).toContain(given);
      expect(conn.namespace('a')?.rooms.map(({ name }) => name)).toEqual(['r1', 'r2', 'forced']);
    });

    it('lets no handler run before all is told', async () => {
      const network = new FakeNetwork();
      const trace: string[] = [];
      const conn = await network.open({ a: traced(trace, { news: ({ body }) => void trace.push(`news ${body}`) }) });
      await network.connect(conn, 'a');
      network.socket.end();
      await network.retry();
      network.welcome();
      await settle();
      trace.length = 0;
      const [frame] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};;;;;;`, ';a;;news;0;0;1');
      await settle();

      expect(trace).toEqual(['a NamespaceConnected restored', 'news 1']);
    });

    it('sends what waited before it tells', async () => {
      const network = new FakeNetwork();
      const sent: string[] = [];
      const conn = await network.open({
        a: { onNamespaceConnected: ({ isRestored }) => void (isRestored && sent.push(...network.socket.take())) },
      });
      const ns = await network.connect(conn, 'a');
      network.socket.end();
      ns.emit('hi', '1');
      await network.retry();
      network.welcome();
      await settle();
      network.acknowledge();
      await settle();

      expect(sent).toEqual([';a;;hi;0;0;1']);
    });

    it('lets its handlers ask', async () => {
      const network = new FakeNetwork();
      const answers: unknown[] = [];
      const conn = await network.open({
        a: {
          onNamespaceConnected: async ({ isRestored }, ns) =>
            void (isRestored && answers.push((await ns.ask('who')).body)),
        },
      });
      await network.connect(conn, 'a');
      await network.lose();
      await settle();
      network.acknowledge();
      await settle();
      const [frame] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};a;;who;0;0;anna`);
      await settle();

      expect(answers).toEqual(['anna']);
    });

    it('once more what was not restored when it was lost again', async () => {
      const { network, conn, trace } = await furnished();
      network.socket.end();
      await network.retry();
      network.welcome();
      await settle();
      network.acknowledge();
      await settle();
      network.socket.end();
      await network.retry(2);
      network.welcome();
      trace.length = 0;
      for (let round = 0; round < 3; round++) {
        await settle();
        network.acknowledge();
      }
      await settle();

      expect(trace.filter((event) => event.endsWith('restored'))).toHaveLength(4);
      expect(conn.namespaces).toHaveLength(2);
      expect(network.errors).toEqual([]);
    });

    it('nothing that the server refuses: it ends, is told of and reported', async () => {
      const { network, conn, trace } = await furnished();
      network.socket.end();
      await network.retry();
      network.welcome();
      trace.length = 0;
      await settle();
      network.acknowledge();
      await settle();
      const [r1, r2] = network.socket.take();
      network.socket.receive(`${tokenOf(r1)};a;r1;_OnRoomJoin;1;0;full`, `${tokenOf(r2)};;;;;;`);
      await settle();
      const [b] = network.socket.take();
      network.socket.receive(`${tokenOf(b)};b;;_OnNamespaceConnect;1;0;bad namespace`);
      await settle();

      expect(trace).toEqual([
        'a NamespaceConnected restored',
        'a RoomLeave r1 forced',
        'a RoomLeft r1 forced',
        'a RoomJoined r2 restored',
        'b NamespaceDisconnect forced',
      ]);
      expect(conn.namespaces.map(({ namespace, rooms }) => [namespace, rooms.map(({ name }) => name)])).toEqual([
        ['a', ['r2']],
      ]);
      expect(network.errors).toMatchObject([
        { error: { text: 'full' }, namespace: 'a', room: 'r1', event: '_OnRoomJoin' },
        { error: { code: 'NAMESPACE_UNKNOWN' }, namespace: 'b', event: '_OnNamespaceConnect' },
      ]);
    });
  });

  describe('whose restoring gets no answer', () => {
    it('is given up and tried again, ever later, with all that there is', async () => {
      const { network, conn, trace } = await furnished({ heartbeat: false });
      const [a] = conn.namespaces;
      network.socket.end();
      await settle();
      trace.length = 0;
      for (const tries of [1, 2, 3]) {
        await network.retry(tries);
        network.welcome();
        await settle();
        network.clock.advanceMs(10_000);
        await settle();
        expect(waiting(conn)).toMatchObject({ code: 1006, reason: 'not restored', tries: tries + 1 });
      }
      expect([conn.namespaces[0], trace, network.errors]).toEqual([a, [], []]);
      await network.retry(4);
      network.welcome();
      for (let round = 0; round < 3; round++) {
        await settle();
        network.acknowledge();
      }
      await settle();

      expect(a?.rooms.map(({ name }) => name)).toEqual(['r1', 'r2']);
      expect(trace.filter((event) => event.endsWith('restored'))).toHaveLength(4);
    });

    it('is so for a room as for a namespace', async () => {
      const { network, conn } = await furnished({ heartbeat: false });
      network.socket.end();
      await network.retry();
      network.welcome();
      await settle();
      network.acknowledge();
      await settle();
      network.clock.advanceMs(10_000);
      await settle();

      expect(waiting(conn)).toMatchObject({ reason: 'not restored', tries: 2 });
      expect(conn.namespaces[0]?.rooms.map(({ name }) => name)).toEqual(['r1', 'r2']);
    });
  });

  it('tells once of what the server takes while it is restored', async () => {
    const { network, trace } = await furnished();
    network.socket.end();
    await network.retry();
    network.welcome();
    await settle();
    network.acknowledge();
    await settle();
    trace.length = 0;
    const [r1, r2] = network.socket.take();
    network.socket.receive('9;a;r1;_OnRoomLeave;0;0;');
    await settle();
    network.socket.receive(`${tokenOf(r1)};a;r1;_OnRoomJoin;1;0;full`, `${tokenOf(r2)};;;;;;`);
    await settle();
    network.acknowledge();
    await settle();

    expect(trace.filter((event) => event.includes('r1'))).toEqual(['a RoomLeave r1', 'a RoomLeft r1']);
  });

  it('ends everything, once, in order, when it is closed for good', async () => {
    const { network, conn, trace } = await furnished();
    network.socket.end(4000, 'kicked');
    await conn.closed;

    expect(trace).toEqual([
      'a RoomLeave r1 forced',
      'a RoomLeft r1 forced',
      'a RoomLeave r2 forced',
      'a RoomLeft r2 forced',
      'a RoomLeave forced forced',
      'a RoomLeft forced forced',
      'a NamespaceDisconnect forced',
      'b NamespaceDisconnect forced',
      'given NamespaceDisconnect forced',
    ]);
    expect(conn.namespaces).toEqual([]);
  });

  it('still tells what had come before, and drops it when this side closes', async () => {
    for (const isLocal of [false, true]) {
      const network = new FakeNetwork();
      const heard: unknown[] = [];
      let finish = (): void => {};
      const conn = await network.open({
        a: {
          slow: () =>
            new Promise<void>((resolve) => {
              finish = resolve;
            }),
          news: ({ body }) => void heard.push(body),
          onNamespaceDisconnect: () => void heard.push('end'),
        },
      });
      await network.connect(conn, 'a');
      network.socket.receive(';a;;slow;0;0;', ';a;;news;0;0;bye', '7;a;;news;0;0;asked');
      await settle();
      if (isLocal) conn.close();
      else network.socket.end(1000);
      finish();
      await conn.closed;

      expect(heard).toEqual(isLocal ? ['end'] : ['bye', 'end']);
    }
  });

  it('does not send the answer of what was asked before', async () => {
    const network = new FakeNetwork();
    let finish = (_: string): void => {};
    const conn = await network.open({
      a: {
        who: () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
      },
    });
    await network.connect(conn, 'a');
    network.socket.receive('7;a;;who;0;0;');
    await settle();
    await network.lose();
    network.socket.take();
    finish('anna');
    await settle();

    expect(network.socket.take().filter((frame) => frame.startsWith('7'))).toEqual([]);
  });
});

describe('a page', () => {
  it('that is offline is not tried until it is online, and then at once', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    network.page.navigator.onLine = false;
    network.socket.end();
    expect(waiting(conn).retryInMs).toBe(Number.POSITIVE_INFINITY);
    network.clock.advanceMs(600_000);
    await settle();
    expect(network.sockets).toHaveLength(1);
    network.page.navigator.onLine = true;
    network.page.tell('online');
    await settle();

    expect(network.sockets).toHaveLength(2);
    expect(conn.state.value.kind).toBe('connecting');
  });

  it('that goes offline while it waits stops waiting', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    network.socket.end();
    network.page.navigator.onLine = false;
    network.page.tell('offline');
    network.clock.advanceMs(600_000);
    await settle();

    expect(network.sockets).toHaveLength(1);
    expect(waiting(conn).tries).toBe(1);
  });

  it('that goes online while it is hidden is tried, too', async () => {
    const network = new FakeNetwork();
    await network.open();
    network.page.document.visibilityState = 'hidden';
    network.socket.end();
    network.page.tell('online');
    await settle();

    expect(network.sockets).toHaveLength(2);
  });

  it.each(['visibilitychange', 'pageshow', 'resume', 'online'])('that wakes by %s is tried at once', async (event) => {
    const network = new FakeNetwork();
    await network.open();
    network.random = 0.99;
    network.socket.end();
    network.page.tell(event);
    await settle();
    expect(network.sockets).toHaveLength(2);
    network.page.tell(event);
    await settle();

    expect(network.sockets).toHaveLength(2);
  });

  it('that is hidden is not', async () => {
    const network = new FakeNetwork();
    await network.open();
    network.socket.end();
    network.page.document.visibilityState = 'hidden';
    network.page.tell('visibilitychange');
    await settle();

    expect(network.sockets).toHaveLength(1);
  });

  it.each(['visibilitychange', 'pageshow', 'resume', 'online', 'offline'])(
    'that wakes by %s while open asks the server once',
    async (event) => {
      const network = new FakeNetwork();
      await network.open();
      network.page.tell(event);
      network.page.tell(event);

      expect(network.socket.take()).toEqual(['$0;_;;_OnNamespaceDisconnect;0;0;']);
    },
  );
});
