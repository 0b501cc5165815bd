import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNetwork, settle } from './fake-network.js';

/** What was thrown where nobody catches it. */
const uncaught: unknown[] = [];

const fail = (what: string) => (): never => {
  throw new Error(what);
};

describe('a callback that throws', () => {
  beforeEach(() => {
    uncaught.length = 0;
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        uncaught.push(error);
      }
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  it('as onError keeps no end from being told', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({ chat: { onNamespaceDisconnect: fail('told') } }, { onError: fail('heard') });
    await network.connect(conn);
    network.socket.end(4000, 'kicked');

    expect(await conn.closed).toEqual({ code: 4000, reason: 'kicked' });
    expect(uncaught).toEqual([new Error('heard')]);
  });

  it('as onError keeps nothing from being restored', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { onError: fail('heard') });
    await network.connect(conn, 'a');
    const b = await network.connect(conn, 'b');
    await network.lose();
    await settle();
    const [frame = ''] = network.socket.take();
    network.socket.receive(`${frame.split(';')[0]};a;;_OnNamespaceConnect;1;0;full`);
    await settle();
    network.acknowledge();
    await settle();
    b.emit('hi', '1');

    expect(network.socket.take()).toEqual([';b;;hi;0;0;1']);
    expect(uncaught).toEqual([new Error('heard')]);
  });

  it('as shouldReconnect leaves the decision to the close code', async () => {
    for (const [code, kind] of [
      [1006, 'waiting'],
      [4000, 'closed'],
    ] as const) {
      const network = new FakeNetwork();
      const conn = await network.open({}, { shouldReconnect: fail(`${code}`) });
      network.socket.end(code);

      expect(conn.state.value).toMatchObject({ kind, code });
      expect(uncaught.at(-1)).toEqual(new Error(`${code}`));
    }
  });
});

it('lets shouldReconnect close the connection', async () => {
  const network = new FakeNetwork();
  const conn = await network.open(
    {},
    {
      shouldReconnect: () => {
        conn.close(1000, 'enough');
        return true;
      },
    },
  );
  network.socket.end();

  expect(conn.state.value).toEqual({ kind: 'closed', code: 1000, reason: 'enough' });
  expect(network.clock.timers).toBe(0);
});
