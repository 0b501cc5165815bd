import { describe, expect, it } from 'vitest';
import { PublicError } from '../../src/errors.js';
import type { Arrival } from '../../src/server/server.js';
import { settle, silentLog, testServer } from '../support/test-server.js';
import { HeldSocket } from './held-socket.js';
import { arrive, member } from './member.js';
import { ScriptedAdapter } from './scripted-adapter.js';

describe('Server', () => {
  describe('accept', () => {
    it('reads from within the call on: what has arrived before is handled in order', async () => {
      const t = testServer({ default: { chat: (msg) => void got.push(msg.body) } });
      const got: unknown[] = [];
      const { socket } = t.accept({ id: 'id1' });

      socket.receive('M', '$1;default;;_OnNamespaceConnect;0;0;', ';default;;chat;0;0;a', ';default;;chat;0;0;b');
      await settle();

      expect(socket.sent).toEqual(['Aid1', '$1;;;;;;']);
      expect(got).toEqual(['a', 'b']);
      expect(t.counters.get('connections.opened')).toBe(1);
    });

    it('refuses an empty id with ID_EMPTY and takes no place for it', () => {
      const t = testServer({ default: {} });

      expect(() => arrive(t, new HeldSocket(), { id: '' })).toThrow(/^ID_EMPTY/);
      expect(t.server.local.size).toBe(0);
    });

    it('turns away with 1013 who is one too many, and counts it', () => {
      const t = testServer({ default: {} }, { limits: { maxConnections: 1 } });
      t.accept();
      const socket = new HeldSocket();

      expect(t.server.refusalFor('192.0.2.1')).toBe('server full');
      expect(arrive(t, socket)).toBeUndefined();
      expect(socket.closedWith).toEqual({ code: 1013, reason: 'server full' });
      expect(t.counters.get('connections.refused')).toBe(1);
      expect(t.server.local.size).toBe(1);
    });

    it('gives the place of an address back as soon as one of its connections ends', () => {
      const t = testServer({ default: {} }, { limits: { maxConnectionsPerAddress: 1 } });
      const { socket } = t.accept({ address: '192.0.2.1' });
      const refused = new HeldSocket();

      expect(arrive(t, refused, { address: '::ffff:192.0.2.1' })).toBeUndefined();
      expect(refused.closedWith).toEqual({ code: 1013, reason: 'too many connections from your address' });
      socket.receiveClose();

      expect(arrive(t, new HeldSocket(), { address: '192.0.2.1' })).toBeDefined();
    });

    it('asks nobody for the address where connections are not counted by it', () => {
      let asked = 0;
      const arrival = {
        id: 'somebody',
        request: {} as Arrival['request'], // nothing here looks at it
        user: undefined,
        log: silentLog,
        reconnectTries: 0,
        get address() {
          asked += 1;
          return '192.0.2.1';
        },
      };
      const uncounted = testServer({ default: {} }, { limits: { maxConnections: 5 } });
      const counted = testServer({ default: {} }, { limits: { maxConnectionsPerAddress: 5 } });

      uncounted.server.accept(new HeldSocket(), arrival);
      expect([uncounted.server.countsByAddress, asked]).toEqual([false, 0]);
      counted.server.accept(new HeldSocket(), arrival);
      expect([counted.server.countsByAddress, asked]).toEqual([true, 1]);
    });

    it('keeps nothing of a socket that has closed before', async () => {
      const t = testServer({ default: {} }, { heartbeat: false });
      const { socket } = t.accept();
      socket.receiveClose();

      const closing = t.server.close();
      await settle();

      await expect(closing).resolves.toBeUndefined();
      expect(t.server.local.size).toBe(0);
    });

    it('refuses with the text of a PublicError that onConnect throws, 1008, and no onDisconnect', async () => {
      const disconnected: unknown[] = [];
      const t = testServer(
        { default: {} },
        {
          onConnect: () => {
            throw new PublicError('not today');
          },
          onDisconnect: (conn) => void disconnected.push(conn),
        },
      );
      const { conn, socket } = t.accept();

      socket.receive('M');
      await conn.closed;

      expect(socket.sent).toEqual(['Hnot today']);
      expect(socket.closedWith).toEqual({ code: 1008, reason: 'not today' });
      expect(disconnected).toEqual([]);
      expect(t.server.local.size).toBe(0);
    });
  });

  it('tells onError of what a handler throws, and onRemoteError of errors that no ask waits for', async () => {
    const heard: unknown[] = [];
    const failure = new Error('secret');
    const t = testServer(
      {
        default: {
          chat: () => {
            throw failure;
          },
        },
      },
      {
        onError: (error, { event }) => void heard.push([error, event]),
        onRemoteError: ({ text, event }) => void heard.push([text, event]),
      },
    );
    const { socket } = await member(t);

    socket.receive('$1;default;;chat;0;0;', ';default;;chat;1;0;cannot');

    expect(heard).toEqual([
      [failure, 'chat'],
      ['cannot', 'chat'],
    ]);
    expect(socket.texts[0]).toMatch(/^\$1;default;;chat;1;0;internal error [0-9a-f]{16}$/);
  });

  describe('connections', () => {
    it('gives a snapshot in which equal ids are not one, of all or of a namespace', async () => {
      const t = testServer({ default: {} });
      const tabs = [await member(t, { id: 'maria' }), await member(t, { id: 'maria' })].map(({ conn }) => conn);
      const { conn: idle } = t.accept({ id: 'maria' });

      const snapshot = t.server.connections();
      expect(snapshot).toEqual([...tabs, idle]);
      expect(t.server.connections('default')).toEqual(tabs);
      tabs[0]?.close();
      expect(snapshot).toHaveLength(3);
      expect(t.server.connections()).toHaveLength(2);
    });
  });

  describe('broadcast', () => {
    it('sends several messages, each to whom it is meant for', async () => {
      const t = testServer({ default: {} });
      const a = await member(t, { id: 'a', rooms: ['lobby'] });
      const b = await member(t, { id: 'b' });

      t.server.broadcast(
        undefined,
        { namespace: 'default', event: 'one', body: '1', to: 'a' },
        { namespace: 'default', event: 'two', body: '2', to: 'b' },
        { namespace: 'default', event: 'three', room: 'lobby' },
        { namespace: 'elsewhere', event: 'four' },
      );

      expect(a.socket.sent).toEqual([';default;;one;0;0;1', ';default;lobby;three;0;0;']);
      expect(b.socket.sent).toEqual([';default;;two;0;0;2']);
    });

    it('leaves out one connection for a Conn or an NSConn, and every connection of an id for a string', async () => {
      const t = testServer({ default: {} });
      const tabs = [await member(t, { id: 'maria' }), await member(t, { id: 'maria' })];
      const [first, second] = tabs.map(({ conn }) => conn);
      const message = { namespace: 'default', event: 'e' };
      const got = (): number[] => tabs.map(({ socket }) => socket.sent.length);

      t.server.broadcast(first, message);
      expect(got()).toEqual([0, 1]);
      t.server.broadcast(second?.namespace('default'), message);
      expect(got()).toEqual([1, 1]);
      t.server.broadcast('maria', message);
      expect(got()).toEqual([1, 1]);
    });

    it('changes nothing in the messages that it is given', () => {
      const t = testServer({ default: {} });
      const { conn } = t.accept();
      const message = Object.freeze({ namespace: 'default', event: 'e', body: Object.freeze({ a: 1 }) });

      t.server.broadcast(conn, message);

      expect(message).toEqual({ namespace: 'default', event: 'e', body: { a: 1 } });
    });
  });

  describe('do', () => {
    it('runs the action for every connection and waits for it', async () => {
      const t = testServer({ default: {} });
      const conns = [t.accept().conn, t.accept().conn];
      const done: unknown[] = [];

      await t.server.do(async (conn) => {
        await settle();
        done.push(conn);
      });

      expect(done).toEqual(conns);
    });

    it('rejects with the first error, after every connection has been tried', async () => {
      const t = testServer({ default: {} });
      for (const id of ['a', 'b', 'c']) t.accept({ id });
      const tried: string[] = [];

      const all = t.server.do(({ id }) => {
        tried.push(id);
        if (id !== 'c') throw new Error(`not ${id}`);
      });

      await expect(all).rejects.toThrow('not a');
      expect(tried).toEqual(['a', 'b', 'c']);
    });
  });

  it.each([
    ['onNamespaceDisconnect', { onNamespaceDisconnect: 1 }],
    ['onRoomLeft', { onRoomLeft: 1 }],
    ['onDisconnect', {}],
  ])(
    'broadcasts and counts without the leaver inside %s, and still takes new connections',
    async (hook, inNamespace) => {
      const counts: number[] = [];
      const tell = async (): Promise<void> => {
        t.server.in('default').broadcast('left', hook);
        counts.push(
          await t.server.in('default').count(),
          t.server.local.count({ namespace: 'default', room: 'lobby' }),
        );
      };
      const handlers = Object.fromEntries(Object.keys(inNamespace).map((name) => [name, tell]));
      const t = testServer({ default: handlers }, hook === 'onDisconnect' ? { onDisconnect: tell } : {});
      const stays = await member(t, { rooms: ['lobby'] });
      const leaver = await member(t, { rooms: ['lobby'] });

      leaver.socket.receiveClose();
      await leaver.conn.closed;

      expect(counts).toEqual([1, 1]);
      expect(stays.socket.sent).toEqual([`;default;;left;0;0;${hook}`]);
      expect(leaver.socket.sent).toEqual([]);
      await member(t);
      expect(t.server.local.size).toBe(2);
    },
  );

  describe('heartbeat', () => {
    it('ends a peer that has vanished with 1006, its events told once, within pingMs and pongMs', async () => {
      const events: string[] = [];
      const t = testServer(
        {
          default: {
            onRoomLeft: () => void events.push('left'),
            onNamespaceDisconnect: () => void events.push('gone'),
          },
        },
        { onDisconnect: () => void events.push('disconnected') },
      );
      const { conn, socket } = await member(t, { rooms: ['lobby'] });

      t.clock.advanceMs(25_000 + 8_000 + 1_000);

      expect(await conn.closed).toEqual({ code: 1006, reason: 'no pong' });
      expect(socket.pings).toBe(1);
      expect(events).toEqual(['left', 'gone', 'disconnected']);
      expect(t.server.local.size).toBe(0);
      expect(t.counters.get('heartbeat.lost')).toBe(1);
    });

    it.each([
      ['a pong', (socket: { receivePong(): void }) => socket.receivePong()],
      ['any frame', (socket: { receive(frame: string): void }) => socket.receive(';default;;chat;0;0;')],
    ])('keeps a peer that %s comes from', async (_, answer) => {
      const t = testServer({ default: {} });
      const { conn, socket } = await member(t);

      for (let second = 0; second < 120; second++) {
        t.clock.advanceMs(1_000);
        answer(socket);
      }

      expect(conn.isClosed).toBe(false);
      expect(socket.pings).toBeGreaterThanOrEqual(4);
    });

    it('pings nobody with heartbeat: false', async () => {
      const t = testServer({ default: {} }, { heartbeat: false });
      const { conn, socket } = await member(t);

      t.clock.advanceMs(3_600_000);

      expect([socket.pings, conn.isClosed, t.clock.timers]).toEqual([0, false, 0]);
    });
  });

  describe('start', () => {
    it('starts the adapter once', async () => {
      const adapter = new ScriptedAdapter();
      let starts = 0;
      adapter.onStart = () => {
        starts += 1;
      };
      const { server } = testServer({ default: {} }, { adapter });

      await Promise.all([server.start(), server.start()]);

      expect(starts).toBe(1);
      expect(adapter.serverId).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('rejects when the adapter does not start', async () => {
      const adapter = new ScriptedAdapter();
      adapter.onStart = () => Promise.reject(new Error('no broker'));

      await expect(testServer({ default: {} }, { adapter }).server.start()).rejects.toThrow('no broker');
    });

    it('is not needed without an adapter', async () => {
      const { server } = testServer({ default: {} });

      await expect(server.start()).resolves.toBeUndefined();
      await expect(server.close()).resolves.toBeUndefined();
    });
  });

  describe('close', () => {
    it('closes every connection with 1001, or the code and reason given', async () => {
      const [one, two] = [testServer({ default: {} }), testServer({ default: {} })];
      const [first, second] = [one.accept({ hello: true }), two.accept({ hello: true })];

      await one.server.close();
      await two.server.close({ code: 1012, reason: 'retry=500' });

      expect(first.socket.closedWith).toEqual({ code: 1001, reason: '' });
      expect(second.socket.closedWith).toEqual({ code: 1012, reason: 'retry=500' });
    });

    it('turns new connections away with 1001 from the call on', async () => {
      const t = testServer({ default: {} });
      const before = new HeldSocket();
      arrive(t, before);
      expect(t.server.isClosing).toBe(false);

      const closing = t.server.close();
      const late = new HeldSocket();
      expect(t.server.isClosing).toBe(true);
      expect(arrive(t, late)).toBeUndefined();
      expect(late.closedWith).toEqual({ code: 1001, reason: 'server closed' });

      before.end(1001, '');
      await closing;
      expect(arrive(t, new HeldSocket())).toBeUndefined();
    });

    it('waits for the events of every connection', async () => {
      const told: string[] = [];
      const t = testServer(
        {
          default: {
            onNamespaceDisconnect: async () => {
              await settle();
              told.push('namespace');
            },
          },
        },
        { onDisconnect: () => void told.push('connection') },
      );
      await member(t);
      await member(t);

      await t.server.close();

      expect(told.sort()).toEqual(['connection', 'connection', 'namespace', 'namespace']);
      expect(t.server.local.size).toBe(0);
    });

    it('cuts off who has not answered the close frame after graceMs', async () => {
      const t = testServer({ default: {} });
      const socket = new HeldSocket();
      arrive(t, socket);

      const closing = t.server.close({ graceMs: 300 });
      t.clock.advanceMs(299);
      expect(socket.isTerminated).toBe(false);
      t.clock.advanceMs(1);
      await closing;

      expect(socket.isTerminated).toBe(true);
    });

    it('waits closeGraceMs without a graceMs of its own', async () => {
      const t = testServer({ default: {} }, { closeGraceMs: 700 });
      const socket = new HeldSocket();
      arrive(t, socket);

      const closing = t.server.close();
      t.clock.advanceMs(699);
      expect(socket.isTerminated).toBe(false);
      t.clock.advanceMs(1);

      await closing;
      expect(socket.isTerminated).toBe(true);
    });

    it('is once: the second call gives the same promise', async () => {
      const { server, accept } = testServer({ default: {} });
      accept();

      const closing = server.close();

      expect(server.close({ code: 1012 })).toBe(closing);
      await closing;
      expect(server.close()).toBe(closing);
    });

    it('leaves no timer behind, and stops an adapter that was started', async () => {
      const adapter = new ScriptedAdapter();
      const t = testServer({ default: {} }, { adapter });
      await t.server.start();
      await member(t);

      await t.server.close();

      expect(adapter.isStopped).toBe(true);
      expect(t.clock.timers).toBe(0);
    });

    it('does not stop an adapter that was not started', async () => {
      const adapter = new ScriptedAdapter();

      await testServer({ default: {} }, { adapter }).server.close();

      expect(adapter.isStopped).toBe(false);
    });

    it('rejects with OPTION_INVALID for a code that no close frame may carry, and closes nothing', async () => {
      const t = testServer({ default: {} });
      const { conn } = t.accept();

      await expect(t.server.close({ code: 1006 })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
      expect(t.server.isClosing).toBe(false);
      expect(conn.isClosed).toBe(false);
    });
  });

  it('refuses a namespace that no client could name', () => {
    expect(() => testServer({ ['x'.repeat(129)]: {} })).toThrow(/NAME_TOO_LONG: the namespace name .*128 bytes/);
    expect(() => testServer({ '@%!semicolon@%!': {} })).toThrow(/NAME_NOT_ENCODABLE: the namespace name/);
    expect(() => testServer({ 'se;mi': {}, '': {} })).not.toThrow();
  });

  it('says in maxMessageBytes what a connection may send', () => {
    expect(testServer({ default: {} }).server.maxMessageBytes).toBe(1024 * 1024);
    expect(testServer({ default: {} }, { limits: 'strict' }).server.maxMessageBytes).toBe(64 * 1024);
  });
});
