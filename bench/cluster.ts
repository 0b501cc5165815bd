import type { ClusterGroup, ClusterScenario } from './cluster-scenario.js';
import type { RelayWork } from './load/relay.js';
import type { Metric } from './scenarios.js';

/** A table of the report: what is told of some scenarios, by all who take part in them. */
export interface ClusterTable {
  readonly title: string;
  /** What has to be known to read it. */
  readonly note: string;
  /** With its spread, and with its ratio to Socket.IO. */
  readonly main: Metric;
  readonly more: readonly Metric[];
  readonly rows: readonly ClusterScenario[];
}

/** Who is measured with which broker, and what each is compared with. */
const WITHOUT_BROKER = ['nefeli', 'socket-io'];
const WITH_BROKER = ['nefeli-redis', 'nefeli-nats', 'socket-io-redis'];
const EVERYBODY = [...WITHOUT_BROKER, ...WITH_BROKER];

const BODY_BYTES = 64;
/** Over all processes. */
const CONNECTIONS = 400;
const PAIRS = 10;
const IN_FLIGHT = 16;
const ROOMS_EACH = 500;
const JOINING = 20;
/** Thousands of messages make a process warm, which one at a time take seconds for. */
const LONE_WARMER = 4;

const processesOf = (count: number): string => (count === 1 ? '1 process' : `${count} processes`);
const sendersOf = (count: number): string => (count === 1 ? '1 sender' : `${count} senders`);

function broadcast(processes: number, senders: number): ClusterScenario {
  const label = `${processesOf(processes)}, ${sendersOf(senders)}`;
  return {
    kind: 'cluster',
    name: `cluster-broadcast-${processes}-${senders}`,
    title: `several processes: broadcast to ${CONNECTIONS}, ${label}, 64 B`,
    label,
    unit: 'delivery',
    main: 'cpuUs',
    processes,
    peers: processes === 1 ? EVERYBODY : WITH_BROKER,
    task: {
      kind: 'traffic',
      connections: Array.from({ length: processes }, (_, server) => ({ server, count: CONNECTIONS / processes })),
      work: { kind: 'cluster-cast', groups: processes, senders, bodyBytes: BODY_BYTES },
      // They share a processor, and each has to be warm.
      warmer: processes,
      counted: 'all',
    },
  };
}

/** Senders on the first process, each in a room with one receiver on the process that is told. */
function inPairs(pairs: number, receiver: number): readonly ClusterGroup[] {
  const rooms: ClusterGroup['rooms'] = { kind: 'turn', of: pairs };
  return [
    { server: 0, count: pairs, rooms },
    { server: receiver, count: pairs, rooms },
  ];
}

const relay = (pairs: number, inFlight: number): RelayWork => ({
  kind: 'relay',
  pairs,
  inFlight,
  bodyBytes: BODY_BYTES,
});

function latency(processes: number): ClusterScenario {
  return {
    kind: 'cluster',
    name: `cluster-latency-${processes}`,
    title: `several processes: a lone message from a client to another, ${processesOf(processes)}, 64 B`,
    label: processes === 1 ? 'both on 1 process' : `on ${processes} processes`,
    unit: 'message',
    main: 'p50Us',
    processes,
    peers: WITH_BROKER,
    task: {
      kind: 'traffic',
      connections: inPairs(1, processes - 1),
      work: relay(1, 1),
      warmer: LONE_WARMER,
      counted: 'all',
    },
  };
}

const TAKEN: ClusterScenario = {
  kind: 'cluster',
  name: 'cluster-taken',
  title: `several processes: ${PAIRS} senders, each to a room with one client of another process, ${IN_FLIGHT} in flight, 64 B`,
  label: 'a process with one client in the room',
  unit: 'message',
  main: 'cpuUs',
  processes: 2,
  peers: WITH_BROKER,
  task: { kind: 'traffic', connections: inPairs(PAIRS, 1), work: relay(PAIRS, IN_FLIGHT), warmer: 2, counted: 'last' },
};

const ELSEWHERE: ClusterScenario = {
  kind: 'cluster',
  name: 'cluster-elsewhere',
  title: 'several processes: the same among clients of one process, seen by another with clients in no room',
  label: 'a process with nobody in the room',
  unit: 'message',
  main: 'cpuUs',
  processes: 2,
  peers: WITH_BROKER,
  task: {
    kind: 'traffic',
    connections: [...inPairs(PAIRS, 0), { server: 1, count: PAIRS }],
    work: relay(PAIRS, IN_FLIGHT),
    warmer: 2,
    counted: 'last',
  },
};

const CONNECTIONS_TO_BROKER: ClusterScenario = {
  kind: 'cluster',
  name: 'cluster-connections',
  title: 'several processes: connections to the broker, 2,000 websockets with a room each on 2 processes',
  label: '1,000 websockets, each with a room of its own',
  unit: 'process',
  main: 'brokerConnections',
  processes: 2,
  isOnce: true,
  peers: [...WITH_BROKER, 'neffos-redis'],
  task: {
    kind: 'connections',
    connections: [0, 1].map((server) => ({ server, count: 1_000, rooms: { kind: 'own', size: 1 } })),
  },
};

const ROOMS: ClusterScenario = {
  kind: 'cluster',
  name: 'cluster-rooms',
  title: 'several processes: 10,000 rooms of one client each on one process',
  label: 'a room of one client',
  unit: 'room',
  main: 'heapBytes',
  processes: 1,
  peers: ['nefeli', ...WITH_BROKER],
  task: {
    kind: 'rooms',
    first: { server: 0, count: JOINING, rooms: { kind: 'each', count: ROOMS_EACH / 5 } },
    measured: { server: 0, count: JOINING, rooms: { kind: 'each', count: ROOMS_EACH } },
    rooms: JOINING * ROOMS_EACH,
  },
};

/** In the order of the report. */
export const CLUSTER_TABLES: readonly ClusterTable[] = [
  {
    title: 'A broadcast to all',
    note: `${CONNECTIONS} connections over all processes, 64 B. Server CPU is that of all processes together, by the delivery.`,
    main: 'cpuUs',
    more: ['brokerCpuUs', 'perSecond', 'p50Us', 'p99Us'],
    rows: [1, 2, 4].flatMap((processes) => [1, 10].map((senders) => broadcast(processes, senders))),
  },
  {
    title: 'From a client to another',
    note: 'One message of 64 B at a time, to a room of the two; from sending it to its arrival.',
    main: 'p50Us',
    more: ['p90Us', 'p99Us', 'cpuUs', 'brokerCpuUs'],
    rows: [1, 2].map(latency),
  },
  {
    title: 'What another process has of a message to a room',
    note:
      `Server CPU of that process alone, by the message: ${PAIRS} clients of the first process send 64 B to a room each, ` +
      `${IN_FLIGHT} in flight.`,
    main: 'cpuUs',
    more: ['brokerCpuUs', 'perCpuSecond'],
    rows: [TAKEN, ELSEWHERE],
  },
  {
    title: 'Connections to the broker',
    note: 'By the process, as the broker tells.',
    main: 'brokerConnections',
    more: [],
    rows: [CONNECTIONS_TO_BROKER],
  },
  {
    title: 'Memory of a room',
    note:
      'What one of 10,000 more rooms adds, on the server and on the broker. Nefeli subscribes each room that has members; the ' +
      'adapter of Socket.IO is told of the messages to all rooms, and subscribes none.',
    main: 'heapBytes',
    more: ['rssBytes', 'brokerBytes'],
    rows: [ROOMS],
  },
];

/** All scenarios of several processes. */
export const CLUSTER: readonly ClusterScenario[] = CLUSTER_TABLES.flatMap(({ rows }) => rows);

/** Whether a scenario of this name is one of them. */
export function isCluster(name: string): boolean {
  return CLUSTER.some((scenario) => scenario.name === name);
}
