import { describe, expect, it } from 'vitest';
import { reply } from '../../src/core/reply.js';
import { SystemEvent } from '../../src/protocol/event-names.js';
import type { FrameData } from '../../src/protocol/message.js';
import { settle, type TestServerOptions, testServer } from '../support/test-server.js';

const LIFECYCLE = [
  'onNamespaceConnect',
  'onNamespaceConnected',
  'onNamespaceDisconnect',
  'onRoomJoin',
  'onRoomJoined',
  'onRoomLeave',
  'onRoomLeft',
  'onAnyEvent',
];

/** A server whose every handler says that it was called; one client that has said hello. */
function watched(options: TestServerOptions = {}) {
  const calls: string[] = [];
  const recorders = LIFECYCLE.map((name) => [name, () => void calls.push(name)] as const);
  const { accept, ...rest } = testServer(
    {
      default: {
        ...Object.fromEntries(recorders),
        chat: (msg) => void calls.push(`chat ${msg.body}`),
        echo: (msg) => reply(msg.body),
      },
      '': { onNativeMessage: (msg) => void calls.push(`native ${msg.body}`) },
    },
    options,
  );
  const { conn, socket } = accept({ hello: true });
  /** Sends frames, and gives what comes back. */
  const exchange = async (...frames: readonly FrameData[]): Promise<FrameData[]> => {
    socket.receive(...frames);
    await settle();
    return socket.sent.splice(0);
  };
  const connect = async () => {
    await exchange('$c;default;;_OnNamespaceConnect;0;0;', '$d;;;_OnNamespaceConnect;0;0;');
    calls.length = 0;
    const ns = conn.namespace('default');
    if (!ns) throw new Error('not connected');
    return ns;
  };
  return { ...rest, accept, calls, conn, socket, exchange, connect };
}

const tokenOf = (frame: FrameData | undefined): string => String(frame).split(';')[0] ?? '';

describe('a system event from the wire', () => {
  const forged = Object.values(SystemEvent).filter(
    (event) => !/^_On(NamespaceConnect|NamespaceDisconnect|RoomJoin|RoomLeave)$/.test(event),
  );

  it.each([...forged, '_OnChat', '_On'])(
    'calls nothing as %s, and is refused as bad event when asked',
    async (event) => {
      const { exchange, connect, calls } = watched();

      expect(await exchange(`;default;;${event};0;0;x`)).toEqual([]);
      expect(await exchange(`$1;default;;${event};0;0;x`)).toEqual([`$1;default;;${event};1;0;bad event`]);
      await connect();
      expect(await exchange(`;default;r;${event};0;0;x`, `;;;${event};0;0;x`)).toEqual([]);
      expect(await exchange(`$2;default;r;${event};0;0;x`)).toEqual([`$2;default;r;${event};1;0;bad event`]);
      expect(await exchange(`$3;;;${event};0;0;x`)).toEqual([`$3;;;${event};1;0;bad event`]);
      expect(calls).toEqual([]);
    },
  );

  it.each(['_OnNamespaceConnect', '_OnNamespaceDisconnect', '_OnRoomJoin', '_OnRoomLeave'])(
    'does nothing as %s without a token, or marked as no operation, and is counted',
    async (event) => {
      const { exchange, connect, calls, counters, conn } = watched();
      await connect();

      expect(await exchange(`;default;r;${event};0;0;`, `$1;default;r;${event};0;1;`)).toEqual([]);

      expect(calls).toEqual([]);
      expect(counters.get('frames.unwanted')).toBe(2);
      expect(conn.namespaces.map(({ namespace }) => namespace)).toEqual(['default', '']);
    },
  );

  it('connects nothing as an error, and goes to onRemoteError', async () => {
    const heard: string[] = [];
    const { exchange, calls, conn } = watched({ onRemoteError: ({ event, text }) => heard.push(`${event}: ${text}`) });

    expect(await exchange('$1;default;;_OnNamespaceConnect;1;0;x')).toEqual([]);

    expect(heard).toEqual(['_OnNamespaceConnect: x']);
    expect(calls).toEqual([]);
    expect(conn.namespaces).toEqual([]);
  });
});

describe('an error that no ask waits for', () => {
  it.each(['', '$1'])(
    'goes to onRemoteError with the token %j, reaches no handler and is never answered',
    async (wait) => {
      const heard: unknown[] = [];
      const { exchange, connect, calls } = watched({
        onRemoteError: ({ namespace, room, event, text }) => heard.push({ namespace, room, event, text }),
      });
      await connect();

      expect(await exchange(`${wait};default;r;chat;1;0;no; thanks`)).toEqual([]);
      expect(await exchange(new TextEncoder().encode(`${wait};default;r;nobody;1;0;no`))).toEqual([]);

      expect(calls).toEqual([]);
      expect(heard).toEqual([
        { namespace: 'default', room: 'r', event: 'chat', text: 'no; thanks' },
        { namespace: 'default', room: 'r', event: 'nobody', text: 'no' },
      ]);
    },
  );
});

describe('a reply', () => {
  it.each(['999', 'n0123456789abcdef', '#1', 'A1', '__proto__'])(
    'that nobody waits for, with the token %j, calls nothing, is not answered and is counted',
    async (wait) => {
      const { exchange, connect, calls, counters } = watched();
      await connect();

      expect(await exchange(`${wait};default;;chat;0;0;x`, `${wait};default;;echo;1;0;x`, `${wait};;;;;;`)).toEqual([]);

      expect(calls).toEqual([]);
      expect(counters.get('replies.unexpected')).toBe(3);
    },
  );

  it('counts once: what comes a second time changes nothing', async () => {
    const { exchange, connect, calls, counters } = watched();
    const ns = await connect();
    const asked = ns.ask('q', '?');
    const token = tokenOf((await exchange())[0]);

    await exchange(
      `${token};default;;q;0;0;first`,
      `${token};default;;q;0;0;second`,
      `${token};default;;chat;1;0;third`,
    );

    expect((await asked).body).toBe('first');
    expect(counters.get('replies.unexpected')).toBe(2);
    expect(calls).toEqual([]);
  });

  it('that comes after the timeout changes nothing', async () => {
    const { exchange, connect, calls, counters, clock } = watched();
    const ns = await connect();
    const asked = ns.ask('q', '?', { timeoutMs: 200 });
    const token = tokenOf((await exchange())[0]);
    clock.advanceMs(200);

    await expect(asked).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    expect(await exchange(`${token};default;;chat;0;0;late`)).toEqual([]);

    expect(counters.get('replies.unexpected')).toBe(1);
    expect(calls).toEqual([]);
  });

  it('counts only on the connection that was asked', async () => {
    const { accept, exchange, connect, counters } = watched();
    const ns = await connect();
    const asked = ns.ask('q', '?');
    const token = tokenOf((await exchange())[0]);
    const { socket: stranger } = accept({ hello: true });

    stranger.receive(`${token};default;;q;0;0;forged`);
    expect(counters.get('replies.unexpected')).toBe(1);
    await exchange(`${token};default;;q;0;0;real`);

    expect((await asked).body).toBe('real');
  });

  it('is only a reply, whatever event it names', async () => {
    const { exchange, connect, calls, conn } = watched();
    const ns = await connect();
    const asked = ns.ask('q', '?');
    const token = tokenOf((await exchange())[0]);

    expect(await exchange(`${token};default;;_OnNamespaceDisconnect;0;0;x`)).toEqual([]);

    expect((await asked).body).toBe('x');
    expect(calls).toEqual([]);
    expect(conn.namespace('default')).toBe(ns);
  });

  it('to a join from another connection joins nobody', async () => {
    const { accept, exchange, connect, server } = watched();
    const ns = await connect();
    const joining = ns.joinRoom('lobby');
    const token = tokenOf((await exchange())[0]);
    const { socket: stranger } = accept({ hello: true });

    stranger.receive(`${token};;;;;;`);
    await settle();
    expect(server.local.rooms('default')).toEqual([]);
    await exchange(`${token};;;;;;`);

    expect((await joining).name).toBe('lobby');
    expect(server.local.rooms('default')).toEqual(['lobby']);
  });
});

describe('an ask of the server', () => {
  it('carries a token of its own, with 64 random bits, that is never the same twice', async () => {
    const { exchange, connect } = watched();
    const ns = await connect();
    const asks = Array.from({ length: 100 }, () => ns.ask('q'));

    const tokens = (await exchange()).map(tokenOf);

    expect(tokens.filter((token) => /^n[0-9a-f]{16}$/.test(token))).toHaveLength(100);
    expect(new Set(tokens).size).toBe(100);
    await exchange(...tokens.map((token) => `${token};;;;;;`));
    expect((await Promise.all(asks)).map(({ body }) => body)).toEqual(tokens.map(() => ''));
  });
});

describe('a malformed frame', () => {
  const invalid = { code: 1008, reason: 'invalid payload' };
  const malformed = [
    'hello',
    '$!35;default;;chat;0;0;x',
    'neffos(0xabc);default;;chat;0;0;x',
    'n!effos.default;default;;chat;0;0;hello',
    `;default;;${'e'.repeat(129)};0;0;`,
    `${'w'.repeat(65)};default;;chat;0;0;`,
    Uint8Array.of(0xff),
    Uint8Array.of(...new TextEncoder().encode(';default;'), 0xff, ...new TextEncoder().encode(';chat;0;0;')),
  ];

  it.each(malformed.map((frame) => [String(frame).slice(0, 40), frame] as const))(
    'closes with 1008 as the third within a minute: %s',
    async (_, frame) => {
      const { accept, calls, counters } = framedOnly();
      const { socket } = accept({ hello: true });
      socket.receive('$c;default;;_OnNamespaceConnect;0;0;');
      await settle();
      socket.sent.length = 0;

      socket.receive(frame, frame);
      expect(socket.isOpen).toBe(true);
      socket.receive(frame);

      expect(socket.closedWith).toEqual(invalid);
      expect(socket.sent).toEqual([]);
      expect(calls).toEqual([]);
      expect(counters.get('frames.malformed')).toBe(3);
    },
  );

  it('is forgiven after a minute', () => {
    const { accept, clock } = framedOnly({ heartbeat: false });
    const { socket } = accept({ hello: true });

    socket.receive('hello', 'hello');
    clock.advanceMs(60_000);
    socket.receive('hello', 'hello');
    expect(socket.isOpen).toBe(true);
    clock.advanceMs(59_999);
    socket.receive('hello');

    expect(socket.closedWith).toEqual(invalid);
  });

  it('before the handshake is counted after it', () => {
    const { accept } = framedOnly();
    const { socket } = accept({ id: 'id1' });

    socket.receive('hello', 'hello', 'hello');
    expect(socket.isOpen).toBe(true);
    socket.receive('M');

    expect(socket.sent).toEqual(['Aid1']);
    expect(socket.closedWith).toEqual(invalid);
  });
});

/** A server without raw messages. */
function framedOnly(options: TestServerOptions = {}) {
  const calls: unknown[] = [];
  return { ...testServer({ default: { chat: (msg) => void calls.push(msg.body) } }, options), calls };
}
