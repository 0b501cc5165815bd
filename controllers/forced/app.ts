import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { type Conn, nefeli, PublicError } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { GuestController, type GuestEvents } from './guest.controller.js';

const NAME = /^[\p{L}\p{N}_-]{1,24}$/u;

/** The server decides who is connected to what, with the page at `/`. It listens nowhere yet. */
export async function buildForcedApp(): Promise<FastifyInstance> {
  const app = await createPageApp({ from: import.meta.url });

  /** Runs before a connection is let in: throwing makes the dial fail, with this text. */
  const onConnect = async (conn: Conn): Promise<void> => {
    if (!NAME.test(conn.id)) throw new PublicError('Say who you are: 1 to 24 letters and digits.');
    if (app.nefeli.local.withId(conn.id).length > 1) throw new PublicError(`There is a “${conn.id}” already.`);
    const ns = await conn.connect('default'); // the client has asked for nothing
    ns.emit('chat', '(Force-connected by server)');
    ns.broadcastOthers('chat', `Client [${conn.id}] connected too.`);
  };

  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container: new Container(),
    controllers: [GuestController],
    idGenerator: ({ headers }) => String(headers['x-username'] || '(nobody)'),
    urlHeaders: ['X-Username'], // a browser cannot send headers of its own with a websocket
    onConnect,
    limits: { maxMessageBytes: 4_096, messagesPerSecond: 10, messageBurst: 30 },
    clientScript: '/nefeli.mjs',
  });

  // DELETE, because pages of other origins cannot send it without being asked first.
  app.delete('/guests', async () => {
    const guests = await app.nefeli.in<GuestEvents>('default').count();
    await app.nefeli.do((conn) => conn.disconnectAll());
    return { guests };
  });
  return app;
}
