import { describe, expect, it, vi } from 'vitest';
import { CloseError, PublicError } from '../../src/errors.js';
import { Counters } from '../../src/server/counters.js';
import { settle, testServer } from '../support/test-server.js';
import { connectedEnd, deferred, end, guardRejections, openEnd, recording } from './ends.js';

guardRejections();

const SERVED = { default: { e() {} } };

describe('LiveConn', () => {
  it('talks to another end of the same code', async () => {
    const { dial, server } = testServer({
      default: { sum: (msg) => String(msg.body).length, chat: (msg, ns) => ns.broadcast('chat', msg.body) },
    });
    const got: unknown[] = [];
    const { client } = await dial({ default: { chat: (msg) => void got.push(msg.body) } });

    const ns = await client.connect('default');

    expect((await ns.ask('sum', 'abcd')).body).toBe('4');
    const room = await ns.joinRoom('lobby');
    expect(server.local.rooms('default')).toEqual(['lobby']);
    await room.leave();
    expect(server.local.rooms('default')).toEqual([]);
    ns.emit('chat', 'x');
    expect(got).toEqual(['x']);
    client.close();
    await settle();
    expect(server.local.size).toBe(0);
  });

  it('tells what is known of it', () => {
    const { conn } = openEnd('server', SERVED, { id: 'bob' });

    expect({ id: conn.id, text: String(conn), key: conn.key, user: conn.user, request: conn.request }).toEqual({
      id: 'bob',
      text: 'bob',
      key: 'key1',
      user: undefined,
      request: {},
    });
    expect([conn.reconnectTries, conn.wasReconnected, conn.isClosed]).toEqual([0, false, false]);
  });

  it('tells that it was reconnected by its tries', () => {
    const { accept } = testServer(SERVED);

    const { conn } = accept({ reconnectTries: 3 });

    expect([conn.reconnectTries, conn.wasReconnected]).toEqual([3, true]);
  });

  it('keeps values of the application as long as it lives', async () => {
    const seen: unknown[] = [];
    const { conn } = openEnd('server', SERVED, { onDisconnect: (closed) => void seen.push(closed.get('name')) });

    expect(conn.get('name')).toBeUndefined();
    conn.set('name', 'bob');
    expect([conn.increment('n'), conn.increment('n'), conn.decrement('n'), conn.increment('name')]).toEqual([
      1, 2, 1, 1,
    ]);
    conn.set('name', 'bob');
    conn.close();
    await conn.closed;

    expect([seen, conn.get('name')]).toEqual([['bob'], undefined]);
  });

  describe('onFrame', () => {
    it.each([
      ['text', 'é'.repeat(50), 'é'.repeat(51)],
      ['bytes', new Uint8Array(100), new Uint8Array(101)],
    ])('takes %s of maxMessageBytes, and closes with 1009 on more', (_, fitting, tooLarge) => {
      const { socket } = openEnd('server', SERVED, { limits: { maxMessageBytes: 100 } });

      socket.receive(fitting);
      expect(socket.closedWith).toBeUndefined();
      socket.receive(tooLarge);

      expect(socket.closedWith).toEqual({ code: 1009, reason: 'message too large' });
    });

    it('closes with 1008 on the third malformed frame within a minute', () => {
      const { socket, clock, counters, log } = openEnd('server', SERVED);

      socket.receive('hello', 'a;b;c');
      clock.advanceMs(60_000);
      socket.receive('', 'x', 'y');
      expect(socket.closedWith).toBeUndefined();
      socket.receive(`$1;${'n'.repeat(129)};;e;0;0;`);

      expect(socket.closedWith).toEqual({ code: 1008, reason: 'invalid payload' });
      expect(counters.get('frames.malformed')).toBe(5);
      expect(log.lines[0]).toMatchObject({
        level: 'debug',
        fields: { reason: 'fewer than six separators' },
      });
    });

    it('ignores what comes after the close', () => {
      const { socket, conn, counters } = openEnd('server', SERVED);
      const before = counters.get('frames.in');
      conn.close();

      conn.onFrame('$1;default;;_OnNamespaceConnect;0;0;');

      expect([counters.get('frames.in'), socket.sent]).toEqual([before, []]);
    });
  });

  describe('close', () => {
    it('fulfils closed only when all has been told, whenever it is asked for', async () => {
      const gate = deferred();
      const { conn } = openEnd('server', SERVED, { onDisconnect: () => gate.promise });
      let isFulfilled = false;

      conn.close(4001, 'kicked');
      const { closed } = conn;
      void closed.then(() => {
        isFulfilled = true;
      });
      await settle();
      expect(isFulfilled).toBe(false);
      gate.resolve();
      await settle();

      expect(isFulfilled).toBe(true);
      expect(conn.closed).toBe(closed);
    });

    it('fulfils closed also where it is asked for when all is over', async () => {
      const { conn, socket } = openEnd('server', SERVED);
      socket.receiveClose();
      await settle();

      expect(await conn.closed).toEqual({ code: 1000, reason: '' });
    });

    it('sends what is held back, then a close frame with its code and reason, and tells of it in order', async () => {
      const { conn, socket, history } = await connectedEnd('server', (list) => ({ default: recording(list) }), {
        onDisconnect: () => void history.push('onDisconnect'),
      });
      socket.receive('$1;default;r;_OnRoomJoin;0;0;');
      await settle();
      history.length = 0;

      conn.close(4001, 'kicked');
      conn.close(4002, 'twice');

      expect([conn.isClosed, socket.closedWith]).toEqual([true, { code: 4001, reason: 'kicked' }]);
      expect(await conn.closed).toEqual({ code: 4001, reason: 'kicked' });
      expect(history).toEqual([
        'close 4001 kicked',
        'OnRoomLeave r local forced',
        'OnRoomLeft r local forced',
        'OnNamespaceDisconnect local forced',
        'onDisconnect',
      ]);
    });

    it('closes with 1000 when nothing else is said', () => {
      const { conn, socket } = openEnd('client', SERVED);

      conn.close();

      expect(socket.closedWith).toEqual({ code: 1000, reason: '' });
    });

    it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])(
      'throws OPTION_INVALID for the code %s',
      (code) => {
        const { conn, socket } = openEnd('server', SERVED);

        expect(() => conn.close(code)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
        expect([conn.isClosed, socket.isOpen]).toEqual([false, true]);
      },
    );

    it('takes part in nothing from the call on: no member, no emit, signal aborted', async () => {
      const { conn, ns, socket, hub } = await connectedEnd('server', SERVED);
      const { signal } = conn;

      conn.close(1000, 'bye');
      ns.emit('chat', 'late');
      conn.emitNative('late');
      conn.outbound.sendFrame({ data: 'late', binary: false, droppable: true });

      expect([hub.members.size, hub.calls, socket.sent]).toEqual([0, ['disconnected default', 'ended'], []]);
      expect(signal.reason).toMatchObject({ code: 'CONN_CLOSED', details: { code: 1000, reason: 'bye' } });
      expect(conn.signal.aborted).toBe(true);
    });

    it('gives an aborted signal to who asks for it only afterwards', () => {
      const { conn, socket } = openEnd('server', SERVED);

      socket.receiveClose(1001);

      expect(conn.signal.reason).toMatchObject({ code: 'CONN_CLOSED', details: { code: 1001 } });
    });

    it('inside a handler ends the connection after the handler', async () => {
      const { socket, conn, history } = await connectedEnd('server', (list) => ({
        default: recording(list, {
          async leave(msg) {
            msg.signal.addEventListener('abort', () => list.push('aborted'));
            conn.close(1000, 'asked for');
            await settle();
            list.push('handler ends');
            return 'lost';
          },
        }),
      }));

      socket.receive('$1;default;;leave;0;0;', '$2;default;;leave;0;0;');
      await conn.closed;

      expect(history.slice(2)).toEqual([
        'aborted',
        'close 1000 asked for',
        'handler ends',
        'OnNamespaceDisconnect local forced',
      ]);
    });

    it('inside a synchronous handler handles nothing of what waits', async () => {
      const { socket, conn, history } = await connectedEnd('server', (list) => ({
        default: {
          leave(_, ns) {
            list.push('leave');
            ns.conn.close();
          },
        },
      }));

      socket.receive(';default;;leave;0;0;', ';default;;leave;0;0;');
      await conn.closed;

      expect(history.filter((line) => line === 'leave')).toHaveLength(1);
    });

    it('is done after the answer by a CloseError, thrown or returned', async () => {
      for (const leave of [
        () => {
          throw new CloseError(4001, 'bye; bye');
        },
        () => new CloseError(4001, 'bye; bye'),
        () => Promise.reject(new CloseError(4001, 'bye; bye')),
      ]) {
        const { socket, errors } = await connectedEnd('server', { default: { leave } });

        socket.receive('$1;default;;leave;0;0;');
        await settle();

        expect(socket.sent).toEqual(['$1;default;;leave;1;0;bye; bye']);
        expect([socket.closedWith, errors]).toEqual([{ code: 4001, reason: 'bye; bye' }, []]);
      }
    });

    it('uses 1011 for a CloseError whose code cannot be sent', async () => {
      const { socket } = await connectedEnd('server', { default: { leave: () => new CloseError(1006, 'x') } });

      socket.receive(';default;;leave;0;0;');

      expect(socket.closedWith).toEqual({ code: 1011, reason: 'x' });
    });

    it('waits with closed for a handler that never settles as long as a handler may take', async () => {
      const { socket, conn, clock } = await connectedEnd('server', { default: { stuck: () => new Promise(() => {}) } });
      socket.receive(';default;;stuck;0;0;');

      conn.close();
      await settle();
      clock.advanceMs(30_000);

      expect(await conn.closed).toEqual({ code: 1000, reason: '' });
    });
  });

  it('ends with 1006 when it is terminated, without a close frame', async () => {
    const { conn, socket } = openEnd('server', SERVED);

    conn.terminate('no pong');

    expect(await conn.closed).toEqual({ code: 1006, reason: 'no pong' });
    expect([socket.isOpen, socket.closedWith]).toEqual([false, undefined]);
  });

  it('closes with 1013 when a message takes too long to come, and counts it once', async () => {
    const metrics = new Counters();
    const { conn, socket } = openEnd('server', SERVED, { metrics });

    socket.receiveLate();
    socket.receiveLate();

    expect(await conn.closed).toEqual({ code: 1013, reason: 'message timeout' });
    expect(socket.closedWith).toEqual({ code: 1013, reason: 'message timeout' });
    expect(metrics.get('timeouts.message')).toBe(1);
  });

  it('closes with 1013, and does not wait for the answer, when it has the oldest of too many unfinished messages', async () => {
    const metrics = new Counters();
    const { conn, socket } = openEnd('server', SERVED, { metrics });
    const terminate = vi.spyOn(socket, 'terminate');

    socket.receiveCrowded();
    conn.onCrowded();

    expect(await conn.closed).toEqual({ code: 1013, reason: 'too many unfinished messages' });
    expect(socket.closedWith).toEqual({ code: 1013, reason: 'too many unfinished messages' });
    expect([metrics.get('unfinished.closed'), terminate.mock.calls.length]).toEqual([1, 1]);
  });

  it('has ended, without a hook or a timer, when its socket has closed before it is listened to', async () => {
    const heard: string[] = [];
    const { conn, clock, socket } = end('server', SERVED, {
      isGone: true,
      onConnect: () => void heard.push('onConnect'),
      onDisconnect: () => void heard.push('onDisconnect'),
    });

    expect(await conn.closed).toEqual({ code: 1006, reason: '' });
    expect([heard, clock.timers, socket.sent]).toEqual([[], 0, []]);
  });

  it('takes no notice of pongs and drains', () => {
    const { conn, socket } = openEnd('server', SERVED);

    socket.receivePong();
    socket.unstall();

    expect([conn.isClosed, socket.sent]).toEqual([false, []]);
  });

  it('is nobody without the hooks of a server', async () => {
    const { conn } = end('client', SERVED, { onConnect: () => Promise.reject(new PublicError('never runs')) });

    expect(conn.isClosed).toBe(false);
    conn.close();
    await conn.closed;
  });

  describe('outbound', () => {
    it('sends what has been encoded for many', () => {
      const { conn, socket } = openEnd('server', SERVED);

      conn.outbound.sendFrame({ data: ';default;;chat;0;0;x', binary: false, droppable: true });

      expect(socket.sent).toEqual([';default;;chat;0;0;x']);
    });
  });

  describe('waitConnect', () => {
    const CONNECT = '$1;default;;_OnNamespaceConnect;0;0;';

    it('gives the namespace to all who wait when the other side connects it, and at once when it is connected', async () => {
      const { conn, socket, clock } = openEnd('server', { ...SERVED, other: { e() {} } });

      const waiting = Promise.all([conn.waitConnect('default'), conn.waitConnect('default')]);
      const other = conn.waitConnect('other');
      socket.receive('$0;other;;_OnNamespaceConnect;0;0;', CONNECT);

      expect(await waiting).toEqual([conn.namespace('default'), conn.namespace('default')]);
      expect((await other).namespace).toBe('other');
      expect(await conn.waitConnect('default')).toBe(conn.namespace('default'));
      expect(clock.timers).toBe(0);
    });

    it('rejects with ASK_TIMEOUT, ASK_ABORTED or CONN_CLOSED', async () => {
      const { conn, clock } = openEnd('server', SERVED);
      const abort = new AbortController();

      const late = expect(conn.waitConnect('default', { timeoutMs: 5 })).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
      const aborted = expect(conn.waitConnect('default', { signal: abort.signal })).rejects.toMatchObject({
        code: 'ASK_ABORTED',
      });
      const never = expect(conn.waitConnect('default', { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ASK_ABORTED',
      });
      const closed = expect(conn.waitConnect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED' });
      clock.advanceMs(5);
      abort.abort();
      conn.close();

      await Promise.all([late, aborted, never, closed]);
      await expect(conn.waitConnect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED' });
      expect(clock.timers).toBe(0);
    });

    it('waits 10 s when nothing else is said', async () => {
      const { conn, clock } = openEnd('server', SERVED);
      const waiting = expect(conn.waitConnect('default')).rejects.toMatchObject({ details: { timeoutMs: 10_000 } });

      clock.advanceMs(10_000);

      await waiting;
    });
  });

  describe('onDisconnect', () => {
    it('runs last, once the handler that runs has ended', async () => {
      const gate = deferred();
      const order: string[] = [];
      const { conn, socket } = await connectedEnd(
        'server',
        { default: { slow: () => gate.promise.then(() => void order.push('handler')) } },
        { onDisconnect: (closed) => void order.push(`onDisconnect ${closed.id}`) },
      );
      socket.receive(';default;;slow;0;0;');

      socket.receiveClose();
      gate.resolve();
      await conn.closed;

      expect(order).toEqual(['handler', 'onDisconnect id1']);
    });

    it('does not hold up closed for longer than a handler may take', async () => {
      const { conn, clock, errors } = openEnd('server', SERVED, { onDisconnect: () => new Promise(() => {}) });

      conn.close();
      await settle();
      clock.advanceMs(30_000);
      await conn.closed;

      expect(errors).toMatchObject([{ error: { code: 'HANDLER_TIMEOUT' }, event: 'onDisconnect' }]);
    });
  });
});
