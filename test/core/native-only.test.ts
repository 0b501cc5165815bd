import { describe, expect, it } from 'vitest';
import { reply } from '../../src/core/reply.js';
import { PublicError } from '../../src/errors.js';
import { settle } from '../support/test-server.js';
import { deferred, end, guardRejections } from './ends.js';

guardRejections();

const echo = { '': { onNativeMessage: (msg: { body: unknown }) => reply(msg.body) } };

describe('a native-only server', () => {
  it('needs no handshake: every frame is a message, M too, from the first on', async () => {
    const { socket, conn, hub, clock } = end('server', echo, { native: 'only' });

    socket.receive('M', ';;;_OnNamespaceDisconnect;0;0;', new Uint8Array([7]));
    await settle();

    expect(socket.sent).toEqual(['M', ';;;_OnNamespaceDisconnect;0;0;', new Uint8Array([7])]);
    expect(conn.namespaces.map(({ namespace }) => namespace)).toEqual(['']);
    expect([hub.calls, clock.timers]).toEqual([['enter ', 'connected '], 0]);
  });

  it('ignores empty frames', async () => {
    const { socket } = end('server', echo, { native: 'only' });

    socket.receive('');
    await settle();
    socket.receive('');
    await settle();

    expect(socket.sent).toEqual([]);
  });

  it('sends bare bodies, from onConnect on', async () => {
    const { socket, conn } = end('server', echo, { native: 'only', onConnect: (opened) => opened.emitNative('hi') });
    await settle();

    conn.namespace('')?.emit('anything', { a: 1 });
    conn.emitNative(new Uint8Array([1]));

    expect(socket.sent).toEqual(['hi', '{"a":1}', new Uint8Array([1])]);
  });

  it('holds what comes while onConnect runs, though that uses the connection, and handles it in order', async () => {
    const gate = deferred();
    const { socket } = end('server', echo, {
      native: 'only',
      async onConnect(conn) {
        conn.emitNative('welcome');
        await gate.promise;
      },
    });

    socket.receive('1', '2');
    await settle();
    socket.receive('3');
    await settle();
    expect(socket.sent).toEqual(['welcome']);
    gate.resolve();
    await settle();

    expect(socket.sent).toEqual(['welcome', '1', '2', '3']);
  });

  it('runs onConnect and onDisconnect, and OnNamespaceDisconnect at the end', async () => {
    const heard: string[] = [];
    const { socket, conn } = end('server', echo, {
      native: 'only',
      onConnect: () => void heard.push('onConnect'),
      onDisconnect: () => void heard.push('onDisconnect'),
    });
    await settle();

    socket.receiveClose();
    await conn.closed;

    expect(heard).toEqual(['onConnect', 'onDisconnect']);
    expect(conn.namespaces).toEqual([]);
  });

  it('refuses with the bare text, and closes with 1008', async () => {
    const { socket } = end('server', echo, { native: 'only', onConnect: () => Promise.reject(new PublicError('no')) });

    await settle();

    expect(socket.sent).toEqual(['no']);
    expect(socket.closedWith).toEqual({ code: 1008, reason: 'no' });
  });

  it('refuses with 1011 when the hub does not admit it', async () => {
    const gate = deferred();
    const { socket, hub, conn } = end('server', echo, { native: 'only', onConnect: () => gate.promise });
    hub.onEnter = () => Promise.reject(new Error('broker down'));
    gate.resolve();
    await settle();

    expect(socket.closedWith).toEqual({ code: 1011, reason: 'internal error 1' });
    expect(conn.namespaces).toEqual([]);
  });

  it('leaves nothing in the hub when it closes while the hub admits it', async () => {
    const [hook, gate] = [deferred(), deferred()];
    const { socket, hub, conn } = end('server', echo, { native: 'only', onConnect: () => hook.promise });
    hub.onEnter = () => gate.promise;
    hook.resolve();
    await settle();

    socket.receiveClose();
    gate.resolve();
    await conn.closed;

    expect(hub.calls).toEqual(['enter ', 'ended', 'abandon ']);
    expect(hub.members.size).toBe(0);
  });

  it('refuses an ask, which nobody can answer, with ASK_UNANSWERABLE', async () => {
    const { conn, socket } = end('server', echo, { native: 'only' });
    await settle();

    await expect(conn.namespace('')?.ask('q')).rejects.toThrow(
      'ASK_UNANSWERABLE: "q" cannot be asked: clients of the wire "native" do not answer.',
    );
    expect(socket.sent).toEqual([]);
  });

  it('joins and leaves rooms here alone, at once where nothing hears of it', async () => {
    const { conn, socket } = end('server', echo, { native: 'only' });
    await settle();
    const ns = conn.namespace('');

    const joining = ns?.joinRoom('lobby');
    expect(ns?.rooms.map(({ name }) => name)).toEqual(['lobby']);
    const leaving = (await joining)?.leave();
    expect(ns?.rooms).toEqual([]);
    await leaving;

    expect(socket.sent).toEqual([]);
  });

  it('tells of its namespace, and may refuse it, as any other', async () => {
    const heard: string[] = [];
    const events = {
      onNamespaceConnect: () => void heard.push('connect'),
      onNamespaceConnected: () => void heard.push('connected'),
      onNamespaceDisconnect: () => void heard.push('disconnect'),
    };
    const { socket, conn } = end('server', { '': { ...echo[''], ...events } }, { native: 'only' });
    await settle();
    socket.receiveClose();
    await conn.closed;
    const refusing = { ...echo[''], onNamespaceConnect: () => Promise.reject(new PublicError('members only')) };
    const refused = end('server', { '': refusing }, { native: 'only' });
    await settle();

    expect(heard).toEqual(['connect', 'connected', 'disconnect']);
    expect(refused.socket.sent).toEqual(['members only']);
    expect(refused.socket.closedWith).toEqual({ code: 1008, reason: 'members only' });
  });
});
