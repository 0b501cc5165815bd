import { describe, expect, it } from 'vitest';
import type { EventTable, NamespaceTable } from '../../src/core/event-table.js';
import { settle, testServer } from '../support/test-server.js';
import { connectedEnd, deferred, type End, end, guardRejections, openEnd } from './ends.js';

guardRejections();

/** Four ways for a hook to fail. */
const FAILURES = [
  {
    way: 'throws',
    fail: (): unknown => {
      throw new Error('broken');
    },
    reported: { message: 'broken' },
  },
  { way: 'rejects', fail: (): unknown => Promise.reject(new Error('broken')), reported: { message: 'broken' } },
  {
    way: 'throws what is no error',
    fail: (): unknown => {
      throw null;
    },
    reported: null,
  },
  { way: 'never settles', fail: (): unknown => new Promise(() => {}), reported: { code: 'HANDLER_TIMEOUT' } },
] as const;

const text = (way: string): string => (way === 'never settles' ? 'handler timeout' : 'internal error 1');

/** Lets a hook that never settles run into its time limit. */
async function waitForHook({ clock }: Pick<End, 'clock'>): Promise<void> {
  await settle();
  clock.advanceMs(30_000);
  await settle();
}

const CONNECT = '$1;default;;_OnNamespaceConnect;0;0;';
const DISCONNECT = '$2;default;;_OnNamespaceDisconnect;0;0;';
const JOIN = '$3;default;r;_OnRoomJoin;0;0;';
const LEAVE = '$4;default;r;_OnRoomLeave;0;0;';

/** One namespace with controllers. */
const served = (parts: Pick<NamespaceTable, 'open' | 'close'>): EventTable =>
  new Map([['default', { namespace: 'default', events: new Map(), lifecycle: new Map(), ...parts }]]);

describe.each(FAILURES)('a hook that $way', ({ way, fail, reported }) => {
  it('as onConnect refuses the connection with 1011, keeps nothing, and is reported once', async () => {
    const ended = end('server', { default: { e() {} } }, { onConnect: fail });
    ended.socket.receive('M', CONNECT);

    await waitForHook(ended);

    expect(ended.socket.sent).toEqual([`H${text(way)}`]);
    expect(ended.socket.closedWith).toEqual({ code: 1011, reason: text(way) });
    expect(ended.conn.connected.size).toBe(0);
    expect(ended.errors).toEqual([{ error: expected(reported), event: 'onConnect', id: '1' }]);
  });

  it('as onDisconnect is reported, and closed is fulfilled', async () => {
    const ended = openEnd('server', { default: { e() {} } }, { onDisconnect: fail });
    ended.conn.close();

    await waitForHook(ended);

    expect(await ended.conn.closed).toEqual({ code: 1000, reason: '' });
    expect(ended.errors).toEqual([{ error: expected(reported), event: 'onDisconnect', id: '1' }]);
  });

  it('as OnNamespaceConnect refuses the namespace', async () => {
    const opened = openEnd('server', { default: { onNamespaceConnect: fail } });
    opened.socket.receive(CONNECT);

    await waitForHook(opened);

    expect(opened.socket.sent).toEqual([`$1;default;;_OnNamespaceConnect;1;0;${text(way)}`]);
    expect([opened.conn.connected.size, opened.conn.opening.size, opened.hub.calls]).toEqual([0, 0, []]);
    expect(opened.errors).toEqual([{ error: expected(reported), event: '_OnNamespaceConnect', id: '1' }]);
  });

  it('as OnNamespaceConnected is reported, and the namespace stays', async () => {
    const opened = openEnd('server', { default: { onNamespaceConnected: fail } });
    opened.socket.receive(CONNECT);

    await waitForHook(opened);

    expect(opened.socket.sent).toEqual(['$1;;;;;;']);
    expect(opened.conn.connected.size).toBe(1);
    expect(opened.errors).toEqual([{ error: expected(reported), event: '_OnNamespaceConnected', id: '1' }]);
  });

  it('as OnNamespaceDisconnect is reported, and the namespace is left', async () => {
    const connected = await connectedEnd('server', { default: { onNamespaceDisconnect: fail } });
    connected.socket.receive(DISCONNECT);

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$2;;;;;;']);
    expect([connected.conn.connected.size, connected.hub.members.size]).toEqual([0, 0]);
    expect(connected.errors).toEqual([{ error: expected(reported), event: '_OnNamespaceDisconnect', id: '1' }]);
  });

  it('as OnRoomJoin refuses the room', async () => {
    const connected = await connectedEnd('server', { default: { onRoomJoin: fail } });
    connected.socket.receive(JOIN);

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual([`$3;default;r;_OnRoomJoin;1;0;${text(way)}`]);
    expect([connected.conn.roomCount, connected.hub.rooms]).toEqual([0, []]);
    expect(connected.errors).toEqual([{ error: expected(reported), event: '_OnRoomJoin', id: '1' }]);
  });

  it('as OnRoomJoined is reported, and the room stays', async () => {
    const connected = await connectedEnd('server', { default: { onRoomJoined: fail } });
    connected.socket.receive(JOIN);

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$3;;;;;;']);
    expect(connected.hub.rooms).toEqual(['r']);
    expect(connected.errors).toEqual([{ error: expected(reported), event: '_OnRoomJoined', id: '1' }]);
  });

  it.each(['onRoomLeave', 'onRoomLeft'])('as %s is reported, and the room is left', async (hook) => {
    const connected = await connectedEnd('server', { default: { [hook]: fail } });
    connected.socket.receive(JOIN, LEAVE);

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$3;;;;;;', '$4;;;;;;']);
    expect([connected.conn.roomCount, connected.hub.rooms]).toEqual([0, []]);
    expect(connected.errors).toEqual([{ error: expected(reported), event: `_O${hook.slice(1)}`, id: '1' }]);
  });

  it('as an event is answered, and the next message is handled', async () => {
    const connected = await connectedEnd('server', { default: { bad: fail, good: () => 'ok' } });
    connected.socket.receive('$5;default;;bad;0;0;', '$6;default;;good;0;0;');

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual([`$5;default;;bad;1;0;${text(way)}`, '$6;default;;good;0;0;ok']);
    expect(connected.errors).toEqual([{ error: expected(reported), event: 'bad', id: '1' }]);
  });

  it('as onNativeMessage is answered raw', async () => {
    const connected = await connectedEnd('server', { default: { e() {} }, '': { onNativeMessage: fail } });
    connected.socket.receive('$n;;;_OnNamespaceConnect;0;0;');
    await settle();
    connected.socket.receive('raw');

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$n;;;;;;', text(way)]);
    expect(connected.errors).toEqual([{ error: expected(reported), event: '_OnNativeMessage', id: '1' }]);
  });

  it('as the factory of a controller refuses the namespace', async () => {
    let closed = 0;
    const close = (): void => {
      closed += 1;
    };
    const opened = openEnd('server', {}, { table: served({ open: fail, close }) });
    opened.socket.receive(CONNECT);

    await waitForHook(opened);

    expect(opened.socket.sent).toEqual([`$1;default;;_OnNamespaceConnect;1;0;${text(way)}`]);
    expect([opened.conn.connected.size, opened.hub.calls, closed]).toEqual([0, [], 0]);
    expect(opened.errors).toEqual([{ error: expected(reported), event: '_OnNamespaceConnect', id: '1' }]);
  });

  it('as the disposal of a controller is reported, and holds up neither the next message nor closed', async () => {
    const connected = await connectedEnd(
      'server',
      {},
      { table: served({ open: () => 'scope', close: () => asVoid(fail) }) },
    );
    connected.socket.receive(DISCONNECT, '$7;default;;_OnNamespaceConnect;0;0;');

    await waitForHook(connected);
    expect(connected.socket.sent).toEqual(['$2;;;;;;', '$7;;;;;;']);
    expect(connected.errors).toEqual([{ error: expected(reported), event: 'dispose', id: '1' }]);
    connected.conn.close();
    await waitForHook(connected);

    expect(await connected.conn.closed).toEqual({ code: 1000, reason: '' });
  });

  it('as onError is logged with what it was to report, without recursion', async () => {
    const connected = await connectedEnd(
      'server',
      { default: { bad: () => Promise.reject(new Error('first')) } },
      { onError: () => asVoid(fail) },
    );
    connected.socket.receive('$5;default;;bad;0;0;');

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$5;default;;bad;1;0;internal error 1']);
    const fails = way !== 'never settles';
    expect(connected.log.lines).toEqual(
      fails
        ? [
            {
              level: 'error',
              fields: { err: expected(reported), cause: expect.objectContaining({ message: 'first' }), id: '1' },
              message: expect.any(String),
            },
          ]
        : [],
    );
    expect(connected.counters.get('errors.handler')).toBe(1);
  });

  it('as onRemoteError is logged, and the next message is handled', async () => {
    const connected = await connectedEnd(
      'server',
      { default: { good: () => 'ok' } },
      { onRemoteError: () => asVoid(fail) },
    );
    connected.socket.receive(';default;;x;1;0;sorry', '$6;default;;good;0;0;');

    await waitForHook(connected);

    expect(connected.socket.sent).toEqual(['$6;default;;good;0;0;ok']);
    expect(connected.log.lines.map(({ fields }) => fields)).toEqual(
      way === 'never settles' ? [] : [{ err: expected(reported), namespace: 'default', event: 'x' }],
    );
  });
});

/** What a hook of the type `void` really returns. */
function asVoid(fail: () => unknown): void {
  return fail() as undefined; // an asynchronous function fits the type as well
}

const expected = (reported: object | null): unknown => (reported === null ? null : expect.objectContaining(reported));

describe('a handler that fails', () => {
  it('tells the other side nothing of the error but an id, and reports all of it under that id', async () => {
    const secret = new Error('pg://user:pw@db', { cause: 'even more' });
    const { socket, errors } = await connectedEnd('server', {
      default: {
        bad() {
          throw secret;
        },
      },
    });

    socket.receive('$5;default;;bad;0;0;');

    expect(socket.sent).toEqual(['$5;default;;bad;1;0;internal error 1']);
    expect(errors).toEqual([{ error: secret, event: 'bad', id: '1' }]);
  });

  it('is logged where there is no onError: with the error and the place, without body or token', async () => {
    const { accept, log } = testServer({ default: { bad: () => Promise.reject(new Error('broken')) } });
    const { socket } = accept({ hello: true });
    socket.receive(CONNECT, '$secret;default;;bad;0;0;a body');
    await settle();

    const [line] = log.lines;
    expect(line).toEqual({
      level: 'error',
      fields: {
        err: expect.objectContaining({ message: 'broken' }),
        namespace: 'default',
        event: 'bad',
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
      message: 'a handler failed',
    });
  });

  it('rejects late, after the connection has closed: it is reported, nothing more', async () => {
    const { socket, conn, errors } = await connectedEnd('server', {
      default: {
        async bad() {
          await settle();
          throw new Error('late');
        },
      },
    });

    socket.receive('$5;default;;bad;0;0;');
    socket.receiveClose();
    await conn.closed;

    expect([socket.sent, errors.length]).toEqual([[], 1]);
  });
});

describe('what controllers are made with', () => {
  const counting = () => {
    const seen = { opened: 0, closed: [] as unknown[] };
    const table = served({
      open: async () => `scope ${++seen.opened}`,
      close: async (scope) => void seen.closed.push(scope),
    });
    return { seen, table };
  };

  it('is closed exactly once when the namespace is left from there, from here, or with the connection', async () => {
    const { seen, table } = counting();
    const { socket, conn } = await connectedEnd('server', {}, { table });

    socket.receive(DISCONNECT);
    await settle();
    socket.receive(CONNECT);
    await settle();
    const leaving = conn.namespace('default')?.disconnect();
    socket.receive('n1;;;;;;');
    await leaving;
    socket.receive(CONNECT);
    await settle();
    socket.receiveClose();
    await conn.closed;

    expect(seen).toEqual({ opened: 3, closed: ['scope 1', 'scope 2', 'scope 3'] });
  });

  it('is closed exactly once when both sides disconnect at the same moment', async () => {
    const { seen, table } = counting();
    const { socket, ns } = await connectedEnd('server', {}, { table });

    const leaving = ns.disconnect();
    socket.receive(DISCONNECT, 'n1;;;;;;');
    await leaving;
    await settle();

    expect(seen).toEqual({ opened: 1, closed: ['scope 1'] });
  });

  it('is closed exactly once when the connect is refused here, there, or by the hub, or comes too late', async () => {
    const { seen, table } = counting();
    const { socket, conn, hub } = openEnd('server', {}, { table });

    hub.onEnter = () => Promise.reject(new Error('down'));
    socket.receive(CONNECT);
    await settle();
    hub.onEnter = () => {};
    const refused = expect(conn.connect('default')).rejects.toMatchObject({ text: 'no' });
    await settle();
    socket.receive('n2;default;;_OnNamespaceConnect;1;0;no');
    await refused;
    hub.onEnter = settle;
    socket.receive(CONNECT);
    socket.receiveClose();
    await conn.closed;

    expect(seen).toEqual({ opened: 3, closed: ['scope 1', 'scope 2', 'scope 3'] });
  });

  it('is closed when it is made only after the time that it may take', async () => {
    const { promise, resolve } = deferred<string>();
    const closed: unknown[] = [];
    const opened = openEnd(
      'server',
      {},
      { table: served({ open: () => promise, close: (scope) => void closed.push(scope) }) },
    );
    opened.socket.receive(CONNECT);
    await waitForHook(opened);
    expect(opened.socket.sent).toEqual(['$1;default;;_OnNamespaceConnect;1;0;handler timeout']);

    resolve('late scope');
    await settle();

    expect(closed).toEqual(['late scope']);
  });
});
