import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { InversifyFastifyHttpAdapter } from '@inversifyjs/http-fastify';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { addSessions, requireSession } from './session.js';
import { TodoLists } from './todo-lists.js';
import { TodosController } from './todos.controller.js';
import { TodosSyncController } from './todos-sync.controller.js';

/** A list of a hundred long titles fits, in the request and in the message. */
const MAX_LIST_BYTES = 128 * 1024;
const LIMITS = {
  maxMessageBytes: MAX_LIST_BYTES,
  messagesPerSecond: 10,
  messageBurst: 30,
  maxConnectionsPerAddress: 100,
};

/** What another program, such as a test, may decide. */
export interface TodoOptions {
  /** Signs the sessions. @default made at random, so that a restart begins new ones */
  readonly secret?: string;
}

/** A to-do list for each session: `/todos` over HTTP, `/todos/sync` over a websocket, of one container, the page at `/`. */
export async function buildTodoApp(options: TodoOptions = {}): Promise<FastifyInstance> {
  const { secret = randomBytes(32).toString('base64url') } = options;
  const app = await createPageApp({ from: import.meta.url, bodyLimit: MAX_LIST_BYTES });

  const container = new Container();
  container.bind(TodoLists).toSelf().inSingletonScope();
  container.bind(TodosController).toSelf().inSingletonScope();

  await app.register(nefeli, {
    container,
    controllers: [TodosSyncController],
    clientScript: '/nefeli.mjs',
    idGenerator: ({ sessionId }) => sessionId, // all tabs of a session are one
    limits: LIMITS,
  });
  await addSessions(app, secret);
  app.get('/todos/sync', { websocket: true, preValidation: requireSession }, app.nefeli.handler());
  await new InversifyFastifyHttpAdapter(container, { logger: false }, app).build();
  return app;
}
