import 'reflect-metadata';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { Container } from 'inversify';
import { nefeli, type Scheduler } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { sameOrigin } from '../page/same-origin.js';
import { AgentController } from './agent.controller.js';
import { Courier, Rounds } from './courier.js';
import { Log } from './log.js';
import { missingFieldsOf, Notification, UserId } from './notification.js';
import { PendingNotifications } from './pending-notifications.js';

const LIMITS = { maxMessageBytes: 16 * 1024, messagesPerSecond: 10, messageBurst: 30, maxConnectionsPerAddress: 100 };

/** The largest notification, with room to spare. */
const MAX_BODY_BYTES = 8 * 1024;

/** The header that says whose connection it is. In earnest a proxy sets it that has asked for a password before. */
const USER_HEADER = 'x-userid';

/** The clock of the process. Its timers do not keep the process alive. */
const TIMERS: Scheduler = {
  nowMs: () => performance.now(),
  after(delayMs, task) {
    const timeout = setTimeout(task, delayMs).unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** What another program, such as a test, may decide. */
export interface NotificationsOptions {
  /** How long from one round of deliveries to the next, in milliseconds. @default 10000 */
  readonly everyMs?: number;
  /** The clock that the rounds go by. @default the one of the process */
  readonly scheduler?: Scheduler;
  /** @default lines of JSON on the console */
  readonly logger?: FastifyServerOptions['logger'];
}

/** Notifications that come in by `POST /notifications` and go out to their users in rounds, over `/websocket_endpoint`. */
export async function buildNotificationsApp(options: NotificationsOptions = {}): Promise<FastifyInstance> {
  const { everyMs = 10_000, scheduler = TIMERS, logger = true } = options;
  const app = await createPageApp({ from: import.meta.url, logger, bodyLimit: MAX_BODY_BYTES });

  const container = new Container();
  container.bind(Log).toConstantValue(app.log);
  container.bind(PendingNotifications).toSelf().inSingletonScope();
  container.bind(Rounds).toConstantValue({ everyMs, scheduler });
  container.bind(Courier).toSelf().inSingletonScope();

  await app.register(nefeli, {
    container,
    controllers: [AgentController],
    clientScript: '/nefeli.mjs',
    urlHeaders: ['X-UserID'], // a browser cannot send headers of its own with a websocket
    idGenerator: ({ headers }) => String(headers[USER_HEADER]),
    limits: LIMITS,
  });
  app.addHook('onRequest', sameOrigin);
  app.get('/websocket_endpoint', { websocket: true, preValidation: requireUserId }, app.nefeli.handler());
  addNotificationRoute(app, container.get(PendingNotifications));

  const courier = container.get(Courier);
  courier.start();
  app.addHook('preClose', async () => courier.stop());
  return app;
}

/** `POST /notifications` files one: 201 for a new one, 200 where it takes the place of an older one that still waits. */
function addNotificationRoute(app: FastifyInstance, pending: PendingNotifications): void {
  app.post('/notifications', async ({ body }, reply) => {
    const missing = missingFieldsOf(body);
    if (missing.length > 0) return refuse(reply, 400, { message: `Missing: ${missing.join(', ')}.`, missing });
    const { success, data, error } = Notification.safeParse(body);
    if (!success) return refuse(reply, 400, { message: error.issues[0]?.message });
    const filed = pending.file(data);
    if (filed === 'no room') return refuse(reply, 429, { message: 'Too many wait already. Come back later.' });
    return reply.code(filed === 'new' ? 201 : 200).send({ filed });
  });
}

async function requireUserId({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!UserId.safeParse(headers[USER_HEADER]).success) await refuse(reply, 401, { message: 'Send X-UserID.' });
}

function refuse(reply: FastifyReply, statusCode: number, details: object): FastifyReply {
  return reply.code(statusCode).send({ statusCode, ...details });
}
