import { describe, expect, it } from 'vitest';
import { CloseError, PublicError } from '../../src/errors.js';
import type { Conn } from '../../src/ports/conn.js';
import { settle } from '../support/test-server.js';
import { deferred, end, guardRejections } from './ends.js';

guardRejections();

const SERVED = { default: { echo: (msg: { body: unknown }) => msg.body } };
const CONNECT = '$1;default;;_OnNamespaceConnect;0;0;';

describe('the handshake of a server', () => {
  it('answers M with A and the id, whatever follows the M, text or binary', () => {
    for (const hello of ['M', 'Mnefeli/1', new Uint8Array([0x4d])]) {
      const { socket } = end('server', SERVED, { id: 'a;b' });

      socket.receive(hello);

      expect(socket.sent).toEqual(['Aa;b']);
    }
  });

  it('holds what comes before M, and answers it after A, in order, text and binary', async () => {
    const { socket } = end('server', SERVED);

    socket.receive(CONNECT, '$2;default;;echo;0;0;early', '', new TextEncoder().encode('$3;default;;echo;0;0;bytes'));
    expect(socket.sent).toEqual([]);
    socket.receive('M');
    await settle();

    expect(socket.sent.map(String)).toEqual([
      'Aid1',
      '$1;;;;;;',
      '$2;default;;echo;0;0;early',
      [...new TextEncoder().encode('$3;default;;echo;0;0;bytes')].join(),
    ]);
  });

  it('handles nothing of what came before M once a handler has closed the connection', () => {
    const handled: string[] = [];
    const { socket } = end('server', SERVED, {
      onRemoteError: ({ conn, text }) => {
        handled.push(text);
        conn.close();
      },
    });

    socket.receive(';x;;e;1;0;first', ';x;;e;1;0;second', 'M');

    expect(handled).toEqual(['first']);
  });

  it.each(['Aadmin', 'Hbye', new TextEncoder().encode('Aadmin')])(
    'closes with 1008 when a client sends %s',
    (frame) => {
      const { socket, conn } = end('server', SERVED);

      socket.receive(frame, 'M', CONNECT);

      expect(socket.closedWith).toEqual({ code: 1008, reason: 'not a greeting' });
      expect([conn.id, socket.sent]).toEqual(['id1', []]);
    },
  );

  it('takes 16 frames before M, and closes with 1008 on the 17th', () => {
    const { socket } = end('server', SERVED);

    for (let n = 0; n < 16; n++) socket.receive(CONNECT);
    expect(socket.closedWith).toBeUndefined();
    socket.receive(CONNECT);

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'too much before the handshake' });
  });

  it.each([
    ['text', 'é'.repeat(16 * 1024)],
    ['bytes', new Uint8Array(32 * 1024)],
  ])('takes 64 KiB of %s before M, and closes with 1008 on one byte more', (_, half) => {
    const { socket } = end('server', SERVED);

    socket.receive(half, half);
    expect(socket.closedWith).toBeUndefined();
    socket.receive('x');

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'too much before the handshake' });
  });

  it('closes with 1008 when no M has come within 10 s', async () => {
    const { socket, conn, clock } = end('server', SERVED);
    const connecting = conn.connect('default', { timeoutMs: 60_000 });
    const failed = expect(connecting).rejects.toMatchObject({ code: 'CONN_CLOSED' });

    clock.advanceMs(9_999);
    expect(conn.isClosed).toBe(false);
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'no handshake within 10000 ms' });
    await failed;
    expect(clock.timers).toBe(0);
  });

  it('stops that clock with the M', () => {
    const { socket, clock } = end('server', SERVED);

    socket.receive('M');

    expect([clock.timers, socket.isOpen]).toEqual([0, true]);
  });

  it('is over after A: M is a malformed message then', () => {
    const { socket, counters } = end('server', SERVED);

    socket.receive('M', 'M');

    expect([socket.sent, counters.get('frames.malformed')]).toEqual([['Aid1'], 1]);
  });

  it('closes with 1009 what is too large even before it', () => {
    const { socket } = end('server', SERVED, { limits: { maxMessageBytes: 10 } });

    socket.receive('M'.repeat(11));

    expect(socket.closedWith).toEqual({ code: 1009, reason: 'message too large' });
  });

  describe('while onConnect runs', () => {
    it('waits with A, and with every frame after M', async () => {
      const gate = deferred();
      const { socket } = end('server', SERVED, { onConnect: () => gate.promise });

      socket.receive('M', CONNECT, '$2;default;;echo;0;0;x');
      await settle();
      expect(socket.sent).toEqual([]);
      gate.resolve();
      await settle();

      expect(socket.sent).toEqual(['Aid1', '$1;;;;;;', '$2;default;;echo;0;0;x']);
    });

    it('pauses reading with more than 16 frames after M, does not close, and handles them all', async () => {
      const gate = deferred();
      const { socket, conn, counters } = end('server', SERVED, { onConnect: () => gate.promise });

      socket.receive('M', CONNECT);
      for (let n = 2; n <= 30; n++) socket.receive(`$${n};default;;echo;0;0;${n}`);
      expect([socket.isPaused, conn.isReadingPaused, conn.isClosed, counters.get('reading.paused')]).toEqual([
        true,
        true,
        false,
        1,
      ]);
      gate.resolve();
      await settle();

      expect(socket.isPaused).toBe(false);
      expect(conn.isReadingPaused).toBe(false);
      expect(socket.sent).toHaveLength(31);
      expect(socket.sent.at(-1)).toBe('$30;default;;echo;0;0;30');
    });

    it('counts what is still handed over after the pause as paused once', async () => {
      const { socket, counters } = end('server', SERVED, {
        limits: { maxEarlyFrames: 1 },
        onConnect: () => new Promise(() => {}),
      });

      socket.receive('M', CONNECT, CONNECT);
      socket.resume(); // what has been read already
      socket.receive(CONNECT);

      expect(counters.get('reading.paused')).toBe(1);
    });

    it('stays paused afterwards while too much waits for handlers', async () => {
      const gate = deferred();
      const { socket, conn } = end(
        'server',
        { default: { slow: () => new Promise(() => {}) } },
        { onConnect: () => gate.promise, limits: { maxEarlyFrames: 3, maxInboxFrames: 1 } },
      );

      socket.receive('M', CONNECT);
      for (let n = 0; n < 3; n++) socket.receive(';default;;slow;0;0;');
      gate.resolve();
      await settle();

      expect([socket.isPaused, conn.isReadingPaused]).toEqual([true, true]);
    });

    it('sends A, and connects, as soon as onConnect connects a namespace', async () => {
      const { socket } = end('server', SERVED, {
        onConnect: async (conn) => {
          await conn.connect('default');
        },
      });

      socket.receive('M');
      await settle();

      expect(socket.sent).toEqual(['Aid1', 'n1;default;;_OnNamespaceConnect;0;0;']);
    });

    it('waits for M with what onConnect connects', async () => {
      const { socket } = end('server', SERVED, { onConnect: (conn) => void conn.connect('default').catch(() => {}) });

      await settle();
      expect(socket.sent).toEqual([]);
      socket.receive('M');
      await settle();

      expect(socket.sent).toEqual(['Aid1', 'n1;default;;_OnNamespaceConnect;0;0;']);
    });

    it('sends a raw message of onConnect after A', async () => {
      const { socket } = end('server', SERVED, { onConnect: (conn: Conn) => conn.emitNative('welcome') });

      expect(socket.sent).toEqual([]);
      socket.receive('M');
      await settle();

      expect(socket.sent).toEqual(['Aid1', 'welcome']);
    });
  });

  describe('refused by onConnect', () => {
    it.each([
      ['a PublicError', () => new PublicError('nope; sorry'), 'nope; sorry', 1008],
      ['a PublicError without text', () => new PublicError(''), 'error', 1008],
      ['any other error', () => new Error('pg://user:pw@db'), 'internal error 1', 1011],
      ['what is no error', () => 'a string', 'internal error 1', 1011],
      ['a CloseError', () => new CloseError(4003, 'banned'), 'banned', 4003],
      ['a CloseError with a code that cannot be sent', () => new CloseError(1006, 'banned'), 'banned', 1011],
    ])('with %s sends H and its text after M, and closes', async (_, make, text, code) => {
      for (const fail of [
        () => {
          throw make();
        },
        () => Promise.reject(make()),
      ]) {
        const { socket, conn, counters } = end('server', SERVED, { onConnect: fail });

        await settle();
        expect(socket.sent).toEqual([]);
        socket.receive('M', CONNECT);

        expect(socket.sent).toEqual([`H${text}`]);
        expect(socket.closedWith).toEqual({ code, reason: text });
        expect(counters.get('connections.refused')).toBe(1);
        expect(await conn.closed).toEqual({ code, reason: text });
      }
    });

    it('cuts the reason to the 123 bytes that a close frame holds; H has the whole text', async () => {
      const { socket } = end('server', SERVED, {
        onConnect() {
          throw new PublicError('ü'.repeat(100));
        },
      });

      await settle();
      socket.receive('M');

      expect(socket.sent).toEqual([`H${'ü'.repeat(100)}`]);
      expect(socket.closedWith).toEqual({ code: 1008, reason: 'ü'.repeat(61) });
    });

    it.each([
      ['a PublicError', () => new PublicError('changed my mind'), 1008, 'changed my mind'],
      ['any other error', () => new Error('pg://user:pw@db'), 1011, 'internal error 2'],
    ])('with %s after the connection has been used closes, without H', async (_, make, code, reason) => {
      const { socket, conn } = end('server', SERVED, {
        onConnect: async (opened) => {
          await opened.connect('default');
          throw make();
        },
      });

      socket.receive('M');
      await settle();
      socket.receive('n1;;;;;;');
      await conn.closed;

      expect(socket.sent).toEqual(['Aid1', 'n1;default;;_OnNamespaceConnect;0;0;']);
      expect(socket.closedWith).toEqual({ code, reason });
    });

    it('does not run onDisconnect, but leaves what it had connected', async () => {
      const heard: string[] = [];
      const { socket, conn } = end(
        'server',
        { default: { onNamespaceDisconnect: () => void heard.push('OnNamespaceDisconnect') } },
        {
          onConnect: async (opened) => {
            await opened.connect('default');
            throw new PublicError('no');
          },
          onDisconnect: () => void heard.push('onDisconnect'),
        },
      );

      socket.receive('M');
      await settle();
      socket.receive('n1;;;;;;');
      await conn.closed;

      expect(heard).toEqual(['OnNamespaceDisconnect']);
    });

    it('closes a client that never says M, after 10 s', async () => {
      const { socket, clock } = end('server', SERVED, { onConnect: () => Promise.reject(new PublicError('no')) });
      await settle();

      clock.advanceMs(10_000);

      expect([socket.sent, socket.closedWith?.code]).toEqual([[], 1008]);
    });

    it('answers "handler timeout" when onConnect takes longer than 30 s, and reports it once', async () => {
      const { socket, clock, errors } = end('server', SERVED, { onConnect: () => new Promise(() => {}) });
      socket.receive('M');

      clock.advanceMs(30_000);
      await settle();

      expect(socket.sent).toEqual(['Hhandler timeout']);
      expect(socket.closedWith).toEqual({ code: 1011, reason: 'handler timeout' });
      expect(errors).toMatchObject([{ error: { code: 'HANDLER_TIMEOUT' }, event: 'onConnect' }]);
    });
  });

  it('lets the connection in once, though the client closes while onConnect runs', async () => {
    const gate = deferred();
    const heard: string[] = [];
    const { socket, conn } = end('server', SERVED, {
      onConnect: () => gate.promise,
      onDisconnect: () => void heard.push('onDisconnect'),
    });

    socket.receive('M');
    socket.receiveClose(1001);
    gate.resolve();

    expect(await conn.closed).toEqual({ code: 1001, reason: '' });
    expect([socket.sent, heard]).toEqual([[], []]);
  });

  it('reports what onConnect throws after the client has closed, and sends nothing', async () => {
    const gate = deferred();
    const { socket, conn, errors } = end('server', SERVED, { onConnect: () => gate.promise });

    socket.receive('M');
    socket.receiveClose();
    gate.reject(new Error('too late'));
    await conn.closed;

    expect(socket.sent).toEqual([]);
    expect(errors).toMatchObject([{ error: { message: 'too late' }, event: 'onConnect' }]);
  });
});

describe('the handshake of a client', () => {
  it('says M first, and takes the id of A', async () => {
    const { socket, conn } = end('client', SERVED);
    expect(socket.sent).toEqual(['M']);
    const open = conn.whenOpen();

    socket.receive('Abob;1');
    await open;

    expect([conn.id, String(conn)]).toEqual(['bob;1', 'bob;1']);
    await conn.whenOpen();
  });

  it('rejects with CONN_REFUSED and the text of H, and closes with 1000', async () => {
    const { socket, conn } = end('client', SERVED);
    const open = conn.whenOpen();

    socket.receive('Hnope; sorry');

    await expect(open).rejects.toMatchObject({ code: 'CONN_REFUSED', details: { text: 'nope; sorry' } });
    expect(socket.closedWith).toEqual({ code: 1000, reason: 'nope; sorry' });
  });

  it('holds what comes before A', async () => {
    const { socket } = end('client', SERVED);

    socket.receive('n1;default;;_OnNamespaceConnect;0;0;');
    expect(socket.sent).toEqual(['M']);
    socket.receive('Aid');
    await settle();

    expect(socket.sent).toEqual(['M', 'n1;;;;;;']);
  });

  it('closes with 1008 when a server says M, or sends too much before A, or nothing for 10 s', () => {
    const hello = end('client', SERVED);
    hello.socket.receive('M');
    const flood = end('client', SERVED);
    for (let n = 0; n < 17; n++) flood.socket.receive('x;');
    const silent = end('client', SERVED);
    silent.clock.advanceMs(10_000);

    expect([hello, flood, silent].map(({ socket }) => socket.closedWith)).toEqual([
      { code: 1008, reason: 'a server does not say hello' },
      { code: 1008, reason: 'too much before the handshake' },
      { code: 1008, reason: 'no handshake within 10000 ms' },
    ]);
  });

  it('rejects whoever waits when the server closes before A', async () => {
    const { socket, conn } = end('client', SERVED);
    const open = conn.whenOpen();

    socket.receiveClose(1013, 'full');

    await expect(open).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1013, reason: 'full' } });
    await expect(conn.whenOpen()).rejects.toMatchObject({ code: 'CONN_CLOSED' });
  });

  it('reports a raw message that turns out too large after A, and drops one that the connection does not live to send', async () => {
    const native = { '': { onNativeMessage() {} } };
    const large = end('client', native, { limits: { maxMessageBytes: 10 } });
    large.conn.emitNative('x'.repeat(11));
    const closed = end('client', native);
    closed.conn.emitNative('lost');

    large.socket.receive('Aid');
    closed.socket.receiveClose();
    await settle();

    expect(large.errors).toMatchObject([{ error: { code: 'MESSAGE_TOO_LARGE' }, event: '_OnNativeMessage' }]);
    expect([closed.errors, closed.socket.sent]).toEqual([[], ['M']]);
  });

  it('sends a raw message that is emitted before A after it', async () => {
    const { socket, conn } = end('client', { '': { onNativeMessage() {} } });

    conn.emitNative('hi');
    expect(socket.sent).toEqual(['M']);
    socket.receive('Aid');
    await settle();

    expect(socket.sent).toEqual(['M', 'hi']);
  });
});
