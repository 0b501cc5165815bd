import { describe, expect, it } from 'vitest';
import type { DialledConn, DialledNSConn, DialledRoom, Listener } from '../../src/client/dialled.js';
import { FakeNetwork, settle, tokenOf } from './fake-network.js';

interface Joined {
  readonly network: FakeNetwork;
  readonly conn: DialledConn;
  readonly ns: DialledNSConn;
  readonly room: DialledRoom;
}

async function joined(handlers: Record<string, Listener> = {}): Promise<Joined> {
  const network = new FakeNetwork();
  const conn = await network.open({ chat: handlers });
  const ns = await network.connect(conn);
  const joining = ns.joinRoom('r');
  await settle();
  network.acknowledge();
  return { network, conn, ns, room: await joining };
}

const plain = (frames: readonly string[]): string[] => frames.map((frame) => frame.replace(/^\$\d+/, '$'));

/** What the client has asked, which is answered. */
async function asked(network: FakeNetwork): Promise<string[]> {
  await settle();
  const frames = plain(network.socket.texts);
  network.acknowledge();
  await settle();
  return frames;
}

describe('what is asked for while it is being given up', () => {
  it('as a room is joined anew once it was left', async () => {
    const { network, ns, room } = await joined();
    void room.leave();
    const joining = ns.joinRoom('r');

    expect(await asked(network)).toEqual(['$;chat;r;_OnRoomLeave;0;0;']);
    expect(await asked(network)).toEqual(['$;chat;r;_OnRoomJoin;0;0;']);
    const again = await joining;
    expect(again).not.toBe(room);
    again.emit('say', 'hi');
    expect(network.socket.take()).toEqual([';chat;r;say;0;0;hi']);
  });

  it('as a room is what it was where the server refuses to let it go', async () => {
    const { network, ns, room } = await joined();
    void room.leave();
    const joining = ns.joinRoom('r');
    await settle();
    network.socket.receive(`${tokenOf(network.socket.take()[0])};chat;r;_OnRoomLeave;1;0;stay`);

    expect(await joining).toBe(room);
    expect(network.socket.take()).toEqual([]);
  });

  it('as a room is joined anew once the server has let it go, also where nobody else waits for that any more', async () => {
    const { network, ns, room } = await joined();
    const leaving = room.leave({ timeoutMs: 100 });
    const joining = ns.joinRoom('r');
    await settle();
    network.clock.advanceMs(100);
    await expect(leaving).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });

    expect(await asked(network)).toEqual(['$;chat;r;_OnRoomLeave;0;0;']);
    expect(await asked(network)).toEqual(['$;chat;r;_OnRoomJoin;0;0;']);
    expect(await joining).not.toBe(room);
  });

  it('as a namespace is connected anew once it was disconnected', async () => {
    const { network, conn, ns } = await joined();
    void ns.disconnect();
    const connecting = conn.connect('chat');

    expect(await asked(network)).toEqual(['$;chat;;_OnNamespaceDisconnect;0;0;']);
    expect(await asked(network)).toEqual(['$;chat;;_OnNamespaceConnect;0;0;']);
    const again = await connecting;
    expect(again).not.toBe(ns);
    expect(conn.namespaces).toEqual([again]);
  });

  it('twice is given up once', async () => {
    const { network, ns, room } = await joined();
    const leaves = Promise.all([room.leave(), ns.leaveAll()]);
    expect(await asked(network)).toEqual(['$;chat;r;_OnRoomLeave;0;0;']);
    await leaves;
    const ends = Promise.all([ns.disconnect(), ns.disconnect()]);
    expect(await asked(network)).toEqual(['$;chat;;_OnNamespaceDisconnect;0;0;']);

    await ends;
  });

  it('does not wait for the handlers of the leave, which may ask for it themselves', async () => {
    const rooms: DialledRoom[] = [];
    const { network, ns, room } = await joined({
      onRoomLeft: async (_, here) => void rooms.push(await here.joinRoom('r')),
    });
    const leaving = room.leave();
    const joining = ns.joinRoom('r');
    await asked(network);
    await asked(network);

    expect(rooms).toEqual([await joining]);
    await leaving;
  });
});

describe('what a lifecycle handler asks for', () => {
  it('is there when it is told of its own connect and join', async () => {
    const got: unknown[] = [];
    const { ns, room } = await joined({
      onNamespaceConnected: async (_, here) => void got.push(await here.conn.connect('chat')),
      onRoomJoined: async (_, here) => void got.push(await here.joinRoom('r')),
    });

    expect(got).toEqual([ns, room]);
  });

  it('as its own connect, before it is, waits no longer than it says', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({
      chat: { onNamespaceConnect: async ({ isLocal }, ns) => isLocal && ns.conn.connect('chat', { timeoutMs: 50 }) },
    });
    const connecting = conn.connect('chat', { timeoutMs: 100 });
    network.clock.advanceMs(50);

    await expect(connecting).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { timeoutMs: 50 } });
    expect(network.socket.take()).toEqual([]);
  });
});

it('a connect whose own handler runs when the connection is lost is rejected as what was asked', async () => {
  let finish = (): void => {};
  const network = new FakeNetwork();
  const conn = await network.open({
    chat: {
      onNamespaceConnect: () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    },
  });
  const connecting = conn.connect('chat');
  await network.lose();
  finish();

  await expect(connecting).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1006 } });
  expect(network.socket.take()).toEqual([]);
  expect(conn.namespaces).toEqual([]);
});

describe('those who wait for the same', () => {
  it('wait each as long as they say', async () => {
    const { network, ns } = await joined();
    const abort = new AbortController();
    const aborted = ns.joinRoom('x', { signal: abort.signal });
    const short = ns.joinRoom('x', { timeoutMs: 100 });
    const long = ns.joinRoom('x', { timeoutMs: 5_000 });
    abort.abort();
    network.clock.advanceMs(100);
    await expect(aborted).rejects.toMatchObject({ code: 'ASK_ABORTED' });
    await expect(short).rejects.toMatchObject({
      code: 'ASK_TIMEOUT',
      details: { event: '_OnRoomJoin', timeoutMs: 100 },
    });
    await asked(network);

    expect((await long).name).toBe('x');
  });

  it('of a connect do so, too', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const first = conn.connect('chat', { timeoutMs: 100 });
    const second = conn.connect('chat');
    await settle();
    network.clock.advanceMs(100);
    await expect(first).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    await asked(network);

    expect((await second).namespace).toBe('chat');
  });

  it('are asked for anew when nobody waits any more', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const ns = await network.connect(conn);
    network.socket.end();
    const abort = new AbortController();
    const given = ns.joinRoom('x', { signal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'ASK_ABORTED' });
    const joining = ns.joinRoom('x');
    await network.retry();
    network.welcome();

    expect(await asked(network)).toEqual(['$;chat;;_OnNamespaceConnect;0;0;']);
    expect(await asked(network)).toEqual(['$;chat;x;_OnRoomJoin;0;0;']);
    expect((await joining).name).toBe('x');
  });

  it('are not timed while handlers run that the answer has called', async () => {
    const { network, ns } = await joined({
      onRoomJoined: ({ room }) => (room === 'x' ? new Promise((resolve) => setImmediate(resolve)) : undefined),
    });
    const joining = ns.joinRoom('x', { timeoutMs: 100 });
    await settle();
    network.acknowledge();
    network.clock.advanceMs(200);

    expect((await joining).name).toBe('x');
  });
});
