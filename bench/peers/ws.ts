import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { MinimalChat } from './minimal-chat.js';

/** Plain `ws`. */
export async function serve(): Promise<number> {
  const chat = new MinimalChat();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws' });
  server.on('connection', (socket) => chat.accept(socket));
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return address.port;
}
