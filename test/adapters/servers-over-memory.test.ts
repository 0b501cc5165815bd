import { describe, expect, it } from 'vitest';
import { MemoryBus, memoryAdapter } from '../../src/adapters/memory/memory-adapter.js';
import type { Namespaces } from '../../src/core/event-maps.js';
import { member } from '../server/member.js';
import { settle, type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';

/** Several servers that are one. */
async function together(count: number, namespaces: Namespaces = { default: {} }, options: TestServerOptions = {}) {
  const bus = new MemoryBus();
  const servers = Array.from({ length: count }, () =>
    testServer(namespaces, { adapter: memoryAdapter(bus), ...options }),
  );
  for (const { server } of servers) await server.start();
  return servers as [TestServer, TestServer, TestServer]; // as many as a test has asked for
}

const answerAsk = (frames: readonly unknown[], body: string): string =>
  `${String(frames[0]).split(';')[0]};default;;sum;0;0;${body}`;

describe('several servers over one MemoryBus', () => {
  it('broadcast to everybody in the namespace, on every server', async () => {
    const [a, b, c] = await together(3);
    const peers = [await member(a), await member(b), await member(b), await member(c)];

    a.server.in('default').broadcast('chat', 'hi');

    for (const { socket } of peers) expect(socket.sent).toEqual([';default;;chat;0;0;hi']);
  });

  it('mark JSON for those who read the mark, whichever server it comes from', async () => {
    const [a, b] = await together(2);
    const [rich, plain] = [await member(b, { hello: 'Mnefeli/1' }), await member(b)];

    a.server.in('default').broadcast('chat', { a: 1 });
    const acked = a.server.in('default').broadcastAcked('chat', '{"a":1}');
    const asked = a.server.in('default').ask('sum', [1, 2]);
    expect(await acked).toBe(2);
    await settle();

    expect(rich.socket.sent.slice(0, 2)).toEqual([';default;;chat;0;j;{"a":1}', ';default;;chat;0;0;{"a":1}']);
    expect(plain.socket.sent.slice(0, 2)).toEqual([';default;;chat;0;0;{"a":1}', ';default;;chat;0;0;{"a":1}']);
    expect(rich.socket.sent[2]).toMatch(/^n[0-9a-f]{16};default;;sum;0;j;\[1,2\]$/);
    expect(plain.socket.sent[2]).toMatch(/^n[0-9a-f]{16};default;;sum;0;0;\[1,2\]$/);
    rich.socket.receive(answerAsk([rich.socket.sent[2]], '3'));
    expect((await asked).json()).toBe(3);
  });

  it('keep the order of 1,000 broadcasts of one server, and lose none', async () => {
    const [a, b] = await together(2);
    const { socket } = await member(b);

    for (let index = 0; index < 1_000; index++) a.server.in('default').broadcast('tick', String(index));

    expect(socket.sent).toEqual(Array.from({ length: 1_000 }, (_, index) => `;default;;tick;0;0;${index}`));
  });

  it('broadcast to a room, to one id, and to everybody but one connection or one id', async () => {
    const [a, b] = await together(2);
    const maria = await member(a, { id: 'maria', rooms: ['lobby'] });
    const sameMaria = await member(b, { id: 'maria' });
    const nikos = await member(b, { id: 'nikos', rooms: ['lobby'] });
    const everybody = a.server.in('default');

    everybody.room('lobby').broadcast('room');
    everybody.to('maria').broadcast('one');
    everybody.except(nikos.conn).broadcast('others');
    everybody.except('maria').broadcast('strangers');
    b.server.in('default').room('lobby').to('maria').broadcast('both');

    const events = (frames: readonly unknown[]): unknown[] => frames.map((frame) => String(frame).split(';')[3]);
    expect(events(maria.socket.sent)).toEqual(['room', 'one', 'others', 'both']);
    expect(events(sameMaria.socket.sent)).toEqual(['one', 'others']);
    expect(events(nikos.socket.sent)).toEqual(['room', 'strangers']);
  });

  it('leave out the sender of broadcastOthers, who is on one of them', async () => {
    const [a, b] = await together(2, { default: { chat: (msg, ns) => ns.broadcastOthers('chat', msg.body) } });
    const sender = await member(a);
    const other = await member(b);

    sender.socket.receive(';default;;chat;0;0;hi');

    expect(sender.socket.sent).toEqual([]);
    expect(other.socket.sent).toEqual([';default;;chat;0;0;hi']);
  });

  it('carry bytes as bytes', async () => {
    const [a, b] = await together(2);
    const { socket } = await member(b);

    a.server.in('default').broadcast('raw', Uint8Array.of(0, 59, 255));

    expect(socket.sent).toEqual([new Uint8Array([...Buffer.from(';default;;raw;0;0;'), 0, 59, 255])]);
  });

  it('count and list the connections that are meant, on every server', async () => {
    const [a, b] = await together(2);
    const here = await member(a, { id: 'maria', rooms: ['lobby'] });
    const there = await member(b, { id: 'maria', rooms: ['lobby'] });
    await member(b, { id: 'nikos' });

    expect(await a.server.in('default').count()).toBe(3);
    expect(await b.server.in('default').room('lobby').count()).toBe(2);
    expect(await a.server.in('default').to('maria').members()).toEqual([
      { id: 'maria', key: here.conn.key },
      { id: 'maria', key: there.conn.key },
    ]);
    expect(a.server.local.count({ namespace: 'default' })).toBe(1);
  });

  it('tell with broadcastAcked to how many connections a message was handed', async () => {
    const [a, b, c] = await together(3);
    const peers = [await member(a), await member(b), await member(b), await member(c)];

    expect(await a.server.in('default').broadcastAcked('chat', 'hi')).toBe(4);
    for (const { socket } of peers) expect(socket.sent).toEqual([';default;;chat;0;0;hi']);
    expect(await a.server.in('nobody').broadcastAcked('chat')).toBe(0);
  });

  it('keep a broadcast that follows a broadcastAcked behind it, on every server', async () => {
    const [a, b] = await together(2);
    const peers = [await member(a), await member(b)];

    const acked = a.server.in('default').broadcastAcked('first');
    a.server.in('default').broadcast('second');
    await acked;

    for (const { socket } of peers) expect(socket.sent).toEqual([';default;;first;0;0;', ';default;;second;0;0;']);
  });

  it('stop getting the broadcasts of a namespace with its last connection', async () => {
    const [a, b] = await together(2);
    const { socket } = await member(b);
    const stays = await member(b, { namespace: 'default' });

    socket.receiveClose();
    a.server.in('default').broadcast('one');
    expect(stays.socket.sent).toEqual([';default;;one;0;0;']);
    stays.socket.receive('$3;default;;_OnNamespaceDisconnect;0;0;');
    await settle();
    const delivered = b.counters.get('broadcasts.delivered');
    a.server.in('default').broadcast('two');

    expect(b.counters.get('broadcasts.delivered')).toBe(delivered);
    expect(stays.socket.sent).toEqual([';default;;one;0;0;', '$3;;;;;;']);
  });

  it('are left one by one: who has closed is neither counted nor waited for', async () => {
    const [a, b] = await together(2);
    await member(a);
    await member(b);

    await b.server.close();

    expect(await a.server.in('default').count()).toBe(1);
    b.server.in('default').broadcast('late'); // the others will not have it, as with any adapter
    expect(b.counters.get('adapter.failed')).toBe(1);
  });

  it('refuse on the spot what is too large, also where only other servers have somebody', async () => {
    const [a, b] = await together(2, { default: {} }, { limits: { maxMessageBytes: 100 } });
    const { socket } = await member(b);

    expect(() => a.server.in('default').broadcast('chat', 'x'.repeat(100))).toThrow(/^MESSAGE_TOO_LARGE/);

    expect(socket.sent).toEqual([]);
  });

  it('get what the others can take when one of them takes smaller messages, which is counted there', async () => {
    const bus = new MemoryBus();
    const [large, small, alsoLarge] = [1_000, 100, 1_000].map((maxMessageBytes) =>
      testServer({ default: {} }, { adapter: memoryAdapter(bus), limits: { maxMessageBytes } }),
    ) as [TestServer, TestServer, TestServer];
    for (const { server } of [large, small, alsoLarge]) await server.start();
    const cannot = await member(small);
    const can = await member(alsoLarge);

    large.server.in('default').broadcast('chat', 'x'.repeat(100));

    expect(cannot.socket.sent).toEqual([]);
    expect(small.counters.get('adapter.dropped')).toBe(1);
    expect(can.socket.sent).toHaveLength(1);
    expect(large.counters.get('adapter.failed')).toBe(0);
    const acked = large.server.in('default').broadcastAcked('chat', 'x'.repeat(100));
    expect(await acked).toBe(1);
  });
});

describe('an ask over several servers', () => {
  it('gives the first answer, from whichever server it comes', async () => {
    const [a, b, c] = await together(3);
    const here = await member(a);
    const there = await member(b, { id: 'maria' });
    await member(c);

    const asked = a.server.in('default').ask('sum', [1, 2]);
    there.socket.receive(answerAsk(there.socket.sent, '{"sum":3}'));

    const answer = await asked;
    expect(answer).toMatchObject({ id: 'maria', body: '{"sum":3}' });
    expect(answer.json()).toEqual({ sum: 3 });
    here.socket.receive(answerAsk(here.socket.sent, 'late'));
    expect(a.counters.get('replies.unexpected')).toBe(1);
  });

  it('brings bytes back as bytes', async () => {
    const [a, b] = await together(2);
    const { socket } = await member(b);

    const asked = a.server.in('default').ask('sum', '');
    socket.receive(Buffer.concat([Buffer.from(answerAsk(socket.sent, '')), Uint8Array.of(0, 255)]));

    const { body, isBinary } = await asked;
    expect(isBinary).toBe(true);
    expect([...body]).toEqual([0, 255]);
  });

  it('rejects with ASK_UNHEARD when every server has nobody who is meant', async () => {
    const [a] = await together(3);

    await expect(a.server.in('default').ask('sum')).rejects.toMatchObject({ code: 'ASK_UNHEARD' });
  });

  it.each([
    ['bad event', 'EVENT_UNKNOWN', 'bad event'],
    ['no such sum', 'REMOTE_ERROR', 'no such sum'],
  ])('rejects with the error "%s" of the other server as %s', async (text, code, wireText) => {
    const [a, b] = await together(2);
    const { socket } = await member(b);

    const asked = a.server.in('default').ask('sum');
    socket.receive(`${String(socket.sent[0]).split(';')[0]};default;;sum;1;0;${text}`);

    await expect(asked).rejects.toMatchObject({ code, text: wireText });
  });

  it('rejects with CONN_CLOSED when the one who is asked on another server goes', async () => {
    const [a, b] = await together(2);
    const { socket } = await member(b);

    const asked = a.server.in('default').ask('sum');
    socket.receiveClose();

    await expect(asked).rejects.toMatchObject({ code: 'CONN_CLOSED' });
  });

  it('rejects with ASK_TIMEOUT when the one who is asked on another server keeps silent', async () => {
    const [a, b] = await together(2);
    await member(b);

    const asked = a.server.in('default').ask('sum', '', { timeoutMs: 300 });
    await settle();
    a.clock.advanceMs(300);

    await expect(asked).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { event: 'sum', timeoutMs: 300 } });
  });

  it('lets the other server give up its ask first, and tells that by its code', async () => {
    const [a, b] = await together(2);
    await member(b);

    const asked = a.server.in('default').ask('sum', '', { timeoutMs: 300 });
    await settle();
    b.clock.advanceMs(300);

    await expect(asked).rejects.toMatchObject({ name: 'RemoteError', text: 'ASK_TIMEOUT' });
  });

  it('rejects with ASK_ABORTED when the signal aborts while another server is asked', async () => {
    const [a, b] = await together(2);
    await member(b);
    const controller = new AbortController();

    const asked = a.server.in('default').ask('sum', '', { signal: controller.signal });
    await settle();
    controller.abort('enough');

    await expect(asked).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'enough' });
  });
});
