import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger } from '../ports/logger.js';

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
  /** Random and unique. */
  readonly key: string;
  readonly arrival: ConnArrival;
}
