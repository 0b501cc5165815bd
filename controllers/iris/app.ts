import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { nefeli } from 'nefeli';
import { onConnection } from 'nefeli/connection-style';
import { createPageApp } from '../page/create-page-app.js';
import { talk } from './talk.js';

/** What a client may send, and how many there may be: whoever comes hears of all that are here. */
const LIMITS = {
  maxMessageBytes: 4_096,
  messagesPerSecond: 10,
  messageBurst: 30,
  maxRooms: 1,
  maxConnections: 100,
  maxConnectionsPerAddress: 20,
};

/** What another program, such as a test, may put in the place of the example's own parts. */
export interface IrisOptions {
  /** @default writes to the console */
  readonly log?: (line: string) => void;
}

/**
 * A chat for pages of Iris before neffos, in the language and the style of its websockets, at `/my_endpoint`, with a page at `/`.
 * It listens nowhere yet.
 */
export async function buildIrisApp({ log = console.log }: IrisOptions = {}): Promise<FastifyInstance> {
  const here = new Set<string>();

  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    path: '/my_endpoint',
    wire: 'iris',
    handlers: onConnection((c) => talk(c, { here, log })),
    limits: LIMITS,
  });
  return app;
}
