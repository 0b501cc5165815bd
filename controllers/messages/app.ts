import 'reflect-metadata';
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { type Logger, pino } from 'pino';
import { WITHOUT_QUERY } from '../authentication/log.js';
import { addSignIn, closeWhenTokenEnds, requireUser } from '../authentication/sign-in.js';
import { createPageApp } from '../page/create-page-app.js';
import { addRoutes } from './add-routes.js';
import { Cache } from './cache.js';
import { KeptRevocations } from './kept-revocations.js';
import { Log } from './log.js';
import { MessageStore } from './message-store.js';
import { MessagesController } from './messages.controller.js';
import { Messenger } from './messenger.js';
import { openDatabase, sessionSecretIn } from './open-database.js';

/** What a page may send. It says little: most goes the other way. */
const LIMITS = { maxMessageBytes: 4 * 1024, messagesPerSecond: 10, messageBurst: 30, maxConnectionsPerAddress: 100 };

/** The largest form, with room to spare. */
const MAX_BODY_BYTES = 8 * 1024;

/** For how many visitors their last messages are kept in memory. */
const MAX_CACHED_VISITORS = 1_000;

/** Where the example keeps its messages, and what it writes its log with. */
export interface MessagesOptions {
  /** The file of the database, made where there is none. @default build/messages.db in the folder one is in */
  readonly file?: string;
  /** @default lines of JSON on the console */
  readonly log?: Logger;
}

/**
 * Messages that one sends over HTTP and that are seen on all pages at once, and kept in a database. The page is at `/`, the
 * websocket at `/socket/system/message`.
 */
export async function buildMessagesApp(options: MessagesOptions = {}): Promise<FastifyInstance> {
  const { file = resolve('build', 'messages.db'), log = pino({ serializers: WITHOUT_QUERY }) } = options;
  const database = openDatabase(file);
  const app = await createPageApp({ from: import.meta.url, loggerInstance: log, bodyLimit: MAX_BODY_BYTES });
  app.addHook('onClose', () => database.close());
  log.info({ file }, 'the messages are kept in this file');
  await addSignIn(app, {
    cookieName: 'messages',
    secret: sessionSecretIn(database),
    revoked: new KeptRevocations(database), // the secret outlives a restart, so these have to
  });

  const container = new Container();
  container.bind(Log).toConstantValue(log);
  container.bind(MessageStore).toConstantValue(new MessageStore(database));
  container.bind(Cache).toConstantValue(new Cache(MAX_CACHED_VISITORS));
  container.bind(Messenger).toSelf().inSingletonScope();

  await app.register(nefeli, {
    container,
    controllers: [MessagesController],
    native: 'only',
    clientScript: '/nefeli.mjs',
    onConnect: closeWhenTokenEnds,
    idGenerator: ({ user }) => user?.name ?? '', // all pages of one user; without one, nobody gets here
    limits: LIMITS,
  });
  app.get('/socket/system/message', { websocket: true, preValidation: requireUser }, app.nefeli.handler());
  addRoutes(app, container.get(Messenger));
  return app;
}
