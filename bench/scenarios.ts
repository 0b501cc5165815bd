import { CLUSTER } from './cluster.js';
import type { ClusterScenario } from './cluster-scenario.js';
import { GROWTH } from './growth.js';
import type { Opening } from './load/open.js';
import type { Work } from './load/work.js';
import type { Peer } from './peers.js';

/** What is measured, in the unit that its name ends in. Fields of the results. */
export type Metric =
  | 'cpuUs'
  | 'perSecond'
  | 'perCpuSecond'
  | 'p50Us'
  | 'p90Us'
  | 'p99Us'
  | 'serverBusy'
  | 'loadBusy'
  | 'rssBytes'
  | 'heapBytes'
  | 'timeUs'
  | 'instructions'
  | 'brokerCpuUs'
  | 'brokerConnections'
  | 'brokerBytes';

/** Connections to open, without the port. */
export type Group = Omit<Opening, 'port'>;

/** What every scenario has. */
export interface Named {
  readonly name: string;
  readonly title: string;
  /** What one is of what is counted: `message`, `delivery`, `connection` … */
  readonly unit: string;
  /** What the peers are compared by. */
  readonly main: Metric;
  /** Only these peers; where it is left out, all that have no broker. */
  readonly peers?: readonly string[];
}

/** Connections under load for a time. */
export interface TrafficScenario extends Named {
  readonly kind: 'traffic';
  readonly connections: readonly Group[];
  readonly work: Work;
  /** Times the usual duration. @default 1 */
  readonly longer?: number;
  /** Times the warm-up, besides. @default 1 */
  readonly warmer?: number;
  /** How often in a round, one peer after the other each time. @default 1 */
  readonly times?: number;
  /** Whether the server may close connections: those that do not read. */
  readonly mayLose?: boolean;
}

/** Connections opened as fast as the server takes them. */
export interface ConnectScenario extends Named {
  readonly kind: 'connect';
  readonly warmUp: Group;
  readonly measured: Group;
}

/** Connections that do nothing: what the measured ones add to what the first have cost. */
export interface IdleScenario extends Named {
  readonly kind: 'idle';
  readonly first: Group;
  readonly measured: Group;
}

/** A program that measures itself, once for each way of doing the same, in place of peers. */
export interface ProgramScenario extends Named {
  readonly kind: 'program';
  readonly program: string;
  readonly peers: readonly string[];
}

/**
 * Instructions of the server's own code that one more message costs, counted by valgrind: the same again on a busy machine,
 * but without what the system does. Slow, so that it is measured only when it is named.
 */
export interface InstructionsScenario extends Named {
  readonly kind: 'instructions';
  readonly connections: readonly Group[];
  readonly work: Work;
  /** The server runs twice, up to so many messages: what both runs have in common is not in the result. */
  readonly messages: readonly [few: number, many: number];
  readonly peers: readonly string[];
}

export type Scenario =
  | TrafficScenario
  | ConnectScenario
  | IdleScenario
  | ProgramScenario
  | InstructionsScenario
  | ClusterScenario;

/** The bodies of the echoes. */
export const BODY_SIZES = [
  { bytes: 64, title: '64 B' },
  { bytes: 1_024, title: '1 KB' },
  { bytes: 65_536, title: '64 KB' },
];

const BARE_PEERS = ['ws', 'fastify-websocket'];
const IDLE_FIRST = 2_000;
const IDLE_MEASURED = 10_000;
const CONNECTS_FIRST = 1_500;
const CONNECTS_MEASURED = 4_000;

function echo(as: 'emit' | 'ask', inFlight: number, { bytes, title }: (typeof BODY_SIZES)[number]): Scenario {
  return {
    kind: 'traffic',
    name: `echo-${as}-${inFlight}-${bytes}`,
    title: `echo, ${as}, 50 connections, ${inFlight} in flight, ${title}`,
    unit: 'message',
    main: 'cpuUs',
    connections: [{ count: 50 }],
    work: { kind: 'echo', as, inFlight, bodyBytes: bytes },
  };
}

function broadcast(senders: number): Scenario {
  return {
    kind: 'traffic',
    name: `broadcast-${senders}`,
    title: `broadcast to 1,000, ${senders} ${senders === 1 ? 'sender' : 'senders'}, 64 B`,
    unit: 'delivery',
    main: 'cpuUs',
    connections: [{ count: 1_000 }],
    work: { kind: 'cast', senders, bodyBytes: 64 },
  };
}

function room(others: number, name: string, title: string): Scenario {
  const members: Group = { count: 10, rooms: { kind: 'same', count: 1 } };
  return {
    kind: 'traffic',
    name,
    title,
    unit: 'delivery',
    main: 'cpuUs',
    connections: others === 0 ? [members] : [members, { count: others }],
    work: { kind: 'cast', senders: 1, bodyBytes: 64, rooms: 1 },
  };
}

function connects(name: string, title: string, group: Omit<Group, 'count'>): Omit<ConnectScenario, 'peers'> {
  return {
    kind: 'connect',
    name,
    title,
    unit: 'connection',
    main: 'perCpuSecond',
    warmUp: { ...group, count: CONNECTS_FIRST },
    measured: { ...group, count: CONNECTS_MEASURED },
  };
}

function idle(name: string, title: string, group: Omit<Group, 'count'>): Omit<IdleScenario, 'peers'> {
  return {
    kind: 'idle',
    name,
    title,
    unit: 'connection',
    main: 'rssBytes',
    first: { ...group, count: IDLE_FIRST },
    measured: { ...group, count: IDLE_MEASURED },
  };
}

const LONE: Scenario = {
  kind: 'traffic',
  name: 'lone',
  title: 'round trip of a lone message, 64 B',
  unit: 'message',
  main: 'p50Us',
  connections: [{ count: 1 }],
  work: { kind: 'echo', as: 'emit', inFlight: 1, bodyBytes: 64 },
};

const CHURN: Scenario = {
  kind: 'traffic',
  name: 'churn',
  title: 'joining and leaving 10 rooms, 50 connections',
  unit: 'join or leave',
  main: 'cpuUs',
  connections: [{ count: 50 }],
  work: { kind: 'churn', rooms: 10 },
};

const MIXED: Scenario = {
  kind: 'traffic',
  name: 'mixed',
  title: 'mixed: 100 broadcasts of 16 KB and 2,000 asks of 64 B a second, 100 connections, 5 % slow readers',
  unit: 'message',
  main: 'cpuUs',
  connections: [{ count: 100 }],
  work: { kind: 'mixed', castsPerSecond: 100, castBytes: 16_384, asksPerSecond: 2_000, askBytes: 64, slowShare: 0.05 },
  // Slow readers are then still connected to every peer: with the limits of Nefeli they are closed later.
  longer: 2,
  times: 3,
  mayLose: true,
};

const CONTROLLER_COST: Scenario = {
  kind: 'program',
  name: 'controller-cost',
  title: 'making one controller for a connection',
  unit: 'controller',
  main: 'timeUs',
  program: 'controller-cost.js',
  peers: ['new', 'nefeli', 'child-container'],
};

function instructions(name: string, title: string, how: Pick<InstructionsScenario, 'connections' | 'work'>): Scenario {
  return {
    kind: 'instructions',
    name: `instructions-${name}`,
    title: `instructions: ${title}, 64 B`,
    unit: 'message',
    main: 'instructions',
    messages: [10_000, 30_000],
    peers: ['nefeli', ...BARE_PEERS],
    ...how,
  };
}

const INSTRUCTIONS: readonly Scenario[] = [
  instructions('echo', 'echo of one connection, 1 in flight', {
    connections: [{ count: 1 }],
    work: { kind: 'echo', as: 'emit', inFlight: 1, bodyBytes: 64 },
  }),
  instructions('broadcast', 'broadcast to 100, 1 sender', {
    connections: [{ count: 100 }],
    work: { kind: 'cast', senders: 1, bodyBytes: 64 },
  }),
];

/** All that can be measured, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  ...(['emit', 'ask'] as const).flatMap((as) =>
    BODY_SIZES.flatMap((size) => [1, 16].map((inFlight) => echo(as, inFlight, size))),
  ),
  LONE,
  broadcast(1),
  broadcast(10),
  room(9_990, 'room', 'a room of 10 among 10,000 connections, 1 sender, 64 B'),
  room(0, 'room-alone', 'a room of 10 and no other connections, 1 sender, 64 B'),
  CHURN,
  connects('connect', 'upgrade, handshake and namespace, 64 at a time', {}),
  { ...connects('upgrade', 'the upgrade alone, 64 at a time', { isBare: true }), peers: BARE_PEERS },
  idle('idle', '10,000 idle connections, a namespace and a room each', { rooms: { kind: 'own', size: 1 } }),
  { ...idle('idle-bare', '10,000 idle connections, only upgraded', { isBare: true }), peers: BARE_PEERS },
  MIXED,
  CONTROLLER_COST,
  ...GROWTH,
  ...CLUSTER,
  ...INSTRUCTIONS,
];

/** Whether a peer is measured in a scenario. */
export function takesPart(
  { peers }: Pick<Scenario, 'peers'>,
  { name, broker }: Pick<Peer, 'name' | 'broker'>,
): boolean {
  return peers === undefined ? broker === undefined : peers.includes(name);
}
