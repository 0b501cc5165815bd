import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { serveWith } from './socket-io.js';

/** One of several servers over Redis: its adapter as its guide shows it, on the client that Nefeli uses, too. */
export function serve(brokerPort: number): Promise<number> {
  const publisher = new Redis(brokerPort, '127.0.0.1');
  return serveWith({ adapter: createAdapter(publisher, publisher.duplicate()) });
}
