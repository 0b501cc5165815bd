import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { VisitorsController } from './visitors.controller.js';

/** Two pages, `/` and `/other.html`, each of which shows how many look at it now. It listens nowhere yet. */
export async function buildOnlineVisitorsApp(): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container: new Container(),
    controllers: [VisitorsController],
    limits: { maxMessageBytes: 1_024 },
    clientScript: '/nefeli.mjs',
  });
  return app;
}
