import { describe, expect, it } from 'vitest';
import type { ConnState } from '../../src/client/dial-options.js';
import { FakeNetwork, settle, tokenOf } from './fake-network.js';

/** A signal that counts who listens to it. */
function countedSignal(): { readonly signal: AbortSignal; listening(): number } {
  const listeners = new Set<unknown>();
  const signal = {
    aborted: false,
    addEventListener: (_event: string, listener: unknown) => listeners.add(listener),
    removeEventListener: (_event: string, listener: unknown) => listeners.delete(listener),
  } as unknown as AbortSignal; // all that is asked of one
  return { signal, listening: () => listeners.size };
}

describe('a lifecycle event', () => {
  it('is told to all who hear it, also where one of them throws', async () => {
    const network = new FakeNetwork();
    const told: string[] = [];
    const conn = await network.open({
      chat: {
        onNamespaceDisconnect: () => {
          throw new Error('first');
        },
      },
    });
    const ns = await network.connect(conn);
    ns.on('onNamespaceDisconnect', () => void told.push('second'));
    ns.on('onNamespaceDisconnect', () => {
      throw new Error('third');
    });
    network.socket.end(4000);
    await conn.closed;

    expect(told).toEqual(['second']);
    expect(network.errors.map(({ error }) => String(error)).sort()).toEqual(['Error: first', 'Error: third']);
  });

  it('of the end of a namespace is heard by a loop, which ends with it', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({
      chat: {
        onNamespaceDisconnect: async () => {
          await settle();
          throw new Error('first');
        },
      },
    });
    const ns = await network.connect(conn);
    const heard: boolean[] = [];
    const loop = (async () => {
      for await (const msg of ns.on('_OnNamespaceDisconnect')) heard.push(msg.isForced);
    })();
    network.socket.end(4000);
    await loop;

    expect(heard).toEqual([true]);
  });

  it('of the end of a namespace may wait for a loop on another event', async () => {
    const network = new FakeNetwork();
    let loop: Promise<void> | undefined;
    const conn = await network.open({ chat: { onNamespaceDisconnect: () => loop } });
    const ns = await network.connect(conn);
    loop = (async () => {
      for await (const _ of ns.on('chat')) throw new Error('there is none');
    })();
    network.socket.end(4000);
    await conn.closed;

    expect(network.errors).toEqual([]);
  });
});

it('a loop on a namespace that is gone listens to no signal', async () => {
  const network = new FakeNetwork();
  const conn = await network.open();
  const ns = await network.connect(conn);
  conn.close();
  await conn.closed;
  const { signal, listening } = countedSignal();
  for await (const _ of ns.on('chat', { signal })) throw new Error('there is none');

  expect(listening()).toBe(0);
});

describe('a subscriber', () => {
  it('is told once of each state, in order, also where another ends the connection', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const told: ConnState['kind'][] = [];
    conn.state.subscribe(({ kind }) => {
      if (kind === 'waiting') conn.close();
    });
    conn.state.subscribe(({ kind }) => void told.push(kind));
    network.socket.end(1006);

    expect(told).toEqual(['open', 'closed']);
  });

  it('that another has added is told once', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const told: ConnState['kind'][] = [];
    let isAdded = false;
    conn.state.subscribe(({ kind }) => {
      if (kind !== 'waiting' || isAdded) return;
      isAdded = true;
      conn.state.subscribe((state) => void told.push(state.kind));
    });
    network.socket.end(1006);

    expect(told).toEqual(['waiting']);
  });

  it('that another has stopped is not told', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const told: ConnState['kind'][] = [];
    let stop = (): void => {};
    conn.state.subscribe(() => stop());
    stop = conn.state.subscribe(({ kind }) => void told.push(kind));
    network.socket.end(1006);

    expect(told).toEqual(['open']);
  });

  it('finds the id of the welcome it is told of', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const ids: string[] = [];
    conn.state.subscribe(({ kind }) => {
      if (kind === 'open') ids.push(conn.id);
    });
    network.socket.end(1006);
    await network.retry();
    network.welcome('id2');

    expect(ids).toEqual(['id1', 'id2']);
  });

  it('may close the connection when it is back: nothing comes after', async () => {
    const network = new FakeNetwork();
    const heard: unknown[] = [];
    const conn = await network.open(
      { '': { onNativeMessage: (msg) => void heard.push(msg.body) } },
      { native: 'only' },
    );
    network.socket.end(1006);
    await settle();
    heard.length = 0;
    conn.state.subscribe(({ kind }) => {
      if (kind === 'open') conn.close();
    });
    await network.retry();
    network.socket.receive('early');
    network.welcome();
    await conn.closed;

    expect([conn.namespaces, heard]).toEqual([[], []]);
  });
});

it('a close that the platform refuses changes nothing: what has come is handled', async () => {
  const network = new FakeNetwork();
  const heard: unknown[] = [];
  const conn = await network.open({
    chat: {
      chat: async (msg) => {
        await settle();
        heard.push(msg.body);
      },
    },
  });
  await network.connect(conn);
  network.socket.receive(';chat;;chat;0;0;1', ';chat;;chat;0;0;2', '1;chat;;chat;0;0;3');
  expect(() => conn.close(5_000)).toThrow('InvalidAccessError');
  for (let count = 0; count < 5; count++) await settle();

  expect(heard).toEqual(['1', '2', '3']);
  expect(network.socket.take()).toEqual(['1;;;;;;']);
});

describe('a join whose own onRoomJoin still runs', () => {
  it('is not asked for twice where one who waits for it gives up', async () => {
    const network = new FakeNetwork();
    let calls = 0;
    let release = (): void => {};
    const conn = await network.open({
      chat: {
        onRoomJoin: () => {
          calls += 1;
          return new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      },
    });
    const ns = await network.connect(conn);
    const first = ns.joinRoom('r');
    await settle();
    network.acknowledge();
    await settle();
    const second = ns.joinRoom('r', { timeoutMs: 100 });
    await settle();
    network.clock.advanceMs(100);
    await expect(second).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    const { signal, listening } = countedSignal();
    const third = ns.joinRoom('r', { signal });
    await settle();

    expect(network.socket.take()).toEqual([]);
    release();
    expect(await third).toBe(await first);
    expect(calls).toBe(1);
    await settle();
    expect([listening(), network.clock.timers]).toEqual([0, 1]); // the timer of the heartbeat
  });

  it('takes nothing back of a later connection, which knows nothing of it', async () => {
    const network = new FakeNetwork();
    let refuse = (): void => {};
    const conn = await network.open({
      chat: {
        onRoomJoin: () =>
          new Promise<void>((_, reject) => {
            refuse = () => reject(new Error('no'));
          }),
      },
    });
    const ns = await network.connect(conn);
    const joining = ns.joinRoom('r');
    await settle();
    network.acknowledge();
    await settle();
    await network.lose();
    await settle();
    network.acknowledge();
    await settle();
    refuse();
    await expect(joining).rejects.toThrow('no');
    await settle();

    expect(network.socket.take()).toEqual([]);
  });
});

it('a handler may wait for what the server connects', async () => {
  const network = new FakeNetwork();
  const told: string[] = [];
  const conn = await network.open({
    a: {
      onNamespaceConnected: async (_msg, ns) => {
        await ns.conn.waitServerConnect('b', { timeoutMs: 1_000 });
        told.push('a');
      },
    },
    b: { onNamespaceConnected: () => void told.push('b') },
  });
  const connecting = conn.connect('a');
  await settle();
  network.acknowledge();
  network.socket.receive('1;b;;_OnNamespaceConnect;0;0;');
  await settle();

  expect(told).toEqual(['b', 'a']);
  expect((await connecting).namespace).toBe('a');
  expect(network.socket.take().map(tokenOf)).toEqual(['1']);
});

it.each([0, Number.NaN, -1])('a heartbeat every %d ms is none', async (intervalMs) => {
  const network = new FakeNetwork();
  const conn = await network.open({}, { heartbeat: { intervalMs } });
  for (let count = 0; count < 10; count++) {
    network.clock.advanceMs(1);
    network.acknowledge();
  }

  expect(network.clock.timers).toBe(0);
  conn.close();
});
