import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { PongController } from './pong.controller.js';
import { RelayController } from './relay.controller.js';

/** What a client may send. */
const LIMITS = { maxMessageBytes: 4_096, messagesPerSecond: 10, messageBurst: 30 };

/** What another program, such as a test, may put in the place of the example's own parts. */
export interface NativeMessagesOptions {
  /** @default writes to the console */
  readonly log?: (line: string) => void;
}

/**
 * Raw messages of bare websockets, handed on at `/websocket_endpoint` and answered at `/pong`, with the page at `/`. It
 * listens nowhere yet.
 */
export async function buildNativeMessagesApp({
  log = console.log,
}: NativeMessagesOptions = {}): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url });
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    native: 'only', // no handshake, no namespaces: whatever comes is the message
    container: new Container(),
    controllers: [RelayController],
    limits: LIMITS,
    onConnect: (conn) => log(`${conn.id} connected`),
    onDisconnect: (conn) => log(`${conn.id} disconnected`),
  });
  await app.register(nefeli, {
    name: 'pong',
    path: '/pong',
    native: 'only',
    container: new Container(),
    controllers: [PongController],
    limits: LIMITS,
  });
  return app;
}
