import { describe, expect, it } from 'vitest';
import { PublicError } from '../../src/errors.js';
import { settle, testServer } from '../support/test-server.js';

/** A promise that the test settles. */
function gate(): { promise: Promise<void>; open(): void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const CONNECT = '_OnNamespaceConnect;0;0;';

describe('a join that finishes while its namespace is being left', () => {
  it('is refused, is not counted, and tells nobody that it was joined', async () => {
    const [joining, leaving] = [gate(), gate()];
    const events: string[] = [];
    const t = testServer(
      {
        a: {
          onRoomJoin: async ({ room }) => {
            events.push(`join ${room}`);
            if (room === 'b') await joining.promise;
          },
          onRoomJoined: ({ room }) => void events.push(`joined ${room}`),
          onRoomLeave: async ({ room }) => {
            events.push(`leave ${room}`);
            await leaving.promise;
          },
          onRoomLeft: ({ room }) => void events.push(`left ${room}`),
        },
      },
      { limits: { maxRooms: 1 } },
    );
    const { conn, socket } = t.accept({ hello: true });
    socket.receive(`$1;a;;${CONNECT}`);
    await settle();
    const disconnecting = conn.namespace('a')?.disconnect();
    await settle();
    const [token] = String(socket.sent.at(-1)).split(';');
    socket.receive('$2;a;b;_OnRoomJoin;0;0;');
    await settle();
    socket.receive(`${token};;;;;;`);
    joining.open();
    leaving.open();
    await disconnecting;
    await settle();

    expect(events).toEqual(['join b']);
    expect(socket.sent.at(-1)).toBe('$2;a;b;_OnRoomJoin;1;0;bad namespace');
    socket.receive(`$3;a;;${CONNECT}`, '$4;a;c;_OnRoomJoin;0;0;');
    await settle();
    expect(socket.sent.at(-1)).toBe('$4;;;;;;');
  });

  it('asks nothing of a controller that is gone, when it was asked for from here', async () => {
    const events: string[] = [];
    const t = testServer({
      a: {
        onNamespaceConnected: (_, ns) => void ns.joinRoom('lobby'),
        onRoomJoin: () => void events.push('join'),
        onNamespaceDisconnect: () => void events.push('disconnect'),
      },
    });
    const { socket } = t.accept({ hello: true });
    socket.receive(`$1;a;;${CONNECT}`);
    await settle();
    const [token] = String(socket.sent.at(-1)).split(';');
    socket.receive('$2;a;;_OnNamespaceDisconnect;0;0;');
    await settle();
    socket.receive(`${token};;;;;;`);
    await settle();

    expect(events).toEqual(['disconnect']);
  });
});

describe('a room that both sides leave', () => {
  it('tells of it once, whoever comes first', async () => {
    const slow = gate();
    const events: string[] = [];
    const t = testServer({
      a: {
        onRoomLeave: async () => {
          events.push('leave');
          await slow.promise;
        },
        onRoomLeft: () => void events.push('left'),
      },
    });
    const { conn, socket } = t.accept({ hello: true });
    socket.receive(`$1;a;;${CONNECT}`, '$2;a;z;_OnRoomJoin;0;0;');
    await settle();
    const leaving = conn.namespace('a')?.leaveAll();
    await settle();
    const [token] = String(socket.sent.at(-1)).split(';');
    socket.receive('$3;a;z;_OnRoomLeave;0;0;', `${token};;;;;;`);
    await settle();
    slow.open();
    await leaving;
    await settle();

    expect(events).toEqual(['leave', 'left']);
    expect(socket.sent.at(-1)).toBe('$3;;;;;;');
  });
});

describe('a disconnect that is sent together with its connect', () => {
  it('never comes before OnNamespaceConnected, however handlers and asks of another namespace fall', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const events: string[] = [];
      const go = gate();
      const t = testServer({
        a: {
          onNamespaceConnect: async () => await go.promise,
          onNamespaceConnected: () => void events.push('connected'),
          onNamespaceDisconnect: () => void events.push('disconnect'),
        },
        b: {
          run: async (_, ns) => {
            const first = ns.ask('x').catch(() => {});
            await go.promise;
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            await Promise.all([first, ns.ask('y').catch(() => {})]);
          },
        },
      });
      const { socket } = t.accept({ hello: true });
      socket.receive(`$1;b;;${CONNECT}`);
      await settle();
      socket.receive(';b;;run;0;0;', `$2;a;;${CONNECT}`, '$3;a;;_OnNamespaceDisconnect;0;0;');
      await settle();
      go.open();
      await settle();
      socket.receiveClose();
      await settle();
      expect(events).toEqual(['connected', 'disconnect']);
    }
  });
});

describe('a disconnect that is being refused when the connection ends', () => {
  it('is told again, as one that cannot be refused', async () => {
    const asked = gate();
    const events: string[] = [];
    const t = testServer({
      a: {
        onNamespaceDisconnect: async ({ isForced }) => {
          events.push(isForced ? 'forced' : 'asked');
          if (isForced) return;
          await asked.promise;
          throw new PublicError('stay');
        },
      },
    });
    const { conn, socket } = t.accept({ hello: true });
    socket.receive(`$1;a;;${CONNECT}`);
    await settle();
    socket.receive('$2;a;;_OnNamespaceDisconnect;0;0;');
    await settle();
    socket.receiveClose();
    asked.open();
    await conn.closed;

    expect(events).toEqual(['asked', 'forced']);
  });
});
