import { type Namespaces, PublicError } from 'nefeli';
import { Message, Room } from 'neffos.js';
import { describe, expect, it } from 'vitest';
import { type InteropApp, SECRET, startInteropApp } from './interop-app.js';
import { connected, NeffosPeer } from './neffos-peer.js';
import { until } from './until.js';

const serving = (namespaces: Namespaces): Promise<InteropApp> => startInteropApp({ namespaces });

describe('neffos.js 0.1.34', () => {
  describe('dial', () => {
    it('learns the id that the server gives', async () => {
      const { url } = await startInteropApp();

      const peer = await NeffosPeer.dial(`${url}?id=alice`, { default: {} });

      expect(peer.id).toBe('alice');
    });

    it('is rejected with the text of the PublicError that onConnect throws', async () => {
      const { url } = await startInteropApp();

      await expect(NeffosPeer.dial(`${url}?refuse=1`, { default: {} })).rejects.toThrow(/^nope; sorry$/);
    });

    it('is rejected with `internal error <id>` when onConnect fails', async () => {
      const { url } = await startInteropApp({
        onConnect() {
          throw new Error(SECRET);
        },
      });

      await expect(NeffosPeer.dial(url, { default: {} })).rejects.toThrow(/^internal error [0-9a-f]+$/);
    });
  });

  describe('connect', () => {
    it('connects a namespace, on both ends', async () => {
      const server = await startInteropApp();

      const { peer } = await connected(server, { headers: { 'X-Username': 'alice' } });

      expect(peer.trace).toEqual(['_OnNamespaceConnect local', '_OnNamespaceConnected local']);
      expect(await server.app.nefeli.in('default').members()).toMatchObject([{ id: 'alice' }]);
    });

    it('is rejected with the text of the PublicError that onNamespaceConnect throws, and goes on', async () => {
      const { url } = await startInteropApp();
      const peer = await NeffosPeer.dial(url, { refused: {}, default: {} });

      await expect(peer.conn.connect('refused')).rejects.toThrow(/^not allowed$/);

      const ns = await peer.conn.connect('default');
      expect((await ns.ask('echo', 'alive')).Body).toBe('alive');
    });

    it('is rejected with `bad namespace` for one that the server does not serve', async () => {
      const { url } = await startInteropApp();
      const peer = await NeffosPeer.dial(url, { nowhere: {} });

      await expect(peer.conn.connect('nowhere')).rejects.toThrow(/^bad namespace$/);
    });

    it('receives what onNamespaceConnected emits, with connectGapMs 20', async () => {
      const server = await startInteropApp({ connectGapMs: 20 });

      const { peer } = await connected(server, { namespace: 'greeter' });

      await until(() => peer.bodies('greeting').length > 0);
      expect(peer.bodies('greeting')).toEqual(['welcome']);
    });

    it('loses what onNamespaceConnected emits, without connectGapMs', async () => {
      const server = await startInteropApp({ connectGapMs: 0 });

      const { peer, ns } = await connected(server, { namespace: 'greeter' });
      expect((await ns.ask('echo', 'what came before this is here')).Body).toBe('what came before this is here');

      expect(peer.bodies('greeting')).toEqual([]);
    });

    it('disconnects, and rooms are left first', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);
      await ns.joinRoom('lobby');

      expect(await ns.disconnect()).toBeUndefined();

      expect(peer.trace.slice(-3)).toEqual([
        '_OnRoomLeave lobby local forced',
        '_OnRoomLeft lobby local forced',
        '_OnNamespaceDisconnect local',
      ]);
      expect(server.app.nefeli.local.rooms('default')).toEqual([]);
      expect(await server.app.nefeli.in('default').count()).toBe(0);
    });

    it('stays when onNamespaceDisconnect throws a PublicError', async () => {
      const server = await serving({
        default: {
          echo: (msg) => msg.body,
          onNamespaceDisconnect(msg) {
            if (!msg.isForced) throw new PublicError('stay');
          },
        },
      });
      const { ns } = await connected(server);

      expect(await ns.disconnect()).toMatchObject({ message: 'stay' });

      expect((await ns.ask('echo', 'alive')).Body).toBe('alive');
    });

    it('connects the empty namespace, and one whose name holds a separator', async () => {
      const { url } = await startInteropApp();
      const peer = await NeffosPeer.dial(url, { '': {}, 'se;mi': {} });

      const empty = await peer.conn.connect('');
      const semicolon = await peer.conn.connect('se;mi');

      expect((await empty.ask('echo', 'a;b')).Body).toBe('a;b');
      expect(await semicolon.ask('ev;ent', 'c;d')).toMatchObject({ Namespace: 'se;mi', Event: 'ev;ent', Body: 'c;d' });
    });
  });

  describe('emit', () => {
    it('reaches the others and not the sender, with broadcastOthers', async () => {
      const server = await startInteropApp();
      const alice = await connected(server);
      const bob = await connected(server);

      alice.ns.emit('chat', 'from alice; with a separator');
      await until(() => bob.peer.bodies('chat').length > 0);
      bob.ns.emit('chat', 'from bob');
      await until(() => alice.peer.bodies('chat').length > 0);

      expect(bob.peer.bodies('chat')).toEqual(['from alice; with a separator']);
      expect(alice.peer.bodies('chat')).toEqual(['from bob']);
    });

    it('reaches the client when the server emits', async () => {
      const server = await serving({
        default: {
          tell(_, ns) {
            ns.emit('text', 'hello');
            ns.emit('object', { hello: ['world', 1, null] });
            ns.emit('nothing');
          },
        },
      });
      const { peer, ns } = await connected(server);

      ns.emit('tell', '');
      await until(() => peer.seen.some(({ event }) => event === 'nothing'));

      expect(peer.bodies('text')).toEqual(['hello']);
      expect(peer.bodies('object')).toEqual(['{"hello":["world",1,null]}']);
      expect(peer.bodies('nothing')).toEqual(['']);
    });

    it('reaches one id only, with `to`', async () => {
      const server = await startInteropApp();
      const [alice, bob, carol] = await Promise.all(
        ['alice', 'bob', 'carol'].map((name) => connected(server, { headers: { 'X-Username': name } })),
      );

      for (const to of ['bob', 'alice', 'carol', 'bob'])
        carol?.ns.emit('private', JSON.stringify({ to, text: `for ${to}` }));
      await until(() => bob?.peer.bodies('private').length === 2);
      // What one client has received tells nothing of the others': an answer tells that all before it has come.
      await Promise.all([alice, carol].map((other) => other?.ns.ask('echo', 'fence')));

      expect(alice?.peer.bodies('private')).toEqual(['for alice']);
      expect(bob?.peer.bodies('private')).toEqual(['for bob', 'for bob']);
      expect(carol?.peer.bodies('private')).toEqual(['for carol']);
    });

    it('is answered with the error text when the handler throws, without an ask', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);

      ns.emit('fail', 'x');
      await until(() => peer.seen.some(({ event }) => event === 'fail'));

      expect(peer.seen.find(({ event }) => event === 'fail')).toMatchObject({ error: 'bad; thing', body: undefined });
    });

    it('delivers six emits of one segment, in order, from the server', async () => {
      const server = await serving({
        default: {
          burst(_, ns) {
            for (let n = 1; n <= 6; n++) ns.emit('drop', String(n));
          },
        },
      });
      const { peer, ns } = await connected(server);

      ns.emit('burst', '');
      await until(() => peer.bodies('drop').length >= 6);

      expect(peer.bodies('drop')).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    it('delivers six emits of one segment, in order, to the server', async () => {
      const got: unknown[] = [];
      const server = await serving({ default: { drop: (msg) => void got.push(msg.body) } });
      const { peer, ns } = await connected(server);

      peer.inOneSegment(() => {
        for (let n = 1; n <= 6; n++) ns.emit('drop', String(n));
      });
      await until(() => got.length >= 6);

      expect(got).toEqual(['1', '2', '3', '4', '5', '6']);
    });
  });

  describe('ask', () => {
    it('resolves with what the handler returns', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server);

      const answer = await ns.ask('echo', 'a;b;c\nκαλημέρα');

      expect(answer).toMatchObject({ Namespace: 'default', Event: 'echo', Body: 'a;b;c\nκαλημέρα' });
    });

    it('resolves with an empty body when the handler returns nothing', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server);

      expect((await ns.ask('silent', 'x')).Body).toBe('');
    });

    it.each([
      ['the text of a PublicError', 'fail', /^bad; thing$/],
      ['`internal error <id>` for any other throw', 'crash', /^internal error [0-9a-f]+$/],
      ['`bad event` for one that nobody handles', 'unknown', /^bad event$/],
      ['`bad event` for a forged system event', '_OnRoomJoined', /^bad event$/],
    ] as const)('is rejected with %s', async (_what, event, text) => {
      const server = await startInteropApp();
      const { ns } = await connected(server);

      await expect(ns.ask(event, 'x')).rejects.toThrow(text);

      expect((await ns.ask('echo', 'alive')).Body).toBe('alive');
    });

    it('is rejected with `bad room` for a room that the server has not let the connection into', async () => {
      const server = await startInteropApp();
      const { peer, ns } = await connected(server);
      const question = new Message();
      Object.assign(question, { Namespace: 'default', Room: 'lobby', Event: 'echo', Body: 'x' });

      // The client would not even write to a room that it has not joined.
      ns.rooms.set('lobby', new Room(ns, 'lobby'));

      await expect(peer.conn.ask(question)).rejects.toThrow(/^bad room$/);
    });

    it('settles each of 200 asks with its own answer, at the same time', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server);
      const bodies = Array.from({ length: 200 }, (_, n) => `question ${n}`);

      const answers = await Promise.all(bodies.map((body) => ns.ask('echo', body)));

      expect(answers.map(({ Body }) => Body)).toEqual(bodies);
    });

    it('resolves with 64 KiB of separators, line breaks and wide characters', async () => {
      const server = await startInteropApp();
      const { ns } = await connected(server);
      const body = ';;;\nκαλημέρα;漢字;🙂\r\n\t;1;0;@%!semicolon@%!;'.repeat(1_200);
      expect(Buffer.byteLength(body)).toBeGreaterThan(64 * 1024);

      expect((await ns.ask('echo', body)).Body).toBe(body);
    });
  });
});
