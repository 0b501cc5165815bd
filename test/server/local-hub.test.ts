import { describe, expect, it } from 'vitest';
import type { Envelope, QueryResult } from '../../src/ports/adapter.js';
import type { WaitOptions } from '../../src/ports/conn.js';
import { settle, type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';
import { member } from './member.js';
import { ScriptedAdapter } from './scripted-adapter.js';

/** A server whose adapter does what the test says. */
async function withAdapter(options: TestServerOptions = {}): Promise<TestServer & { adapter: ScriptedAdapter }> {
  const adapter = new ScriptedAdapter();
  const t = testServer({ default: { chat: () => 'heard' } }, { adapter, ...options });
  await t.server.start();
  return { ...t, adapter };
}

const failing = (): never => {
  throw new Error('no broker');
};

function answer(adapter: ScriptedAdapter, result: QueryResult, from = 'other'): void {
  const envelope = adapter.published.findLast(({ kind }) => kind === 'query');
  if (envelope?.kind !== 'query') throw new Error('no query was published');
  adapter.answer(envelope.queryId, result, { from });
}

describe('LocalHub', () => {
  it('has a namespace subscribed before it is acknowledged', async () => {
    const t = await withAdapter();
    let subscribed: () => void = () => {};
    t.adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));
    const { conn, socket } = t.accept({ hello: true });

    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await settle();
    expect(t.adapter.subscribed).toEqual(['ndefault', `i${conn.id}`]);
    expect(socket.sent).toEqual([]);
    expect(conn.namespaces).toEqual([]);
    subscribed();
    await settle();

    expect(socket.sent).toEqual(['$1;;;;;;']);
  });

  it.each([
    ['throws', failing],
    ['rejects', async () => failing()],
  ])(
    'refuses the namespace with an internal error when subscribe %s, and counts adapter.failed',
    async (_, onSubscribe) => {
      const t = await withAdapter();
      t.adapter.onSubscribe = onSubscribe;
      const { conn, socket } = t.accept({ hello: true });

      socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
      await settle();

      expect(socket.texts).toHaveLength(1);
      expect(socket.texts[0]).toMatch(/^\$1;default;;_OnNamespaceConnect;1;0;internal error [0-9a-f]{16}$/);
      expect(conn.namespaces).toEqual([]);
      expect(t.server.local.namespaces).toEqual([]);
      expect(t.counters.get('adapter.failed')).toBe(1);
    },
  );

  it('gives up a namespace whose connection goes while it is being subscribed', async () => {
    const t = await withAdapter();
    let subscribed: () => void = () => {};
    t.adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));
    const { conn, socket } = t.accept({ hello: true });
    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await settle();

    socket.receiveClose();
    subscribed();
    await conn.closed;
    await settle();

    expect(t.adapter.unsubscribed).toEqual(['ndefault', `i${conn.id}`]);
    expect(t.server.local.namespaces).toEqual([]);
  });

  it('unsubscribes a namespace once, when its last connection ends, whatever way', async () => {
    const t = await withAdapter();
    const [one, two] = [await member(t), await member(t)];

    one.socket.receive('$9;default;;_OnNamespaceDisconnect;0;0;');
    await settle();
    expect(t.adapter.unsubscribed).toEqual([`i${one.conn.id}`]);
    two.socket.receiveClose();
    await two.conn.closed;

    expect(t.adapter.unsubscribed.slice(1)).toEqual(['ndefault', `i${two.conn.id}`]);
  });

  it('broadcasts here also when the adapter does not, and counts adapter.failed', async () => {
    const t = await withAdapter();
    const { socket } = await member(t);
    t.adapter.onPublish = async () => failing();

    t.server.in('default').broadcast('chat', 'hi');
    await settle();

    expect(socket.sent).toEqual([';default;;chat;0;0;hi']);
    expect(t.counters.get('adapter.failed')).toBe(1);
  });

  it('publishes no wait token, whatever the message was that is broadcast', async () => {
    const adapter = new ScriptedAdapter();
    const t = testServer({ default: { chat: (msg, ns) => ns.broadcast('chat', msg.body) } }, { adapter });
    await t.server.start();
    const { socket } = await member(t);

    socket.receive('$77;default;;chat;0;0;hi');

    expect(adapter.published).toHaveLength(1);
    expect(JSON.stringify(adapter.published)).not.toContain('$77');
  });

  it('delivers what another server broadcasts, to who is meant', async () => {
    const t = await withAdapter();
    const [a, b] = [await member(t), await member(t)];
    const envelope: Envelope = {
      kind: 'broadcast',
      from: 'other',
      target: { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [a.conn.key] },
      content: { event: 'chat', body: 'hi', binary: false },
    };

    t.adapter.deliver(envelope);

    expect([a.socket.sent, b.socket.sent]).toEqual([[], [';default;;chat;0;0;hi']]);
    expect(t.adapter.published).toEqual([]);
  });

  it('adds what the others count, and takes no notice of answers of another kind', async () => {
    const t = await withAdapter();
    await member(t);
    t.adapter.others = ['other', 'third'];

    const count = t.server.in('default').count();
    answer(t.adapter, { kind: 'count', count: 5 });
    answer(t.adapter, { kind: 'nobody' }, 'third');
    expect(await count).toBe(6);

    const members = t.server.in('default').members();
    answer(t.adapter, { kind: 'members', members: [{ id: 'far', key: 'k' }] });
    answer(t.adapter, { kind: 'nobody' }, 'third');
    expect((await members).map(({ id }) => id).slice(1)).toEqual(['far']);
  });

  it('counts without a server that keeps silent, once askTimeoutMs has passed', async () => {
    const t = await withAdapter({ askTimeoutMs: 400 });
    await member(t);

    const count = t.server.in('default').count();
    await settle();
    t.clock.advanceMs(400);

    expect(await count).toBe(1);
  });

  it('rejects count, members and broadcastAcked when the others cannot be asked', async () => {
    const t = await withAdapter();
    t.adapter.onPublish = failing;
    const everybody = t.server.in('default');

    await expect(everybody.count()).rejects.toThrow('no broker');
    await expect(everybody.members()).rejects.toThrow('no broker');
    await expect(everybody.broadcastAcked('chat')).rejects.toThrow('no broker');
    expect(t.counters.get('adapter.failed')).toBe(3);
  });

  describe('timeoutMs of a call', () => {
    it.each([
      ['undefined', undefined, 700],
      ['Infinity', Number.POSITIVE_INFINITY, 2 ** 31 - 1 - 250],
      ['0', 0, 1],
      ['-5', -5, 1],
    ])('is one that other servers can read, and timers take: %s', async (_, timeoutMs, sent) => {
      const t = await withAdapter({ askTimeoutMs: 700 });
      const everybody = t.server.in('default');
      const options = { timeoutMs } as WaitOptions; // as plain JavaScript hands it over

      for (const call of [
        () => everybody.ask('sum', '', options),
        () => everybody.gather('sum', '', options),
        () => everybody.joinRoom('lobby', options),
      ]) {
        const called = call();
        answer(t.adapter, { kind: 'nobody' });
        await called.catch(() => {}); // nobody is there
      }

      const queries = t.adapter.published.flatMap((envelope) => (envelope.kind === 'query' ? [envelope.query] : []));
      expect(queries.map((query) => 'timeoutMs' in query && query.timeoutMs)).toEqual([sent, sent, sent]);
    });

    it('is refused with OPTION_INVALID where it is no number', async () => {
      const t = await withAdapter();

      for (const timeoutMs of ['5s', Number.NaN]) {
        const asked = t.server.in('default').gather('sum', '', { timeoutMs: timeoutMs as number });
        await expect(asked).rejects.toMatchObject({ code: 'OPTION_INVALID' });
      }
      expect(t.adapter.published).toEqual([]);
    });
  });

  describe('what is done to connections', () => {
    it('counts what another server reports within 250 ms after timeoutMs', async () => {
      const t = await withAdapter();

      const done = t.server.in('default').joinRoom('lobby', { timeoutMs: 300 });
      await settle();
      t.clock.advanceMs(300);
      await settle();
      answer(t.adapter, { kind: 'count', count: 5 });

      expect(await done).toBe(5);
    });

    it('ends with the signal, and is called off at the others', async () => {
      const t = await withAdapter();
      const controller = new AbortController();

      const done = t.server.in('default').joinRoom('lobby', { signal: controller.signal });
      await settle();
      controller.abort();

      expect(await done).toBe(0);
      expect(t.adapter.published.map(({ kind }) => kind)).toEqual(['query', 'cancel']);
    });
  });

  describe('ask', () => {
    it('gives an answer from here also when the others cannot be asked', async () => {
      const t = await withAdapter();
      const { socket } = await member(t, { id: 'here' });
      t.adapter.onPublish = failing;

      const asked = t.server.in('default').ask('sum');
      await settle();
      socket.receive(`${String(socket.sent[0]).split(';')[0]};default;;sum;0;0;3`);

      expect(await asked).toMatchObject({ id: 'here', body: '3' });
    });

    it("rejects with the adapter's error when nobody here is meant and the others cannot be asked", async () => {
      const t = await withAdapter();
      t.adapter.onPublish = async () => failing();

      await expect(t.server.in('default').ask('sum')).rejects.toThrow('no broker');
    });

    it('settles with the answer from here, and calls off the others', async () => {
      const t = await withAdapter();
      const { socket } = await member(t, { id: 'here' });

      const asked = t.server.in('default').ask('sum');
      socket.receive(`${String(socket.sent[0]).split(';')[0]};default;;sum;0;0;3`);

      expect(await asked).toMatchObject({ id: 'here' });
      expect(t.adapter.published.map(({ kind }) => kind)).toEqual(['query', 'cancel']);
      expect(t.clock.timers).toBe(1); // the heartbeat's
    });

    it('rejects with ASK_TIMEOUT, not ASK_UNHEARD, when a server keeps silent that may have somebody', async () => {
      const t = await withAdapter();
      t.adapter.others = ['other', 'third'];

      const asked = t.server.in('default').ask('sum', '', { timeoutMs: 300 });
      await settle();
      answer(t.adapter, { kind: 'nobody' });
      t.clock.advanceMs(300);

      await expect(asked).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { event: 'sum', timeoutMs: 300 } });
    });

    it('takes the first of two answers', async () => {
      const t = await withAdapter();
      t.adapter.others = ['other', 'third'];

      const asked = t.server.in('default').ask('sum');
      answer(t.adapter, { kind: 'reply', id: 'first', body: '1' });
      answer(t.adapter, { kind: 'reply', id: 'second', body: '2' });

      expect(await asked).toMatchObject({ id: 'first', body: '1' });
    });
  });

  describe('answer', () => {
    const ask = async (
      t: TestServer & { adapter: ScriptedAdapter },
      body: string,
    ): Promise<QueryResult | undefined> => {
      const target = { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };
      const query = { kind: 'ask', target, content: { event: 'sum', body, binary: false }, timeoutMs: 300 } as const;
      t.adapter.deliver({ kind: 'query', from: 'other', queryId: 'q', query });
      await settle();
      const envelope = t.adapter.published.at(-1);
      return envelope?.kind === 'result' ? envelope.result : undefined;
    };

    it('tells another server that nobody here is meant', async () => {
      expect(await ask(await withAdapter(), '')).toEqual({ kind: 'nobody' });
    });

    it('tells another server the text of an error that has one, and otherwise its code', async () => {
      const t = await withAdapter({ limits: { maxMessageBytes: 100 } });
      const { socket } = await member(t);

      expect(await ask(t, 'x'.repeat(100))).toEqual({ kind: 'error', text: 'MESSAGE_TOO_LARGE' });
      await ask(t, '');
      socket.receiveClose();
      await settle();
      expect(t.adapter.published.at(-1)).toMatchObject({ result: { kind: 'error', text: 'write closed' } });
    });
  });
});
