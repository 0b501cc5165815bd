import 'reflect-metadata';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { ProtobufController } from './protobuf.controller.js';

/**
 * The part of protobufjs that reads and writes fields. The larger parts make functions out of text at run time, which the
 * page's content policy forbids.
 */
const MINIMAL = dirname(createRequire(import.meta.url).resolve('protobufjs/dist/minimal/protobuf.min.js'));

/** A chat whose messages are protobuf in binary frames, with the page at `/`. It listens nowhere yet. */
export async function buildProtobufApp(): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url });
  app.get('/protobuf.min.js', (_request, reply) => reply.sendFile('protobuf.min.js', MINIMAL));
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container: new Container(),
    controllers: [ProtobufController],
    limits: { maxMessageBytes: 4_096, messagesPerSecond: 10, messageBurst: 30 },
    clientScript: '/nefeli.mjs',
  });
  return app;
}
