import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { serveNeffos } from '../page/serve-neffos.js';
import { Logger, PrefixedLogger } from './logger.js';
import { VisitsController } from './visits.controller.js';
import { Visits } from './visits.js';

/** What another program, such as a test, may put in the place of the example's own parts. */
export interface VisitsOptions {
  /** @default writes to the console, with DEV in front */
  readonly logger?: Logger;
  /** Key and certificate, where it is served by TLS: nothing else changes. @default plain HTTP */
  readonly https?: { readonly key: string; readonly cert: string };
}

/** The visits of a page, counted live, and a chat, with the page at `/`. It listens nowhere yet. */
export async function buildVisitsApp({
  logger = new PrefixedLogger('DEV'),
  https,
}: VisitsOptions = {}): Promise<FastifyInstance> {
  const container = new Container();
  container.bind(Logger).toConstantValue(logger);
  container.bind(Visits).toConstantValue(new Visits());

  const app = await createPageApp({ from: import.meta.url, ...(https && { https }) });
  await app.register(nefeli, {
    container,
    controllers: [VisitsController],
    limits: { maxMessageBytes: 4_096, messagesPerSecond: 10, messageBurst: 30 },
    connectGapMs: 20, // neffos.js in Node loses what comes together with the acknowledgement
    clientScript: '/nefeli.mjs',
  });
  serveNeffos(app); // the page /neffos.html is the same with it
  app.get('/websocket_endpoint', { websocket: true }, app.nefeli.handler());
  return app;
}
