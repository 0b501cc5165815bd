import type { Metric } from './scenarios.js';

/** What one peer has measured in one scenario. */
export interface Measured {
  readonly peer: string;
  readonly scenario: string;
}

/** What Nefeli has to reach: a limit to the median of the ratios of its rounds to those of another. */
export interface Bar {
  readonly title: string;
  readonly metric: Metric;
  readonly scenario: string;
  readonly against: Measured;
  readonly limit: { readonly kind: 'at most' | 'at least'; readonly ratio: number };
}

const ws = (scenario: string): Measured => ({ peer: 'ws', scenario });
const bareFastify = (scenario: string): Measured => ({ peer: 'fastify-websocket', scenario });
const atMost = (ratio: number): Bar['limit'] => ({ kind: 'at most', ratio });

/** In the order of the report. Server CPU is that of one message, or of one delivery. */
export const BARS: readonly Bar[] = [
  {
    title: 'echo, 1 in flight: server CPU to plain ws',
    metric: 'cpuUs',
    scenario: 'echo-emit-1-64',
    against: ws('echo-emit-1-64'),
    limit: atMost(0.9),
  },
  {
    title: 'echo, 16 in flight: server CPU to plain ws',
    metric: 'cpuUs',
    scenario: 'echo-emit-16-64',
    against: ws('echo-emit-16-64'),
    limit: atMost(0.45),
  },
  {
    title: 'broadcast, 1 sender: server CPU to plain ws',
    metric: 'cpuUs',
    scenario: 'broadcast-1',
    against: ws('broadcast-1'),
    limit: atMost(0.9),
  },
  {
    title: 'broadcast, 10 senders: server CPU to plain ws',
    metric: 'cpuUs',
    scenario: 'broadcast-10',
    against: ws('broadcast-10'),
    limit: atMost(0.25),
  },
  {
    title: 'a room of 10 among 10,000: server CPU to 10 sends of plain ws',
    metric: 'cpuUs',
    scenario: 'room',
    against: ws('room-alone'),
    limit: atMost(1.2),
  },
  {
    title: 'an idle connection with controller, namespace and room: memory to a bare @fastify/websocket connection',
    metric: 'rssBytes',
    scenario: 'idle',
    against: bareFastify('idle-bare'),
    limit: atMost(1.25),
  },
  {
    title: 'connect, handshake and namespace: in a second of server CPU, to bare upgrades of @fastify/websocket',
    metric: 'perCpuSecond',
    scenario: 'connect',
    against: bareFastify('upgrade'),
    limit: { kind: 'at least', ratio: 0.75 },
  },
  {
    title: 'round trip of a lone message: median to plain ws',
    metric: 'p50Us',
    scenario: 'lone',
    against: ws('lone'),
    limit: atMost(1.1),
  },
];
