import type { FastifyInstance } from 'fastify';

/** The port that an app listens on. */
export function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the app does not listen on a port');
  return address.port;
}
