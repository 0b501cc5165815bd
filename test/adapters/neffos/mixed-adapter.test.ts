import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MixedAdapter } from '../../../src/adapters/neffos/mixed-adapter.js';
import type { Adapter, Envelope } from '../../../src/ports/adapter.js';
import type { Target } from '../../../src/ports/hub.js';
import type { MetricName } from '../../../src/ports/metrics.js';
import { adapterContract } from '../../contract/adapter.contract.js';
import { RecordingHost } from '../../support/adapter-host.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryBroker } from '../../support/memory-broker.js';

const SOON = { timeout: 10_000, interval: 5 };

/** As over Redis, but for one name that the broker has no channel for. */
const channelOf = (name: string): string | undefined => (name === 'none' ? undefined : `neffos.${name}.`);

const mixedAdapter = (broker: MemoryBroker, maxQueueBytes?: number): Adapter =>
  new MixedAdapter({
    broker,
    channelOf,
    options: { app: 'app', ...(maxQueueBytes !== undefined && { maxQueueBytes }) },
  });

adapterContract({
  name: 'MixedAdapter',
  create: async () => {
    const broker = new MemoryBroker();
    return { adapters: [1, 2, 3].map(() => mixedAdapter(broker)), dispose: async () => {} };
  },
  skip: [
    {
      reason: 'one more name stands for all servers of neffos',
      tests: [
        'knows the other servers by name, without those that have stopped, and tells of who has left',
        'knows the servers that are there when start is fulfilled',
      ],
    },
  ],
});

function targetIn(namespace: string, target: Partial<Target> = {}): Target {
  return { namespace, rooms: [], ids: [], exceptIds: [], exceptKeys: [], ...target };
}

describe('MixedAdapter', () => {
  it('refuses with ADAPTER_DOWN what is broadcast after it was stopped', async () => {
    const adapter = mixedAdapter(new MemoryBroker());
    await adapter.start(new RecordingHost('a'));
    await adapter.stop();
    const content = { event: 'e', body: 'late', binary: false };

    const published = adapter.publish({ kind: 'broadcast', from: 'a', target: targetIn('default'), content });

    await expect(published).rejects.toMatchObject({ code: 'ADAPTER_DOWN' });
  });

  it('goes on with nothing when it is stopped while it starts', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker();
    const adapter = mixedAdapter(broker);

    const started = adapter.start(new RecordingHost('a', { scheduler: clock }));
    const stopped = adapter.stop();
    await clock.advance(3_000);
    await Promise.all([started, stopped]);
    await clock.advance(20_000);

    expect([broker.sessions.size, clock.timers]).toEqual([0, 0]);
  });
});

interface Said {
  readonly body?: string | Uint8Array;
  readonly event?: string;
}

class Node {
  readonly host = new RecordingHost('server-a');
  readonly broker = new MemoryBroker();
  readonly adapter: Adapter;
  /** What was published on channels of neffos. */
  readonly sent: string[] = [];

  #isHearing = false;

  private constructor(maxQueueBytes?: number) {
    this.adapter = mixedAdapter(this.broker, maxQueueBytes);
    this.broker.loses = ({ channel, bytes }) => {
      if (!channel.startsWith('app.') && !this.#isHearing)
        this.sent.push(`${channel} ${Buffer.from(bytes).toString()}`);
      return false;
    };
    onTestFinished(() => this.adapter.stop());
  }

  static async start(maxQueueBytes?: number): Promise<Node> {
    const node = new Node(maxQueueBytes);
    await node.adapter.start(node.host);
    await node.adapter.subscribe([
      { kind: 'namespace', namespace: 'default' },
      { kind: 'id', id: 'maria' },
    ]);
    return node;
  }

  async broadcast(target: Target, { body = 'hi', event = 'e' }: Said = {}): Promise<void> {
    const content = { event, body, binary: typeof body !== 'string' };
    await this.adapter.publish({ kind: 'broadcast', from: 'server-a', target, content });
  }

  hear(channel: string, payload: string | Uint8Array): void {
    this.#isHearing = true;
    this.broker.spread({ channel, bytes: Buffer.from(payload) });
    this.#isHearing = false;
  }

  /** Fulfilled when what was broadcast before is on its way. */
  async settled(): Promise<void> {
    await this.broadcast(targetIn('marker'));
    await vi.waitFor(() => expect(this.sent.at(-1)).toContain('marker'), SOON);
    this.sent.pop();
  }

  count(name: MetricName): number {
    return this.host.metrics.get(name);
  }
}

const UNUSABLE = 'the channels of neffos cannot be used: it is tried again';
const OWN = 'neffos(0xnefeli)';
const TOKEN = 'R795000000000000000';

describe('MixedAdapter', () => {
  it('says to neffos what it says to its own kind, with one payload for each room and id', async () => {
    const node = await Node.start();

    await node.broadcast(targetIn('default'));
    await node.broadcast(targetIn('se;mi', { rooms: ['lob;by'] }), { body: 'a;b', event: 'e;f' });
    await node.broadcast(targetIn('default', { rooms: ['a', 'b'], ids: ['x', 'y'] }));
    await node.broadcast(targetIn('default', { exceptKeys: ['key of a connection of this server'] }));
    await node.broadcast(targetIn('default'), { body: Buffer.from('text as bytes') });
    await node.settled();

    expect(node.sent).toEqual([
      `neffos.default. ${OWN};default;;e;0;0;hi`,
      `neffos.se;mi. ${OWN};se@%!semicolon@%!mi;lob@%!semicolon@%!by;e@%!semicolon@%!f;0;0;a;b`,
      `neffos.x. ${OWN};default;a;e;0;0;hi`,
      `neffos.y. ${OWN};default;a;e;0;0;hi`,
      `neffos.x. ${OWN};default;b;e;0;0;hi`,
      `neffos.y. ${OWN};default;b;e;0;0;hi`,
      `neffos.default. ${OWN};default;;e;0;0;hi`,
      `neffos.default. ${OWN};default;;e;0;0;text as bytes`,
    ]);
  });

  const SKIPPED: readonly { why: string; target: Target; said?: Said }[] = [
    { why: 'an id that is left out', target: targetIn('default', { exceptIds: ['maria'] }) },
    { why: 'bytes that are no text', target: targetIn('default'), said: { body: Uint8Array.of(255) } },
    { why: 'a raw message', target: targetIn('default'), said: { event: '_OnNativeMessage' } },
    { why: 'a name that holds the text for a semicolon', target: targetIn('default', { rooms: ['@%!semicolon@%!'] }) },
    { why: 'a name that the broker has no channel for', target: targetIn('none') },
    { why: 'an id that is the name of its namespace', target: targetIn('other', { ids: ['other'] }) },
    { why: 'an id that is the name of a namespace here', target: targetIn('other', { ids: ['default'] }) },
  ];

  it.each(SKIPPED)('does not say $why to neffos, counts it, and logs it once', async ({ target, said }) => {
    const node = await Node.start();

    for (let times = 0; times < 2; times += 1) await node.broadcast(target, said);
    await node.settled();

    expect(node.sent).toEqual([]);
    expect(node.count('neffos.skipped')).toBe(2);
    expect(node.host.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('delivers what neffos says to all of a namespace, to a room, and to an id', async () => {
    const node = await Node.start();

    node.hear('neffos.default.', ';default;;e;0;0;to all');
    node.hear('neffos.default.', 'neffos(0x1(maria0xc0));default;lobby;e;0;0;to a room');
    node.hear('neffos.maria.', ';default;;e;0;0;to maria');
    node.hear('neffos.default.', '$77;default;;e;0;0;with the token of a client');
    node.hear('neffos.default.', Buffer.from([...Buffer.from(';default;;e;0;0;'), 255]));

    const content = (body: string | Uint8Array): object => ({ event: 'e', body, binary: typeof body !== 'string' });
    expect(node.host.received).toEqual(
      [
        { target: targetIn('default'), content: content('to all') },
        { target: targetIn('default', { rooms: ['lobby'] }), content: content('to a room') },
        { target: targetIn('default', { ids: ['maria'] }), content: content('to maria') },
        { target: targetIn('default'), content: content('with the token of a client') },
        { target: targetIn('default'), content: content(Uint8Array.of(255)) },
      ].map((broadcast) => ({ kind: 'broadcast', from: 'neffos', ...broadcast })),
    );
  });

  it.each([
    '',
    'x',
    ';;;;;',
    ';default;;e;0;0',
    ';;;e;0;0;',
    ';other;;e;0;0;x',
    ';default;;;0;0;x',
    ';default;;_OnRoomJoin;0;0;x',
    `;default;${'x'.repeat(300)};e;0;0;x`,
    `${'x'.repeat(5_000)};default;;e;0;0;x`,
    Buffer.from([255, 59, 59, 59, 59, 59, 59]),
  ])('drops %j as malformed', async (payload) => {
    const node = await Node.start();

    node.hear('neffos.default.', payload);

    expect(node.host.received).toEqual([]);
    expect(node.count('adapter.malformed')).toBe(1);
  });

  it('drops what neffos says as an error: there is no handler for it', async () => {
    const node = await Node.start();

    node.hear('neffos.default.', ';default;;e;1;0;x');

    expect(node.host.received).toEqual([]);
    expect(node.count('adapter.dropped')).toBe(1);
  });

  it('hears a channel as long as a namespace or an id of that name is there', async () => {
    const node = await Node.start();
    const both = [{ kind: 'namespace', namespace: 'x' } as const, { kind: 'id', id: 'x' } as const];
    const channels = (): boolean[] => [...node.broker.sessions].map((session) => session.channels.has('neffos.x.'));
    await node.adapter.subscribe(both);
    expect(channels()).toEqual([true]);

    node.adapter.unsubscribe(both.slice(0, 1));
    await node.adapter.subscribe([{ kind: 'namespace', namespace: 'later' }]);
    expect(channels()).toEqual([true]);
    node.adapter.unsubscribe(both);
    await node.adapter.subscribe([{ kind: 'namespace', namespace: 'last' }]);

    expect(channels()).toEqual([false]);
  });

  it('listens to no room: its messages come with those of the namespace', async () => {
    const node = await Node.start();

    await node.adapter.subscribe([{ kind: 'room', namespace: 'default', room: 'lobby' }]);

    expect(node.broker.commands.flat().filter((name) => /^neffos.*lobby/.test(name))).toEqual([]);
  });

  it('answers an ask of neffos on the channel that its token names, and no other token', async () => {
    const node = await Node.start();
    node.hear('neffos.default.', `${TOKEN};default;lobby;question;0;0;?`);
    node.hear('neffos.default.', 'app.all;default;;e;0;0;a channel of ours for a token');

    const [query, broadcast] = node.host.received;
    expect(query).toMatchObject({
      ...{ kind: 'query', from: 'neffos', queryId: TOKEN },
      query: {
        kind: 'ask',
        target: targetIn('default', { rooms: ['lobby'] }),
        content: { event: 'question', body: '?' },
      },
    });
    expect(broadcast).toMatchObject({ kind: 'broadcast' });
    const result = { kind: 'reply', id: 'maria', body: 'of; course' } as const;
    const to = { from: 'server-a', to: 'neffos', queryId: TOKEN };
    await node.adapter.publish({ kind: 'result', ...to, result, isLast: true });
    await node.adapter.publish({ kind: 'result', ...to, result, isLast: true });
    await node.settled();

    expect(node.sent).toEqual([`${TOKEN} ;default;lobby;question;0;0;of; course`]);
  });

  it('says nothing to neffos when nobody here was meant, and the text when the answer was an error', async () => {
    const node = await Node.start();
    const answer = async (queryId: string, result: Extract<Envelope, { kind: 'result' }>['result']): Promise<void> => {
      node.hear('neffos.default.', `${queryId};default;;question;0;0;?`);
      await node.adapter.publish({ kind: 'result', from: 'server-a', to: 'neffos', queryId, result, isLast: true });
    };

    await answer(`${TOKEN}1`, { kind: 'nobody' });
    await answer(`${TOKEN}2`, { kind: 'error', text: 'not; now' });
    await answer(`${TOKEN}3`, { kind: 'reply', id: 'maria', body: Uint8Array.of(255) });
    await node.settled();

    expect(node.sent.slice(0, 1)).toEqual([`${TOKEN}2 ;default;;question;1;0;not; now`]);
    expect(node.sent).toHaveLength(2);
  });

  it('asks neffos with a token that it gives back, listens before it asks, and no longer than it must', async () => {
    const node = await Node.start();
    const query = ask(targetIn('default', { ids: ['x'] }));
    await node.adapter.publish({ kind: 'query', from: 'server-a', queryId: 'q', query });
    await vi.waitFor(() => expect(node.sent).toHaveLength(1), SOON);

    const [, random = ''] = /^neffos\.x\. N!!!([0-9a-f]{16,});default;;question;0;0;\?$/.exec(node.sent[0] ?? '') ?? [];
    const commands = node.broker.commands.map((command) => command.join(' '));
    expect(commands.indexOf(`subscribe N${random} N!${random}`)).toBeLessThan(commands.indexOf('publish neffos.x.'));
    for (const channel of [`N!${random}`, `N${random}`]) node.hear(channel, ';default;;question;0;0;yes');
    await vi.waitFor(() => expect(node.broker.commands.at(-1)).toEqual(['unsubscribe', `N${random}`, `N!${random}`]));

    const result = { kind: 'reply', id: 'x', body: 'yes' };
    expect(node.host.received).toEqual([
      { kind: 'result', from: 'neffos', to: 'server-a', queryId: 'q', result, isLast: true },
    ]);
  });

  it.each(['cancel', 'time'])('gives up asking neffos by %s', async (by) => {
    const node = await Node.start();
    const query = { ...ask(targetIn('default')), timeoutMs: by === 'time' ? 20 : 60_000 };
    await node.adapter.publish({ kind: 'query', from: 'server-a', queryId: 'q', query });
    await vi.waitFor(() => expect(node.sent).toHaveLength(1), SOON);

    if (by === 'cancel') await node.adapter.publish({ kind: 'cancel', from: 'server-a', queryId: 'q' });

    await vi.waitFor(() => expect(node.broker.commands.at(-1)?.[0]).toBe('unsubscribe'), SOON);
    expect(node.host.received).toEqual([]);
  });

  it('answers at once for neffos what it cannot be asked', async () => {
    const node = await Node.start();
    const target = targetIn('default');
    const content = { event: 'e', body: 'hi', binary: false };

    for (const query of [
      { kind: 'count', target } as const,
      { kind: 'broadcast', target, content } as const,
      ask(targetIn('default', { exceptIds: ['x'] })),
    ]) {
      await node.adapter.publish({ kind: 'query', from: 'server-a', queryId: query.kind, query });
    }
    await node.settled();

    const kinds = node.host.received.map(
      (envelope) => envelope.kind === 'result' && [envelope.queryId, envelope.result],
    );
    expect(kinds).toEqual(['count', 'broadcast', 'ask'].map((queryId) => [queryId, { kind: 'nobody' }]));
    expect(node.sent).toEqual([`neffos.default. ${OWN};default;;e;0;0;hi`]);
  });

  it('keeps for neffos what is broadcast while the broker is away, and holds it back until neffos may be there', async () => {
    const node = await Node.start();
    node.broker.isDown = true;
    node.broker.kill();

    await node.broadcast(targetIn('default'));
    node.broker.isDown = false;
    await vi.waitFor(() => expect(node.host.states).toEqual(['down', 'up']), SOON);
    expect(node.sent).toEqual([]);

    await vi.waitFor(() => expect(node.sent).toEqual([`neffos.default. ${OWN};default;;e;0;0;hi`]), SOON);
    expect(node.count('neffos.lost')).toBe(0);
    node.hear('neffos.default.', ';default;;e;0;0;back');
    expect(node.host.received).toHaveLength(1);
  });

  it('does not send to neffos again what the broker may have: it counts it', async () => {
    const node = await Node.start();
    node.broker.forgetsToConfirm = true;
    await node.broadcast(targetIn('default'));
    await vi.waitFor(() => expect(node.sent).toHaveLength(1), SOON);

    await vi.waitFor(() => expect(node.count('neffos.lost')).toBe(1), SOON);
    node.broker.forgetsToConfirm = false;
    await vi.waitFor(() => expect(node.host.states.at(-1)).toBe('up'), SOON);
    await node.settled();

    expect(node.sent).toHaveLength(1);
  });

  it('sends nothing to neffos that was refused as too much', async () => {
    const node = await Node.start(0);
    node.broker.isDown = true;
    node.broker.kill();

    await expect(node.broadcast(targetIn('default'))).rejects.toThrow(/^ADAPTER_FULL/);
    node.broker.isDown = false;
    await vi.waitFor(() => expect(node.host.states.at(-1)).toBe('up'), SOON);
    await node.settled();

    expect(node.sent).toEqual([]);
  });

  it('gives a broker that is slow the time for what its own kind is sent before it takes what neffos is sent for lost', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker();
    const adapter = mixedAdapter(broker);
    const host = new RecordingHost('a', { scheduler: clock });
    const started = adapter.start(host);
    await clock.advance(3_000);
    await started;
    let toNeffos = 0;
    broker.loses = ({ channel }) => {
      if (channel.startsWith('neffos.')) toNeffos += 1;
      return false;
    };

    broker.pace = () => new Promise((resolve) => void clock.after(450, resolve));
    for (let count = 0; count < 12; count += 1) {
      const content = { event: 'e', body: 'x'.repeat(200_000), binary: false };
      void adapter.publish({ kind: 'broadcast', from: 'a', target: targetIn('default'), content });
    }
    await clock.advance(30_000);
    broker.pace = undefined;
    await adapter.stop();

    expect(toNeffos).toBe(12);
    expect([host.metrics.get('neffos.lost'), host.states]).toEqual([0, []]);
  });

  it('gives up a broker that stands still also where it was waiting for neffos first', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker();
    const adapter = mixedAdapter(broker);
    const host = new RecordingHost('a', { scheduler: clock });
    const started = adapter.start(host);
    await clock.advance(3_000);
    await started;

    broker.isStalled = true;
    void adapter.subscribe([{ kind: 'namespace', namespace: 'default' }]);
    const content = { event: 'e', body: 'x', binary: false };
    void adapter.publish({ kind: 'broadcast', from: 'a', target: targetIn('default'), content });
    await clock.advance(9_000);
    const { states } = host;
    await adapter.stop();

    expect(states).toEqual(['down']);
  });

  it('has one session with the broker, for both, also after several outages', async () => {
    const node = await Node.start();

    for (let outage = 1; outage <= 3; outage += 1) {
      node.broker.kill();
      await vi.waitFor(() => expect(node.host.states).toHaveLength(outage * 2), SOON);
      await node.adapter.subscribe([{ kind: 'namespace', namespace: `later-${outage}` }]);
      expect(node.broker.sessions.size).toBe(1);
    }
    const channels = (): string[] => [...node.broker.sessions].flatMap((session) => [...session.channels]);
    const some = ['app.all', 'neffos.default.', 'neffos.maria.', 'neffos.later-1.', 'neffos.later-3.'];
    await vi.waitFor(() => expect(channels()).toEqual(expect.arrayContaining(some)), SOON);
  });

  it('goes on with its own kind where it has no right to the channels of neffos, says so, and tries again', async () => {
    const node = await Node.start();
    node.broker.forbids = (channel) => channel === 'neffos.later.';

    await node.adapter.subscribe([{ kind: 'namespace', namespace: 'later' }]);
    await vi.waitFor(() => expect(node.host.log.lines.map(({ message }) => message)).toContain(UNUSABLE), SOON);
    expect(node.host.states).toEqual([]);
    node.broker.forbids = () => false;
    const channels = (): boolean[] => [...node.broker.sessions].map((session) => session.channels.has('neffos.later.'));
    await vi.waitFor(() => expect(channels()).toEqual([true]), SOON);

    node.hear('neffos.default.', ';default;;e;0;0;hi');
    expect(node.host.received).toHaveLength(1);
    expect(node.host.log.lines).toHaveLength(1);
    expect(node.broker.connects).toBe(1);
  });

  it.each(['fail', 'degrade'] as const)(
    "starts with whenDown: '%s' when the broker is away as without neffos",
    async (whenDown) => {
      const broker = new MemoryBroker();
      broker.isDown = true;
      const host = new RecordingHost('server-a');
      const adapter = new MixedAdapter({ broker, channelOf, options: { app: 'app', whenDown } });
      onTestFinished(() => adapter.stop());

      const starting = adapter.start(host);
      if (whenDown === 'fail') return await expect(starting).rejects.toThrow(/^ADAPTER_UNREACHABLE/);
      await starting;
      await adapter.subscribe([{ kind: 'namespace', namespace: 'default' }]);
      broker.isDown = false;

      const channels = (): string[] => [...broker.sessions].flatMap((session) => [...session.channels]);
      await vi.waitFor(() => expect(channels()).toContain('neffos.default.'), SOON);
    },
  );

  it('knows all servers of neffos under one name, until it stops', async () => {
    const node = await Node.start();

    expect(node.adapter.peers()).toEqual(['neffos']);
    await node.adapter.stop();

    expect(node.adapter.peers()).toEqual([]);
    expect(node.broker.sessions.size).toBe(0);
  });

  it('sends what waits before it stops', async () => {
    const node = await Node.start();
    await node.broadcast(targetIn('default'));

    await node.adapter.stop();

    expect(node.sent).toHaveLength(1);
  });
});

function ask(target: Target): Extract<Extract<Envelope, { kind: 'query' }>['query'], { kind: 'ask' }> {
  return { kind: 'ask', target, content: { event: 'question', body: '?', binary: false }, timeoutMs: 60_000 };
}
