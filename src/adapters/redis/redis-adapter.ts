import type { Adapter } from '../../ports/adapter.js';
import { adapterOver } from '../neffos/adapter-over.js';
import { RedisBroker } from './redis-broker.js';
import { clientMakers, type RedisAdapterOptions } from './redis-options.js';

/**
 * Connects servers over Redis or Valkey, by what they publish and subscribe to: nothing is stored there. Two connections for each
 * server, however many clients it has; they are kept for ever.
 *
 * Works with one server, with sentinels, and with a cluster. A user of an ACL needs `+subscribe +unsubscribe +publish +ping`, and
 * the channels `&<app>.*`.
 *
 * ```ts
 * await app.register(nefeli, { controllers, adapter: redisAdapter({ app: 'chat', url: 'redis://127.0.0.1:6379' }) });
 * ```
 *
 * @throws {OPTION_INVALID}
 */
export function redisAdapter(options: RedisAdapterOptions): Adapter {
  return adapterOver(new RedisBroker(clientMakers(options)), options, (prefix, name) => `${prefix}.${name}.`);
}
