import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server, type ServerOptions } from 'socket.io';

/** Socket.IO over WebSocket alone, its handlers as in its guide. */
export function serve(): Promise<number> {
  return serveWith({});
}

/** The same, with an adapter to the other servers. */
export async function serveWith(options: Pick<Partial<ServerOptions>, 'adapter'>): Promise<number> {
  const server = createServer();
  const io = new Server(server, { transports: ['websocket'], ...options });
  io.on('connection', (socket) => {
    socket.on('echo', (body: string) => socket.emit('echo', body));
    socket.on('ask', (body: string, reply: (body: string) => void) => reply(body));
    socket.on('cast', (body: string) => io.emit('cast', body));
    socket.on('say', (room: string, body: string) => io.to(room).emit('say', body));
    socket.on('join', async (room: string, done: () => void) => {
      await socket.join(room);
      done();
    });
    socket.on('leave', async (room: string, done: () => void) => {
      await socket.leave(room);
      done();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return address.port;
}
