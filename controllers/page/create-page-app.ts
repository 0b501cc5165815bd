import 'reflect-metadata';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify';

const SHARED = join(dirname(fileURLToPath(import.meta.url)), 'public');

/** A page runs its own scripts and speaks to its own server, whatever its visitors write. */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "connect-src 'self' ws: wss:",
    "img-src 'self' data:", // pages without an icon of their own say so by an empty one
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** What an example says of its page. */
export interface PageAppOptions {
  /** `import.meta.url` of the example's app: its page is the folder `public` beside it. */
  readonly from: string;
  readonly logger?: FastifyServerOptions['logger'];
  /** A log that is there already, instead of `logger`. */
  readonly loggerInstance?: FastifyBaseLogger;
  readonly bodyLimit?: number;
  /** Key and certificate, where the example is served by TLS. */
  readonly https?: { readonly key: string | Buffer; readonly cert: string | Buffer };
}

/** A Fastify app that serves the page of an example at `/`, and what the pages of all examples share. */
export async function createPageApp(options: PageAppOptions): Promise<FastifyInstance> {
  const { from, logger = false, loggerInstance, bodyLimit, https } = options;
  // Browsers keep connections in reserve. Node waits up to a minute for the first request on one before it closes.
  const app = Fastify({
    ...(loggerInstance ? { loggerInstance } : { logger }),
    forceCloseConnections: true,
    ...(bodyLimit !== undefined && { bodyLimit }),
    ...(https && { https }),
  }) as FastifyInstance; // with TLS the type names another server, which behaves the same
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  await app.register(fastifyStatic, { root: join(dirname(fileURLToPath(from)), 'public') });
  for (const file of ['base.css', 'look.css', 'page.js'])
    app.get(`/${file}`, (_request, reply) => reply.sendFile(file, SHARED));
  return app;
}
