import type { Metric } from '../scenarios.js';
import { spreadCell } from './cluster-tables.js';
import { markdownTable } from './markdown-table.js';
import type { MergedResults } from './merge-results.js';
import { valuesOf } from './values-of.js';

interface Row {
  readonly title: string;
  readonly scenario: string;
  readonly metric: Metric;
}

/** What the number of processes is chosen by. */
const ROWS: readonly Row[] = [
  {
    title: 'a message to a room with one client here, from another server: CPU of this server',
    scenario: 'cluster-taken',
    metric: 'cpuUs',
  },
  { title: 'how many of those fill one processor, a second', scenario: 'cluster-taken', metric: 'perCpuSecond' },
  {
    title: 'a message to a room with nobody here: CPU of this server',
    scenario: 'cluster-elsewhere',
    metric: 'cpuUs',
  },
  {
    title: 'a delivery of a broadcast to 400, on 2 servers: CPU of both',
    scenario: 'cluster-broadcast-2-1',
    metric: 'cpuUs',
  },
  {
    title: 'the same with 10 senders at once',
    scenario: 'cluster-broadcast-2-10',
    metric: 'cpuUs',
  },
  {
    title: 'a message from one server to another: CPU of the broker',
    scenario: 'cluster-taken',
    metric: 'brokerCpuUs',
  },
  { title: 'a lone message to a client of another server: p50', scenario: 'cluster-latency-2', metric: 'p50Us' },
  { title: 'the same: p99', scenario: 'cluster-latency-2', metric: 'p99Us' },
  { title: 'a room of one client: heap of the server', scenario: 'cluster-rooms', metric: 'heapBytes' },
  { title: 'the same: memory of the broker', scenario: 'cluster-rooms', metric: 'brokerBytes' },
  {
    title: 'connections to the broker of a server with 1,000 clients',
    scenario: 'cluster-connections',
    metric: 'brokerConnections',
  },
];
const PEERS = [
  { name: 'nefeli-redis', title: 'Redis' },
  { name: 'nefeli-nats', title: 'NATS' },
];

/** What an operator chooses the number of processes by. `undefined` where nothing of it was measured. */
export function sizingTable(results: Pick<MergedResults, 'scenarios'>): string | undefined {
  const measured = ROWS.filter(({ scenario }) => results.scenarios.some(({ name }) => name === scenario));
  if (measured.length === 0) return undefined;
  const rows = measured.map(({ title, scenario, metric }) => {
    return [title, ...PEERS.map(({ name }) => spreadCell(valuesOf(results, { peer: name, scenario }, metric), metric))];
  });
  return markdownTable(['', ...PEERS.map(({ title }) => title)], rows);
}
