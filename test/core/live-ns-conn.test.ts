import { describe, expect, it } from 'vitest';
import { settle } from '../support/test-server.js';
import { connectedEnd, guardRejections } from './ends.js';

guardRejections();

const SERVED = { default: { e() {} } };

describe('LiveNSConn', () => {
  it('is its connection in a namespace, and has the id of the connection as its text', async () => {
    const { ns, conn } = await connectedEnd('server', SERVED, { id: 'bob' });

    expect([ns.conn, ns.namespace, String(ns), ns.rooms, ns.room('r')]).toEqual([
      conn,
      'default',
      'bob',
      [],
      undefined,
    ]);
  });

  it('emits to the other side, in the order of the calls', async () => {
    const { ns, socket } = await connectedEnd('server', SERVED);

    ns.emit('nothing');
    ns.emit('text', 'a');
    ns.emit('json', { a: 1 });

    expect(socket.sent).toEqual([';default;;nothing;0;0;', ';default;;text;0;0;a', ';default;;json;0;0;{"a":1}']);
  });

  it('drops what is emitted after the namespace has been left, and rejects what is asked', async () => {
    const { ns, socket } = await connectedEnd('server', SERVED);
    socket.receive('$1;default;;_OnNamespaceDisconnect;0;0;');
    await settle();

    ns.emit('late');

    expect(socket.sent).toEqual(['$1;;;;;;']);
    await expect(ns.ask('q')).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
    await expect(ns.joinRoom('r')).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
  });

  it('drops what is emitted after the connection has closed, and rejects what is asked with CONN_CLOSED', async () => {
    const { ns, conn, socket } = await connectedEnd('server', SERVED);
    conn.close();
    ns.emit('late');
    await conn.closed;

    expect(socket.sent).toEqual([]);
    for (const asked of [ns.ask('q'), ns.joinRoom('r'), ns.disconnect()]) {
      await expect(asked).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    }
  });

  it('broadcasts through the hub to its namespace, with and without itself', async () => {
    const { ns, conn, hub } = await connectedEnd('server', SERVED);

    ns.broadcast('chat', 'to all');
    ns.broadcastOthers('chat', 'to others');

    const target = { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };
    expect(hub.broadcasts).toEqual([
      { target, event: 'chat', body: 'to all' },
      { target: { ...target, exceptKeys: [conn.key] }, event: 'chat', body: 'to others' },
    ]);
  });

  it('throws CLIENT_CANNOT_BROADCAST on a client', async () => {
    const { ns } = await connectedEnd('client', SERVED);

    expect(() => ns.broadcast('chat', 'x')).toThrow(expect.objectContaining({ code: 'CLIENT_CANNOT_BROADCAST' }));
  });
});

describe('LiveNSConn.leaveAll', () => {
  it('leaves one room after the other, and passes by what the other side has left meanwhile', async () => {
    const { ns, socket } = await connectedEnd('client', SERVED);
    for (const name of ['a', 'b', 'c']) socket.receive(`n${name};default;${name};_OnRoomJoin;0;0;`);
    await settle();
    socket.sent.length = 0;

    const all = ns.leaveAll();
    await settle();
    socket.receive('n1;default;b;_OnRoomLeave;0;0;', '$1;;;;;;');
    await settle();
    socket.receive('$2;;;;;;');
    await all;

    expect(socket.sent).toEqual(['$1;default;a;_OnRoomLeave;0;0;', 'n1;;;;;;', '$2;default;c;_OnRoomLeave;0;0;']);
    expect(ns.rooms).toEqual([]);
  });
});

describe('LiveRoom', () => {
  async function joined() {
    const end = await connectedEnd('server', SERVED, { id: 'bob' });
    end.socket.receive('$j;default;lo;b;_OnRoomJoin;0;0;'.replace('lo;b', 'lo@%!semicolon@%!b'));
    await settle();
    const room = end.ns.room('lo;b');
    if (!room) throw new Error('the room was refused');
    end.socket.sent.length = 0;
    return { ...end, room };
  }

  it('has the name that was joined, its namespace, and the id of the connection as its text', async () => {
    const { room, ns } = await joined();

    expect([room.name, room.ns, String(room), ns.rooms]).toEqual(['lo;b', ns, 'bob', [room]]);
  });

  it('emits to this peer only, marked with the room', async () => {
    const { room, socket, hub } = await joined();

    room.emit('note', 'x');

    expect([socket.sent, hub.broadcasts]).toEqual([[';default;lo@%!semicolon@%!b;note;0;0;x'], []]);
  });

  it('broadcasts through the hub to the room, with and without itself', async () => {
    const { room, conn, hub } = await joined();

    room.broadcast('note', 1);
    room.broadcastOthers('note', 2);

    expect(hub.broadcasts.map(({ target, body }) => [target.rooms, target.exceptKeys, body])).toEqual([
      [['lo;b'], [], 1],
      [['lo;b'], [conn.key], 2],
    ]);
  });

  it('drops what is emitted after the room has been left', async () => {
    const { room, socket } = await joined();
    socket.receive('$1;default;lo@%!semicolon@%!b;_OnRoomLeave;0;0;');
    await settle();

    room.emit('note', 'late');

    expect(socket.sent).toEqual(['$1;;;;;;']);
  });

  it('rejects a leave with CONN_CLOSED once the connection has closed', async () => {
    const { room, conn } = await joined();
    conn.close();
    await conn.closed;

    await expect(room.leave()).rejects.toMatchObject({ code: 'CONN_CLOSED' });
  });

  it('hears what is sent to it by its name', async () => {
    const heard: string[] = [];
    const { socket } = await connectedEnd('server', {
      default: { note: (msg) => void heard.push(`${msg.room}: ${msg.body}`) },
    });
    socket.receive('$j;default;a;_OnRoomJoin;0;0;');
    await settle();

    socket.receive(';default;a;note;0;0;x');

    expect(heard).toEqual(['a: x']);
  });
});

describe('a message', () => {
  it('tells of what came', async () => {
    const seen: unknown[] = [];
    const { socket } = await connectedEnd('server', { default: { e: (msg) => void seen.push(msg) } });

    socket.receive('$1;default;;e;0;0;{"a":1}', new TextEncoder().encode(';default;;e;0;0;[]'));

    const flags = { isForced: false, isLocal: false, isNative: false };
    expect(seen).toMatchObject([
      {
        namespace: 'default',
        room: '',
        event: 'e',
        name: 'e',
        body: '{"a":1}',
        isAsk: true,
        isBinary: false,
        ...flags,
      },
      { body: new TextEncoder().encode('[]'), isAsk: false, isBinary: true, ...flags },
    ]);
    expect(seen.map((msg) => (msg as { json(): unknown }).json())).toEqual([{ a: 1 }, []]);
  });

  it('has one signal, which aborts with the reason of the close when the connection closes while the handler runs', async () => {
    const signals: AbortSignal[] = [];
    const { socket } = await connectedEnd('server', {
      default: {
        e: async (msg) => {
          signals.push(msg.signal, msg.signal);
          await new Promise((_, reject) => msg.signal.addEventListener('abort', reject));
        },
      },
    });

    socket.receive(';default;;e;0;0;');
    socket.receiveClose(1001);
    await settle();

    expect(signals[0]).toBe(signals[1]);
    expect(signals[0]?.reason).toMatchObject({ code: 'CONN_CLOSED', details: { code: 1001 } });
  });
});
