import type { FastifyRequest } from 'fastify';

/**
 * The network address of a client, as Fastify's `trustProxy` lets it be believed; empty where there is none: on a unix socket
 * without a proxy that is trusted, with `injectWS`, and when the client has gone already.
 */
export function addressOf(request: FastifyRequest): string {
  const socket = (request.raw as Partial<FastifyRequest['raw']>).socket;
  const ip: string | undefined = socket && request.ip; // Fastify's type says that there is always one
  return ip ?? '';
}
