import 'reflect-metadata';
import { InversifyFastifyHttpAdapter } from '@inversifyjs/http-fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { HeadlinesController } from './headlines.controller.js';
import { Headlines } from './headlines.js';
import { Log } from './log.js';
import { NewsController } from './news.controller.js';
import { Newsroom } from './newsroom.js';

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
  const app = await createPageApp({ from: import.meta.url, logger, bodyLimit: MAX_DRAFT_BYTES });

  const container = new Container();
  container.bind(Log).toConstantValue(app.log);
  container.bind(Headlines).toSelf().inSingletonScope();
  container.bind(Newsroom).toSelf().inSingletonScope();
  container.bind(HeadlinesController).toSelf().inSingletonScope();

  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container,
    controllers: [NewsController],
    limits: LIMITS,
    clientScript: '/nefeli.mjs',
  });
  await new InversifyFastifyHttpAdapter(container, { logger: false }, app).build(); // its routes, on the same app
  return app;
}
