import 'reflect-metadata';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { ChatController } from './chat.controller.js';
import { History } from './history.js';
import { Logger, PrefixedLogger } from './logger.js';
import { People } from './people.js';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), 'public');
const NEFFOS = dirname(createRequire(import.meta.url).resolve('neffos.js'));

/** The page runs its own scripts and speaks to its own server, whatever somebody writes into the chat. */
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

/** What a visitor may send. The largest message there is goes the other way: a room's history. */
const LIMITS = { maxMessageBytes: 128 * 1024, messagesPerSecond: 10, messageBurst: 30 };

/** What another program, such as a test, may put in the place of the chat's own parts. */
export interface ChatOptions {
  /** @default writes to the console, with DEV in front */
  readonly logger?: Logger;
}

/** The chat, with its page at `/`. It listens nowhere yet. */
export async function buildChatApp({ logger = new PrefixedLogger('DEV') }: ChatOptions = {}): Promise<FastifyInstance> {
  const container = new Container();
  container.bind(Logger).toConstantValue(logger);
  container.bind(People).toConstantValue(new People());
  container.bind(History).toConstantValue(new History());

  // Browsers keep connections in reserve. Node waits up to a minute for the first request on one before it closes.
  const app = Fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  await app.register(nefeli, {
    container,
    controllers: [ChatController],
    urlHeaders: ['X-Username'], // a browser cannot send headers of its own with a websocket
    limits: LIMITS,
  });
  app.get('/websocket_endpoint', { websocket: true }, app.nefeli.handler());

  await app.register(fastifyStatic, { root: PAGE });
  app.get('/neffos.min.js', (_request, reply) => reply.sendFile('neffos.min.js', NEFFOS));
  return app;
}
