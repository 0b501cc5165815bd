import type { BoundedWork } from './bounded-work.js';
import { type CastWork, startCast } from './cast.js';
import { type ChurnWork, startChurn } from './churn.js';
import { type ClusterCastWork, prepareClusterCast } from './cluster-cast.js';
import type { Connection } from './connection.js';
import { type EchoWork, startEcho } from './echo.js';
import { type MixedWork, startMixed } from './mixed.js';
import type { Protocol } from './protocols.js';
import { prepareRelay, type RelayWork } from './relay.js';
import type { Tally } from './tally.js';

/** What the connections do once they are open, until the process ends. */
export type Work = EchoWork | CastWork | ChurnWork | MixedWork;

/** Starts it on the connections, in their order. */
export function startWork(work: Work, connections: readonly Connection[], protocol: Protocol, tally: Tally): void {
  switch (work.kind) {
    case 'echo':
      return startEcho(work, connections, protocol, tally);
    case 'cast':
      return startCast(work, connections, protocol, tally);
    case 'churn':
      return startChurn(work, connections, protocol, tally);
    case 'mixed':
      return startMixed(work, connections, protocol, tally);
  }
}

/** Makes work ready that is started, stopped and waited for. */
export function prepareWork(
  work: ClusterCastWork | RelayWork,
  connections: readonly Connection[],
  protocol: Protocol,
  tally: Tally,
): BoundedWork {
  switch (work.kind) {
    case 'cluster-cast':
      return prepareClusterCast(work, connections, protocol, tally);
    case 'relay':
      return prepareRelay(work, connections, protocol, tally);
  }
}
