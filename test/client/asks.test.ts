import { describe, expect, it } from 'vitest';
import type { DialledConn, DialledNSConn } from '../../src/client/dialled.js';
import { FakeNetwork, settle, tokenOf } from './fake-network.js';

async function connected(): Promise<{ network: FakeNetwork; conn: DialledConn; ns: DialledNSConn }> {
  const network = new FakeNetwork();
  const conn = await network.open();
  return { network, conn, ns: await network.connect(conn) };
}

/** What the client has asked last. */
const asked = async (network: FakeNetwork): Promise<string> => {
  await settle();
  return network.socket.take().at(-1) ?? '';
};

describe('emit', () => {
  it.each([
    ['text', 'a;b\nc', ';chat;;e;0;0;a;b\nc'],
    ['an empty text', '', ';chat;;e;0;0;'],
    ['nothing', undefined, ';chat;;e;0;j;'],
    ['null', null, ';chat;;e;0;j;null'],
    ['a number', 5, ';chat;;e;0;j;5'],
    ['an object', { a: ['x'] }, ';chat;;e;0;j;{"a":["x"]}'],
    ['bytes', new Uint8Array([65, 66]), '<;chat;;e;0;0;AB>'],
    ['a buffer', new Uint8Array([65, 66]).buffer, '<;chat;;e;0;0;AB>'],
    ['a view of a part', new DataView(new Uint8Array([64, 65, 66, 67]).buffer, 1, 2), '<;chat;;e;0;0;AB>'],
  ])('sends %s', async (_, body, frame) => {
    const { network, ns } = await connected();

    ns.emit('e', body);

    expect(network.socket.take()).toEqual([frame]);
  });

  it('escapes names', async () => {
    const { network, ns } = await connected();

    ns.emit('a;b', 'x');

    expect(network.socket.take()).toEqual([';chat;;a@%!semicolon@%!b;0;0;x']);
  });

  it.each([() => {}, Symbol('s'), 1n, circle()])('throws BODY_NOT_SENDABLE for %s', async (body) => {
    const { ns } = await connected();

    expect(() => ns.emit('e', body)).toThrow(expect.objectContaining({ code: 'BODY_NOT_SENDABLE' }));
  });

  it('throws EVENT_RESERVED for names of the protocol', async () => {
    const { ns } = await connected();

    expect(() => ns.emit('_OnRoomJoin')).toThrow(expect.objectContaining({ code: 'EVENT_RESERVED' }));
    await expect(ns.ask('_OnRoomJoin')).rejects.toMatchObject({ code: 'EVENT_RESERVED' });
  });

  it.each(['a@%!semicolon@%!b', '\ud800'])('throws NAME_NOT_ENCODABLE for %s', async (name) => {
    const { conn, ns } = await connected();
    const refusal = { code: 'NAME_NOT_ENCODABLE', details: { kind: 'event', name } };

    expect(() => ns.emit(name)).toThrow(expect.objectContaining(refusal));
    await expect(ns.joinRoom(name)).rejects.toMatchObject({ ...refusal, details: { kind: 'room', name } });
    await expect(conn.connect(name)).rejects.toMatchObject({ ...refusal, details: { kind: 'namespace', name } });
  });

  it('of a raw message sends its body alone, as it was', async () => {
    const { network, conn } = await connected();
    const bytes = new Uint8Array([65]);

    conn.emitNative('hello');
    conn.emitNative(bytes);
    bytes[0] = 66;

    expect(network.socket.take()).toEqual(['hello', '<A>']);
  });
});

describe('ask', () => {
  it('has the answer', async () => {
    const { network, ns } = await connected();
    const reply = ns.ask('sum', [1, 2]);
    const frame = await asked(network);
    expect(frame).toBe(`${tokenOf(frame)};chat;;sum;0;j;[1,2]`);
    network.socket.receive(`${tokenOf(frame)};chat;;sum;0;0;a;b`);

    expect(await reply).toMatchObject({ namespace: 'chat', event: 'sum', body: 'a;b', isBinary: false, isAsk: false });
  });

  it.each([
    ['T;chat;;sum;0;j;{"a":1}', { a: 1 }],
    ['T;chat;;sum;0;j;', undefined],
    ['T;chat;;sum;0;0;', ''],
    ['T;;;;;;', undefined],
    ['T;chat;;sum;0;0;5', '5'],
    ['T;chat;;sum;2;0;5', '5'],
    ['T;chat;;sum;0;j;{', '{'],
  ])('reads %s', async (answer, body) => {
    const { network, ns } = await connected();
    const reply = ns.ask('sum').then(
      (msg) => msg.body,
      (error) => error.text,
    );
    const frame = await asked(network);
    network.socket.receive(answer.replace('T', tokenOf(frame)));

    expect(await reply).toEqual(body);
  });

  it('reads bytes, in a copy of their own', async () => {
    const { network, ns } = await connected();
    const reply = ns.ask('pic');
    const frame = await asked(network);
    network.socket.receive(new TextEncoder().encode(`${tokenOf(frame)};chat;;pic;0;0;\u00e4;b`));
    const { body, isBinary } = await reply;

    expect(body).toEqual(new TextEncoder().encode('\u00e4;b'));
    expect(isBinary).toBe(true);
  });

  it('rejects with the text, code and data of an error', async () => {
    const { network, ns } = await connected();
    const reply = ns.ask('buy');
    const frame = await asked(network);
    network.socket.receive(`${tokenOf(frame)};chat;;buy;2;0;{"text":"sold out","code":"SOLD_OUT","data":{"left":0}}`);

    await expect(reply).rejects.toMatchObject({
      name: 'RemoteError',
      message: 'sold out',
      text: 'sold out',
      code: 'SOLD_OUT',
      data: { left: 0 },
    });
  });

  it.each([
    ['bad namespace', 'NAMESPACE_UNKNOWN'],
    ['bad room', 'ROOM_NOT_JOINED'],
    ['invalid payload', 'MESSAGE_MALFORMED'],
    ['sold out', 'REMOTE_ERROR'],
    ['constructor', 'REMOTE_ERROR'],
  ])('reads the bare text "%s" as %s', async (text, code) => {
    const { network, ns } = await connected();
    const reply = ns.ask('buy');
    const frame = await asked(network);
    network.socket.receive(`${tokenOf(frame)};chat;;buy;1;0;${text}`);

    await expect(reply).rejects.toMatchObject({ code, text, data: undefined });
  });

  it('reads an error without a code as REMOTE_ERROR, and in bytes', async () => {
    const { network, ns } = await connected();
    const reply = ns.ask('buy');
    const frame = await asked(network);
    network.socket.receive(new TextEncoder().encode(`${tokenOf(frame)};chat;;buy;2;0;{"text":"bad room"}`));

    await expect(reply).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'bad room' });
  });

  it('rejects with ASK_TIMEOUT once timeoutMs has passed, and drops the answer that comes late', async () => {
    const { network, ns } = await connected();
    const reply = ns.ask('slow', 'x', { timeoutMs: 200 });
    const frame = await asked(network);
    network.clock.advanceMs(199);
    network.clock.advanceMs(1);

    await expect(reply).rejects.toMatchObject({
      name: 'WsError',
      code: 'ASK_TIMEOUT',
      details: { event: 'slow', timeoutMs: 200 },
      message: expect.stringMatching(/^ASK_TIMEOUT.*"slow".*200/),
    });
    network.socket.receive(`${tokenOf(frame)};chat;;slow;0;0;late`);
    await settle();
    expect(network.socket.take()).toEqual([]);
    expect(network.errors).toEqual([]);
  });

  it('waits for askTimeoutMs where nothing else is said', async () => {
    const network = new FakeNetwork();
    const conn = await network.open({}, { askTimeoutMs: 300, heartbeat: false });
    const ns = await network.connect(conn);
    const replies = [ns.ask('a'), ns.joinRoom('r'), conn.connect('b'), ns.disconnect(), conn.waitServerConnect('c')];
    await settle();
    expect(network.clock.timers).toBe(5);
    network.clock.advanceMs(300);

    for (const reply of replies) await expect(reply).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
    expect(network.clock.timers).toBe(0);
  });

  it('rejects with ASK_ABORTED when its signal aborts, and stops listening to it', async () => {
    const { network, conn, ns } = await connected();
    const abort = new AbortController();
    const { signal } = abort;
    const replies = [
      ns.ask('a', '', { signal }),
      ns.joinRoom('r', { signal }),
      conn.connect('b', { signal }),
      conn.waitServerConnect('c', { signal }),
    ];
    await settle();
    abort.abort('enough');

    for (const reply of replies) await expect(reply).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'enough' });
    await expect(ns.ask('a', '', { signal })).rejects.toMatchObject({ code: 'ASK_ABORTED' });
    expect(network.socket.take()).toHaveLength(3);
  });

  it.each([
    [1006, ''],
    [1012, 'restart'],
    [1008, 'policy'],
  ])('rejects all that is pending with CONN_CLOSED when the socket is lost with %i', async (code, reason) => {
    const { network, conn, ns } = await connected();
    const joining = ns.joinRoom('r');
    await settle();
    network.acknowledge();
    const room = await joining;
    const pending = [ns.ask('a'), ns.joinRoom('s'), conn.connect('b'), room.leave(), ns.disconnect()];
    await settle();
    network.socket.end(code, reason);

    for (const promise of pending) {
      await expect(promise).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code, reason } });
    }
  });

  it('ends no process when nobody looks at its promise', async () => {
    const { network, conn, ns } = await connected();
    const stray: unknown[] = [];
    const note = (error: unknown): void => void stray.push(error);
    process.on('unhandledRejection', note);
    const joining = ns.joinRoom('r');
    await settle();
    network.acknowledge();
    const room = await joining;
    void ns.ask('a');
    void ns.joinRoom('s');
    void conn.connect('b');
    void conn.waitServerConnect('c');
    void room.leave();
    void ns.leaveAll();
    void ns.disconnect();
    void conn.disconnectAll();
    network.dial();
    await settle();
    conn.close();
    network.socket.end();
    await settle();
    process.off('unhandledRejection', note);

    expect(stray).toEqual([]);
  });

  it('drops answers that nobody waits for', async () => {
    const { network } = await connected();
    network.socket.receive('$99;chat;;e;0;0;x', '$99;chat;;e;1;0;x', '#1;chat;;e;0;0;x');
    await settle();

    expect(network.socket.take()).toEqual([]);
    expect(network.errors).toEqual([]);
  });

  it('reports errors that nobody waits for, and answers none', async () => {
    const { network } = await connected();
    network.socket.receive(';chat;r;say;1;0;too long', '7;chat;;say;2;0;{"text":"no","code":"NO"}');
    await settle();

    expect(network.errors).toMatchObject([
      { error: { name: 'RemoteError', text: 'too long' }, namespace: 'chat', room: 'r', event: 'say' },
      { error: { code: 'NO' }, event: 'say' },
    ]);
    expect(network.socket.take()).toEqual([]);
  });
});

function circle(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
