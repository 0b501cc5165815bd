import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { AskingController } from './asking.controller.js';
import { Patience } from './patience.js';

/** What another program, such as a test, may change. */
export interface ServerAsksOptions {
  /** How long a client may think about a question, in milliseconds. @default 20000 */
  readonly answerMs?: number;
}

/** The server asks its clients, with the page at `/`. It listens nowhere yet. */
export async function buildServerAsksApp({ answerMs = 20_000 }: ServerAsksOptions = {}): Promise<FastifyInstance> {
  const container = new Container();
  container.bind(Patience).toConstantValue(new Patience(answerMs));

  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container,
    controllers: [AskingController],
    limits: { maxMessageBytes: 4_096, messagesPerSecond: 10, messageBurst: 30 },
    connectGapMs: 20, // neffos.js in Node loses what comes together with the acknowledgement
    clientScript: '/nefeli.mjs',
  });
  return app;
}
