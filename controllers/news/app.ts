import 'reflect-metadata';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { InversifyFastifyHttpAdapter } from '@inversifyjs/http-fastify';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { HeadlinesController } from './headlines.controller.js';
import { Headlines } from './headlines.js';
import { Log } from './log.js';
import { NewsController } from './news.controller.js';
import { Newsroom } from './newsroom.js';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), 'public');
const NEFFOS = dirname(createRequire(import.meta.url).resolve('neffos.js'));

/** The page runs its own scripts and speaks to its own server, whatever somebody publishes. */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "connect-src 'self' ws: wss:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** What a reader may send. The largest message there is goes the other way: all headlines. */
const LIMITS = { maxMessageBytes: 64 * 1024, messagesPerSecond: 10, messageBurst: 30 };

/** The largest draft of the form, with room to spare. */
const MAX_DRAFT_BYTES = 8 * 1024;

/** What another program, such as a test, may put in the place of the example's own parts. */
export interface NewsOptions {
  /** One log for HTTP, websockets and services. @default lines of JSON on the console */
  readonly logger?: FastifyServerOptions['logger'];
}

/** The news: an HTTP controller and a websocket controller of one container, on one port, with a page at `/`. */
export async function buildNewsApp({ logger = true }: NewsOptions = {}): Promise<FastifyInstance> {
  // Browsers keep connections in reserve. Node waits up to a minute for the first request on one before it closes.
  const app = Fastify({ logger, forceCloseConnections: true, bodyLimit: MAX_DRAFT_BYTES });
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS));

  const container = new Container();
  container.bind(Log).toConstantValue(app.log);
  container.bind(Headlines).toSelf().inSingletonScope();
  container.bind(Newsroom).toSelf().inSingletonScope();
  container.bind(HeadlinesController).toSelf().inSingletonScope();

  await app.register(nefeli, { path: '/websocket_endpoint', container, controllers: [NewsController], limits: LIMITS });
  await new InversifyFastifyHttpAdapter(container, { logger: false }, app).build(); // its routes, on the same app

  await app.register(fastifyStatic, { root: PAGE });
  app.get('/neffos.min.js', (_request, reply) => reply.sendFile('neffos.min.js', NEFFOS));
  return app;
}
