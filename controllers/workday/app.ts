import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli, type Scheduler } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { WorkdayController, type WorkdayEvents } from './workday.controller.js';

/** When everybody is told how long the server has been there. */
const NOTIFY_AFTER_MS = 60_000;

/** What another program, such as a test, may put in the place of the example's own parts. */
export interface WorkdayOptions {
  /** What knows the time. @default the timers of Node */
  readonly scheduler?: Pick<Scheduler, 'after'>;
}

const nodeTimers: Pick<Scheduler, 'after'> = {
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Asks for workdays, with the page at `/`. It listens nowhere yet; its minute begins now. */
export async function buildWorkdayApp({ scheduler = nodeTimers }: WorkdayOptions = {}): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container: new Container(),
    controllers: [WorkdayController],
    limits: { maxMessageBytes: 1_024, messagesPerSecond: 10, messageBurst: 30 },
    clientScript: '/nefeli.mjs',
  });
  const timer = scheduler.after(NOTIFY_AFTER_MS, () => {
    app.nefeli.in<WorkdayEvents>('/v1').broadcast('notify', 'The server has been here for a minute.');
  });
  app.addHook('onClose', async () => timer.cancel());
  return app;
}
