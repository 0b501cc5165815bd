import { type Namespaces, type NefeliMount, type NSConn as ServerNSConn } from 'nefeli';
import { Message, type NSConn, reply } from 'neffos.js';
import { describe, expect, it } from 'vitest';
import { type InteropApp, startInteropApp } from './interop-app.js';
import { connected, NeffosPeer } from './neffos-peer.js';
import { Relay } from './relay.js';
import { until } from './until.js';

const serving = (namespaces: Namespaces): Promise<InteropApp> => startInteropApp({ namespaces });

/** The server's end of the only connection. */
function onlyOne(mount: NefeliMount): ServerNSConn {
  const ns = mount.connections()[0]?.namespace('default');
  if (!ns) throw new Error('nobody is connected to the namespace');
  return ns;
}

const EVERY_BYTE = Uint8Array.from([0, 59, 59, 0, ...Array.from({ length: 256 }, (_, byte) => byte), 59, 0]);

describe('neffos.js 0.1.34, and what the server starts', () => {
  describe('ask', () => {
    it('answers the server with the body of its reply', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server, { handlers: { question: () => reply('forty;two') } });

      ns.emit('askme', '');
      await until(() => peer.bodies('answered').length > 0);

      expect(peer.bodies('question')).toEqual(['?']);
      expect(peer.bodies('answered')).toEqual(['forty;two']);
    });

    it('answers an ask from outside of every handler, addressed to its id', async () => {
      const server = await startInteropApp();
      for (const name of ['alice', 'bob']) {
        const handlers = { question: () => reply(`${name} knows`) };
        await connected(server, { handlers, headers: { 'X-Username': name } });
      }

      const answer = await server.app.nefeli.in('default').to('bob').ask('question', '?');

      expect(answer).toMatchObject({ id: 'bob', body: 'bob knows' });
    });

    it('rejects the ask of the server with REMOTE_ERROR and the text of the error it returns', async () => {
      const server = await startInteropApp();
      await connected(server, { handlers: { question: () => new Error('no; idea') } });

      const answer = onlyOne(server.app.nefeli).ask('question', '?');

      await expect(answer).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'no; idea' });
    });

    it('answers 100 asks of the server at the same time, each with its own', async () => {
      const server = await startInteropApp();
      await connected(server, { handlers: { question: (_, msg) => reply(`re:${msg.Body}`) } });
      const ns = onlyOne(server.app.nefeli);
      const bodies = Array.from({ length: 100 }, (_, n) => String(n));

      const answers = await Promise.all(bodies.map((body) => ns.ask('question', body)));

      expect(answers.map(({ body }) => body)).toEqual(bodies.map((body) => `re:${body}`));
    });
  });

  describe('force', () => {
    it('is connected by onConnect, hears OnNamespaceConnected, and what the server emits then', async () => {
      const { url } = await startInteropApp();

      const peer = await NeffosPeer.dial(`${url}?force=default`, { default: {} });
      await until(() => peer.bodies('chat').length > 0);

      expect(peer.trace).toEqual(['_OnNamespaceConnected']);
      expect(peer.bodies('chat')).toEqual(['welcome']);
      const ns = peer.conn.namespace('default');
      expect((await ns.ask('echo', 'alive')).Body).toBe('alive');
    });

    it('lets onConnect fail with `bad namespace` when it does not declare what is forced on it', async () => {
      const failures: unknown[] = [];
      const { url, app } = await startInteropApp({ onError: (error) => void failures.push(error) });

      await NeffosPeer.dial(`${url}?force=default`, { other: {} });
      await until(() => failures.length > 0);

      expect(failures).toMatchObject([{ name: 'RemoteError', text: 'bad namespace' }]);
      await until(() => app.nefeli.connections().length === 0);
    });

    it('is joined to a room, hears OnRoomJoin and OnRoomJoined, and the broadcast behind them', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      ns.emit('forcejoin', '');
      await until(() => peer.bodies('note').length > 0);

      expect(peer.trace.slice(2)).toEqual(['_OnRoomJoin lobby', '_OnRoomJoined lobby']);
      expect(peer.seen.find(({ event }) => event === 'note')).toMatchObject({ room: 'lobby', body: 'from the server' });
      expect(server.app.nefeli.local.rooms('default')).toEqual(['lobby']);
    });

    it('is put out of a room, hears OnRoomLeave and OnRoomLeft, and stays in the namespace', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);
      await ns.joinRoom('lobby');

      await ns.ask('forceleave', '');

      expect(peer.trace.slice(-2)).toEqual(['_OnRoomLeave lobby', '_OnRoomLeft lobby']);
      expect(ns.room('lobby')).toBeUndefined();
      expect(server.app.nefeli.local.rooms('default')).toEqual([]);
    });

    it('is disconnected from a namespace, hears so, and may come back', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      ns.emit('forcedisconnect', '');
      await until(() => peer.trace.includes('_OnNamespaceDisconnect'));
      const again = await peer.conn.connect('default');

      expect(again).not.toBe(ns);
      expect((await again.ask('echo', 'back')).Body).toBe('back');
    });

    it('is in no room, on both ends, when its OnRoomJoin refuses what the server joins it to', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server, { handlers: { _OnRoomJoin: () => new Error('no thanks') } });

      const join = onlyOne(server.app.nefeli).joinRoom('lobby');

      await expect(join).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'no thanks' });
      expect(ns.room('lobby')).toBeUndefined();
      expect(server.app.nefeli.local.rooms('default')).toEqual([]);
    });

    it('hears of every room and namespace when the server closes the connection', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);
      await ns.joinRoom('lobby');

      ns.emit('kick', '');
      await until(() => peer.conn.isClosed());

      expect(peer.trace.slice(-3)).toEqual([
        '_OnRoomLeave lobby local forced',
        '_OnRoomLeft lobby local forced',
        '_OnNamespaceDisconnect local forced',
      ]);
    });
  });

  describe('room', () => {
    const join = async (ns: NSConn, room: string) => await ns.joinRoom(room);

    it('joins, broadcasts to the others in the room, and leaves', async () => {
      const server = await startInteropApp();
      const [alice, bob, outsider] = [await connected(server), await connected(server), await connected(server)];
      const room = await join(alice.ns, 'lobby');
      await join(bob.ns, 'lobby');

      room.emit('chat', 'to the room');
      await until(() => bob.peer.bodies('chat').length > 0);
      expect(await room.leave()).toBeNull();
      alice.ns.emit('chat', 'to all');
      await until(() => outsider.peer.bodies('chat').length > 0);

      expect(bob.peer.seen.find(({ event }) => event === 'chat')).toMatchObject({ room: 'lobby', body: 'to the room' });
      expect(outsider.peer.bodies('chat')).toEqual(['to all']);
      expect(alice.peer.bodies('chat')).toEqual([]);
      expect(alice.peer.trace.slice(2)).toEqual([
        '_OnRoomJoin lobby local',
        '_OnRoomJoined lobby local',
        '_OnRoomLeave lobby',
        '_OnRoomLeft lobby',
      ]);
    });

    it('hears what the server broadcasts to the room from outside, while it is in it', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);
      const lobby = server.app.nefeli.in('default').room('lobby');

      lobby.broadcast('chat', 'too early');
      const room = await join(ns, 'lobby');
      lobby.broadcast('chat', 'in time');
      await until(() => peer.bodies('chat').length > 0);
      await room.leave();
      lobby.broadcast('chat', 'too late');
      await ns.ask('echo', 'all that came before this is here');

      expect(peer.bodies('chat')).toEqual(['in time']);
    });

    it('is rejected with the text of the PublicError that onRoomJoin throws', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server, { namespace: 'noroom' });

      await expect(join(ns, 'lobby')).rejects.toThrow(/^room closed$/);

      expect(ns.room('lobby')).toBeUndefined();
    });

    it('stays in the room when leaveAll sends `_OnRoomLeft`, which only the server itself may say', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server);
      await join(ns, 'lobby');

      await ns.leaveAll();
      await ns.ask('echo', 'all that came before this is handled');

      expect(ns.room('lobby')).toBeDefined();
      expect(server.app.nefeli.local.rooms('default')).toEqual(['lobby']);
    });
  });

  describe('binary', () => {
    it('emits and receives every byte in binary frames', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      peer.emitBinary(ns, 'bin', EVERY_BYTE);
      await until(() => peer.bodies('bin').length > 0);

      expect(peer.bodies('bin')).toEqual([EVERY_BYTE.buffer]);
    });

    it('asks in a binary frame, and is answered in one', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      expect((await peer.askBinary(ns, 'echo', EVERY_BYTE)).Body).toEqual(EVERY_BYTE.buffer);
    });

    it('is rejected when the handler throws, in a binary frame as well', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      await expect(peer.askBinary(ns, 'fail', EVERY_BYTE)).rejects.toBeInstanceOf(Error);
    });

    it('receives bytes that the server broadcasts', async () => {
      const server = await startInteropApp();
      const { peer } = await connected(server);

      server.app.nefeli.in('default').broadcast('picture', EVERY_BYTE);
      await until(() => peer.bodies('picture').length > 0);

      expect(peer.bodies('picture')).toEqual([EVERY_BYTE.buffer]);
    });
  });

  describe('native', () => {
    it('sends raw text, which onNativeMessage gets, and framed messages beside it', async () => {
      const got: unknown[] = [];
      const server = await serving({
        '': { echo: (msg) => msg.body, onNativeMessage: (msg) => void got.push(msg.body, msg.isNative) },
      });
      const { ns } = await connected(server, { namespace: '', handlers: { _OnNativeMessage: () => undefined } });
      const { conn } = ns;

      conn.write(Object.assign(new Message(), { Namespace: '', IsNative: true, Body: 'raw text' }));
      const answer = await ns.ask('echo', 'framed');

      expect(got).toEqual(['raw text', true]);
      expect(answer.Body).toBe('framed');
    });
  });

  describe('reconnect', () => {
    it('asks with HEAD whether the server is back, and connects its namespaces and rooms again', async () => {
      const server = await startInteropApp();
      const { nefeli } = server.app;
      const { ns } = await connected(server, { reconnect: 10 });
      await ns.joinRoom('lobby');
      await ns.joinRoom('kitchen');

      nefeli.connections()[0]?.close(1012, 'restart');
      await until(() => nefeli.local.rooms('default').length === 0);
      await until(() => nefeli.local.rooms('default').length === 2);

      expect(server.requests).toEqual(['GET', 'HEAD', 'GET']);
      expect(nefeli.connections()).toMatchObject([{ reconnectTries: 1, wasReconnected: true }]);
      expect([...nefeli.local.rooms('default')].sort()).toEqual(['kitchen', 'lobby']);
    });

    it('says how often it has tried while the network was down', async () => {
      const server = await startInteropApp();
      const relay = await Relay.to(server.port);
      const { nefeli } = server.app;
      const { peer } = await connected({ url: `ws://127.0.0.1:${relay.port}/ws` }, { reconnect: 10 });

      relay.takeDown();
      await until(() => relay.refused >= 2);
      const { refused } = relay;
      relay.isDown = false;
      await until(() => peer.trace.filter((event) => event === '_OnNamespaceConnected local').length === 2);

      expect(nefeli.connections()[0]?.reconnectTries).toBeGreaterThan(refused);
      expect((await peer.conn.namespace('default').ask('echo', 'back')).Body).toBe('back');
    });

    it('tells the server 1005 when it closes by itself, and is in no room then', async () => {
      const server = await startInteropApp();
      const { nefeli } = server.app;
      const { peer, ns } = await connected(server);
      await ns.joinRoom('lobby');
      const [conn] = nefeli.connections();

      peer.close();

      expect(await conn?.closed).toMatchObject({ code: 1005 });
      expect(nefeli.local.rooms('default')).toEqual([]);
    });
  });
});
