import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { ChatController } from './chat.controller.js';
import { Log, type LogStream, logWithoutTokens } from './log.js';
import { addSignIn, closeWhenTokenEnds, requireUser } from './sign-in.js';

const LIMITS = { maxMessageBytes: 4 * 1024, messagesPerSecond: 10, messageBurst: 30, maxConnectionsPerAddress: 100 };

/** The largest form, with room to spare. */
const MAX_BODY_BYTES = 8 * 1024;

/** The header by which a client may choose its public id, and how long that may be. */
const ID_HEADER = 'x-username';
const ID = /^[\w.@-]{1,64}$/;

/** What another program, such as a test, may decide. */
export interface AuthenticationOptions {
  /** Signs the tokens. @default made at random */
  readonly secret?: string;
  /** Where the log goes. @default the console */
  readonly logStream?: LogStream;
}

/** A chat for those who have signed in, by a cookie or by a token. Everybody else is refused before the upgrade. */
export async function buildAuthenticationApp(options: AuthenticationOptions = {}): Promise<FastifyInstance> {
  const { secret, logStream } = options;
  const logger = logWithoutTokens(logStream);
  const app = await createPageApp({ from: import.meta.url, logger, bodyLimit: MAX_BODY_BYTES });
  await addSignIn(app, { cookieName: 'authentication', secret });

  const container = new Container();
  container.bind(Log).toConstantValue(app.log);
  await app.register(nefeli, {
    container,
    controllers: [ChatController],
    clientScript: '/nefeli.mjs',
    onConnect: closeWhenTokenEnds,
    idGenerator: publicId,
    urlHeaders: ['X-Username'],
    limits: LIMITS,
  });
  app.get('/websocket_endpoint', { websocket: true, preValidation: requireUser }, app.nefeli.handler());
  return app;
}

/** What the client calls itself, which is nothing to trust: who it is stands in `conn.user`. */
function publicId({ headers }: FastifyRequest): string {
  const wish = headers[ID_HEADER];
  return typeof wish === 'string' && ID.test(wish) ? wish : randomUUID();
}
