import type { FastifyRequest } from 'fastify';

declare module '../ports/conn-request.js' {
  /** The Fastify request of the upgrade. */
  interface ConnRequest extends FastifyRequest {}
}
