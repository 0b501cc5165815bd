import { describe, expect, it } from 'vitest';
import type { DialOptions } from '../../src/client/dial-options.js';
import type { DialledConn, DialledNSConn } from '../../src/client/dialled.js';
import { FakeNetwork, settle, tokenOf } from './fake-network.js';

/** A connection that has been lost, with a namespace. */
async function lost(
  options: DialOptions = {},
): Promise<{ network: FakeNetwork; conn: DialledConn; ns: DialledNSConn }> {
  const network = new FakeNetwork();
  const conn = await network.open({}, { heartbeat: false, ...options });
  const ns = await network.connect(conn);
  network.socket.end();
  return { network, conn, ns };
}

/** It is back, and the namespace restored. What follows is what the client has sent then. */
async function back(network: FakeNetwork): Promise<string[]> {
  await network.retry();
  network.welcome();
  await settle();
  network.acknowledge();
  await settle();
  return network.socket.take();
}

const plain = (frames: readonly string[]): string[] => frames.map((frame) => frame.replace(/^\$\d+/, '$'));
const error = (code: string): unknown => expect.objectContaining({ code });

describe('what is sent while the connection is lost', () => {
  it('waits, and leaves in order once all is restored', async () => {
    const { network, conn, ns } = await lost();
    ns.emit('a', '1');
    conn.emitNative('raw');
    void ns.ask('b', '2');
    void ns.joinRoom('r');
    void conn.connect('other');
    ns.emit('c', '3');

    // Connecting has a hook of its own to ask first, and so leaves a turn later.
    expect(plain(await back(network))).toEqual([
      ';chat;;a;0;0;1',
      'raw',
      '$;chat;;b;0;0;2',
      '$;chat;r;_OnRoomJoin;0;0;',
      ';chat;;c;0;0;3',
      '$;other;;_OnNamespaceConnect;0;0;',
    ]);
  });

  it('is answered as anything else', async () => {
    const { network, ns } = await lost();
    const reply = ns.ask('b', '2');
    const [frame] = await back(network);
    network.socket.receive(`${tokenOf(frame)};chat;;b;0;0;answer`);

    expect((await reply).body).toBe('answer');
  });

  it('survives another loss', async () => {
    const { network, ns } = await lost();
    const reply = ns.ask('b', '2');
    await network.retry();
    network.welcome();
    await settle();
    network.socket.end();
    await network.retry(2);
    network.welcome();
    await settle();
    network.acknowledge();
    await settle();
    network.acknowledge();

    expect((await reply).body).toBeUndefined();
  });

  it('is not sent when it is not waited for any more', async () => {
    const { network, ns } = await lost();
    const abort = new AbortController();
    const replies = [ns.ask('a', '', { timeoutMs: 100 }), ns.ask('b', '', { signal: abort.signal })];
    network.clock.advanceMs(100);
    abort.abort();
    for (const [index, code] of ['ASK_TIMEOUT', 'ASK_ABORTED'].entries()) {
      await expect(replies[index]).rejects.toMatchObject({ code });
    }

    await network.retry();
    network.welcome();
    await settle();
    network.acknowledge();
    await settle();
    expect(network.socket.take()).toEqual([]);
  });

  it('rejects with CONN_CLOSED when it never comes back', async () => {
    const { conn, ns } = await lost();
    const reply = ns.ask('a');
    conn.close();

    await expect(reply).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1000 } });
  });

  it('goes in the order of its calls before what is sent when it is back', async () => {
    const { network, ns } = await lost();
    ns.emit('a', '1');
    await network.retry();
    network.welcome();
    ns.emit('a', '2');
    await settle();
    network.acknowledge();
    await settle();
    ns.emit('a', '3');

    expect(network.socket.take()).toEqual([';chat;;a;0;0;1', ';chat;;a;0;0;2', ';chat;;a;0;0;3']);
  });

  describe('is bounded', () => {
    it('by maxMessages, and then throws QUEUE_FULL', async () => {
      const { network, ns } = await lost({ queue: { maxMessages: 2 } });
      ns.emit('a', '1');
      const reply = ns.ask('b');
      expect(() => ns.emit('a', '2')).toThrow(error('QUEUE_FULL'));
      await expect(ns.ask('c')).rejects.toMatchObject({
        code: 'QUEUE_FULL',
        details: { maxMessages: 2, maxBytes: 1_048_576 },
      });

      expect(plain(await back(network))).toEqual([';chat;;a;0;0;1', '$;chat;;b;0;j;']);
      network.socket.end(1000);
      await expect(reply).rejects.toMatchObject({ code: 'CONN_CLOSED' });
    });

    it('by maxBytes', async () => {
      const { ns } = await lost({ queue: { maxBytes: 60 } });
      ns.emit('a', 'x'.repeat(40));

      expect(() => ns.emit('a', 'x')).toThrow(error('QUEUE_FULL'));
    });

    it('at 1000 messages and 1 MiB where nothing is said', async () => {
      const { ns } = await lost();
      for (let count = 0; count < 1_000; count++) ns.emit('a');
      expect(() => ns.emit('a')).toThrow(error('QUEUE_FULL'));
      const { ns: other } = await lost();
      other.emit('a', 'x'.repeat(1_048_576 - 20));
      expect(() => other.emit('a')).toThrow(error('QUEUE_FULL'));
    });

    it("by the oldest that give way with whenFull: 'dropOldest', whose asks are told", async () => {
      const { network, ns } = await lost({ queue: { maxMessages: 2, whenFull: 'dropOldest' } });
      const reply = ns.ask('a');
      for (const body of ['1', '2', '3']) ns.emit('b', body);
      await expect(reply).rejects.toMatchObject({ code: 'QUEUE_FULL' });

      expect(await back(network)).toEqual([';chat;;b;0;0;2', ';chat;;b;0;0;3']);
    });

    it('also then for what alone is too large', async () => {
      const { network, ns } = await lost({ queue: { maxBytes: 60, whenFull: 'dropOldest' } });
      ns.emit('a', '1');

      expect(() => ns.emit('a', 'x'.repeat(61))).toThrow(error('QUEUE_FULL'));
      expect(await back(network)).toEqual([';chat;;a;0;0;1']);
    });

    it('by nothing at all with queue: false, which throws CONN_DOWN', async () => {
      const { network, ns } = await lost({ queue: false });
      expect(() => ns.emit('a')).toThrow(error('CONN_DOWN'));
      await expect(ns.ask('a')).rejects.toMatchObject({ code: 'CONN_DOWN' });
      await network.retry();
      network.welcome();
      await settle();
      network.acknowledge();
      await settle();
      ns.emit('a', '1');

      expect(network.socket.take()).toEqual([';chat;;a;0;0;1']);
    });
  });
});

describe('what is sent faster than it leaves', () => {
  it('waits above maxBufferedBytes, and leaves in order when the socket has taken what it had', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { heartbeat: false, maxBufferedBytes: 100 });
    const ns = await network.connect(conn);
    ns.emit('a', '1');
    network.socket.bufferedAmount = 101;
    ns.emit('a', '2');
    ns.emit('a', '3');
    network.clock.advanceMs(1_000);
    expect(network.socket.take()).toEqual([';chat;;a;0;0;1']);
    network.socket.bufferedAmount = 100;
    network.clock.advanceMs(50);
    ns.emit('a', '4');

    expect(network.socket.take()).toEqual([';chat;;a;0;0;2', ';chat;;a;0;0;3', ';chat;;a;0;0;4']);
    expect(network.clock.timers).toBe(0);
  });

  it('does not hold up answers to the server', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({ chat: { who: () => 'anna' } });
    await network.connect(conn);
    network.socket.bufferedAmount = 10_000_000;
    network.socket.receive('7;chat;;who;0;0;');
    await settle();

    expect(network.socket.take()).toEqual(['7;chat;;who;0;0;anna']);
  });

  it('waits, too, while the socket is closing', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { heartbeat: false });
    const ns = await network.connect(conn);
    network.socket.readyState = 2;
    ns.emit('a', '1');
    expect(network.socket.take()).toEqual([]);
    network.socket.end(1012);

    expect(await back(network)).toEqual([';chat;;a;0;0;1']);
  });
});
