import { describe, expect, it } from 'vitest';
import { BrokerAdapter } from '../../../src/adapters/broker/broker-adapter.js';
import type { BrokerAdapterOptions } from '../../../src/adapters/broker/broker-options.js';
import { Channels } from '../../../src/adapters/broker/channels.js';
import { PacketCodec } from '../../../src/adapters/broker/packet-codec.js';
import type { Adapter, Envelope } from '../../../src/ports/adapter.js';
import type { Scheduler } from '../../../src/ports/clock.js';
import type { Topic } from '../../../src/ports/topic.js';
import { RecordingHost } from '../../support/adapter-host.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryBroker } from '../../support/memory-broker.js';
import { settle } from '../../support/test-server.js';

const inDefault: readonly Topic[] = [{ kind: 'namespace', namespace: 'default' }];
const channel = new Channels('test').of({ kind: 'namespace', namespace: 'default' });

interface Node {
  readonly host: RecordingHost;
  readonly adapter: Adapter;
  readonly stoodStill: { ms: number };
  /** What has arrived here, body by body. */
  readonly bodies: () => unknown[];
  readonly send: (...bodies: readonly string[]) => void;
  readonly lost: () => number;
}

/** Two servers do not come back at one moment. */
const randomOf = (id: string) => ({ token: () => 't', uuid: () => 'u', fraction: () => (id === 'a' ? 0.5 : 0.9) });

function makeNode(id: string, broker: MemoryBroker, clock: ManualClock, options?: Partial<BrokerAdapterOptions>): Node {
  /** Set by a test that lets a process stand still: its clock is ahead of its timers then. */
  const stoodStill = { ms: 0 };
  const scheduler: Scheduler = {
    nowMs: () => clock.nowMs() + stoodStill.ms,
    after: (delayMs, task) => clock.after(delayMs, task),
  };
  const host = new RecordingHost(id, { scheduler, random: randomOf(id) });
  const adapter = new BrokerAdapter(broker, { app: 'test', ...options });
  return {
    host,
    adapter,
    stoodStill,
    bodies: () => host.received.flatMap((envelope) => (envelope.kind === 'broadcast' ? [envelope.content.body] : [])),
    send: (...bodies) => {
      for (const body of bodies) void adapter.publish(broadcastOf(id, body));
    },
    lost: () => host.metrics.get('adapter.lost'),
  };
}

const broadcastOf = (from: string, body: string): Envelope => ({
  ...{ kind: 'broadcast', from },
  target: { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] },
  content: { event: 'e', body, binary: false },
});

/** Servers on one broker and one clock that stands still, all subscribed to `default`. */
async function together(count: number, options?: Partial<BrokerAdapterOptions>) {
  const broker = new MemoryBroker();
  const clock = new ManualClock();
  const nodes = Array.from({ length: count }, (_, index) => makeNode('abcdef'[index] ?? '', broker, clock, options));
  for (const node of nodes) await startNode(node, clock);
  for (const { adapter } of nodes) await adapter.subscribe(inDefault);
  broker.commands.length = 0;
  return { broker, clock, nodes: nodes as [Node, Node, Node] }; // as many as a test has asked for
}

async function startNode({ adapter, host }: Node, clock: ManualClock): Promise<void> {
  const started = adapter.start(host);
  await clock.advance(500);
  await started;
}

describe('a server over a broker', () => {
  describe('sending', () => {
    it('publishes at once what comes when nothing is under way, and what follows it in that turn with one call, in one packet', async () => {
      const { broker, nodes } = await together(2);

      nodes[0].send('1', '2', '3');
      expect(broker.commands).toEqual([['publish', channel]]);
      await settle();

      expect(broker.commands).toEqual([
        ['publish', channel],
        ['publish', channel],
      ]);
      expect(nodes[1].bodies()).toEqual(['1', '2', '3']);
    });

    it('subscribes and unsubscribes what one turn changes with one command each, and nothing that changes back', async () => {
      const { broker, nodes } = await together(1);
      const [{ adapter }] = nodes;
      const topics = ['x', 'y', 'z'].map((id): Topic => ({ kind: 'id', id }));

      for (const topic of topics) void adapter.subscribe([topic]);
      adapter.unsubscribe(topics.slice(2));
      await settle();
      adapter.unsubscribe(topics.slice(0, 2));
      void adapter.subscribe(topics.slice(1, 2));
      await settle();

      expect(broker.commands).toEqual([
        ['subscribe', 'test.i.eA', 'test.i.eQ'],
        ['unsubscribe', 'test.i.eA'],
      ]);
    });
  });

  describe('while the broker is down', () => {
    it('says so, and lets wait what is broadcast: it arrives in order when the broker is back', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      a.send('before');
      await settle();

      broker.isDown = true;
      broker.kill();
      a.send('1', '2');
      await clock.advance(60_000);
      expect([a.host.states, b.bodies()]).toEqual([['down'], ['before']]);
      broker.isDown = false;
      await clock.advance(10_000);

      expect(a.host.states).toEqual(['down', 'up']);
      expect(b.bodies()).toEqual(['before', '1', '2']);
      expect([a.lost(), b.lost()]).toEqual([0, 0]);
    });

    it('refuses with ADAPTER_FULL what exceeds maxQueueBytes, and all of it where that is 0', async () => {
      for (const [maxQueueBytes, fits] of [
        [1_000, 3],
        [0, 0],
      ] as const) {
        const { broker, clock, nodes } = await together(2, { maxQueueBytes });
        const [a, b] = nodes;
        broker.isDown = true;
        broker.kill();
        await settle();

        const send = (body: string): void => a.send(body.padEnd(150, '.'));
        for (let index = 0; index < fits; index += 1) send(String(index));
        expect(() => send('one too many')).toThrow(
          `ADAPTER_FULL: a message for other servers was refused: ${maxQueueBytes} bytes wait for MemoryBroker already. ` +
            'Send less while it is down or slow, or raise maxQueueBytes of the adapter.',
        );
        broker.isDown = false;
        await clock.advance(10_000);

        expect(b.bodies()).toHaveLength(fits);
        a.send('and then');
        await settle();
        expect([b.bodies().length, b.lost()]).toEqual([fits + 1, 0]);
        for (const { adapter } of nodes) await adapter.stop();
      }
    });

    it('refuses with ADAPTER_DOWN what nobody can wait for: a query, a result, a cancel', async () => {
      const { broker, nodes } = await together(1);
      broker.isDown = true;
      broker.kill();
      await settle();

      expect(() => nodes[0].adapter.publish({ kind: 'cancel', from: 'a', queryId: 'q' })).toThrow(
        'ADAPTER_DOWN: MemoryBroker cannot be reached at the moment, so the other servers cannot be asked. ' +
          "Try again when app.nefeli.cluster.state is 'up'.",
      );
    });

    it('rejects a query that was under way with it', async () => {
      const { broker, nodes } = await together(1);
      broker.isStalled = true;
      const published = nodes[0].adapter.publish({ kind: 'cancel', from: 'a', queryId: 'q' });
      await settle();

      broker.kill();

      await expect(published).rejects.toMatchObject({ code: 'ADAPTER_DOWN' });
    });

    it('takes part in what was subscribed meanwhile, and no more in what was left, when it is back', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      broker.isDown = true;
      broker.kill();
      await settle();

      await b.adapter.subscribe([{ kind: 'id', id: 'maria' }]);
      b.adapter.unsubscribe(inDefault);
      broker.isDown = false;
      await clock.advance(10_000);
      void a.adapter.publish({
        ...broadcastOf('a', 'to maria'),
        target: { namespace: 'default', rooms: [], ids: ['maria'], exceptIds: [], exceptKeys: [] },
      } as Envelope);
      a.send('to all');
      await settle();

      expect(b.bodies()).toEqual(['to maria']);
    });

    it('misses nothing of a topic that was subscribed while a new session was made ready, from when that is told', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      const target = { namespace: 'default', rooms: [], ids: ['maria'], exceptIds: [], exceptKeys: [] };
      broker.pace = (command) => new Promise((resolve) => void clock.after(command === 'subscribe' ? 400 : 1, resolve));
      broker.kill();
      await clock.advance(200);

      const subscribed = Promise.resolve(b.adapter.subscribe([{ kind: 'id', id: 'maria' }]));
      void subscribed.then(() => a.adapter.publish({ ...broadcastOf('a', 'to maria'), target } as Envelope));
      await clock.advance(10_000);

      expect(b.bodies()).toEqual(['to maria']);
    });

    it('goes on with who subscribes while a new session is made ready, when that fails', async () => {
      const { broker, clock, nodes } = await together(2);
      const [, b] = nodes;
      broker.pace = () => new Promise((resolve) => void clock.after(400, resolve));
      broker.kill();
      await clock.advance(200);

      const subscribed = b.adapter.subscribe([{ kind: 'id', id: 'maria' }]);
      broker.isDown = true;
      broker.kill();
      await clock.advance(500);

      await expect(subscribed).resolves.toBeUndefined();
    });

    it('resubscribes all there is with one command', async () => {
      const { broker, clock, nodes } = await together(1);
      const [{ adapter }] = nodes;
      for (let index = 0; index < 50; index += 1) await adapter.subscribe([{ kind: 'id', id: String(index) }]);
      broker.kill();
      broker.commands.length = 0;

      await clock.advance(1_000);

      const subscribes = broker.commands.filter(([command]) => command === 'subscribe');
      expect(subscribes.map(({ length }) => length)).toEqual([1 + 53]);
    });

    it('tries for it for ever, each wait anywhere between none and a bound that doubles from 100 ms to 5 s', async () => {
      const { broker, clock } = await together(1);
      broker.isDown = true;
      broker.kill();
      const waits: number[] = [];
      let attempts = broker.connects;
      let lastMs = clock.nowMs();

      while (waits.length < 10) {
        await clock.advance(25);
        if (broker.connects === attempts) continue;
        attempts = broker.connects;
        waits.push(clock.nowMs() - lastMs);
        lastMs = clock.nowMs();
      }

      // The random number of this test is always a half.
      expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500, 2_500]);
    });

    it('does not forget the others, who are cut off as well, and gives them their time when it is back', async () => {
      const { broker, clock, nodes } = await together(2);
      broker.isDown = true;
      broker.kill();
      await clock.advance(60_000);
      broker.isDown = false;
      await clock.advance(10_000);

      expect(nodes[0].adapter.peers()).toEqual(['b']);
      expect(nodes[0].host.left).toEqual([]);
    });

    it('logs when it goes and when it is back, and nothing loud between', async () => {
      const { broker, clock, nodes } = await together(1);
      broker.isDown = true;
      broker.kill();
      await clock.advance(60_000);
      broker.isDown = false;
      await clock.advance(10_000);

      const loud = nodes[0].host.log.lines.filter(({ level }) => level !== 'debug');
      expect(loud.map(({ level, message }) => [level, message])).toEqual([
        ['warn', 'the broker cannot be reached: it is tried for'],
        ['info', 'the broker can be reached again'],
      ]);
    });
  });

  describe('what the broker may not have', () => {
    it('is sent again, and dropped by who has it already', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      broker.forgetsToConfirm = true;
      a.send('1', '2');
      await settle();
      expect(b.bodies()).toEqual(['1', '2']);

      broker.kill((index) => index === 0);
      broker.forgetsToConfirm = false;
      a.send('3');
      await clock.advance(10_000);

      expect(b.bodies()).toEqual(['1', '2', '3']);
      expect([b.lost(), b.host.metrics.get('adapter.repeated')]).toEqual([0, 2]);
    });

    it('is given up after 5 sessions that have ended with it, counted as adapter.failed, and what follows is sent', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      broker.loses = ({ bytes }) => {
        if (Buffer.from(bytes).includes('poison')) throw new Error('no permission');
        return false;
      };

      a.send('poison');
      await clock.advance(0);
      a.send('fine');
      await clock.advance(60_000);

      expect(b.bodies()).toEqual(['fine']);
      expect(a.host.metrics.get('adapter.failed')).toBe(1);
      expect(a.host.states.at(-1)).toBe('up');
    });

    it('is held back until the others are there again, so that they do not miss it', async () => {
      const { broker, clock, nodes } = await together(3);
      const [a, b, c] = nodes;
      broker.isStalled = true;
      a.send('1');
      await settle();
      broker.isStalled = false;

      broker.kill();
      await clock.advance(1_000);

      expect([b.bodies(), c.bodies()]).toEqual([['1'], ['1']]);
      expect([b.lost(), c.lost()]).toEqual([0, 0]);
    });

    it('is held back for 6 s at most, for one that does not come back', async () => {
      const { broker, clock, nodes } = await together(3);
      const [a, b, c] = nodes;
      broker.kill();
      broker.loses = ({ channel: at }) => at === 'test.s.YQ'; // nobody hears an answer
      a.send('1');
      await c.adapter.stop();
      await clock.advance(1_000);
      broker.loses = () => false;
      expect(b.bodies()).toEqual([]);
      await clock.advance(6_000);

      expect(b.bodies()).toEqual(['1']);
    });
  });

  describe('what was published and has not arrived', () => {
    it('is counted as adapter.lost with the next message on its channel', async () => {
      const { broker, nodes } = await together(2);
      const [a, b] = nodes;
      a.send('1');
      await settle();
      broker.loses = ({ channel: to }) => to === channel;
      a.send('2', '3');
      await settle();
      broker.loses = () => false;
      a.send('4');
      await settle();

      expect(b.bodies()).toEqual(['1', '4']);
      expect([a.lost(), b.lost()]).toEqual([0, 2]);
    });

    it('is counted with the next beat where nothing follows it, and with the bye of a server that stops', async () => {
      for (const end of ['beat', 'bye'] as const) {
        const { broker, clock, nodes } = await together(2);
        const [a, b] = nodes;
        a.send('1');
        await settle();
        broker.loses = ({ channel: to }) => to === channel;
        a.send('2', '3');
        await settle();

        if (end === 'beat') await clock.advance(3_000);
        else await a.adapter.stop();

        expect(b.lost()).toBe(2);
      }
    });

    it('is not what was sent before a topic was subscribed, whatever was told of it before that', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      const maria: readonly Topic[] = [{ kind: 'id', id: 'maria' }];
      const target = { namespace: 'default', rooms: [], ids: ['maria'], exceptIds: [], exceptKeys: [] };
      const toMaria = (body: string): void => void a.adapter.publish({ ...broadcastOf('a', body), target } as Envelope);
      await clock.advance(4_500);
      toMaria('1');
      await settle();
      broker.pace = (command) =>
        new Promise((resolve) => void clock.after(command === 'subscribe' ? 1_500 : 1, resolve));
      void b.adapter.subscribe(maria);
      await clock.advance(1_400); // the beat tells of the first
      toMaria('2');
      await clock.advance(1_000);
      toMaria('3');
      await clock.advance(10);
      expect([b.bodies(), b.lost()]).toEqual([['3'], 0]);

      b.adapter.unsubscribe(maria);
      void b.adapter.subscribe(maria);
      toMaria('4');
      await clock.advance(10);
      b.adapter.unsubscribe(maria);
      await clock.advance(10);
      void b.adapter.subscribe(maria);
      toMaria('5');
      await clock.advance(1_000);
      toMaria('6');
      await clock.advance(1_000);
      toMaria('7');
      await clock.advance(10);

      expect([b.bodies(), b.lost()]).toEqual([['3', '4', '7'], 0]);
      toMaria('8');
      broker.loses = () => true;
      await clock.advance(10);
      broker.loses = () => false;
      toMaria('9');
      await clock.advance(10);
      expect([b.bodies(), b.lost()]).toEqual([['3', '4', '7', '9'], 1]);
    });

    it('is not what was sent before a topic was subscribed by who comes back with very many', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      const target = { namespace: 'default', rooms: [], ids: ['maria'], exceptIds: [], exceptKeys: [] };
      const toMaria = (body: string): void => void a.adapter.publish({ ...broadcastOf('a', body), target } as Envelope);
      await clock.advance(6_500);
      toMaria('1');
      await settle();
      broker.kill((index) => index === 1);
      await b.adapter.subscribe(
        Array.from({ length: 10_000 }, (_, index): Topic => ({ kind: 'id', id: String(index) })),
      );
      await b.adapter.subscribe([{ kind: 'id', id: 'maria' }]);

      broker.pace = (command) =>
        new Promise((resolve) => void clock.after(command === 'subscribe' ? 1_000 : 1, resolve));
      await clock.advance(1_550); // the beat tells of the first
      toMaria('2');
      await clock.advance(1_000);
      toMaria('3');
      await clock.advance(10);

      expect(b.bodies().at(-1)).toBe('3');
      expect(b.lost()).toBe(0);
    });

    it('is counted by who was cut off, when it comes back', async () => {
      const { broker, clock, nodes } = await together(3);
      const [a, b, c] = nodes;
      a.send('1');
      await settle();
      broker.kill((index) => index === 1);
      a.send('2', '3');
      await settle();
      await clock.advance(1_000);

      expect([b.bodies(), c.bodies()]).toEqual([['1'], ['1', '2', '3']]);
      expect([b.lost(), c.lost()]).toEqual([2, 0]);
    });

    it('is counted by who has stopped with it', async () => {
      const { broker, clock, nodes } = await together(1);
      const [a] = nodes;
      broker.isDown = true;
      broker.kill();
      a.send('1', '2');

      const stopped = a.adapter.stop();
      await clock.advance(2_000);
      await stopped;

      expect(a.lost()).toBe(2);
    });
  });

  describe('a server that stops', () => {
    it('sends what waits, and then takes its leave', async () => {
      const { clock, nodes } = await together(2);
      const [a, b] = nodes;
      a.send('1', '2');

      const stopped = a.adapter.stop();
      await clock.advance(0);
      await stopped;

      expect(b.bodies()).toEqual(['1', '2']);
      expect([b.host.left, b.adapter.peers(), b.lost()]).toEqual([['a'], [], 0]);
    });

    it('refuses with ADAPTER_DOWN what is broadcast afterwards', async () => {
      const { nodes } = await together(1);
      await nodes[0].adapter.stop();

      expect(() => nodes[0].send('late')).toThrow('ADAPTER_DOWN');
    });

    it('takes its leave also where its session was being made ready', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      broker.kill((index) => index === 0);
      let stopped: Promise<void> | undefined;
      broker.loses = ({ channel: to }) => {
        if (to === 'test.all') stopped ??= a.adapter.stop(); // its hello is on its way
        return false;
      };

      await clock.advance(2_000);
      await stopped;

      expect(stopped).toBeDefined();
      expect([b.adapter.peers(), b.host.left]).toEqual([[], ['a']]);
    });

    it('answers nobody after it has taken its leave', async () => {
      const { broker, clock, nodes } = await together(1);
      const codec = new PacketCodec();
      const record = codec.writeRecord({ kind: 'hello', from: '', counts: [] });
      const hello = codec.writePacket('test.all', 'z', [{ record, sequence: undefined }]);
      broker.commands.length = 0;
      broker.forgetsToConfirm = true;

      const stopped = nodes[0].adapter.stop();
      await settle();
      broker.spread({ channel: 'test.all', bytes: hello });
      await clock.advance(3_000);
      await stopped;

      expect(broker.commands).toEqual([['publish', 'test.all']]);
    });

    it('waits no longer than 1 s for a broker that does not answer, sets no timer any more, and has no session', async () => {
      const { broker, clock, nodes } = await together(1);
      const [a] = nodes;
      broker.isStalled = true;
      a.send('1');
      await settle();

      const stopped = a.adapter.stop();
      await clock.advance(3_100);
      await stopped;

      expect(a.lost()).toBe(1);
      expect(broker.sessions.size).toBe(0);
      const connects = broker.connects;
      await clock.advance(60_000);
      expect([broker.connects, clock.timers]).toEqual([connects, 0]);
    });
  });

  describe('a server that dies', () => {
    it('is forgotten by the others within 12 s, and they are told', async () => {
      const { broker, clock, nodes } = await together(2);
      broker.kill((index) => index === 1);
      broker.isDown = true;

      await clock.advance(9_000);
      expect(nodes[0].adapter.peers()).toEqual(['b']);
      await clock.advance(3_000);

      expect([nodes[0].adapter.peers(), nodes[0].host.left]).toEqual([[], ['b']]);
    });

    it('is known again when it was only cut off, and what it has sent meanwhile is counted', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      b.send('1');
      await settle();
      broker.loses = () => true;
      b.send('2');
      await clock.advance(12_000);
      expect(a.adapter.peers()).toEqual([]);

      broker.loses = () => false;
      b.send('3');
      await clock.advance(3_000);

      expect(a.adapter.peers()).toEqual(['b']);
      expect([a.bodies(), a.lost()]).toEqual([['1', '3'], 1]);
    });

    it('is not what a process thinks that has stood still itself', async () => {
      const { clock, nodes } = await together(2);

      nodes[0].stoodStill.ms = 60_000;
      await clock.advance(1_000);

      expect([nodes[0].adapter.peers(), nodes[0].host.left]).toEqual([['b'], []]);
    });
  });

  describe('a broker that does not answer', () => {
    it('is given up after 2 s, found out by the next beat, and tried for anew', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      broker.isStalled = true;

      await clock.advance(3_000 + 2_000);
      expect(a.host.states).toEqual(['down']);
      expect(broker.sessions.size).toBe(0);
      a.send('1');
      broker.isStalled = false;
      await clock.advance(20_000);

      expect(a.host.states).toEqual(['down', 'up']);
      expect(b.bodies()).toEqual(['1']);
    });

    it('is not what a process finds that has stood still for as long, and has the answer before it', async () => {
      const { broker, clock, nodes } = await together(1);
      broker.confirmsLate = true;
      nodes[0].send('1');
      await settle();

      clock.stallMs(2_000);
      await settle();

      expect(nodes[0].host.states).toEqual([]);
    });

    it('holds up nobody who subscribes for longer than that', async () => {
      const { broker, clock, nodes } = await together(1);
      broker.isStalled = true;

      const subscribed = Promise.resolve(nodes[0].adapter.subscribe([{ kind: 'id', id: 'maria' }]));
      await clock.advance(2_000);

      await expect(subscribed).resolves.toBeUndefined();
    });
  });

  describe('a broker that is slow', () => {
    const taking = (clock: ManualClock, ms: number) => () =>
      new Promise<void>((resolve) => void clock.after(ms, resolve));

    it('has 2 s for each write, from when the one before it is done, and is not given up while it gets on', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;

      broker.pace = taking(clock, 500);
      const bodies = Array.from({ length: 20 }, (_, index) => String(index).padEnd(200_000, '.'));
      a.send(...bodies);
      await clock.advance(15_000);

      expect(a.host.states).toEqual([]);
      expect(b.bodies()).toEqual(bodies);
      expect([b.lost(), b.host.metrics.get('adapter.repeated')]).toEqual([0, 0]);
    });

    it('has 2 s for each 10,000 channels that a server with very many comes back with', async () => {
      const { broker, clock, nodes } = await together(2);
      const [a, b] = nodes;
      await b.adapter.subscribe(
        Array.from({ length: 39_000 }, (_, index): Topic => ({ kind: 'id', id: String(index) })),
      );

      broker.kill((index) => index === 1);
      broker.pace = taking(clock, 1_900);
      await clock.advance(15_000);
      broker.pace = undefined;
      a.send('1');
      await settle();

      expect(b.host.states).toEqual(['down', 'up']);
      expect(b.bodies()).toEqual(['1']);
    });

    it('is given up when it takes 2 s for one of them, and none of what follows is waited for', async () => {
      const { broker, clock, nodes } = await together(1);
      const [{ adapter, host }] = nodes;
      const connects = broker.connects;

      broker.isStalled = true;
      const ids = Array.from({ length: 30_000 }, (_, index): Topic => ({ kind: 'id', id: String(index) }));
      const subscribed = adapter.subscribe(ids);
      await clock.advance(2_000);
      await subscribed;

      expect(host.states).toEqual(['down']);
      await clock.advance(5_000);
      expect(broker.connects).toBeGreaterThan(connects);
    });
  });

  describe('what does not belong there', () => {
    it('is dropped and counted: garbage, another version, another secret', async () => {
      const { broker, nodes } = await together(1, { secret: 'right' });
      const [a] = nodes;
      const forged = new PacketCodec('wrong');
      const record = forged.writeRecord(broadcastOf('z', 'forged'));
      const packets = [
        Uint8Array.of(),
        Uint8Array.of(99, 1, 2, 3),
        Buffer.from('{"kind":"broadcast"}'),
        new PacketCodec().writePacket(channel, 'z', [{ record, sequence: undefined }]),
        forged.writePacket(channel, 'z', [{ record, sequence: undefined }]),
      ];

      for (const bytes of packets) broker.spread({ channel, bytes });

      expect(a.host.received).toEqual([]);
      expect(a.host.metrics.get('adapter.malformed')).toBe(packets.length);
      expect(a.adapter.peers()).toEqual([]);
    });

    it('is dropped: a result for another server, and what comes on a channel that has been left', async () => {
      const { broker, nodes } = await together(2);
      const [a, b] = nodes;
      const codec = new PacketCodec();
      const result: Envelope = {
        ...{ kind: 'result', from: 'b', to: 'c', queryId: 'q' },
        ...{ result: { kind: 'nobody' }, isLast: true },
      };
      const record = codec.writeRecord(result);
      const own = new Channels('test').server('a');

      broker.spread({ channel: own, bytes: codec.writePacket(own, 'b', [{ record, sequence: undefined }]) });
      a.adapter.unsubscribe(inDefault);
      b.send('late');
      await settle();

      expect(a.host.received).toEqual([]);
    });

    it('cannot fill the list of servers: 4,096 names are taken, and the rest is dropped', async () => {
      const { broker, nodes } = await together(1);
      const codec = new PacketCodec();
      const record = codec.writeRecord({ kind: 'here', from: '', counts: [] });

      for (let index = 0; index < 5_000; index += 1) {
        const bytes = codec.writePacket('test.all', `forged ${index}`, [{ record, sequence: undefined }]);
        broker.spread({ channel: 'test.all', bytes });
      }

      expect(nodes[0].adapter.peers()).toHaveLength(4_096);
      expect(nodes[0].host.metrics.get('adapter.malformed')).toBe(904);
    });
  });

  describe('a hello', () => {
    const own = new Channels('test').server('z');

    const helloOf = (from: string, times: number): Uint8Array => {
      const codec = new PacketCodec();
      const record = codec.writeRecord({ kind: 'hello', from: '', counts: [] });
      return codec.writePacket('test.all', from, Array(times).fill({ record, sequence: undefined }));
    };

    it('is answered once, however often a packet holds it', async () => {
      const { broker, nodes } = await together(1);
      nodes[0].send('1');
      await settle();
      broker.commands.length = 0;

      broker.spread({ channel: 'test.all', bytes: helloOf('z', 1_000) });
      await settle();

      expect(broker.commands).toEqual([['publish', own]]);
    });

    it('of several servers is answered with one message to all of them', async () => {
      const { broker, nodes } = await together(1);
      nodes[0].send('1');
      await settle();
      broker.commands.length = 0;

      for (const from of ['x', 'y', 'z']) broker.spread({ channel: 'test.all', bytes: helloOf(from, 1) });
      await settle();

      expect(broker.commands).toEqual([['publish', 'test.all']]);
    });

    it('waits for the answer that is on its way, and is answered after it', async () => {
      const { broker, nodes } = await together(1);
      nodes[0].send('1');
      await settle();
      broker.commands.length = 0;
      broker.forgetsToConfirm = true;

      for (let turn = 0; turn < 3; turn += 1) {
        broker.spread({ channel: 'test.all', bytes: helloOf('z', 1) });
        await settle();
      }

      expect(broker.commands).toEqual([['publish', own]]);
    });
  });

  describe('starting', () => {
    it.each([0, 1, 2])('holds nothing back for servers that start at the same moment: sender %i', async (sender) => {
      const broker = new MemoryBroker();
      broker.confirmsLate = true;
      const clock = new ManualClock();
      const nodes = ['a', 'b', 'c'].map((id) => makeNode(id, broker, clock));
      const started = Promise.all(nodes.map(({ adapter, host }) => adapter.start(host)));
      await clock.advance(500);
      await started;
      for (const { adapter } of nodes) await adapter.subscribe(inDefault);

      nodes[sender]?.send('hi');
      await clock.advance(0);

      expect(nodes.flatMap(({ bodies }) => bodies())).toEqual(['hi', 'hi']);
    });

    it("rejects with ADAPTER_UNREACHABLE when the broker is down, and tries no more with whenDown: 'fail', the default", async () => {
      const broker = new MemoryBroker();
      const clock = new ManualClock();
      broker.isDown = true;
      const { adapter, host } = makeNode('a', broker, clock);

      await expect(adapter.start(host)).rejects.toThrow(
        'ADAPTER_UNREACHABLE: MemoryBroker cannot be reached: connection refused. Start it, or correct its address or ' +
          "credentials; with whenDown: 'degrade' the server starts without it and goes on trying.",
      );
      await clock.advance(60_000);

      expect([broker.connects, clock.timers]).toEqual([1, 0]);
    });

    it("goes on alone with whenDown: 'degrade', says that it is down, and joins the others when it can", async () => {
      const { broker, clock, nodes } = await together(1);
      const [a] = nodes;
      broker.isDown = true;
      const late = makeNode('late', broker, clock, { whenDown: 'degrade' });

      await late.adapter.start(late.host);
      await late.adapter.subscribe(inDefault);
      late.send('early');
      expect(late.host.states).toEqual(['down']);
      broker.isDown = false;
      await clock.advance(10_000);

      expect(late.host.states).toEqual(['down', 'up']);
      expect([late.adapter.peers(), a.adapter.peers()]).toEqual([['a'], ['late']]);
      expect(a.bodies()).toEqual(['early']);
    });

    it('waits no longer than 5 s for a broker that does not answer, and lets go of a session that comes too late', async () => {
      const broker = new MemoryBroker();
      const clock = new ManualClock();
      broker.isStalled = true;
      const { adapter, host } = makeNode('a', broker, clock);

      const started = adapter.start(host);
      const outcome = expect(started).rejects.toThrow('has not answered within 5000 ms');
      await clock.advance(6_000);

      await outcome;
      expect([broker.sessions.size, clock.timers]).toEqual([0, 0]);
    });

    it.each([
      [
        { app: '' },
        "the option app of the adapter is \"\", but must be a name of letters, digits, '-' and '_', at most 64",
      ],
      [{ app: 'a.b' }, 'the option app of the adapter'],
      [{ app: '*' }, 'the option app of the adapter'],
      [{ app: 'x', secret: '' }, 'the option secret of the adapter'],
      [
        { app: 'x', whenDown: 'wait' as 'fail' },
        "the option whenDown of the adapter is \"wait\", but must be 'fail' or 'degrade'",
      ],
      [{ app: 'x', maxQueueBytes: -1 }, 'the option maxQueueBytes of the adapter'],
    ])('refuses the options %j', (options, message) => {
      expect(() => new BrokerAdapter(new MemoryBroker(), options)).toThrow(message);
    });
  });
});
