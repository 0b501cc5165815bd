import { type Namespaces, type NSConn } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { type InteropApp, SECRET, startInteropApp } from './interop-app.js';
import { binaryFrame, RawPeer } from './raw-peer.js';
import { until } from './until.js';

// neffos.js 0.3 is on no registry. Its frames are written down here: tokens are `$`, eight characters, and a counter.
const T = '$k3x9q0zt';
const CONNECT = `${T}1;default;;_OnNamespaceConnect;0;0;`;

const serving = (namespaces: Namespaces): Promise<InteropApp> => startInteropApp({ namespaces });

/** The server's end of the only connection. */
async function serverEnd({ app }: InteropApp): Promise<NSConn> {
  const [conn] = app.nefeli.connections();
  if (!conn) throw new Error('nobody is connected');
  return await conn.waitConnect('default');
}

describe('neffos.js 0.3, by its frames', () => {
  describe('handshake', () => {
    it('gets `A` and its id before anything else', async () => {
      const { url } = await startInteropApp({ connectGapMs: 0 });
      const peer = await RawPeer.open(`${url}?id=id1`);

      peer.send('M', CONNECT, `${T}2;default;;echo;0;0;early`);

      expect(await peer.take(3)).toEqual(['Aid1', `${T}1;;;;;;`, `${T}2;default;;echo;0;0;early`]);
    });

    it('gets `A` before the answers to what it sent before `M`', async () => {
      const { url } = await startInteropApp({ connectGapMs: 0 });
      const peer = await RawPeer.open(`${url}?id=id1`);

      peer.send(CONNECT, `${T}2;default;;echo;0;0;early`, 'M');

      expect(await peer.take(3)).toEqual(['Aid1', `${T}1;;;;;;`, `${T}2;default;;echo;0;0;early`]);
    });

    it('gets `A` before a namespace that onConnect forces on it', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.open(`${url}?id=id1&force=default`);

      peer.send('M');
      const [welcome, question] = await peer.take(2);
      const [token] = String(question).split(';');
      peer.send(`${token};;;;;;`);

      expect(welcome).toBe('Aid1');
      expect(question).toBe(`${token};default;;_OnNamespaceConnect;0;0;`);
      expect(await peer.next()).toBe(';default;;chat;0;0;welcome');
    });

    it('gets an id of any characters', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.open(`${url}?id=${encodeURIComponent('a;b κ 🙂')}`);

      expect(await peer.ask('M')).toBe('Aa;b κ 🙂');
    });

    it('gets `H` with the text of a PublicError, and is closed with 1008 and the same text', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.open(`${url}?refuse=1`);

      expect(await peer.ask('M')).toBe('Hnope; sorry');
      expect(await peer.closed()).toEqual({ code: 1008, reason: 'nope; sorry' });
    });

    it('gets `Hinternal error <id>` when onConnect fails, and is closed with 1011', async () => {
      const { url } = await startInteropApp({
        onConnect: () => {
          throw new Error(SECRET);
        },
      });
      const peer = await RawPeer.open(url);

      const refusal = await peer.ask('M');

      expect(refusal).toMatch(/^Hinternal error [0-9a-f]+$/);
      expect(await peer.closed()).toEqual({ code: 1011, reason: String(refusal).slice(1) });
    });

    it.each(['Aid1', 'Hno'])('is closed with 1008 when it sends %s itself', async (frame) => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.open(url);

      peer.send(frame);

      expect(await peer.closed()).toMatchObject({ code: 1008 });
    });
  });

  describe('acknowledgement', () => {
    const request = (event: string, room = ''): string => `${T}7;default;${room};${event};0;0;`;

    it.each([
      ['a connect', CONNECT.replace(`${T}1`, `${T}7`)],
      ['a join', request('_OnRoomJoin', 'lobby')],
      ['a leave of a room', request('_OnRoomLeave', 'joined')],
      ['a leave of a room that is not joined', request('_OnRoomLeave', 'lobby')],
      ['a second join', request('_OnRoomJoin', 'joined')],
      ['a disconnect', request('_OnNamespaceDisconnect')],
      ['a disconnect of what is not connected', `${T}7;ghost;;_OnNamespaceDisconnect;0;0;`],
      ['an ask whose handler returns nothing', request('silent')],
    ])('of %s has exactly seven fields, in a text frame', async (_what, frame) => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url);
      await peer.ask(`${T}2;default;joined;_OnRoomJoin;0;0;`);

      expect(await peer.ask(frame)).toBe(`${T}7;;;;;;`);
      expect(await peer.ask(binaryFrame(frame))).toBe(`${T}7;;;;;;`);
    });
  });

  describe('token', () => {
    it('of an ask is on no broadcast that the ask brings about', async () => {
      const { url } = await startInteropApp();
      const [alice, bob] = [await RawPeer.connected(url), await RawPeer.connected(url)];
      for (const peer of [alice, bob]) await peer.ask(`${T}2;default;lobby;_OnRoomJoin;0;0;`);

      const answers = [
        await alice.ask(`${T}3;default;;chat;0;0;to all`),
        await alice.ask(`${T}4;default;lobby;chat;0;0;to the room`),
      ];

      expect(answers).toEqual([`${T}3;;;;;;`, `${T}4;;;;;;`]);
      expect(await bob.take(2)).toEqual([';default;;chat;0;0;to all', ';default;lobby;chat;0;0;to the room']);
    });

    it('of the server is unique, and looks like none of a client, a handshake or a broker', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);
      const ns = await serverEnd(server);

      const asks = Array.from({ length: 50 }, () => ns.ask('question', '?'));
      const tokens = (await peer.take(50)).map((frame) => String(frame).split(';', 1)[0] ?? '');
      for (const token of tokens) peer.send(`${token};default;;question;0;0;answer`);
      await Promise.all(asks);

      expect(new Set(tokens).size).toBe(50);
      for (const token of tokens) expect(token).toMatch(/^(?!neffos\()[^$#AHM;!][^!;]{15,63}$/);
    });

    it('of one connection settles nothing on another', async () => {
      const server = await startInteropApp();
      const alice = await RawPeer.connected(server.url);
      const ns = await serverEnd(server);
      const mallory = await RawPeer.connected(server.url);

      const ask = ns.ask('question', '?');
      const [token] = String(await alice.next()).split(';');
      mallory.send(`${token};default;;question;0;0;from mallory`);
      await mallory.flushed();
      alice.send(`${token};default;;question;0;0;from alice`);

      expect((await ask).body).toBe('from alice');
    });
  });

  describe('ask', () => {
    it.each([
      ['the reply', 'default;;echo;0;0;a;b', 'default;;echo;0;0;a;b'],
      ['an empty reply', 'default;;echo;0;0;', 'default;;echo;0;0;'],
      ['the reply in a room', 'default;joined;echo;0;0;a', 'default;joined;echo;0;0;a'],
      ['the text of a PublicError', 'default;;fail;0;0;a', 'default;;fail;1;0;bad; thing'],
      ['`bad event`', 'default;;nobody;0;0;a', 'default;;nobody;1;0;bad event'],
      ['`bad event` for a forged one', 'default;;_OnRoomJoined;0;0;', 'default;;_OnRoomJoined;1;0;bad event'],
      ['`bad namespace`', 'noroom;;echo;0;0;a', 'noroom;;echo;1;0;bad namespace'],
      ['`bad namespace` when it is not served', 'ghost;;echo;0;0;a', 'ghost;;echo;1;0;bad namespace'],
      ['`bad room`', 'default;other;echo;0;0;a', 'default;other;echo;1;0;bad room'],
      [
        '`bad namespace` to a connect',
        'ghost;;_OnNamespaceConnect;0;0;',
        'ghost;;_OnNamespaceConnect;1;0;bad namespace',
      ],
      ['the refusal of a connect', 'refused;;_OnNamespaceConnect;0;0;', 'refused;;_OnNamespaceConnect;1;0;not allowed'],
      ['`bad namespace` to a join', 'noroom;lobby;_OnRoomJoin;0;0;', 'noroom;lobby;_OnRoomJoin;1;0;bad namespace'],
      ['`bad namespace` to a leave', 'noroom;lobby;_OnRoomLeave;0;0;', 'noroom;lobby;_OnRoomLeave;1;0;bad namespace'],
    ])('is answered with %s, under its own token', async (_what, ask, answer) => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url);
      await peer.ask(`${T}2;default;joined;_OnRoomJoin;0;0;`);

      expect(await peer.ask(`${T}3;${ask}`)).toBe(`${T}3;${answer}`);
    });

    it('is answered with `internal error <id>`, and the secret stays in the log', async () => {
      const errors: unknown[] = [];
      const { url } = await startInteropApp({ onError: (error, { id }) => void errors.push(error, id) });
      const peer = await RawPeer.connected(url);

      const answer = await peer.ask(`${T}3;default;;crash;0;0;`);

      expect(errors).toMatchObject([{ message: SECRET }, expect.any(String)]);
      expect(answer).toBe(`${T}3;default;;crash;1;0;internal error ${errors[1]}`);
    });

    it('of the server is settled by the reply, and by an error with its text', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);
      const ns = await serverEnd(server);

      const [good, bad] = [ns.ask('question', 'good?'), ns.ask('question', 'bad?')];
      const [first, second] = (await peer.take(2)).map((frame) => String(frame).split(';', 1)[0]);
      peer.send(`${second};default;;question;1;0;no; idea`, `${first};default;;question;0;0;forty;two`);

      expect((await good).body).toBe('forty;two');
      await expect(bad).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'no; idea' });
    });

    it('of the server is settled with CONN_CLOSED when the client closes instead of answering', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);
      const ns = await serverEnd(server);

      const ask = ns.ask('question', '?');
      const failure = expect(ask).rejects.toMatchObject({ code: 'CONN_CLOSED' });
      await peer.next();
      peer.close(4001, 'bye');

      await failure;
      expect(await ns.conn.closed).toEqual({ code: 4001, reason: 'bye' });
    });
  });

  describe('opcode', () => {
    const BYTES = Uint8Array.from([0, 59, 255, 59, 10]);

    it('of a reply is that of the ask', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url);

      expect(await peer.ask(`${T}2;default;;echo;0;0;text`)).toBe(`${T}2;default;;echo;0;0;text`);
      expect(await peer.ask(binaryFrame(`${T}3;default;;echo;0;0;`, BYTES))).toEqual(
        binaryFrame(`${T}3;default;;echo;0;0;`, BYTES),
      );
    });

    it('of a reply is binary when the ask was, though the handler returns text', async () => {
      const { url } = await serving({ default: { text: () => 'kappa', json: () => [1] } });
      const peer = await RawPeer.connected(url);

      expect(await peer.ask(binaryFrame(`${T}2;default;;text;0;0;`))).toEqual(
        binaryFrame(`${T}2;default;;text;0;0;kappa`),
      );
      expect(await peer.ask(binaryFrame(`${T}3;default;;json;0;0;`))).toEqual(
        binaryFrame(`${T}3;default;;json;0;0;[1]`),
      );
    });

    it('of an error is that of the ask', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url);

      expect(await peer.ask(binaryFrame(`${T}2;default;;fail;0;0;`, BYTES))).toEqual(
        binaryFrame(`${T}2;default;;fail;1;0;bad; thing`),
      );
    });

    it('of what the server sends is binary for bytes, and text for anything else', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);
      const all = server.app.nefeli.in('default');

      for (const body of [BYTES, 'text', { a: [1] }, undefined]) all.broadcast('e', body);

      expect(await peer.take(4)).toEqual([
        binaryFrame(';default;;e;0;0;', BYTES),
        ';default;;e;0;0;text',
        ';default;;e;0;0;{"a":[1]}',
        ';default;;e;0;0;',
      ]);
    });

    it('of an answer to the server is what its body is', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);

      const ask = (await serverEnd(server)).ask('question', '?');
      const [token] = String(await peer.next()).split(';');
      peer.send(binaryFrame(`${token};default;;question;0;0;`, BYTES));

      const { body, isBinary } = await ask;
      expect({ bytes: Uint8Array.from(body as Uint8Array), isBinary }).toEqual({ bytes: BYTES, isBinary: true });
    });
  });

  describe('close', () => {
    it('comes with 1000 when a handler closes', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url);

      peer.send(';default;;kick;0;0;');

      expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
    });

    it('comes with the code and the reason of the application', async () => {
      const server = await startInteropApp();
      const peer = await RawPeer.connected(server.url);

      (await serverEnd(server)).conn.close(4001, 'signed out');

      expect(await peer.closed()).toEqual({ code: 4001, reason: 'signed out' });
    });

    it('comes with 1001 when the app closes, and with 1012 when it is said to restart', async () => {
      const [closing, restarting] = [await startInteropApp(), await startInteropApp()];
      const [peer, other] = [await RawPeer.connected(closing.url), await RawPeer.connected(restarting.url)];

      await closing.app.close();
      await restarting.app.nefeli.close({ code: 1012, reason: 'restart' });

      expect(await peer.closed()).toEqual({ code: 1001, reason: '' });
      expect(await other.closed()).toEqual({ code: 1012, reason: 'restart' });
    });

    it('comes with 1009 for a message larger than maxMessageBytes', async () => {
      const { url } = await startInteropApp({ limits: { maxMessageBytes: 1_024 } });
      const peer = await RawPeer.connected(url);

      peer.send(`${T}2;default;;echo;0;0;${'x'.repeat(1_024)}`);

      expect(await peer.closed()).toMatchObject({ code: 1009 });
    });

    it('comes with 1008 on the third malformed frame, and an empty frame is none', async () => {
      const { url } = await serving({ default: { echo: (msg) => msg.body } });
      const peer = await RawPeer.connected(url);

      peer.send('hello', '', 'M', '', `${T}2;default;;echo;0;0;alive`);
      expect(await peer.next()).toBe(`${T}2;default;;echo;0;0;alive`);
      peer.send('a;b;c');

      expect(await peer.closed()).toMatchObject({ code: 1008 });
    });
  });

  describe('order', () => {
    it('is that of arrival, though the first handler takes longer than the second', async () => {
      const started: unknown[] = [];
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { url } = await serving({
        default: {
          slow: async (msg) => {
            started.push(msg.body);
            await gate;
            return msg.body;
          },
          fast(msg) {
            started.push(msg.body);
            return msg.body;
          },
        },
      });
      const peer = await RawPeer.connected(url);

      peer.send(`${T}2;default;;slow;0;0;1`, `${T}3;default;;fast;0;0;2`);
      await peer.flushed();
      await until(() => started.length > 0);
      expect(started).toEqual(['1']);
      release();

      expect(await peer.take(2)).toEqual([`${T}2;default;;slow;0;0;1`, `${T}3;default;;fast;0;0;2`]);
    });

    it('is kept for 500 frames, answers and emits mixed', async () => {
      const { url } = await serving({
        default: {
          async both(msg, ns) {
            ns.emit('first', msg.body);
            await Promise.resolve();
            return msg.body;
          },
        },
      });
      const peer = await RawPeer.connected(url);
      const numbers = Array.from({ length: 250 }, (_, n) => n);

      peer.send(...numbers.map((n) => `${T}${n};default;;both;0;0;${n}`));

      expect(await peer.take(500)).toEqual(
        numbers.flatMap((n) => [`;default;;first;0;0;${n}`, `${T}${n};default;;both;0;0;${n}`]),
      );
    });

    it('puts what onNamespaceConnected emits and broadcasts behind the acknowledgement', async () => {
      const { url } = await serving({
        default: {
          onNamespaceConnected(_, ns) {
            ns.emit('welcome', 'to you');
            ns.broadcast('arrived', 'to all');
          },
        },
      });
      const peer = await RawPeer.welcomed(url);

      peer.send(CONNECT);

      expect(await peer.take(3)).toEqual([
        `${T}1;;;;;;`,
        ';default;;welcome;0;0;to you',
        ';default;;arrived;0;0;to all',
      ]);
    });
  });
});
