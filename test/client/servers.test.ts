import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import type { ClientMessage } from '../../src/client/client-message.js';
import type { DialledConn } from '../../src/client/dialled.js';
import { dial, type NodeDialOptions } from '../../src/client/node.js';
import { type InteropApp, startInteropApp } from '../interop/interop-app.js';
import { RawPeer } from '../interop/raw-peer.js';
import { Relay } from '../interop/relay.js';
import { until } from '../interop/until.js';
import { GO_BUILD_TIMEOUT_MS, type GoServer, goAvailable, startGoServer } from '../support/go.js';
import type { Events } from './fake-network.js';

/** A server of the scenarios of `test/interop`. */
interface Peer {
  /** Where it listens, for one test. */
  url(): Promise<string>;
  /** What it cannot do, with the reason. */
  readonly lacks: Readonly<Record<string, string>>;
}

async function opened(url: string, events: Events = {}, options: NodeDialOptions = {}): Promise<DialledConn> {
  const conn = await dial(url, { default: {}, ...events }, options);
  onTestFinished(() => conn.close());
  return conn;
}

const bodies = (into: unknown[]) => (msg: ClientMessage) => void into.push(msg.body);

function contract({ url, lacks }: Peer): void {
  /** A test, unless the server cannot do what it is about. */
  const promises = (name: string, run: () => Promise<void>): void => {
    const reason = lacks[name];
    if (reason === undefined) it(name, run);
    else it.skip(`${name} (${reason})`, run);
  };

  promises('gives the id that the server chooses', async () => {
    const conn = await opened(`${await url()}?id=anna`);
    expect(conn.id).toBe('anna');
  });

  promises('takes headers, in Node', async () => {
    const conn = await opened(await url(), {}, { headers: { 'X-Username': 'bob' } });
    expect(conn.id).toBe('bob');
  });

  promises('rejects a refused dial with the text of the server', async () => {
    await expect(dial(`${await url()}?refuse=1`)).rejects.toMatchObject({ code: 'CONN_REFUSED', text: 'nope; sorry' });
  });

  promises('rejects a dial that nobody answers', async () => {
    const { port } = new URL(await url());
    const relay = await Relay.to(Number(port));
    relay.takeDown();
    await expect(dial(`ws://127.0.0.1:${relay.port}/`)).rejects.toMatchObject({
      code: 'CONN_CLOSED',
      details: { code: 1006 },
    });
  });

  promises('connects a namespace, and is refused another', async () => {
    const conn = await opened(await url());
    await conn.connect('default');
    await expect(conn.connect('refused')).rejects.toMatchObject({ text: 'not allowed' });
    await expect(conn.connect('nope')).rejects.toMatchObject({ text: 'bad namespace', code: 'NAMESPACE_UNKNOWN' });
    expect(conn.namespaces.map(({ namespace }) => namespace)).toEqual(['default']);
  });

  promises('asks, with text, JSON and bytes, and reads errors', async () => {
    const conn = await opened(await url());
    const ns = await conn.connect('default');
    expect((await ns.ask('echo', 'a;b\nc')).body).toBe('a;b\nc');
    expect((await ns.ask('echo', { a: [1] })).json()).toEqual({ a: [1] });
    expect((await ns.ask('bin', new Uint8Array([0, 59, 255]))).body).toEqual(new Uint8Array([0, 59, 255]));
    await expect(ns.ask('fail')).rejects.toMatchObject({ text: 'bad; thing' });
    await expect(ns.ask('fail', new Uint8Array([1]))).rejects.toMatchObject({ text: 'bad; thing' });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ns.ask('echo', `${n}`)));
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
  });

  promises('is told that there is no such event', async () => {
    const conn = await opened(await url());
    const ns = await conn.connect('default');
    await expect(ns.ask('nothing')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
  });

  promises('is answered by a handler that returns nothing', async () => {
    const conn = await opened(await url());
    const ns = await conn.connect('default');
    expect((await ns.ask('silent')).body).toBeUndefined();
  });

  promises('gives up an ask that is not answered', async () => {
    const conn = await opened(await url());
    const ns = await conn.connect('default');
    await expect(ns.ask('silent', '', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    expect((await ns.ask('echo', 'alive')).body).toBe('alive');
  });

  promises('writes and reads names with semicolons, and the empty namespace', async () => {
    const conn = await opened(await url());
    const ns = await conn.connect('se;mi');
    expect((await ns.ask('ev;ent', 'x')).body).toBe('x');
    const room = await ns.joinRoom('ro;om');
    await room.leave();
    const empty = await conn.connect('');
    expect((await empty.ask('echo', 'x')).body).toBe('x');
  });

  promises('is asked by the server, in the middle of its own ask', async () => {
    const answers: unknown[] = [];
    const events = { default: { question: async () => 'anna', answered: bodies(answers) } };
    const conn = await opened(await url(), events);
    const ns = await conn.connect('default');
    ns.emit('askme');
    await until(() => answers.length === 1);
    expect(answers).toEqual(['anna']);
  });

  promises('is refused a room, and joins and leaves others', async () => {
    const conn = await opened(await url());
    const refusing = await conn.connect('noroom');
    await expect(refusing.joinRoom('r')).rejects.toMatchObject({ text: 'room closed' });
    const ns = await conn.connect('default');
    await Promise.all([ns.joinRoom('a'), ns.joinRoom('b')]);
    await ns.leaveAll();
    expect(ns.rooms).toEqual([]);
    await ns.joinRoom('a');
    await ns.disconnect();
    expect(conn.namespaces.map(({ namespace }) => namespace)).toEqual(['noroom']);
  });

  promises('hears what others say in its rooms, and nothing when it has left', async () => {
    const address = await url();
    const heard: unknown[] = [];
    const [anna, bob] = [await opened(address, { default: { chat: bodies(heard) } }), await opened(address)];
    const [ns, other] = [await anna.connect('default'), await bob.connect('default')];
    const room = await ns.joinRoom('lobby');
    const said = await other.joinRoom('lobby');
    said.emit('chat', 'hi');
    await until(() => heard.length === 1);
    await room.leave();
    said.emit('chat', 'gone');
    other.emit('chat', 'end');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['hi', 'end']);
  });

  promises('is joined, moved out and disconnected by the server', async () => {
    const trace: string[] = [];
    const note = (msg: ClientMessage): void =>
      void trace.push(`${msg.event} ${msg.room} ${msg.isLocal} ${msg.isForced}`);
    const events = {
      default: {
        onRoomJoin: note,
        onRoomJoined: note,
        onRoomLeave: note,
        onRoomLeft: note,
        onNamespaceDisconnect: note,
      },
    };
    const conn = await opened(await url(), events);
    const ns = await conn.connect('default');
    ns.emit('forcejoin');
    await until(() => ns.rooms.length === 1);
    ns.emit('forceleave');
    await until(() => ns.rooms.length === 0);
    ns.emit('forcedisconnect');
    await until(() => conn.namespaces.length === 0);
    await until(() => trace.length === 5);
    expect(trace).toEqual([
      '_OnRoomJoin lobby false false',
      '_OnRoomJoined lobby false false',
      '_OnRoomLeave lobby false false',
      '_OnRoomLeft lobby false false',
      '_OnNamespaceDisconnect  false false',
    ]);
  });

  promises('is connected by the server from its first moment on', async () => {
    const heard: unknown[] = [];
    const conn = await opened(`${await url()}?force=default`);
    const ns = await conn.waitServerConnect('default');
    expect(conn.namespace('default')).toBe(ns);
    ns.on('chat', bodies(heard));
    expect((await ns.ask('echo', 'x')).body).toBe('x');
  });

  promises('sends and hears raw messages beside framed ones', async () => {
    const heard: unknown[] = [];
    const conn = await opened(await url(), { '': { onNativeMessage: bodies(heard) } });
    await conn.connect('');
    conn.emitNative('hello');
    await until(() => heard.length === 1);
    conn.emitNative(new Uint8Array([1, 2]));
    await until(() => heard.length === 2);
    expect(heard[0]).toBe('native:hello');
    expect(heard[1]).toEqual(Uint8Array.from([...Buffer.from('native:'), 1, 2]));
  });

  promises('acknowledges the heartbeat, which changes nothing', async () => {
    const peer = await RawPeer.connected(await url());
    peer.send('$0;_;;_OnNamespaceDisconnect;0;0;', '$1;default;;echo;0;0;alive');
    expect(await peer.take(2)).toEqual(['$0;;;;;;', '$1;default;;echo;0;0;alive']);
  });

  promises('comes back after the network was lost, with its namespaces and rooms', async () => {
    const direct = await url();
    const address = new URL(direct);
    const relay = await Relay.to(Number(address.port));
    address.port = String(relay.port);
    const trace: string[] = [];
    const heard: unknown[] = [];
    const note = (msg: ClientMessage): void => void trace.push(`${msg.event} ${msg.room} ${msg.isRestored}`);
    const events = {
      default: { onNamespaceConnected: note, onRoomJoined: note, chat: bodies(heard) },
      'se;mi': { onNamespaceConnected: note },
    };
    const conn = await opened(address.href, events);
    const ns = await conn.connect('default');
    const room = await ns.joinRoom('lobby');
    await conn.connect('se;mi');
    relay.takeDown();
    await until(() => conn.state.value.kind !== 'open');
    trace.length = 0;
    const reply = ns.ask('echo', 'while away');
    relay.isDown = false;
    expect((await reply).body).toBe('while away');
    expect(conn.namespaces[0]).toBe(ns);
    expect(ns.rooms).toEqual([room]);
    await until(() => trace.length === 3);
    expect(trace).toEqual(['_OnNamespaceConnected  true', '_OnRoomJoined lobby true', '_OnNamespaceConnected  true']);
    const other = await opened(direct);
    const said = await (await other.connect('default')).joinRoom('lobby');
    said.emit('chat', 'welcome back');
    await until(() => heard.length === 1);
  });

  promises('hears why it was closed', async () => {
    const conn = await opened(await url(), {}, { reconnect: false });
    const ns = await conn.connect('default');
    const waiting = ns.ask('silent', '', { timeoutMs: 5_000 }).catch((error) => error);
    ns.emit('kick');
    const { code } = await conn.closed;
    expect([1000, 1006]).toContain(code);
    await waiting;
    await expect(ns.ask('echo')).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code } });
  });
}

describe('the client against our server', () => {
  contract({
    url: async () => (await startInteropApp({ connectGapMs: 0 })).url,
    lacks: { 'gives up an ask that is not answered': 'it answers every ask' },
  });

  it('hears what the server says in the same segment as the acknowledgement', async () => {
    const { url } = await startInteropApp({ connectGapMs: 0 });
    const conn = await opened(url);
    const greeter = await conn.connect('greeter');
    const heard: unknown[] = [];
    greeter.on('greeting', bodies(heard));
    await greeter.ask('echo', 'x');

    expect(heard).toEqual(['welcome']);
  });

  it('reads codes and data of errors, and JSON as what it was', async () => {
    const { url }: InteropApp = await startInteropApp({
      namespaces: {
        default: { sum: (msg) => (msg.json() as number[]).reduce((a, b) => a + b, 0), echo: (msg) => msg.json() },
      },
    });
    const conn = await opened(url);
    const ns = await conn.connect('default');

    expect((await ns.ask('sum', [1, 2])).body).toBe(3);
    expect((await ns.ask('echo', { a: [null, 'x'] })).body).toEqual({ a: [null, 'x'] });
    await expect(ns.ask('nothing')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN', text: 'bad event' });
  });

  it('tells the server how often it has tried', async () => {
    const tries: number[] = [];
    const { port } = await startInteropApp({ onConnect: (conn) => void tries.push(conn.reconnectTries) });
    const relay = await Relay.to(port);
    await opened(`ws://127.0.0.1:${relay.port}/ws`);
    relay.takeDown();
    relay.isDown = false;
    await until(() => tries.length === 2);

    expect(tries).toEqual([0, 1]);
  });

  it('takes pings of the server for a sign of life', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const frames: string[] = [];
    let pings = 0;
    server.on('connection', (socket) => {
      socket.on('message', (data) => void frames.push(String(data)));
      socket.send('Aid1');
      const timer = setInterval(() => {
        socket.ping();
        pings += 1;
      }, 5);
      socket.on('close', () => clearInterval(timer));
    });
    const { port } = server.address() as AddressInfo; // it listens on a port
    const conn = await opened(`ws://127.0.0.1:${port}`, {}, { heartbeat: { intervalMs: 300, timeoutMs: 5_000 } });
    await until(() => pings > 100);

    expect(frames).toEqual(['Mnefeli/1']);
    expect(conn.state.value.kind).toBe('open');
  });
});

describe.skipIf(!goAvailable())('the client against the neffos server in Go', () => {
  let go: GoServer;
  beforeAll(async () => {
    go = await startGoServer();
  }, GO_BUILD_TIMEOUT_MS);
  afterAll(() => go?.stop());

  contract({
    url: async () => `${go.url}/scenarios`,
    lacks: {
      'is told that there is no such event': 'neffos does not answer such an ask',
      'is answered by a handler that returns nothing': 'neffos does not answer such an ask',
    },
  });
});
