import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';

const FOLDER = dirname(createRequire(import.meta.url).resolve('neffos.js'));

/** Serves neffos.js at `/neffos.min.js`, to an app of {@link createPageApp}. */
export function serveNeffos(app: FastifyInstance): void {
  app.get('/neffos.min.js', (_request, reply) => reply.sendFile('neffos.min.js', FOLDER));
}
