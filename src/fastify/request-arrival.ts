import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Arrival } from '../server/server.js';
import { addressOf } from './address-of.js';
import { reconnectTriesOf } from './url-headers.js';

/**
 * What a server is told of the connection that an upgrade has become. All but the id and the user is read from the request when
 * it is asked for.
 */
export class RequestArrival implements Arrival {
  readonly id: string;
  readonly request: FastifyRequest;
  readonly user: unknown;
  #log: FastifyBaseLogger | undefined;

  constructor(request: FastifyRequest, { id, user }: Pick<Arrival, 'id' | 'user'>) {
    this.id = id;
    this.request = request;
    this.user = user;
  }

  get reconnectTries(): number {
    return reconnectTriesOf(this.request);
  }

  get address(): string {
    return addressOf(this.request);
  }

  /** Made on first use: a quiet connection logs nothing, and a child logger costs memory. */
  get log(): FastifyBaseLogger {
    this.#log ??= this.request.log.child({ conn: this.id });
    return this.#log;
  }
}
