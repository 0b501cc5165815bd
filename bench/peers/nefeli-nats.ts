import { natsAdapter } from 'nefeli/nats';
import { serveWith } from './nefeli.js';

/** One of several servers over NATS, with the options as they come. */
export function serve(brokerPort: number): Promise<number> {
  return serveWith({ adapter: natsAdapter({ app: 'bench', servers: `nats://127.0.0.1:${brokerPort}` }) });
}
