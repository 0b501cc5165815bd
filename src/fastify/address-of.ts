import type { FastifyRequest } from 'fastify';

/** The network address of a client, as Fastify's `trustProxy` lets it be believed; empty with `injectWS`, which has no network. */
export function addressOf(request: FastifyRequest): string {
  const socket = (request.raw as Partial<FastifyRequest['raw']>).socket;
  return socket ? request.ip : '';
}
