import { redisAdapter } from 'nefeli/redis';
import { serveWith } from './nefeli.js';

/** One of several servers over Redis, with the options as they come. */
export function serve(brokerPort: number): Promise<number> {
  return serveWith({ adapter: redisAdapter({ app: 'bench', url: `redis://127.0.0.1:${brokerPort}` }) });
}
