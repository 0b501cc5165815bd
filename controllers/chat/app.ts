import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { ChatController } from './chat.controller.js';
import { History } from './history.js';
import { Logger, PrefixedLogger } from './logger.js';
import { People } from './people.js';

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

  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    container,
    controllers: [ChatController],
    urlHeaders: ['X-Username'], // a browser cannot send headers of its own with a websocket
    limits: LIMITS,
    clientScript: '/nefeli.mjs',
  });
  app.get('/websocket_endpoint', { websocket: true }, app.nefeli.handler());
  return app;
}
