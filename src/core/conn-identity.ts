import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger } from '../ports/logger.js';
import type { Random } from '../ports/random.js';

/** What is known of a connection when it begins. */
export interface ConnArrival {
  /** The public id, not necessarily unique; a client learns it from the server. */
  readonly id: string;
  readonly request: ConnRequest;
  readonly user: unknown;
  readonly log: Logger;
  readonly reconnectTries: number;
  /** The subprotocol that was agreed on in the upgrade. @default none */
  readonly protocol?: string;
}

/** What tells one end of a connection from every other, and how it began. */
export interface ConnIdentity {
  /** What its key is made of when it is first asked for: nobody asks most connections. */
  readonly random: Pick<Random, 'uuid'>;
  readonly arrival: ConnArrival;
}
