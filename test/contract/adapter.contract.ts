import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Adapter, BroadcastContent, Envelope, Query, QueryResult } from '../../src/ports/adapter.js';
import type { Target } from '../../src/ports/hub.js';
import { type Topic, topicOf } from '../../src/ports/topic.js';
import { RecordingHost } from '../support/adapter-host.js';

export interface AdapterContractOptions {
  readonly name: string;
  /** Makes two adapters, or more, that reach each other and nobody else. They have not been started. */
  readonly create: () => Promise<{ readonly adapters: readonly Adapter[]; dispose(): Promise<void> }>;
  /** What this adapter cannot do, and why. */
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

/** A broker is a process of its own, on a machine that others use as well. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

type Broadcast = Extract<Envelope, { kind: 'broadcast' }>;

const COUNT: Query = { kind: 'count', target: targetIn('default') };

/** Names that mean something to a broker, to a protocol, or to an object. */
const HOSTILE_NAMES = [
  '',
  ' ',
  '*',
  '>',
  'a.b',
  'a.*',
  'a.>',
  'a',
  'A',
  'a:b',
  'a b',
  '\r\nPUB x 0\r\n\r\n',
  '$SYS.x',
  '$JS.API.STREAM.DELETE.s',
  '[a-z]*',
  '?',
  '{tag}',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  '\u0000',
  'x'.repeat(4_096),
];

function targetIn(namespace: string, target: Partial<Target> = {}): Target {
  return { namespace, rooms: [], ids: [], exceptIds: [], exceptKeys: [], ...target };
}

const namespaceTopic = (namespace: string): Topic => ({ kind: 'namespace', namespace });

/** One server that takes part, and what has been delivered to it. */
class Node {
  readonly id: string;
  readonly adapter: Adapter;
  readonly host: RecordingHost;

  constructor(id: string, adapter: Adapter) {
    this.id = id;
    this.adapter = adapter;
    this.host = new RecordingHost(id);
  }

  get received(): Envelope[] {
    return this.host.received;
  }

  async start(): Promise<void> {
    await this.adapter.start(this.host);
  }

  async subscribe(namespace: string): Promise<void> {
    await this.adapter.subscribe([namespaceTopic(namespace)]);
  }

  unsubscribe(namespace: string): void {
    this.adapter.unsubscribe([namespaceTopic(namespace)]);
  }

  /** A broadcast to those in a namespace that are meant. */
  async send(target: Target, body = ''): Promise<void> {
    const content = { event: 'e', body, binary: false };
    await this.adapter.publish({ kind: 'broadcast', from: this.id, target, content });
  }

  async broadcast(namespace: string, content: Partial<BroadcastContent> = {}): Promise<void> {
    const all = { event: 'e', body: '', binary: false, ...content };
    await this.adapter.publish({ kind: 'broadcast', from: this.id, target: targetIn(namespace), content: all });
  }

  get broadcasts(): Broadcast[] {
    return this.received.filter((envelope) => envelope.kind === 'broadcast');
  }

  /** What was broadcast to a namespace, body by body. */
  bodiesIn(namespace: string): unknown[] {
    return this.broadcasts.filter(({ target }) => target.namespace === namespace).map(({ content }) => content.body);
  }
}

const resultOf = (from: Node, to: { readonly id: string }, result: QueryResult, isLast = true): Envelope => ({
  ...{ kind: 'result', from: from.id, to: to.id, queryId: 'q' },
  ...{ result, isLast },
});

/**
 * Holds an adapter to what the port promises.
 *
 * That nothing arrives is shown by something that is published afterwards, and does.
 */
export function adapterContract({ name, create, skip = [] }: AdapterContractOptions): void {
  describe(`${name} keeps the contract of adapters`, () => {
    let nodes: Node[] = [];
    let dispose: () => Promise<void> = async () => {};
    const names: string[] = [];

    const promise = (title: string, test: () => Promise<void>): void => {
      names.push(title);
      const reason = skip.find(({ tests }) => tests.includes(title))?.reason;
      it(reason === undefined ? title : `${title} (${reason})`, async (context) => {
        if (reason !== undefined) context.skip(reason);
        await test();
      });
    };

    const pair = (): [Node, Node] => {
      const [a, b] = nodes;
      if (!a || !b) throw new Error('create() must give two adapters at least');
      return [a, b];
    };

    /** Waits until what has been published before has arrived at `to`, where it was to arrive. */
    const settled = async (from: Node, to: Node): Promise<void> => {
      const marker = `marker ${to.received.length}`;
      await to.subscribe(marker);
      await from.broadcast(marker);
      await soon(() => expect(to.bodiesIn(marker)).toHaveLength(1));
    };

    beforeEach(async () => {
      const made = await create();
      dispose = () => made.dispose();
      nodes = made.adapters.map((adapter, index) => new Node(`server-${index}`, adapter));
      // The last one finds the others there.
      await Promise.all(nodes.slice(0, -1).map((node) => node.start()));
      await nodes.at(-1)?.start();
    });

    afterEach(async () => {
      for (const { adapter } of nodes) await adapter.stop();
      await dispose();
    });

    promise('delivers a broadcast, as it was published, to every other server that has subscribed', async () => {
      const [first] = pair();
      for (const node of nodes) await node.subscribe('default');
      const envelope: Broadcast = {
        kind: 'broadcast',
        from: first.id,
        target: targetIn('default', {
          rooms: ['a;b', ''],
          ids: ['maria', 'é'],
          exceptIds: ['é'],
          exceptKeys: ['k1', 'k2'],
        }),
        content: { event: 'chat', body: 'γειά \u0000 ; {"a":1}\n', binary: false },
      };

      await first.adapter.publish(envelope);

      for (const node of nodes.slice(1)) await soon(() => expect(node.received).toEqual([envelope]));
    });

    promise('delivers the broadcasts of one server to one namespace in order, none lost and none twice', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      const bodies = Array.from({ length: 500 }, (_, index) => String(index));

      for (const body of bodies) void first.broadcast('default', { body });
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(bodies);
    });

    promise('delivers once what is published to a namespace that was subscribed twice', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      await second.subscribe('default');

      await first.broadcast('default', { body: 'once' });
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(['once']);
    });

    promise('never delivers a broadcast or a query to the server that published it', async () => {
      const [first, second] = pair();
      await first.subscribe('default');

      await first.broadcast('default');
      await first.adapter.publish({ kind: 'query', from: first.id, queryId: 'q', query: COUNT });
      await settled(second, first);

      expect(first.broadcasts.map(({ from }) => from)).toEqual([second.id]);
      expect(first.received.filter(({ kind }) => kind === 'query')).toEqual([]);
    });

    promise('delivers no broadcast to a namespace that was not subscribed', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      await first.broadcast('other');
      await settled(first, second);

      expect(second.bodiesIn('other')).toEqual([]);
    });

    promise('delivers no broadcast any more after unsubscribe', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      await first.broadcast('default', { body: 'before' });
      await settled(first, second);

      second.unsubscribe('default');
      await settled(second, first);
      await settled(first, second);
      await first.broadcast('default', { body: 'after' });
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(['before']);
    });

    promise('delivers again when a namespace is subscribed anew in the turn in which it was left', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      second.unsubscribe('default');
      await second.subscribe('default');
      await first.broadcast('default', { body: 'again' });
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(['again']);
    });

    promise('takes no notice of a namespace that is left without having been subscribed', async () => {
      const [first, second] = pair();
      second.unsubscribe('never');

      await settled(first, second);

      expect(second.broadcasts).toHaveLength(1);
    });

    promise('keeps the mark of a body that is JSON, and marks no other', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      for (const json of [true, undefined] as const) {
        await first.broadcast('default', { body: '{"a":1}', ...(json && { json }) });
      }

      await settled(first, second);
      expect(second.broadcasts.slice(0, 2).map(({ content }) => content.json)).toEqual([true, undefined]);
    });

    promise('keeps every byte of a binary body, and an empty one binary', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

      for (const body of [everyByte, new Uint8Array()]) await first.broadcast('default', { body, binary: true });
      await settled(first, second);

      const contents = second.broadcasts.slice(0, 2).map(({ content }) => content);
      for (const { body, binary } of contents) {
        expect(body).toBeInstanceOf(Uint8Array);
        expect(binary).toBe(true);
      }
      expect(contents.map(({ body }) => [...body])).toEqual([[...everyByte], []]);
    });

    promise('keeps a body of a megabyte', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      const body = 'é'.repeat(512 * 1024);

      await first.broadcast('default', { body });
      await settled(first, second);

      expect(second.bodiesIn('default')[0] === body).toBe(true);
    });

    promise('delivers a query to every other server, whatever it has subscribed to', async () => {
      const [first] = pair();
      const envelope: Envelope = { kind: 'query', from: first.id, queryId: 'q', query: COUNT };

      await first.adapter.publish(envelope);

      for (const node of nodes.slice(1)) await soon(() => expect(node.received).toEqual([envelope]));
    });

    promise('delivers a result, as it was published, to the server that it names and to no other', async () => {
      const [first, second] = pair();
      const result: Envelope = {
        kind: 'result',
        from: first.id,
        to: second.id,
        queryId: 'q',
        result: { kind: 'members', members: [{ id: 'maria', key: 'k' }] },
        isLast: true,
      };

      await first.adapter.publish(result);
      await soon(() => expect(second.received).toEqual([result]));
      await settled(second, first);

      const others = nodes.filter((node) => node !== second);
      for (const { received } of others) expect(received.filter(({ kind }) => kind === 'result')).toEqual([]);
    });

    promise('keeps the bytes of a reply', async () => {
      const [first, second] = pair();
      const body = Uint8Array.of(0, 255, 59);

      const result = { kind: 'reply', id: 'maria', body } as const;
      await first.adapter.publish(resultOf(first, second, result));
      await soon(() => expect(second.received).toHaveLength(1));

      const [envelope] = second.received;
      expect(envelope).toMatchObject({ kind: 'result', result: { kind: 'reply', id: 'maria' } });
      const got = envelope?.kind === 'result' && envelope.result.kind === 'reply' ? envelope.result.body : '';
      expect([...got]).toEqual([...body]);
    });

    promise('drops a result for a server that has gone', async () => {
      const [first, second] = pair();

      await first.adapter.publish(resultOf(first, { id: 'nobody' }, { kind: 'nobody' }));
      await settled(first, second);

      expect(second.received.filter(({ kind }) => kind === 'result')).toEqual([]);
    });

    promise('knows the other servers by name, without those that have stopped, and tells of who has left', async () => {
      const [first, second] = pair();
      const idsBut = (...without: Node[]): string[] =>
        nodes.filter((node) => !without.includes(node)).map(({ id }) => id);
      for (const node of nodes) {
        await soon(() => expect([...node.adapter.peers()].sort()).toEqual(idsBut(node).sort()));
      }

      await second.adapter.stop();

      await soon(() => expect([...first.adapter.peers()].sort()).toEqual(idsBut(first, second).sort()));
      expect(first.host.left).toEqual([second.id]);
    });

    promise('knows the servers that are there when start is fulfilled', async () => {
      const last = nodes.at(-1);
      const others = nodes.filter((node) => node !== last).map(({ id }) => id);

      expect([...(last?.adapter.peers() ?? [])].sort()).toEqual(others.sort());
    });

    promise(
      'delivers a broadcast to one room, or to one id, to who has subscribed to that and to no other',
      async () => {
        const [first, second] = pair();
        await second.adapter.subscribe([
          { kind: 'room', namespace: 'default', room: 'lobby' },
          { kind: 'id', id: 'maria' },
        ]);

        await first.send(targetIn('default', { rooms: ['lobby'] }), 'lobby');
        await first.send(targetIn('default', { ids: ['maria'] }), 'maria');
        await first.send(targetIn('default', { rooms: ['lobby'], ids: ['maria'] }), 'maria in the lobby');
        await first.send(targetIn('default', { rooms: ['hall'] }), 'hall');
        await first.send(targetIn('other', { rooms: ['lobby'] }), 'lobby elsewhere');
        await first.send(targetIn('default', { ids: ['nikos'] }), 'nikos');
        await first.send(targetIn('default'), 'all');
        await settled(first, second);

        expect(second.bodiesIn('default')).toEqual(['lobby', 'maria', 'maria in the lobby']);
        expect(second.bodiesIn('other')).toEqual([]);
      },
    );

    promise('delivers a broadcast to several rooms or ids once, to who has subscribed to the namespace', async () => {
      const [first, second] = pair();
      await second.adapter.subscribe([
        namespaceTopic('default'),
        { kind: 'room', namespace: 'default', room: 'a' },
        { kind: 'room', namespace: 'default', room: 'b' },
        { kind: 'id', id: 'maria' },
      ]);

      await first.send(targetIn('default', { rooms: ['a', 'b'] }), 'rooms');
      await first.send(targetIn('default', { ids: ['maria', 'nikos'] }), 'ids');
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(['rooms', 'ids']);
    });

    promise('keeps the order of one server whatever the topics', async () => {
      const [first, second] = pair();
      await second.adapter.subscribe([
        namespaceTopic('default'),
        { kind: 'room', namespace: 'default', room: 'a' },
        { kind: 'id', id: 'maria' },
      ]);
      const targets = [{}, { rooms: ['a'] }, { ids: ['maria'] }].map((target) => targetIn('default', target));
      const bodies = Array.from({ length: 300 }, (_, index) => String(index));

      for (const [index, body] of bodies.entries()) void first.send(targets[index % 3] ?? targetIn(''), body);
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(bodies);
    });

    promise('delivers an event, and a cancel, to every other server, whatever it has subscribed to', async () => {
      const [first] = pair();
      const content = { event: 'cache.clear', body: Uint8Array.of(1, 255), binary: true };
      const envelopes: Envelope[] = [
        { kind: 'event', from: first.id, content },
        { kind: 'cancel', from: first.id, queryId: 'q' },
      ];

      for (const envelope of envelopes) await first.adapter.publish(envelope);

      for (const node of nodes.slice(1)) await soon(() => expect(node.received).toHaveLength(2));
      for (const node of nodes.slice(1)) {
        expect(node.received[1]).toEqual(envelopes[1]);
        expect(node.received[0]).toMatchObject({ kind: 'event', from: first.id, content: { event: 'cache.clear' } });
      }
      expect(first.received).toEqual([]);
    });

    promise('carries what it does not know of a content', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      const content = { event: 'e', body: '{}', binary: false, json: true, later: 'x' } as const;
      await first.adapter.publish({ kind: 'broadcast', from: first.id, target: targetIn('default'), content });

      await soon(() => expect(second.broadcasts.map((broadcast) => broadcast.content)).toEqual([content]));
    });

    promise('delivers the results of one query in order, the last of them marked', async () => {
      const [first, second] = pair();
      const results = Array.from({ length: 20 }, (_, count) =>
        resultOf(first, second, { kind: 'count', count }, count === 19),
      );

      for (const result of results) void first.adapter.publish(result);

      await soon(() => expect(second.received).toEqual(results));
    });

    const QUERIES: Query[] = [
      { kind: 'members', target: targetIn('default', { rooms: ['a'] }) },
      { kind: 'rooms', target: targetIn('default') },
      { kind: 'broadcast', target: targetIn('default'), content: { event: 'e', body: 'x', binary: false } },
      { kind: 'ask', target: targetIn('default'), content: { event: 'e', body: '', binary: false }, timeoutMs: 1 },
      { kind: 'gather', target: targetIn('default'), content: { event: 'e', body: 'é', binary: false }, timeoutMs: 2 },
      { kind: 'act', target: targetIn('default'), act: { kind: 'joinRoom', room: 'a' }, timeoutMs: 3 },
      { kind: 'act', target: targetIn('default'), act: { kind: 'leaveRoom', room: 'a' }, timeoutMs: 3 },
      { kind: 'act', target: targetIn('default'), act: { kind: 'disconnect' }, timeoutMs: 3 },
      { kind: 'act', target: targetIn('default'), act: { kind: 'close', code: 4001, reason: 'x' }, timeoutMs: 3 },
    ];
    const RESULTS: QueryResult[] = [
      { kind: 'rooms', rooms: ['a', 'é'] },
      { kind: 'reply', id: 'maria', body: 'text' },
      { kind: 'error', text: 'bad event' },
      { kind: 'error', text: 'bad event', id: 'maria' },
      { kind: 'nobody' },
    ];

    promise('keeps every kind of query and result', async () => {
      const [first, second] = pair();
      const envelopes: Envelope[] = [
        ...QUERIES.map((query): Envelope => ({ kind: 'query', from: first.id, queryId: 'q', query })),
        ...RESULTS.map((result) => resultOf(first, second, result)),
      ];

      for (const envelope of envelopes) await first.adapter.publish(envelope);

      await soon(() => expect(second.received).toEqual(envelopes));
    });

    promise('takes every name as a name: each is delivered to who has subscribed to just that one', async () => {
      const [first, second] = pair();
      const targets = HOSTILE_NAMES.flatMap((name) => [
        targetIn(name),
        targetIn('rooms', { rooms: [name] }),
        targetIn('ids', { ids: [name] }),
      ]);
      for (const target of targets) await second.adapter.subscribe([topicOf(target)]);

      for (const target of targets) await first.send(target, 'hi');
      await settled(first, second);

      expect(second.broadcasts.slice(0, -1).map(({ target }) => target)).toEqual(targets);
    });

    promise('subscribes to no name but the one that is given, whatever it holds', async () => {
      const [first, second] = pair();
      for (const namespace of ['*', '>', 'a.*', 'a.>', '[a-z]*', '?']) await second.subscribe(namespace);

      for (const namespace of ['b', 'a.b', 'default', 'x.y.z']) await first.broadcast(namespace);
      await settled(first, second);

      expect(second.broadcasts).toHaveLength(1);
    });

    promise('delivers nothing after stop, and may be stopped twice', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      await second.adapter.stop();
      await second.adapter.stop();
      await first.broadcast('default');
      await first.adapter.publish({ kind: 'query', from: first.id, queryId: 'q', query: COUNT });
      await first.adapter.publish(resultOf(first, second, { kind: 'nobody' }));
      const third = nodes[2];
      if (third) await settled(first, third);

      expect(second.received).toEqual([]);
    });

    promise(
      'refuses with ADAPTER_DOWN what is broadcast before start and after stop, so that it is counted',
      async () => {
        const { adapters, dispose: disposeOf } = await create();
        const [adapter] = adapters;
        const host = new RecordingHost('late');
        const content = { event: 'e', body: '', binary: false };
        const refusal = async (): Promise<unknown> => {
          const target = targetIn('default');
          const attempt = async (): Promise<void> =>
            adapter?.publish({ kind: 'broadcast', from: 'late', target, content });
          return await attempt().catch(({ code }) => code);
        };

        const before = await refusal();
        await adapter?.start(host);
        const between = await refusal();
        await adapter?.stop();
        const after = await refusal();
        await disposeOf();

        expect([before, between, after]).toEqual(['ADAPTER_DOWN', undefined, 'ADAPTER_DOWN']);
      },
    );

    promise('sends nothing after stop, and says so to nobody but the caller', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      await first.adapter.stop();
      const published = async (): Promise<void> => first.broadcast('default', { body: 'late' });
      const outcome = await published().then(
        () => 'dropped',
        () => 'rejected',
      );
      first.unsubscribe('default');

      expect(outcome).toMatch(/^(dropped|rejected)$/);
      expect(second.received).toEqual([]);
    });

    promise('refuses with ADAPTER_IN_USE to take part for a second server, and goes on for the first', async () => {
      const [first, second] = pair();
      await second.subscribe('default');

      const started = second.adapter.start(new RecordingHost('another'));
      await expect(started).rejects.toMatchObject({ code: 'ADAPTER_IN_USE' });
      await first.broadcast('default', { body: 'hi' });
      await settled(first, second);

      expect(second.bodiesIn('default')).toEqual(['hi']);
      expect(first.adapter.peers()).not.toContain('another');
    });

    promise('takes part anew after a stop, with nothing of what was subscribed before', async () => {
      const [first, second] = pair();
      await second.subscribe('default');
      await second.adapter.stop();

      const again = new Node('again', second.adapter);
      nodes.push(again);
      await again.start();
      await first.broadcast('default', { body: 'hi' });
      await settled(first, again);

      await first.subscribe('news');
      await again.broadcast('news', { body: 'here again' });
      await soon(() => expect(first.bodiesIn('news')).toEqual(['here again']));

      expect(again.bodiesIn('default')).toEqual([]);
      expect(second.received).toEqual([]);
      expect(first.adapter.peers()).toContain('again');
    });

    it('names in skip only what there is', () => {
      expect(skip.flatMap(({ tests }) => tests).filter((test) => !names.includes(test))).toEqual([]);
    });
  });
}
