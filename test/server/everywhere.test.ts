import { describe, expect, it } from 'vitest';
import { MemoryBus, memoryAdapter } from '../../src/adapters/memory/memory-adapter.js';
import type { Namespaces } from '../../src/core/event-maps.js';
import { PublicError } from '../../src/errors.js';
import { settle, type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';
import { member } from './member.js';
import { ScriptedAdapter } from './scripted-adapter.js';

/** Several servers that are one. */
async function together(count: number, namespaces: Namespaces = { default: {} }, options: TestServerOptions = {}) {
  const bus = new MemoryBus();
  const servers = Array.from({ length: count }, () =>
    testServer(namespaces, { adapter: memoryAdapter(bus), ...options }),
  );
  for (const { server } of servers) await server.start();
  return servers as [TestServer, TestServer, TestServer]; // as many as a test has asked for
}

/** A whole client, which answers `who` with its own id after it was connected. */
async function client(t: TestServer, id: string, namespaces: Namespaces = { default: { who: () => id } }) {
  const dialled = await t.dial(namespaces, { id });
  const ns = await dialled.client.connect('default');
  return { ...dialled, ns };
}

describe('gathering over several servers', () => {
  it('gives the answers of all who are meant, wherever they are, and says that it is complete', async () => {
    const [a, b] = await together(2);
    for (const [t, id] of [
      [a, 'anna'],
      [b, 'ben'],
      [b, 'carl'],
    ] as const)
      await client(t, id);

    const gathered = await a.server.in('default').except('carl').gather('who');

    expect(gathered.answers.map(({ id, body }) => [id, body]).sort()).toEqual([
      ['anna', 'anna'],
      ['ben', 'ben'],
    ]);
    expect(gathered).toMatchObject({ failures: [], silentServers: [], isComplete: true });
  });

  it('asks with an object as JSON, and with a text as it is, here and there', async () => {
    const [a, b] = await together(2);
    const echo: Namespaces = { default: { who: (msg) => String(msg.body) } };
    for (const t of [a, b]) await client(t, 'somebody', echo);

    for (const [body, sent] of [
      [{ n: 1 }, '{"n":1}'],
      ['{"n":1}', '{"n":1}'],
    ] as const) {
      const { answers } = await a.server.in('default').gather('who', body);
      expect(answers.map((answer) => answer.body)).toEqual([sent, sent]);
    }
  });

  it('names those who have answered with an error, are gone, or have kept silent for timeoutMs', async () => {
    const [a, b] = await together(2);
    await client(a, 'fine');
    await client(b, 'refuses', { default: { who: () => Promise.reject(new PublicError('not you')) } });
    const silent = { default: { who: () => new Promise(() => {}) } };
    await client(b, 'silent', silent);
    const gone = await client(b, 'gone', silent);

    const gathering = a.server.in('default').gather('who', undefined, { timeoutMs: 300 });
    await settle();
    gone.conn.close();
    await settle();
    for (const { clock } of [b, a]) await clock.advance(300);
    const { answers, failures, isComplete, silentServers } = await gathering;

    expect(answers.map(({ id }) => id)).toEqual(['fine']);
    expect(failures.map(({ id, error }) => [id, error.code, error.text]).sort()).toEqual([
      ['gone', 'CONN_CLOSED', 'write closed'],
      ['refuses', 'REMOTE_ERROR', 'not you'],
      ['silent', 'REMOTE_ERROR', 'ASK_TIMEOUT'],
    ]);
    expect([isComplete, silentServers]).toEqual([false, []]);
  });

  it('names servers that have told nothing in time, with the answers that have come', async () => {
    const adapter = new ScriptedAdapter();
    adapter.others = ['quick', 'silent'];
    const t = testServer({ default: {} }, { adapter });
    await t.server.start();

    const gathering = t.server.in('default').gather('who', undefined, { timeoutMs: 300 });
    await settle();
    const query = adapter.published.at(-1);
    const queryId = query?.kind === 'query' ? query.queryId : '';
    adapter.answer(queryId, { kind: 'reply', id: 'far', body: '{"n":1}' }, { from: 'quick', isLast: false });
    adapter.answer(queryId, { kind: 'error', text: 'bad event' }, { from: 'quick', isLast: false });
    adapter.answer(queryId, { kind: 'nobody' }, { from: 'quick' });
    await t.clock.advance(550);
    const { answers, failures, silentServers, isComplete } = await gathering;

    expect(answers.map((answer) => [answer.id, answer.json()])).toEqual([['far', { n: 1 }]]);
    expect(failures.map(({ id, error }) => [id, error.code])).toEqual([['', 'EVENT_UNKNOWN']]);
    expect([silentServers, isComplete]).toEqual([['silent'], false]);
  });

  it('is empty and complete where nobody is meant, and works without other servers', async () => {
    const { server } = testServer({ default: {} });

    expect(await server.in('default').gather('who')).toEqual({
      ...{ answers: [], failures: [] },
      ...{ silentServers: [], isComplete: true },
    });
  });

  it('rejects with ASK_ABORTED when its signal aborts, and calls off the others', async () => {
    const [a, b] = await together(2);
    let asked: AbortSignal | undefined;
    await client(b, 'silent', {
      default: {
        who: (msg) => {
          asked = msg.signal;
          return new Promise(() => {});
        },
      },
    });
    const controller = new AbortController();

    const gathering = a.server.in('default').gather('who', undefined, { signal: controller.signal });
    await settle();
    expect(asked?.aborted).toBe(false);
    controller.abort('enough');

    await expect(gathering).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'enough' });
    expect(b.counters.get('asks.timedOut')).toBe(0);
  });

  it('rejects when the others cannot be asked', async () => {
    const adapter = new ScriptedAdapter();
    const { server } = testServer({ default: {} }, { adapter });
    await server.start();
    adapter.onPublish = () => {
      throw new Error('no broker');
    };

    await expect(server.in('default').gather('who')).rejects.toThrow('no broker');
  });
});

describe('an ask that is answered', () => {
  it('is called off elsewhere: who is asked there need not answer any more', async () => {
    const [a, b] = await together(2);
    const far = await member(b);
    await client(a, 'near');

    expect((await a.server.in('default').ask('who')).id).toBe('near');
    await settle();
    const [asked] = far.socket.sent;
    far.socket.receive(`${String(asked).split(';')[0]};default;;who;0;0;late`);

    expect(b.counters.get('replies.unexpected')).toBe(1);
    expect(a.counters.get('replies.unexpected')).toBe(0);
  });
});

describe('what is done to connections on other servers', () => {
  it('joins them to a room, and lets them leave it, with the number for which that was done', async () => {
    const [a, b] = await together(2);
    const anna = await client(a, 'anna');
    const ben = await client(b, 'ben');
    await client(b, 'carl');

    expect(await a.server.in('default').except('carl').joinRoom('lobby')).toBe(2);
    expect([anna.ns.room('lobby')?.name, ben.ns.room('lobby')?.name]).toEqual(['lobby', 'lobby']);
    expect(await b.server.in('default').room('lobby').count()).toBe(2);
    expect(await a.server.in('default').leaveRoom('lobby')).toBe(2);

    expect([anna.ns.rooms, ben.ns.rooms]).toEqual([[], []]);
    expect(await a.server.in('default').room('lobby').count()).toBe(0);
  });

  it('does not count who refuses', async () => {
    const [a, b] = await together(2);
    await client(b, 'ben', { default: { _OnRoomJoin: () => Promise.reject(new PublicError('no')) } });
    await client(b, 'carl');

    expect(await a.server.in('default').joinRoom('lobby')).toBe(1);
  });

  it('disconnects them from the namespace, or closes them', async () => {
    const [a, b] = await together(2);
    const ben = await client(b, 'ben');
    const carl = await client(b, 'carl');

    expect(await a.server.in('default').to('ben').disconnect()).toBe(1);
    expect(await a.server.in('default').to('carl').close(4001, 'enough')).toBe(1);

    expect([ben.client.namespaces, ben.client.isClosed]).toEqual([[], false]);
    expect(await carl.client.closed).toMatchObject({ code: 4001, reason: 'enough' });
    expect(await a.server.in('default').count()).toBe(0);
  });

  it('is refused on the spot where no connection could be told so', async () => {
    const { server } = testServer({ default: {} });

    await expect(server.in('default').close(1005)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(server.in('default').joinRoom('x'.repeat(300))).rejects.toMatchObject({ code: 'NAME_TOO_LONG' });
  });

  it('ends after timeoutMs, with those for whom it was done by then', async () => {
    const [a, b] = await together(2);
    await client(a, 'anna');
    await client(b, 'silent', { default: { _OnRoomJoin: () => new Promise(() => {}) } });

    const joining = a.server.in('default').joinRoom('lobby', { timeoutMs: 200 });
    await settle();
    for (const { clock } of [b, a]) await clock.advance(200);

    expect(await joining).toBe(1);
  });
});

describe('rooms over several servers', () => {
  it('lists each once: all, or those of who is meant', async () => {
    const [a, b] = await together(2);
    await member(a, { id: 'anna', rooms: ['lobby', 'hall'] });
    await member(b, { id: 'ben', rooms: ['lobby', 'cellar'] });
    const everybody = a.server.in('default');

    expect([...(await everybody.rooms())].sort()).toEqual(['cellar', 'hall', 'lobby']);
    expect([...(await everybody.to('ben').rooms())].sort()).toEqual(['cellar', 'lobby']);
    expect(await a.server.in('other').rooms()).toEqual([]);
  });

  it('are subscribed before the join is acknowledged, and no more when the last one has left', async () => {
    const adapter = new ScriptedAdapter();
    const t = testServer({ default: {} }, { adapter });
    await t.server.start();
    const { conn, socket } = await member(t);
    let subscribed: () => void = () => {};
    adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));

    socket.receive('$2;default;lobby;_OnRoomJoin;0;0;');
    await settle();
    expect([adapter.subscribed.at(-1), socket.sent]).toEqual(['r7:defaultlobby', []]);
    subscribed();
    await settle();
    expect([socket.sent, conn.namespace('default')?.rooms.length]).toEqual([['$2;;;;;;'], 1]);
    socket.receive('$3;default;lobby;_OnRoomLeave;0;0;');
    await settle();

    expect(adapter.unsubscribed).toEqual(['r7:defaultlobby']);
  });

  it('are given up when the connection goes, or another join is quicker, while they are being subscribed', async () => {
    const adapter = new ScriptedAdapter();
    const t = testServer({ default: {} }, { adapter });
    await t.server.start();
    const { conn, socket } = await member(t);
    const waiting: (() => void)[] = [];
    adapter.onSubscribe = () => new Promise((resolve) => waiting.push(resolve));

    socket.receive('$2;default;lobby;_OnRoomJoin;0;0;');
    await settle();
    socket.receiveClose();
    for (const subscribed of waiting) subscribed();
    await conn.closed;
    await settle();

    expect(adapter.unsubscribed.filter((key) => key === 'r7:defaultlobby')).toHaveLength(1);
    expect(t.server.local.rooms('default')).toEqual([]);
  });

  it('refuse the join with an internal error when the adapter fails', async () => {
    const adapter = new ScriptedAdapter();
    const t = testServer({ default: {} }, { adapter });
    await t.server.start();
    const { conn, socket } = await member(t);
    adapter.onSubscribe = async () => {
      throw new Error('no broker');
    };

    socket.receive('$2;default;lobby;_OnRoomJoin;0;0;');
    await settle();

    expect(socket.texts[0]).toMatch(/^\$2;default;lobby;_OnRoomJoin;1;0;internal error [0-9a-f]{16}$/);
    expect(conn.namespace('default')?.rooms).toEqual([]);
  });
});
