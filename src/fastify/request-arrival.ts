import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Arrival } from '../server/server.js';
import { addressOf } from './address-of.js';
import { reconnectTriesOf } from './url-headers.js';

/** What the request does not tell by itself. */
interface Facts extends Pick<Arrival, 'id' | 'user'> {
  /** The subprotocol that was agreed on, or `''`. */
  readonly protocol: string;
}

/**
 * What a server is told of the connection that an upgrade has become. All but what it is given is read from the request when
 * it is asked for.
 */
export class RequestArrival implements Arrival {
  readonly id: string;
  readonly request: FastifyRequest;
  readonly user: unknown;
  readonly protocol: string;
  #log: FastifyBaseLogger | undefined;

  constructor(request: FastifyRequest, { id, user, protocol }: Facts) {
    this.id = id;
    this.request = request;
    this.user = user;
    this.protocol = protocol;
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
