import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { natsAdapter } from '../../src/adapters/nats/index.js';
import { redisAdapter } from '../../src/adapters/redis/index.js';
import type { Adapter } from '../../src/ports/adapter.js';
import type { Target } from '../../src/ports/hub.js';
import { topicOf } from '../../src/ports/topic.js';
import { RecordingHost } from '../support/adapter-host.js';
import { BrokerProcess, whyNoBroker } from '../support/broker-process.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { randomOf } from './random-of.js';

const BROKERS = [
  {
    kind: 'redis',
    adapterAt: (port: number): Adapter => redisAdapter({ app: 'kills', url: `redis://127.0.0.1:${port}` }),
  },
  { kind: 'nats', adapterAt: (port: number): Adapter => natsAdapter({ app: 'kills', servers: `127.0.0.1:${port}` }) },
] as const;
const SEED = 20_261_121;
const KILLS = 20;
const SOON = { timeout: 15_000, interval: 20 };

const target = (rooms: readonly string[]): Target => ({
  ...{ namespace: 'default', rooms, ids: [], exceptIds: [], exceptKeys: [] },
});
const TARGETS = [target([]), target(['lobby']), target(['hall'])];

/** One server behind a line of its own, and what it has sent. */
class Node {
  readonly sent: string[] = [];

  constructor(
    readonly host: RecordingHost,
    readonly adapter: Adapter,
    readonly line: FaultProxy,
  ) {}

  publish(): void {
    const body = `${this.host.serverId} ${this.sent.length}`;
    const content = { event: 'tick', body, binary: false };
    const to = TARGETS[this.sent.length % TARGETS.length] ?? target([]);
    void this.adapter.publish({ kind: 'broadcast', from: this.host.serverId, target: to, content });
    this.sent.push(body);
  }

  /** What has arrived here of another one, in order. */
  heardFrom({ host }: Node): string[] {
    const envelopes = this.host.received.filter((envelope) => envelope.kind === 'broadcast');
    return envelopes.flatMap(({ from, content }) => (from === host.serverId ? String(content.body) : []));
  }

  get isUp(): boolean {
    return this.host.states.at(-1) !== 'down';
  }
}

async function startNodes(broker: BrokerProcess, adapterAt: (port: number) => Adapter): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  for (const id of ['a', 'b', 'c']) {
    const line = await FaultProxy.start(broker.port);
    onTestFinished(() => line.stop());
    const node = new Node(new RecordingHost(id), adapterAt(line.port), line);
    await node.adapter.start(node.host);
    onTestFinished(() => node.adapter.stop());
    await node.adapter.subscribe(TARGETS.map(topicOf));
    nodes.push(node);
  }
  return nodes;
}

describe.each(BROKERS)('under load', ({ kind, adapterAt }) => {
  const missing = whyNoBroker(kind);
  const title = missing ? ` (skipped: ${missing})` : '';

  it.skipIf(missing !== undefined)(
    `after ${KILLS} kills of ${kind} and its connections adapter.lost is what each server has missed, exactly${title}`,
    async () => {
      const broker = await BrokerProcess.start(kind);
      onTestFinished(() => broker.stop());
      const nodes = await startNodes(broker, adapterAt);
      const random = randomOf(SEED);
      const load = setInterval(() => {
        for (const node of nodes) for (let index = 0; index < 5; index += 1) node.publish();
      }, 1);
      onTestFinished(() => clearInterval(load));

      for (let kill = 0; kill < KILLS; kill += 1) {
        // A time in which something is under way, and not a moment that is waited for.
        await passing(20 + random() * 100);
        const isBroker = random() < 0.5;
        const victims = isBroker ? nodes : nodes.filter(() => random() < 0.5);
        const before = new Map(victims.map((node) => [node, node.host.states.length]));
        if (isBroker) await broker.kill().then(() => broker.resume());
        else for (const { line } of victims) line.cut();
        for (const [node, states] of before) {
          await vi.waitFor(() => expect(node.isUp && node.host.states.length > states).toBe(true), SOON);
        }
      }
      await passing(100);
      clearInterval(load);

      const missedBy = (node: Node): number => {
        const others = nodes.filter((other) => other !== node);
        return others.reduce((sum, other) => sum + other.sent.length - node.heardFrom(other).length, 0);
      };
      // The last ones may be under way, and what was lost last is told of by the next beat.
      await vi.waitFor(() => {
        for (const node of nodes)
          expect([node.host.serverId, node.host.metrics.get('adapter.lost')]).toEqual([
            node.host.serverId,
            missedBy(node),
          ]);
      }, SOON);
      for (const node of nodes) {
        for (const other of nodes.filter((each) => each !== node)) {
          const heard = node.heardFrom(other);
          expect(new Set(heard).size).toBe(heard.length);
          const places = heard.map((body) => Number(body.split(' ')[1]));
          expect(places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0))).toBe(true);
        }
      }
      // A test of nothing otherwise.
      expect(nodes.some((node) => missedBy(node) > 0)).toBe(true);
    },
    60_000,
  );
});
