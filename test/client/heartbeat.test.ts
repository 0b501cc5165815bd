import { describe, expect, it } from 'vitest';
import { FakeNetwork, settle } from './fake-network.js';

const PING = '$0;_;;_OnNamespaceDisconnect;0;0;';

describe('the heartbeat', () => {
  it('asks when nothing has been heard for 25 s, and for nothing else', async () => {
    const network = new FakeNetwork();
    await network.open();
    network.clock.advanceMs(20_000);
    network.socket.receive(';a;;news;0;0;');
    network.clock.advanceMs(24_999);
    expect(network.socket.take()).toEqual([]);
    network.clock.advanceMs(1);
    expect(network.socket.take()).toEqual([PING]);
    network.socket.receive('$0;;;;;;');
    network.clock.advanceMs(24_999);
    expect(network.socket.take()).toEqual([]);
    network.clock.advanceMs(1);

    expect(network.socket.take()).toEqual([PING]);
    expect(network.errors).toEqual([]);
  });

  it('gives the socket up at once when nothing comes in 10 s, and tries again', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    const ns = await network.connect(conn);
    const reply = ns.ask('x', '', { timeoutMs: 60_000 });
    network.clock.advanceMs(25_000);
    network.clock.advanceMs(9_999);
    expect(conn.state.value.kind).toBe('open');
    network.clock.advanceMs(1);

    expect(conn.state.value).toMatchObject({ kind: 'waiting', code: 1006 });
    await expect(reply).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1006 } });
    expect(network.socket.closedWith).toBeDefined();
    const [first] = network.sockets;
    await network.retry();
    network.welcome();
    first?.end(1000, 'late');
    first?.receive('Aother');
    await settle();
    expect(conn.state.value).toEqual({ kind: 'open', id: 'id1' });
  });

  it('takes any frame for an answer, and what the platform has heard', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    network.clock.advanceMs(25_000);
    network.socket.receive(';a;;news;0;0;');
    network.clock.advanceMs(10_000);
    expect(conn.state.value.kind).toBe('open');
    network.clock.advanceMs(15_000);
    network.socket.heard();
    network.clock.advanceMs(10_000);

    expect(conn.state.value.kind).toBe('open');
  });

  it('has the times that the options say', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { heartbeat: { intervalMs: 100, timeoutMs: 20 } });
    network.clock.advanceMs(100);
    expect(network.socket.take()).toEqual([PING]);
    network.clock.advanceMs(20);

    expect(conn.state.value.kind).toBe('waiting');
  });

  it('is not there with heartbeat: false', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { heartbeat: false });
    expect(network.clock.timers).toBe(0);
    network.page.tell('resume');

    expect(network.socket.take()).toEqual([]);
    expect(conn.state.value.kind).toBe('open');
  });

  it('asks once more after a sleep, whose timers run late', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    network.clock.advanceMs(25_000);
    network.socket.take();
    network.clock.stallMs(3_600_000);
    expect(conn.state.value.kind).toBe('open');
    expect(network.socket.take()).toEqual([PING]);
    network.clock.stallMs(3_600_000);

    expect(conn.state.value.kind).toBe('waiting');
  });

  it('waits as long as what was sent before is leaving', async () => {
    const network = new FakeNetwork();
    const conn = await network.open();
    network.socket.bufferedAmount = 5_000_000;
    network.clock.advanceMs(25_000);
    for (const bufferedAmount of [4_000_000, 2_000_000]) {
      network.socket.bufferedAmount = bufferedAmount;
      network.clock.advanceMs(10_000);
      expect(conn.state.value.kind).toBe('open');
    }
    network.clock.advanceMs(10_000);

    expect(conn.state.value.kind).toBe('waiting');
  });
});
