import 'reflect-metadata';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { Container } from 'inversify';
import { type Adapter, nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { BoardController } from './board.controller.js';
import { ServerName } from './server-name.js';

/** One server of several. */
export interface BoardOptions {
  /** What it is called on the page. */
  readonly name: string;
  /** What makes it one with the others. */
  readonly adapter: Adapter;
  readonly logger?: FastifyServerOptions['logger'];
}

/** One of the servers: a board, with a page at `/board.html`. */
export async function buildBoardApp({ name, adapter, logger }: BoardOptions): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url, logger });
  // The page of both shows this one in a frame; it has the same host, and a port of its own.
  app.addHook('onRequest', async (request, reply) => {
    const policy = String(reply.getHeader('content-security-policy'));
    const ancestors = `frame-ancestors http://${request.hostname}:*`;
    reply.header('content-security-policy', policy.replace("frame-ancestors 'none'", ancestors));
  });
  const container = new Container();
  container.bind(ServerName).toConstantValue(new ServerName(name));
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container,
    controllers: [BoardController],
    adapter,
    clientScript: '/nefeli.mjs',
  });
  app.get('/ready', (_request, reply) => {
    const { state, peers } = app.nefeli.cluster;
    return reply.code(state === 'down' ? 503 : 200).send({ name, state, servers: peers.length + 1 });
  });
  return app;
}
