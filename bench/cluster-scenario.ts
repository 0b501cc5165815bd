import type { ClusterCastWork } from './load/cluster-cast.js';
import type { RelayWork } from './load/relay.js';
import type { Group, Named } from './scenarios.js';

/** Connections to one of the processes, by its number. */
export interface ClusterGroup extends Group {
  readonly server: number;
}

/** Messages whose deliveries are counted, every one. */
export interface CastTask {
  readonly kind: 'traffic';
  readonly connections: readonly ClusterGroup[];
  readonly work: ClusterCastWork | RelayWork;
  /** Times the usual warm-up: few messages take long to warm a server up. @default 1 */
  readonly warmer?: number;
  /** Whose CPU it is: that of all processes together, or of the last one alone. */
  readonly counted: 'all' | 'last';
}

/** How many connections the processes have to their broker. */
export interface ConnectionsTask {
  readonly kind: 'connections';
  readonly connections: readonly ClusterGroup[];
}

/** What rooms add to the memory of server and broker. */
export interface RoomsTask {
  readonly kind: 'rooms';
  /** What a first use costs is not in the result. */
  readonly first: ClusterGroup;
  readonly measured: ClusterGroup;
  /** How many rooms the measured ones join. */
  readonly rooms: number;
}

/** Several processes of a server, with the broker of the peer if it has one, and one load generator. */
export interface ClusterScenario extends Named {
  readonly kind: 'cluster';
  /** What stands in its rows of the report. */
  readonly label: string;
  readonly processes: number;
  /** Whether it is measured in the first round alone: what does not differ from one to the next. @default false */
  readonly isOnce?: boolean;
  readonly peers: readonly string[];
  readonly task: CastTask | ConnectionsTask | RoomsTask;
}
