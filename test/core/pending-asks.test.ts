import { describe, expect, it } from 'vitest';
import { settle } from '../support/test-server.js';
import { connectedEnd, guardRejections } from './ends.js';

guardRejections();

const SERVED = { default: { e() {} } };

describe.each([
  ['server', 'n1', '0'],
  ['client', '$1', 'j'],
] as const)('an ask of a %s', (side, wait, flag) => {
  it('is fulfilled with the reply, which tells of the event that was asked', async () => {
    const { ns, conn, socket, clock } = await connectedEnd(side, SERVED);

    const reply = ns.ask('q', { a: 1 });
    expect(socket.sent).toEqual([`${wait};default;;q;0;${flag};{"a":1}`]);
    socket.receive(`${wait};default;;q;0;0;an;swer`);

    expect(await reply).toMatchObject({
      namespace: 'default',
      event: 'q',
      body: 'an;swer',
      isBinary: false,
      isAsk: false,
    });
    expect([conn.asks.size, clock.timers]).toEqual([0, 0]);
  });

  it('is fulfilled with an empty body by an acknowledgement', async () => {
    const { ns, socket } = await connectedEnd(side, SERVED);

    const reply = ns.ask('q');
    socket.receive(`${wait};;;;;;`);

    expect(await reply).toMatchObject({ namespace: 'default', event: 'q', body: '' });
  });

  it('is fulfilled with bytes by a binary reply', async () => {
    const { ns, socket } = await connectedEnd(side, SERVED);

    const reply = ns.ask('q', new Uint8Array([1, 2]));
    socket.receive(new Uint8Array([...new TextEncoder().encode(`${wait};default;;q;0;0;`), 255, 0]));

    expect(await reply).toMatchObject({ isBinary: true, body: new Uint8Array([255, 0]) });
    expect(socket.sent[0]).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ['bad namespace', 'NAMESPACE_UNKNOWN'],
    ['bad room', 'ROOM_NOT_JOINED'],
    ['bad event', 'EVENT_UNKNOWN'],
    ['invalid payload', 'MESSAGE_MALFORMED'],
    ['handler timeout', 'HANDLER_TIMEOUT'],
    ['write closed', 'CONN_CLOSED'],
    ['sold out', 'REMOTE_ERROR'],
  ])('rejects with the error text %j as it came, under the code %s', async (text, code) => {
    const { ns, conn, socket } = await connectedEnd(side, SERVED);

    const reply = ns.ask('q');
    socket.receive(`${wait};default;;q;1;0;${text}`);

    await expect(reply).rejects.toMatchObject({ name: 'RemoteError', code, text });
    expect(conn.asks.size).toBe(0);
  });

  it('rejects with ASK_TIMEOUT at exactly timeoutMs, and drops and counts the reply that comes late', async () => {
    const { ns, conn, socket, clock, counters } = await connectedEnd(side, SERVED);
    let isSettled = false;
    const reply = ns.ask('q', undefined, { timeoutMs: 200 }).finally(() => {
      isSettled = true;
    });
    const failed = expect(reply).rejects.toMatchObject({
      code: 'ASK_TIMEOUT',
      details: { event: 'q', timeoutMs: 200 },
    });

    clock.advanceMs(199);
    await settle();
    expect(isSettled).toBe(false);
    clock.advanceMs(1);
    await failed;
    socket.receive(`${wait};default;;q;0;0;late`);

    expect(counters.snapshot()).toMatchObject({ 'asks.sent': 1, 'asks.timedOut': 1, 'replies.unexpected': 1 });
    expect(conn.asks.size).toBe(0);
  });

  it('waits 10 s when nothing else is said', async () => {
    const { ns, clock } = await connectedEnd(side, SERVED);

    const reply = ns.ask('q');
    const failed = expect(reply).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { timeoutMs: 10_000 } });
    clock.advanceMs(10_000);

    await failed;
  });

  it('rejects with ASK_ABORTED and the reason when its signal aborts before it is sent, and sends nothing', async () => {
    const { ns, conn, socket, clock } = await connectedEnd(side, SERVED);

    await expect(ns.ask('q', '', { signal: AbortSignal.abort('no need') })).rejects.toMatchObject({
      code: 'ASK_ABORTED',
      cause: 'no need',
    });
    expect([socket.sent, conn.asks.size, clock.timers]).toEqual([[], 0, 0]);
  });

  it('rejects with ASK_ABORTED when its signal aborts after it was sent, and listens to the signal no more', async () => {
    const { ns, conn, socket, clock } = await connectedEnd(side, SERVED);
    const abort = new AbortController();

    const first = ns.ask('q', '', { signal: abort.signal });
    const second = ns.ask('q', '', { signal: abort.signal });
    socket.receive(`${wait};;;;;;`);
    abort.abort();

    expect((await first).body).toBe('');
    await expect(second).rejects.toMatchObject({ code: 'ASK_ABORTED', details: { event: 'q' } });
    expect([conn.asks.size, clock.timers]).toEqual([0, 0]);
  });

  it('rejects with CONN_CLOSED, the code and the reason when the connection closes, from either side', async () => {
    for (const close of ['receiveClose', 'close'] as const) {
      const { ns, conn, socket, clock } = await connectedEnd(side, SERVED);
      const asks = Promise.allSettled([ns.ask('q'), ns.ask('r')]);

      if (close === 'close') conn.close(4000, 'why');
      else socket.receiveClose(4000, 'why');

      for (const ask of await asks) {
        expect(ask).toMatchObject({ reason: { code: 'CONN_CLOSED', details: { code: 4000, reason: 'why' } } });
      }
      expect([conn.asks.size, clock.timers]).toEqual([0, 0]);
    }
  });

  it('rejects with CONN_CLOSED, without traffic, once the connection has closed', async () => {
    const { ns, conn, socket } = await connectedEnd(side, SERVED);
    conn.close(1000, 'done');

    await expect(ns.ask('q')).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { reason: 'done' } });
    expect(socket.sent).toEqual([]);
  });

  it('rejects with TOO_MANY_ASKS when maxPendingAsks wait already, and goes on when one has ended', async () => {
    const { ns, conn, socket } = await connectedEnd(side, SERVED, { limits: { maxPendingAsks: 2 } });
    const [first, second] = [ns.ask('q'), ns.ask('q')];

    await expect(ns.ask('q')).rejects.toMatchObject({ code: 'TOO_MANY_ASKS', details: { maxPendingAsks: 2 } });
    socket.receive(`${wait};;;;;;`);
    await first;
    const third = ns.ask('q');
    socket.receive(`${wait[0]}2;;;;;;`, `${wait[0]}3;;;;;;`);
    await Promise.all([second, third]);

    expect(conn.asks.size).toBe(0);
  });

  it('rejects what cannot be sent, and leaves no entry behind', async () => {
    const { ns, conn, socket, clock } = await connectedEnd(side, SERVED, { limits: { maxMessageBytes: 100 } });

    await expect(ns.ask('q', 'x'.repeat(100))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await expect(ns.ask('q', 1n)).rejects.toMatchObject({ code: 'BODY_NOT_SENDABLE' });
    await expect(ns.ask('_OnRoomJoin')).rejects.toMatchObject({ code: 'EVENT_RESERVED' });
    expect([conn.asks.size, clock.timers, socket.sent]).toEqual([0, 0, []]);
  });

  it('returns to an empty map after 1000 that are answered twice, late, or never', async () => {
    const { ns, conn, socket, clock, counters } = await connectedEnd(side, SERVED);

    const asks = Promise.allSettled(Array.from({ length: 1_000 }, () => ns.ask('q')));
    for (let n = 1; n <= 500; n++) socket.receive(`${wait[0]}${n};;;;;;`, `${wait[0]}${n};;;;;;`);
    clock.advanceMs(10_000);
    for (let n = 501; n <= 1_000; n++) socket.receive(`${wait[0]}${n};;;;;;`);
    await asks;

    expect([conn.asks.size, clock.timers, counters.get('replies.unexpected')]).toEqual([0, 0, 1_000]);
  });

  it('is not settled by a token that it does not carry', async () => {
    const { ns, conn, socket, counters } = await connectedEnd(side, SERVED);
    const reply = ns.ask('q');

    socket.receive(`${wait}0;default;;q;0;0;x`, `#${wait};default;;q;0;0;x`);
    await settle();
    expect([conn.asks.size, counters.get('replies.unexpected')]).toEqual([1, 2]);
    socket.receive(`${wait};default;;q;0;0;mine`);

    expect((await reply).body).toBe('mine');
  });
});

describe('a frame with the token of another side', () => {
  it('reaches no handler of a server unless the token starts with $', async () => {
    const { socket, history } = await connectedEnd('server', (list) => ({
      default: { q: () => void list.push('handled') },
    }));

    socket.receive('999;default;;q;0;0;x', 'n5;default;;q;0;0;x', '#1;default;;q;0;0;x');

    expect(history).not.toContain('handled');
  });

  it('reaches no handler of a client if the token starts with $', async () => {
    const { socket, history } = await connectedEnd('client', (list) => ({
      default: { q: () => void list.push('handled') },
    }));

    socket.receive('$9;default;;q;0;0;x');

    expect(history).not.toContain('handled');
  });

  it('is settled by nobody but the connection that was asked', async () => {
    const one = await connectedEnd('server', SERVED);
    const other = await connectedEnd('server', SERVED);
    const reply = one.ns.ask('q');

    other.socket.receive('n1;default;;q;0;0;forged');
    expect([one.conn.asks.size, other.counters.get('replies.unexpected')]).toEqual([1, 1]);
    one.socket.receive('n1;default;;q;0;0;real');

    expect((await reply).body).toBe('real');
  });

  it.each(['n!1', '$!35', 'neffos(0xabc)'])(
    'with the broker mark of %s is a strike, and is not handled',
    async (token) => {
      const { socket, counters, history } = await connectedEnd('server', (list) => ({
        default: { q: () => void list.push('handled') },
      }));

      socket.receive(`${token};default;;q;0;0;x`);

      expect([counters.get('frames.malformed'), history.includes('handled')]).toEqual([1, false]);
    },
  );

  it('is answered as it is by a client: a server of neffos marks what it asks for others', async () => {
    const { socket } = await connectedEnd('client', () => ({ default: { q: () => 'yes' } }));

    socket.receive('N!!1;default;;q;0;0;x');
    await settle();

    expect(socket.sent.at(-1)).toBe('N!!1;default;;q;0;0;yes');
  });
});
