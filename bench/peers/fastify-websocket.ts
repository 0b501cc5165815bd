import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { MinimalChat } from './minimal-chat.js';

/** `@fastify/websocket`, with the same code by hand as on plain `ws`. */
export async function serve(): Promise<number> {
  const chat = new MinimalChat();
  const app = Fastify();
  await app.register(websocket);
  app.get('/ws', { websocket: true }, (socket) => chat.accept(socket));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return Number(new URL(url).port);
}
