import { describe, expect, it } from 'vitest';
import { FakeNetwork, settle } from './fake-network.js';

describe('dial', () => {
  describe('address', () => {
    it.each([
      ['ws://a.example/ws', 'ws://a.example/ws'],
      ['https://a.example/ws?x=1', 'wss://a.example/ws?x=1'],
      ['http://a.example:8080/ws', 'ws://a.example:8080/ws'],
      ['/ws', 'wss://example.com/ws'],
      ['ws', 'wss://example.com/app/ws'],
      ['host/news', 'wss://example.com/app/host/news'],
      ['//b.example/ws', 'wss://b.example/ws'],
    ])('%s dials %s', async (address, url) => {
      const network = new FakeNetwork();

      const conn = await network.open({}, {}, address);

      expect(network.socket.url).toBe(url);
      conn.close();
    });

    it('takes a URL', async () => {
      const network = new FakeNetwork();

      await network.open({}, {}, new URL('wss://a.example/ws'));

      expect(network.socket.url).toBe('wss://a.example/ws');
    });

    it('is asked for anew at each try, with the number of tries', async () => {
      const network = new FakeNetwork();
      const asked: number[] = [];
      await network.open({}, {}, async ({ tries }) => {
        asked.push(tries);
        return `wss://a.example/ws?token=${tries}`;
      });

      await network.lose();

      expect(asked).toEqual([0, 1]);
      expect(network.socket.url).toBe('wss://a.example/ws?token=1&X-Websocket-Header-X-Websocket-Reconnect=1');
    });

    it('fails at once where the page forbids it, of which a browser tells no close', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();

      network.socket.forbid();

      await expect(dialled).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1006 } });
    });

    it('rejects with what its function throws', async () => {
      const network = new FakeNetwork();
      const failure = new Error('no token');

      const dialled = network.dial({}, {}, () => Promise.reject(failure));

      await expect(dialled).rejects.toBe(failure);
    });

    it('tries again later when its function throws at a retry', async () => {
      const network = new FakeNetwork();
      let isDown = false;
      const conn = await network.open({}, {}, () =>
        isDown ? Promise.reject(new Error('no token')) : 'wss://a.example/',
      );
      isDown = true;
      network.socket.end();
      network.clock.advanceMs(1_000);
      await settle();

      expect(conn.state.value).toMatchObject({ kind: 'waiting', tries: 2, reason: 'Error: no token' });
    });
  });

  describe('handshake', () => {
    it('says that it reads rich frames, and has the id of the welcome', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.open();

      expect(network.socket.take()).toEqual(['Mnefeli/1']);
      network.socket.receive('Aa;b κ 🙂');

      expect((await dialled).id).toBe('a;b κ 🙂');
      expect(network.socket.binaryType).toBe('arraybuffer');
    });

    it('reads a welcome in a binary frame', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.open();
      network.socket.receive(new TextEncoder().encode('Aid2'));

      expect((await dialled).id).toBe('id2');
    });

    it('handles what comes before the welcome after it', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial({ chat: {} });
      await settle();
      network.socket.open();
      network.socket.take();
      network.socket.receive('7;chat;;_OnNamespaceConnect;0;0;');

      expect(network.socket.take()).toEqual([]);
      network.socket.receive('Aid1');
      await settle();

      expect(network.socket.take()).toEqual(['7;;;;;;']);
      expect((await dialled).id).toBe('id1');
    });

    it('rejects with the text of a refusal', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.open();
      network.socket.receive('Hmembers only');
      network.socket.end(1008, 'members only');

      await expect(dialled).rejects.toMatchObject({ name: 'RemoteError', code: 'CONN_REFUSED', text: 'members only' });
    });

    it('rejects with the text of a refusal that is followed by no close frame', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.open();
      network.socket.receive('Hnope; sorry');
      network.socket.end(1006);

      await expect(dialled).rejects.toMatchObject({ code: 'CONN_REFUSED', text: 'nope; sorry' });
    });

    it('rejects with CONN_CLOSED when the socket ends before the welcome', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.end(1013, 'too full');

      await expect(dialled).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1013, reason: 'too full' } });
    });

    it('rejects with ASK_TIMEOUT when dialTimeoutMs has passed, and gives the socket up', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial({}, { dialTimeoutMs: 500 });
      await settle();
      network.socket.open();
      network.clock.advanceMs(500);

      await expect(dialled).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { event: 'dial', timeoutMs: 500 } });
      expect(network.socket.closedWith).toBeDefined();
      expect(network.clock.timers).toBe(0);
      expect(network.page.listening).toBe(0);
    });

    it('counts the time that the address takes', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial({}, { dialTimeoutMs: 500 }, () => new Promise(() => {}));
      network.clock.advanceMs(500);

      await expect(dialled).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
      expect(network.sockets).toEqual([]);
    });

    it('rejects with ASK_ABORTED when its signal aborts', async () => {
      const network = new FakeNetwork();
      const abort = new AbortController();
      const dialled = network.dial({}, { signal: abort.signal });
      await settle();
      abort.abort(new Error('left'));

      await expect(dialled).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: new Error('left') });
      await settle();
      expect(network.socket.closedWith).toBeDefined();
    });

    it('dials nothing when its signal has aborted', async () => {
      const network = new FakeNetwork();

      await expect(network.dial({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ASK_ABORTED' });
      expect(network.sockets).toEqual([]);
      expect(network.clock.timers).toBe(0);
    });

    it('leaves an open connection alone when its signal aborts', async () => {
      const network = new FakeNetwork();
      const abort = new AbortController();
      const conn = await network.open({}, { signal: abort.signal });

      abort.abort();

      expect(conn.state.value.kind).toBe('open');
    });

    it('does not try again a first dial that fails', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial();
      await settle();
      network.socket.end();

      await expect(dialled).rejects.toMatchObject({ code: 'CONN_CLOSED' });
      network.clock.advanceMs(60_000);
      await settle();
      expect(network.sockets).toHaveLength(1);
    });

    it('keeps trying with reconnect.initial', async () => {
      const network = new FakeNetwork();
      const dialled = network.dial({}, { reconnect: { initial: true } });
      for (let tries = 0; tries < 5; tries++) {
        await settle();
        network.socket.end();
        await network.retry(tries + 1);
      }
      network.welcome();

      expect((await dialled).id).toBe('id1');
      expect(network.sockets).toHaveLength(6);
    });
  });

  describe('close', () => {
    it.each([
      [undefined, 1000],
      [1000, 1000],
      [1001, 4001],
      [1008, 4008],
      [3000, 3000],
      [4999, 4999],
    ])('%s leaves as %s, which browsers allow', async (code, sent) => {
      const network = new FakeNetwork();
      const conn = await network.open();

      conn.close(code, 'bye');

      expect(network.socket.closedWith).toEqual({ code: sent, reason: 'bye' });
      expect(await conn.closed).toEqual({ code: code ?? 1000, reason: 'bye' });
      expect(conn.state.value).toEqual({ kind: 'closed', code: code ?? 1000, reason: 'bye' });
    });

    it('leaves no timer and no listener behind', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      await network.connect(conn);
      expect(network.clock.timers).toBeGreaterThan(0);
      expect(network.page.listening).toBeGreaterThan(0);

      conn.close();
      await conn.closed;

      expect(network.clock.timers).toBe(0);
      expect(network.page.listening).toBe(0);
    });

    it.each([
      ['a code', 2999, 'why', 'InvalidAccessError'],
      ['a reason', 4001, '€'.repeat(42), 'SyntaxError'],
    ])('throws at %s that no client may send, and changes nothing', async (_what, code, reason, error) => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const { timers } = network.clock;

      expect(() => conn.close(code, reason)).toThrow(error);

      expect(conn.state.value.kind).toBe('open');
      expect(network.clock.timers).toBe(timers);
      network.socket.end();
      expect(conn.state.value.kind).toBe('waiting');
    });

    it('can be called twice, and while it waits for a retry', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      network.socket.end();
      expect(conn.state.value.kind).toBe('waiting');

      conn.close(4000, 'enough');
      conn.close();

      expect(await conn.closed).toEqual({ code: 4000, reason: 'enough' });
      network.clock.advanceMs(60_000);
      await settle();
      expect(network.sockets).toHaveLength(1);
    });

    it('rejects what is asked afterwards, and drops what is emitted', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const ns = await network.connect(conn);
      conn.close();
      network.socket.take();

      ns.emit('chat', 'hi');
      conn.emitNative('hi');

      const closed = { code: 'CONN_CLOSED', details: { code: 1000, reason: '' } };
      await expect(ns.ask('chat')).rejects.toMatchObject(closed);
      await expect(ns.joinRoom('r')).rejects.toMatchObject(closed);
      await expect(ns.disconnect()).rejects.toMatchObject(closed);
      await expect(conn.connect('b')).rejects.toMatchObject(closed);
      await expect(conn.waitServerConnect('b')).rejects.toMatchObject(closed);
      expect(network.socket.take()).toEqual([]);
    });
  });

  describe('state', () => {
    it('is told at once and at each change, until it is unsubscribed', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const states: string[] = [];
      const stop = conn.state.subscribe(({ kind }) => void states.push(kind));

      await network.lose();
      stop();
      conn.close();

      expect(states).toEqual(['open', 'waiting', 'connecting', 'open']);
      expect(conn.state.value.kind).toBe('closed');
    });

    it('lets a subscriber close the connection', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      conn.state.subscribe(({ kind }) => {
        if (kind === 'waiting') conn.close();
      });

      network.socket.end();

      await conn.closed;
      expect(conn.state.value.kind).toBe('closed');
      expect(network.clock.timers).toBe(0);
    });
  });
});
