import { describe, expect, it } from 'vitest';
import { CloseError, PublicError } from '../../src/errors.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, deferred, guardRejections, openEnd, recording } from './ends.js';

guardRejections();

const DISCONNECT = ';default;;_OnNamespaceDisconnect;0;0;';
const recorded = (history: string[]) => ({ default: recording(history) });

/** An end in the namespace `default` and its rooms `a` and `b`, as the other side wished. */
async function joinedEnd(side: 'server' | 'client', namespaces: Parameters<typeof connectedEnd>[1] = recorded) {
  const joined = await connectedEnd(side, namespaces);
  const mark = side === 'server' ? '$' : 'n';
  joined.socket.receive(`${mark}a;default;a;_OnRoomJoin;0;0;`, `${mark}b;default;b;_OnRoomJoin;0;0;`);
  await settle();
  joined.history.length = 0;
  joined.socket.sent.length = 0;
  return joined;
}

describe('disconnecting a namespace', () => {
  it('that the other side asks a server for runs OnNamespaceDisconnect, leaves the rooms, and acknowledges last', async () => {
    const { conn, ns, socket, history, hub } = await joinedEnd('server');

    socket.receive(`$1${DISCONNECT}`);
    await settle();

    expect(history).toEqual([
      `> $1${DISCONNECT}`,
      'OnNamespaceDisconnect',
      'OnRoomLeave a forced',
      'OnRoomLeft a forced',
      'OnRoomLeave b forced',
      'OnRoomLeft b forced',
      '< $1;;;;;;',
    ]);
    expect([conn.connected.size, conn.roomCount, ns.rooms.length, hub.members.size, hub.rooms.length]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  it('that the other side asks a client for leaves the rooms, acknowledges, and runs OnNamespaceDisconnect last', async () => {
    const { conn, socket, history } = await joinedEnd('client');

    socket.receive(`n1${DISCONNECT}`);
    await settle();

    expect(history).toEqual([
      `> n1${DISCONNECT}`,
      'OnRoomLeave a forced',
      'OnRoomLeft a forced',
      'OnRoomLeave b forced',
      'OnRoomLeft b forced',
      '< n1;;;;;;',
      'OnNamespaceDisconnect',
    ]);
    expect(conn.connected.size).toBe(0);
  });

  it.each(['server', 'client'] as const)(
    'only acknowledges on a %s what is not connected, and what it does not know',
    async (side) => {
      const { socket, history } = openEnd(side, recorded);
      const wait = side === 'server' ? '$1' : 'n1';

      socket.receive(wait + DISCONNECT, `${wait};ghost;;_OnNamespaceDisconnect;0;0;`);
      await settle();

      expect(history.slice(2)).toEqual([`< ${wait};;;;;;`, `< ${wait};;;;;;`]);
    },
  );

  it('is refused by a PublicError on a server: namespace and rooms stay', async () => {
    let refuses = true;
    const { conn, socket, hub } = await joinedEnd('server', {
      default: {
        onNamespaceDisconnect() {
          if (refuses) throw new PublicError('stay');
        },
      },
    });

    socket.receive(`$1${DISCONNECT}`);
    await settle();
    expect(socket.sent).toEqual(['$1;default;;_OnNamespaceDisconnect;1;0;stay']);
    expect([conn.namespace('default')?.rooms.length, hub.members.size]).toEqual([2, 1]);
    refuses = false;
    socket.receive(`$2${DISCONNECT}`);
    await settle();

    expect(socket.sent[1]).toBe('$2;;;;;;');
  });

  it('is refused by a CloseError on a server, which then closes', async () => {
    const { socket } = await connectedEnd('server', {
      default: { onNamespaceDisconnect: () => Promise.reject(new CloseError(4003, 'then go')) },
    });

    socket.receive(`$1${DISCONNECT}`);
    await settle();

    expect(socket.sent).toEqual(['$1;default;;_OnNamespaceDisconnect;1;0;then go']);
    expect(socket.closedWith).toEqual({ code: 4003, reason: 'then go' });
  });

  it('is not refused by any other error: that is reported, and the namespace is gone', async () => {
    const { conn, socket, errors } = await connectedEnd('server', {
      default: { onNamespaceDisconnect: () => Promise.reject(new Error('broken')) },
    });

    socket.receive(`$1${DISCONNECT}`);
    await settle();

    expect(socket.sent).toEqual(['$1;;;;;;']);
    expect(conn.connected.size).toBe(0);
    expect(errors).toMatchObject([{ error: { message: 'broken' }, event: '_OnNamespaceDisconnect' }]);
  });

  it('cannot be refused on a client', async () => {
    const { conn, socket } = await connectedEnd('client', {
      default: { onNamespaceDisconnect: () => Promise.reject(new PublicError('stay')) },
    });

    socket.receive(`n1${DISCONNECT}`);
    await settle();

    expect(socket.sent).toEqual(['n1;;;;;;']);
    expect(conn.connected.size).toBe(0);
  });

  describe.each([
    ['server', 'n1'],
    ['client', '$1'],
  ] as const)('from here, on a %s', (side, wait) => {
    it('asks, and on the acknowledgement leaves the rooms and runs OnNamespaceDisconnect', async () => {
      const { ns, conn, socket, history } = await joinedEnd(side);

      const leaving = ns.disconnect();
      expect(history).toEqual([`< ${wait}${DISCONNECT}`]);
      socket.receive(`${wait};;;;;;`);
      await leaving;

      expect(history.slice(2)).toEqual([
        'OnRoomLeave a local forced',
        'OnRoomLeft a local forced',
        'OnRoomLeave b local forced',
        'OnRoomLeft b local forced',
        'OnNamespaceDisconnect local',
      ]);
      expect([conn.connected.size, conn.roomCount, conn.asks.size]).toEqual([0, 0, 0]);
    });

    it('keeps the namespace when the other side refuses', async () => {
      const { ns, conn, socket, history } = await joinedEnd(side);

      const leaving = ns.disconnect();
      await settle();
      socket.receive(`${wait};default;;_OnNamespaceDisconnect;1;0;stay`);

      await expect(leaving).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'stay' });
      expect(conn.namespace('default')).toBe(ns);
      expect(history).toHaveLength(2);
    });
  });

  it('rejects with NAMESPACE_NOT_CONNECTED, without traffic, when it is not connected any more', async () => {
    const { ns, socket, history } = await connectedEnd('server', recorded);
    socket.receive(`$1${DISCONNECT}`);
    await settle();
    history.length = 0;

    await expect(ns.disconnect()).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
    expect(history).toEqual([]);
  });

  it('has ended before a connect that follows the acknowledgement in the same segment', async () => {
    const { ns, conn, socket, history } = await connectedEnd('server', (list) => ({
      default: recording(list, { onNamespaceDisconnect: settle }),
    }));
    const leaving = ns.disconnect();
    await settle();

    socket.receive('n1;;;;;;', '$2;default;;_OnNamespaceConnect;0;0;', ';default;;chat;0;0;x');
    await leaving;
    await settle();
    await settle();

    expect(history.slice(4)).toEqual([
      'OnNamespaceDisconnect local',
      'OnNamespaceConnect',
      '< $2;;;;;;',
      'OnNamespaceConnected',
    ]);
    expect(conn.namespace('default')).not.toBe(ns);
  });

  it('has ended before a connect that follows, even while this side waits for another ask', async () => {
    const { ns, conn, socket } = await connectedEnd('server', (list) => ({
      default: recording(list, { onNamespaceDisconnect: settle }),
      other: { e() {} },
    }));
    socket.receive('$1;other;;_OnNamespaceConnect;0;0;');
    await settle();
    const unrelated = conn.namespace('other')?.ask('anything');
    const leaving = ns.disconnect();
    await settle();

    socket.receive('n2;;;;;;', '$2;default;;_OnNamespaceConnect;0;0;');
    await leaving;
    await settle();

    expect(conn.namespace('default')).toBeDefined();
    socket.receive('n1;;;;;;');
    expect((await unrelated)?.body).toBe('');
  });

  describe('from both sides at the same moment', () => {
    it('runs every event once when acknowledgement and request come in one segment', async () => {
      const { ns, socket, history, hub } = await joinedEnd('server');

      const leaving = ns.disconnect();
      await settle();
      socket.receive(`$1${DISCONNECT}`, 'n1;;;;;;');
      await leaving;
      await settle();

      const heard = history
        .filter((line) => line.startsWith('On'))
        .map((line) => line.split(' ').slice(0, 2).join(' '));
      expect(heard.sort()).toEqual([
        'OnNamespaceDisconnect',
        'OnRoomLeave a',
        'OnRoomLeave b',
        'OnRoomLeft a',
        'OnRoomLeft b',
      ]);
      expect(socket.sent).toEqual([`n1${DISCONNECT}`, '$1;;;;;;']);
      expect(hub.calls).toEqual(['disconnected default']);
    });

    it('cannot be refused any more once this side has been acknowledged', async () => {
      const gate = deferred();
      const { ns, conn, socket } = await joinedEnd('server', {
        default: { onNamespaceDisconnect: () => gate.promise },
      });

      const leaving = ns.disconnect();
      await settle();
      socket.receive(`$1${DISCONNECT}`);
      await settle();
      socket.receive('n1;;;;;;');
      gate.reject(new PublicError('stay'));
      await leaving;
      await settle();

      expect(conn.connected.size).toBe(0);
      expect(socket.sent.at(-1)).toBe('$1;;;;;;');
    });

    it('ends once when this side asks twice', async () => {
      const { ns, socket, history } = await joinedEnd('client', (list) => ({
        default: recording(list, { onRoomLeave: settle, onNamespaceDisconnect: settle }),
      }));

      const both = Promise.all([ns.disconnect(), ns.disconnect()]);
      await settle();
      socket.receive('$1;;;;;;', '$2;;;;;;');
      await both;
      await settle();

      expect(history.filter((line) => line.startsWith('OnRoomLeft'))).toHaveLength(2);
      expect(history.filter((line) => line.startsWith('OnNamespaceDisconnect'))).toHaveLength(1);
    });

    it('asks OnNamespaceDisconnect for each when the other side asks twice within an ask, one after the other', async () => {
      const gate = deferred();
      const { socket, history } = await connectedEnd('server', (list) => ({
        default: recording(list, {
          hello: (_, ns) => ns.ask('who').then(() => {}),
          onNamespaceDisconnect: () => gate.promise,
        }),
      }));

      socket.receive(';default;;hello;0;0;');
      await settle();
      socket.receive(`$1${DISCONNECT}`, `$2${DISCONNECT}`);
      await settle();
      gate.reject(new PublicError('stay'));
      await settle();

      expect(history.filter((line) => line.startsWith('On'))).toEqual([
        'OnNamespaceDisconnect',
        'OnNamespaceDisconnect',
      ]);
      expect(socket.sent.slice(1)).toEqual([
        '$1;default;;_OnNamespaceDisconnect;1;0;stay',
        '$2;default;;_OnNamespaceDisconnect;1;0;stay',
      ]);
    });
  });

  describe('disconnectAll', () => {
    it('disconnects one after the other, and passes by what the other side has disconnected meanwhile', async () => {
      const { conn, socket } = openEnd('server', { a: { e() {} }, b: { e() {} }, c: { e() {} } });
      for (const name of ['a', 'b', 'c']) socket.receive(`$${name};${name};;_OnNamespaceConnect;0;0;`);
      await settle();
      socket.sent.length = 0;

      const all = conn.disconnectAll();
      await settle();
      socket.receive('$1;b;;_OnNamespaceDisconnect;0;0;', 'n1;;;;;;');
      await settle();
      socket.receive('n2;;;;;;');
      await all;

      expect(socket.sent).toEqual([
        'n1;a;;_OnNamespaceDisconnect;0;0;',
        '$1;;;;;;',
        'n2;c;;_OnNamespaceDisconnect;0;0;',
      ]);
      expect(conn.namespaces).toEqual([]);
    });
  });

  describe('because the connection ends', () => {
    it.each(['server', 'client'] as const)(
      'leaves rooms and namespace on a %s, local and forced, and cannot be refused',
      async (side) => {
        const refuse = (): never => {
          throw new PublicError('stay');
        };
        const { conn, socket, history, errors } = await joinedEnd(side, (list) => ({
          default: recording(list, { onRoomLeave: refuse, onNamespaceDisconnect: refuse }),
        }));

        socket.receiveClose(1001, 'bye');

        expect(await conn.closed).toEqual({ code: 1001, reason: 'bye' });
        expect(history).toEqual([
          'OnRoomLeave a local forced',
          'OnRoomLeft a local forced',
          'OnRoomLeave b local forced',
          'OnRoomLeft b local forced',
          'OnNamespaceDisconnect local forced',
        ]);
        expect(errors.map(({ event }) => event)).toEqual(['_OnRoomLeave', '_OnRoomLeave', '_OnNamespaceDisconnect']);
        expect([conn.connected.size, conn.roomCount]).toEqual([0, 0]);
      },
    );

    it('ends once while a disconnect from here is under way', async () => {
      const gate = deferred();
      const { ns, conn, socket, history } = await joinedEnd('server', (list) => ({
        default: recording(list, { onRoomLeave: () => gate.promise }),
      }));
      const leaving = ns.disconnect();
      await settle();
      socket.receive('n1;;;;;;');
      await settle();

      socket.receiveClose();
      gate.resolve();
      await Promise.all([leaving, conn.closed]);

      expect(history.filter((line) => line.startsWith('OnNamespaceDisconnect'))).toEqual([
        'OnNamespaceDisconnect local',
      ]);
      expect(history.filter((line) => line.startsWith('OnRoomLeave'))).toHaveLength(2);
    });

    it('rejects a disconnect from here with CONN_CLOSED', async () => {
      const { ns, conn } = await joinedEnd('server');
      const leaving = ns.disconnect();
      await Promise.resolve();

      conn.close(1000, 'done');

      await expect(leaving).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1000, reason: 'done' } });
      await conn.closed;
      await expect(ns.disconnect()).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    });
  });
});
